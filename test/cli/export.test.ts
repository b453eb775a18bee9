import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exportPackets } from '../../src/cli/export.js';
import { PacketPath } from '../../src/collector/packet-path.js';
import { PacketBatch } from '../../src/model/batch.js';
import type { TableName } from '../../src/model/columns/tables.js';
import { REASSEMBLY_DEFAULTS } from '../../src/model/defaults.js';
import { counted } from '../../src/model/words.js';
import { openCapture } from '../../src/receive/file/capture.js';
import { openStore } from '../../src/store/open.js';
import type { Store } from '../../src/store/store.js';
import { ClickHouseServer } from '../support/clickhouse-server.js';
import { FIXTURES } from '../support/fixtures/all.js';
import { readCapture, SMALL_TABLE } from '../support/read-capture.js';

const directory = mkdtempSync(join(tmpdir(), 'mirrorlake-export-'));
let server: ClickHouseServer;
let stores = 0;
/** A store of them all: one takes longer to make than a fixture to go in and out. */
let common: Store;
beforeAll(async () => {
  server = await ClickHouseServer.start();
  common = openStore(`${server.url}/common`, { create: true });
  await common.migrate();
});
afterAll(async () => {
  await common?.close();
  await server?.stop();
  rmSync(directory, { recursive: true, force: true });
});

/** Stores a capture as a collector that keeps packets would. */
async function collect(
  file: string,
  store: Store,
  packets: { bytes: number; packets: number },
  collector = 'here',
): Promise<void> {
  const segments: [TableName, Uint8Array, number][] = [];
  const capture = new PacketPath(
    {
      collector,
      sessions: SMALL_TABLE,
      reassembly: REASSEMBLY_DEFAULTS,
      rules: {
        mirrors: [],
        unknown: 'observe',
        unknownPoints: 100,
        packets,
        taps: {},
        tapAll: -1,
        separateBy: ['vni'],
        overlays: [],
        claims: [],
      },
    },
    { segment: (table, bytes, rows) => segments.push([table, bytes, rows]) > 0, minute: () => {} },
  );
  const source = await openCapture(file);
  const batch = new PacketBatch();
  while (await source.next(batch)) capture.process(batch);
  await source.close();
  capture.finish();
  for (const [i, [table, bytes, rows]] of segments.entries())
    await store.insert(table, bytes, `${file}-${i}`, rows);
}

/** Every packet is kept, and all of it. */
const WHOLE = { bytes: 1 << 20, packets: 0 };

async function stored(name: string, packets = WHOLE): Promise<string> {
  const location = `${server.url}/store${++stores}`;
  const store = openStore(location, { create: true });
  await store.migrate();
  await collect(`test/fixtures/${name}`, store, packets);
  await store.close();
  return location;
}

const databaseOf = (location: string) => new URL(location).pathname.slice(1);

function mirrorlake(...words: string[]): Promise<{ status: number; err: string }> {
  return new Promise((done) => {
    const child = execFile(process.execPath, ['dist/cli/main.js', ...words], (_, __, err) =>
      done({ status: child.exitCode ?? -1, err }),
    );
  });
}

/** What a session is, its id and numbers of its collector aside. */
function sessions(lines: string[]): string[] {
  return lines.map((line) => JSON.stringify({ ...JSON.parse(line), session_id: '', collector: '' })).sort();
}

/**
 * Where frames come back at the length they had before the switch cut them, or before their rest was lost on
 * the way; and out of an A-MSDU, each in one of its own.
 */
const MIRRORS_DIFFER = ['erspan-truncated.pcap', 'underlay-fragment-lost.pcap', 'aruba.pcap'];

/** What a mirror point sent, as far as it does not rest on sequence numbers, which are made anew. */
function mirrors(lines: string[]): string[] {
  const anew = { sequence: '', lost: 0, reordered: 0, repeated: 0 };
  return lines.map((line) => JSON.stringify({ ...JSON.parse(line), ...anew })).sort();
}

describe('what was kept, exported with its outer headers, reads back as the same sessions', () => {
  test.each(FIXTURES.map(({ file }) => file))('%s', async (name) => {
    await collect(`test/fixtures/${name}`, common, WHOLE, name);
    const file = join(directory, `${name}.pcapng`);
    const where = `collector = '${name}'`;
    // In this process: starting the command takes longer than what it does. The tests below start it.
    const said = await exportPackets({ store: common.name, where, output: file, encapsulated: true });
    expect(said).toMatch(/^\d+ packets?(: none were kept .*)?$/);
    const back = await readCapture(file);
    const before = await readCapture(`test/fixtures/${name}`);
    expect(sessions(back.sessions)).toEqual(sessions(before.sessions));
    if (!MIRRORS_DIFFER.includes(name)) expect(mirrors(back.mirrors)).toEqual(mirrors(before.mirrors));
  });
});

test('the frames themselves, of the sessions asked for, in the order of time', async () => {
  const location = await stored('erspan2.pcap');
  const file = join(directory, 'frames.pcapng');
  await mirrorlake(
    'export',
    '--store',
    location,
    '--where',
    "transport = 'tcp' -- and no other",
    '--output',
    file,
  );
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
    `SELECT sum(client_packets + server_packets) FROM ${databaseOf(location)}.sessions WHERE ` +
      `transport = 'tcp'`,
  );
  expect(packets).toBe(Number(counted));
  expect(packets).toBeGreaterThan(0);
});

test('interfaces name the mirror points, as Wireshark shows them', async () => {
  const location = await stored('erspan3.pcap');
  const file = join(directory, 'named.pcapng');
  await mirrorlake('export', '--store', location, '--where', '1', '--output', file);
  expect(readFileSync(file, 'latin1')).toMatch(/erspan3 [\da-f.:]+ session \d+/);
  if (existsSync('/usr/bin/tshark') || process.env.CI === 'true') {
    const shown = execFileSync('tshark', ['-r', file, '-T', 'fields', '-e', 'frame.interface_name'], {
      stdio: 'pipe',
    });
    for (const line of shown.toString().trim().split('\n'))
      expect(line).toMatch(/^erspan3 [\da-f.:]+ session \d+$/);
  }
});

test('what no link type is made for is there too, and Wireshark takes it apart', async () => {
  const shown = async (name: string, layers: string[]) => {
    const file = join(directory, 'other.pcapng');
    const { err } = await mirrorlake(
      'export',
      '--store',
      await stored(name),
      '--where',
      '1',
      '--output',
      file,
    );
    expect(err).toBe(`${counted(layers.length, 'packet')}\n`);
    if (!existsSync('/usr/bin/tshark') && process.env.CI !== 'true') return;
    const words = ['-r', file, '-T', 'fields', '-e', 'frame.protocols'];
    expect(execFileSync('tshark', words, { stdio: 'pipe' }).toString().trim().split('\n')).toEqual(layers);
  };
  const dns = 'sll:mpls:ip:udp:dns';
  await shown('gre-other.pcap', [dns, dns, 'sll']);
  await shown('erspan3-frame-type.pcap', ['user_dlt:data']);
});

test('sessions without kept packets make an empty capture, and that is said', async () => {
  const location = await stored('erspan2.pcap');
  const words = ['export', '--where', '0', '--store', location, '--output', join(directory, 'none.pcapng')];
  expect((await mirrorlake(...words)).err).toBe(
    '0 packets: none were kept of the sessions chosen; packets are kept with `read ' +
      '--packets`, or `packets:` in the configuration of `collect`\n',
  );
});

test('packets kept by an earlier version, without what carried them', async () => {
  const location = await stored('gre-other.pcap');
  await server.sql(
    `ALTER TABLE ${databaseOf(location)}.packets UPDATE gre_protocol = 0, number = 0 WHERE 1 ` +
      'SETTINGS mutations_sync = 2',
  );
  const file = join(directory, 'earlier.pcapng');
  const words = ['export', '--store', location, '--where', '1', '--output', file];
  expect((await mirrorlake(...words)).err).toBe('3 packets\n');
  expect((await mirrorlake(...words, '--encapsulated')).err).toBe(
    '0 packets; 3 were left out: an earlier version kept them without the GRE protocol that carried them\n',
  );
});

test('a part of each frame, or of each session, is kept where that is said', async () => {
  const short = await stored('inner-transports.pcap', { bytes: 60, packets: 0 });
  expect(
    await server.sql(
      `SELECT max(length(frame)), max(original_length) > 60 FROM ${databaseOf(short)}.packets`,
    ),
  ).toBe('60\t1\n');
  const few = await stored('erspan2.pcap', { bytes: 1 << 20, packets: 2 });
  const most = `SELECT max(n) FROM (SELECT count() AS n FROM ${databaseOf(few)}.packets GROUP BY session_id)`;
  expect(await server.sql(most)).toBe('2\n');
});

test('a condition that is none, and an output that cannot be', async () => {
  const location = await stored('gre-ip.pcap');
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
