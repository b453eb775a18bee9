import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exportPackets } from '../../src/cli/export.js';
import { PacketPath } from '../../src/collector/packet-path.js';
import { PacketBatch } from '../../src/model/batch.js';
import type { TableName } from '../../src/model/columns/tables.js';
import { REASSEMBLY_DEFAULTS } from '../../src/model/defaults.js';
import { KEEP_ALL } from '../../src/model/kept-words.js';
import { counted } from '../../src/model/words.js';
import { openCapture } from '../../src/receive/file/capture.js';
import { openStore } from '../../src/store/open.js';
import type { Store } from '../../src/store/store.js';
import { ClickHouseServer } from '../support/clickhouse-server.js';
import { runLine } from '../support/command-lines.js';
import { MIRRORED } from '../support/fixtures/all.js';
import { inputsFor } from '../support/fixtures/fixture.js';
import { readCapture, SMALL_TABLE } from '../support/read-capture.js';

const directory = mkdtempSync(join(tmpdir(), 'mirrorlake-export-'));
let server: ClickHouseServer;
/** A store with all fixtures; each is stored under its file name as the collector. */
let common: Store;
beforeAll(async () => {
  server = await ClickHouseServer.start();
  common = openStore(`${server.url}/common`, { create: true });
  await common.migrate();
  await collect(MIRRORED.map(({ file, inputs }) => ({ file, inputs })));
});
afterAll(async () => {
  await common?.close();
  await server?.stop();
  rmSync(directory, { recursive: true, force: true });
});

/** Every packet is kept in full. */
const WHOLE = { bytes: 1 << 20, packets: 0 };

interface Collected {
  /** A file of test/fixtures. */
  file: string;
  /** The collector's name; by default the file's. */
  collector?: string;
  /** What carries mirrored traffic in it, as `--input` says it; by default GRE. */
  inputs?: readonly string[];
  /** What is kept; by default {@link WHOLE}. */
  packets?: { bytes: number; packets: number };
}

/**
 * Stores captures as collectors that keep packets would. The segments of each table are joined into one,
 * because an insert takes longer than writing the rows of a capture.
 */
async function collect(captures: readonly Collected[]): Promise<void> {
  const segments = new Map<TableName, { pieces: Uint8Array[]; rows: number }>();
  for (const { file, collector = file, packets = WHOLE, inputs = [] } of captures) {
    const listed = inputsFor(inputs);
    const capture = new PacketPath(
      {
        collector,
        sessions: SMALL_TABLE,
        reassembly: REASSEMBLY_DEFAULTS,
        ...(listed && { inputs: listed }),
        rules: {
          mirrors: [],
          unknown: 'observe',
          unknownPoints: 100,
          packets,
          taps: {},
          tapAll: -1,
          separateBy: ['vni'],
          applications: KEEP_ALL,
          groups: new Map(),
          overlays: [],
          timestampsWithin: 2,
          claims: [],
        },
      },
      {
        segment: (table, bytes, rows) => {
          const segment = segments.get(table) ?? { pieces: [], rows: 0 };
          segment.pieces.push(bytes);
          segments.set(table, { ...segment, rows: segment.rows + rows });
          return true;
        },
        minute: () => {},
      },
    );
    const source = await openCapture(`test/fixtures/${file}`);
    const batch = new PacketBatch();
    while (await source.next(batch)) capture.process(batch);
    await source.close();
    capture.finish();
  }
  for (const [table, { pieces, rows }] of segments)
    await common.insert(table, Buffer.concat(pieces), randomUUID(), rows);
}

async function mirrorlake(...words: string[]): Promise<{ status: number; err: string }> {
  const { status, stderr } = await runLine(words);
  return { status, err: stderr };
}

/**
 * Exports in this process, because starting the command takes longer than the export. One of the tests below
 * does start it. @returns the message
 */
function exported(output: string, where: string, encapsulated = false): Promise<string> {
  return exportPackets({ store: common.name, where, output, encapsulated });
}

/** The condition for the sessions of a collector. */
const of = (collector: string): string => `collector = '${collector}'`;

/** Sessions without their ids and their collector's name. */
function sessions(lines: string[]): string[] {
  return lines.map((line) => JSON.stringify({ ...JSON.parse(line), session_id: '', collector: '' })).sort();
}

/**
 * Captures whose mirror points differ afterwards. Frames come back at the length they had before the switch
 * cut them, or before a fragment was lost. Frames of one A-MSDU come back in a packet each.
 */
const MIRRORS_DIFFER = ['erspan-truncated.pcap', 'underlay-fragment-lost.pcap', 'aruba.pcap'];

/**
 * A packet whose fragments do not all come is known late, and so is processed behind later ones; it is
 * exported in the order of time. What depends on the order of packets differs.
 */
const ORDER_DIFFERS = ['underlay-fragment-lost.pcap'];

function withoutOrder(lines: string[]): string[] {
  const without = { response_us: 0, response_us_max: 0, server_reordered: 0, history: '' };
  return lines.map((line) => JSON.stringify({ ...JSON.parse(line), ...without }));
}

/** Mirror points without what depends on sequence numbers: an export numbers its packets anew. */
function mirrors(lines: string[]): string[] {
  const anew = { sequence: '', lost: 0, reordered: 0, repeated: 0 };
  return lines.map((line) => JSON.stringify({ ...JSON.parse(line), ...anew })).sort();
}

describe('kept packets, exported with their outer headers, are read back as the same sessions', () => {
  test.each(MIRRORED.map(({ file, inputs }) => [file, inputs] as const))('%s', async (name, inputs) => {
    const file = join(directory, `${name}.pcapng`);
    const said = await exported(file, of(name), true);
    expect(said).toMatch(/^\d+ packets?(: none were kept .*)?$/);
    // UDP has the well-known ports again, and ERSPAN from UDP is in GRE.
    const again = inputs.length === 0 ? [] : ['gre', ...inputs.map((input) => input.replace(/:.*/, ''))];
    const back = await readCapture(file, false, again);
    const before = await readCapture(`test/fixtures/${name}`, false, inputs);
    const same = ORDER_DIFFERS.includes(name) ? withoutOrder : (lines: string[]) => lines;
    expect(same(sessions(back.sessions))).toEqual(same(sessions(before.sessions)));
    if (!MIRRORS_DIFFER.includes(name)) expect(mirrors(back.mirrors)).toEqual(mirrors(before.mirrors));
  });
});

test('an export has the frames of the chosen sessions, ordered by time', async () => {
  const file = join(directory, 'frames.pcapng');
  const where = `${of('erspan2.pcap')} AND transport = 'tcp' -- and no other`;
  const words = ['export', '--store', common.name, '--where', where, '--output', file];
  execFileSync(process.execPath, ['dist/cli/main.js', ...words], { stdio: 'pipe' });
  const source = await openCapture(file);
  const batch = new PacketBatch();
  let last = 0;
  let packets = 0;
  while (await source.next(batch)) {
    for (let i = 0; i < batch.count; i++) {
      const time = batch.sec[i] * 1e9 + batch.nsec[i];
      expect(time).toBeGreaterThanOrEqual(last);
      last = time;
      packets++;
      expect(batch.linkType[i]).toBe(1);
    }
  }
  await source.close();
  const counted = await server.sql(
    `SELECT sum(client_packets + server_packets) FROM common.sessions WHERE ${of('erspan2.pcap')} AND ` +
      "transport = 'tcp'",
  );
  expect(packets).toBe(Number(counted));
  expect(packets).toBeGreaterThan(0);
});

test('interfaces are named after the mirror points, and Wireshark shows them', async () => {
  const file = join(directory, 'named.pcapng');
  await exported(file, of('erspan3.pcap'));
  expect(readFileSync(file, 'latin1')).toMatch(/erspan3 [\da-f.:]+ session \d+/);
  if (existsSync('/usr/bin/tshark') || process.env.CI === 'true') {
    const shown = execFileSync('tshark', ['-r', file, '-T', 'fields', '-e', 'frame.interface_name'], {
      stdio: 'pipe',
    });
    for (const line of shown.toString().trim().split('\n'))
      expect(line).toMatch(/^erspan3 [\da-f.:]+ session \d+$/);
  }
});

test('frames for which no link type exists are exported, and Wireshark dissects them', async () => {
  const shown = async (name: string, layers: string[]) => {
    const file = join(directory, 'other.pcapng');
    expect(await exported(file, of(name))).toBe(counted(layers.length, 'packet'));
    if (!existsSync('/usr/bin/tshark') && process.env.CI !== 'true') return;
    const words = ['-r', file, '-T', 'fields', '-e', 'frame.protocols'];
    expect(execFileSync('tshark', words, { stdio: 'pipe' }).toString().trim().split('\n')).toEqual(layers);
  };
  const dns = 'sll:mpls:ip:udp:dns';
  await shown('gre-other.pcap', [dns, dns, 'sll']);
  await shown('erspan3-frame-type.pcap', ['user_dlt:data']);
});

test('an export of sessions without kept packets is empty, and a message says why', async () => {
  expect(await exported(join(directory, 'none.pcapng'), '0')).toBe(
    '0 packets: none were kept of the sessions chosen; packets are kept with `read ' +
      '--packets`, or `packets:` in the configuration of `collect`',
  );
});

test('packets of an earlier version, without the GRE protocol, are exported as frames only', async () => {
  await collect([{ file: 'gre-other.pcap', collector: 'earlier' }]);
  await server.sql(
    'ALTER TABLE common.packets UPDATE gre_protocol = 0, number = 0 WHERE session_id IN (SELECT session_id ' +
      `FROM common.sessions WHERE ${of('earlier')}) SETTINGS mutations_sync = 2`,
  );
  const file = join(directory, 'earlier.pcapng');
  expect(await exported(file, of('earlier'))).toBe('3 packets');
  const words = ['export', '--store', common.name, '--where', of('earlier'), '--output', file];
  expect((await mirrorlake(...words, '--encapsulated')).err).toBe(
    '0 packets; 3 were left out: an earlier version kept them without the GRE protocol that carried them\n',
  );
});

test('settings limit the bytes kept of each frame, or the packets kept of each session', async () => {
  await collect([
    { file: 'inner-transports.pcap', collector: 'short', packets: { bytes: 60, packets: 0 } },
    { file: 'erspan2.pcap', collector: 'few', packets: { bytes: 1 << 20, packets: 2 } },
  ]);
  const short = `SELECT session_id FROM common.sessions WHERE ${of('short')}`;
  expect(
    await server.sql(
      'SELECT max(length(frame)), max(original_length) > 60 FROM common.packets WHERE session_id IN ' +
        `(${short})`,
    ),
  ).toBe('60\t1\n');
  const few = `SELECT session_id FROM common.sessions WHERE ${of('few')}`;
  expect(
    await server.sql(
      'SELECT max(n) FROM (SELECT count() AS n FROM common.packets WHERE session_id IN ' +
        `(${few}) GROUP BY session_id)`,
    ),
  ).toBe('2\n');
});

test('a wrong condition and an impossible output file fail with one line each', async () => {
  const location = common.name;
  const bad = await mirrorlake(
    'export',
    '--store',
    location,
    '--where',
    'nonsense = 1',
    '--output',
    join(directory, 'x'),
  );
  expect(bad).toEqual({
    status: 1,
    err: expect.stringMatching(/^mirrorlake: .*nonsense.*\(UNKNOWN_IDENTIFIER\)\n$/),
  });
  const nowhere = await mirrorlake('export', '--store', location, '--where', '1', '--output', '/nowhere/x');
  expect(nowhere).toEqual({ status: 1, err: expect.stringMatching(/^mirrorlake: \/nowhere\/x: /) });
});
