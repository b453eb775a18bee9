/** Captures with the conversations another dissector sees in them: real ones lie beside some checkouts. */
import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Row, readCapture } from './support/read-capture.js';
import { ipBytes } from './support/traffic/host.js';

const DIRECTORY = join(import.meta.dirname, '../../shared/captures');

interface Expected {
  gre_packets: number;
  sessions: { a: string; b: string; protocol: number; packets: number; bytes: number }[];
  /** Frames without IP, by the layers the dissector names. */
  other: Record<string, number>;
}

/** What the mirror columns of a capture's sessions are. */
const COLUMNS: Record<string, Row> = {
  'linux-erspan1.pcap': { mirror_type: 'erspan1', mirror_session: 0, gre_key: null },
  'linux-erspan2.pcap': { mirror_type: 'erspan2', mirror_session: 30, mirror_port: 123 },
  'linux-erspan3.pcap': {
    mirror_type: 'erspan3',
    mirror_session: 31,
    mirror_direction: 'egress',
    mirror_hardware: 17,
  },
  'linux-gretap-key-csum.pcap': { mirror_type: 'gretap', gre_key: 0x1234 },
  'ovs-erspan2.pcap': { mirror_type: 'erspan2', mirror_session: 77, mirror_port: 3 },
  'ovs-ip6erspan3.pcap': {
    mirror_type: 'erspan3',
    mirror_session: 77,
    mirror_direction: 'egress',
    mirror_hardware: 4,
  },
};

const number = (row: Row, column: string) => row[column] as number;

/** Sessions as conversations: the ends in no order, the same 5-tuple added up. */
function conversations(rows: Row[]): string[] {
  const sums = new Map<string, { packets: number; bytes: number }>();
  for (const row of rows) {
    const client = `${canonical(row.client_ip as string)}|${row.client_port}`;
    const server = `${canonical(row.server_ip as string)}|${row.server_port}`;
    const key = `${[client, server].sort().join(' ')} ${row.protocol}`;
    const sum = sums.get(key) ?? { packets: 0, bytes: 0 };
    sum.packets += number(row, 'client_packets') + number(row, 'server_packets');
    sum.bytes += number(row, 'client_bytes') + number(row, 'server_bytes');
    sums.set(key, sum);
  }
  return [...sums].map(([key, { packets, bytes }]) => `${key} ${packets} ${bytes}`).sort();
}

/** One way of writing an address, however it was written. */
function canonical(address: string): string {
  return Buffer.from(ipBytes(address)).toString('hex');
}

function expectedConversations(expected: Expected): string[] {
  return expected.sessions
    .map(({ a, b, protocol, packets, bytes }) => {
      const ends = [a, b].map((end) => {
        const [address, port] = end.split('|');
        return `${canonical(address!)}|${port}`;
      });
      return `${ends.sort().join(' ')} ${protocol} ${packets} ${bytes}`;
    })
    .sort();
}

const own: Expected = {
  gre_packets: 11,
  sessions: [{ a: '10.1.0.1|40001', b: '10.1.0.2|80', protocol: 6, packets: 11, bytes: 943 }],
  other: {},
};

/** A capture of ours, and those beside the checkout. */
const captures: [path: string, expected: Expected][] = [
  [join(import.meta.dirname, 'fixtures/erspan1.pcap'), own],
];
if (existsSync(DIRECTORY)) {
  const expected = JSON.parse(readFileSync(join(DIRECTORY, 'expected.json'), 'utf8')) as Record<
    string,
    Expected
  >;
  for (const [file, what] of Object.entries(expected)) captures.push([join(DIRECTORY, file), what]);
}

describe('captures as another dissector sees them', () => {
  it.each(captures)('%s', async (path, want) => {
    const { sessions, gre } = await readCapture(path);
    const rows = sessions.map((line) => JSON.parse(line) as Row);
    const ip = rows.filter((row) => row.client_ip !== '::' || row.server_ip !== '::');
    const other = rows.filter((row) => !ip.includes(row));
    expect(gre).toBe(want.gre_packets);
    expect(conversations(ip)).toEqual(expectedConversations(want));
    const frames = other.reduce((n, r) => n + number(r, 'client_packets') + number(r, 'server_packets'), 0);
    expect(frames).toBe(Object.values(want.other).reduce((n, m) => n + m, 0));
    for (const row of rows) expect(row).toMatchObject(COLUMNS[basename(path)] ?? {});
  });
});
