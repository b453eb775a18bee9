/**
 * What is fuzzed, and what must hold for any input. Inputs are variations of valid ones, so that the damage
 * reaches deep into the readers. Each step has its own seed, which reproduces it.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { Session } from 'chdb';
import fc from 'fast-check';
import { PacketPath } from '../../src/collector/packet-path.js';
import { mirrorRules } from '../../src/collector/policy.js';
import { defaultConfig } from '../../src/config/load.js';
import { PacketBatch } from '../../src/model/batch.js';
import { UsageError } from '../../src/model/errors.js';
import { DEFAULT_INPUTS, UDP_INPUT_KINDS, UDP_INPUT_PORTS } from '../../src/model/inputs.js';
import { MirrorType } from '../../src/model/mirror-point.js';
import { MirrorRecord } from '../../src/model/mirror-record.js';
import type { NameRecord } from '../../src/model/name-record.js';
import { NAME_SOURCES } from '../../src/model/name-source.js';
import { SessionRecord } from '../../src/model/session-record.js';
import { Outcome } from '../../src/model/told.js';
import { TransactionRecord } from '../../src/model/transaction-record.js';
import { hostName, isOfHost } from '../../src/names/host-name.js';
import { SaidNames } from '../../src/names/said-names.js';
import { SeenNames } from '../../src/names/seen-names.js';
import { parseNames } from '../../src/networks/names-file.js';
import { NamesTable, namesTable } from '../../src/networks/names-table.js';
import { openCapture } from '../../src/receive/file/capture.js';
import { CaptureError } from '../../src/receive/file/capture-error.js';
import { type AskEngine, judgeReading } from '../../src/store/questions/guard.js';
import { parseAddress } from '../../src/wire/ip/addresses.js';
import { HASH_SECRET, KeyedHash } from '../../src/wire/keyed-hash.js';
import { Malformed } from '../../src/wire/walk/malformed.js';
import { Collected } from '../demux/collect.js';
import { batchOf, type Captured } from '../demux/outer.js';
import { LET_THROUGH, REFUSED } from '../hostile/statements.js';
import { addsUp } from '../support/adds-up.js';
import {
  forced,
  harmed,
  harms,
  judge,
  play,
  readers as readApplications,
  samplesOf,
  withSamples,
} from '../support/application-fuzz.js';
import { FIXTURES } from '../support/fixtures/all.js';
import { encodePcap } from '../support/fixtures/encode.js';
import { mutate } from '../support/traffic/mutate.js';
import type { Random } from '../support/traffic/random.js';
import type { ScenePacket } from '../support/traffic/scene.js';
import { compareWays, mirroredStacks, plainStacks } from '../support/two-ways.js';

export interface Target {
  /** Checks one input. @throws if something does not hold */
  step(random: Random): Promise<void> | void;
  close(): void;
}

/** Packets of a fixture or of random stacks, most of them damaged. */
function damaged(random: Random, fixtures = FIXTURES, inUdp = false): ScenePacket[] {
  const packets = random.chance(0.5)
    ? random.pick(fixtures).scene.packets()
    : mirroredStacks(random, random.int(1, 200), inUdp);
  const share = random.pick([0.2, 0.8, 1]);
  const list = packets.map((packet) => (random.chance(share) ? mutate(packet, random) : packet));
  // Some again, in another order: repeated sequence numbers, contradicting fragments.
  for (let n = random.int(0, 20); n > 0; n--) list.push(random.pick(list));
  return list.slice(0, 400);
}

/** Every packet ends in one counter, and the fast path gives the same result as the long one. */
function demux(): Target {
  return {
    step(random) {
      const packets = damaged(random);
      compareWays(packets);
      const captured: Captured[] = packets.map((p) => ({
        bytes: p.bytes,
        length: p.length,
        linkType: random.chance(0.9) ? 1 : random.pick([0, 12, 101, 108, 113, 228, 229, 276, 147]),
        sec: Math.floor(p.at / 1e6) + (random.chance(0.02) ? random.int(-100_000, 100_000) : 0),
      }));
      const limits = { datagrams: random.pick([8, 64]), memory: random.pick([200_000, 1 << 20]) };
      const out = new Collected({ reassembly: limits });
      out.demux.process(batchOf(captured));
      addsUp(out, captured.length);
    },
    close() {},
  };
}

/** Plain frames of any link type: each ends in one counter, and the fast path agrees with the long one. */
function plain(): Target {
  return {
    step(random) {
      const packets = random.chance(0.5) ? damaged(random) : plainStacks(random, random.int(1, 200));
      compareWays(packets, DEFAULT_INPUTS, true);
      const captured: Captured[] = packets.map((p) => ({
        bytes: p.bytes,
        length: p.length,
        linkType: random.pick([0, 1, 9, 12, 50, 101, 105, 108, 113, 127, 147, 228, 229, 276]),
      }));
      const out = new Collected();
      out.demux.processPlain(batchOf(captured), MirrorType.Capture, 'x.pcap');
      const c = out.demux.counters;
      // An 802.11 frame may hold several.
      const [point] = out.mirrors.points;
      const record = new MirrorRecord();
      out.mirrors.totals(point, record);
      assert.equal(
        record.packets + c.unsupportedLinkType + c.malformed[Malformed.LinkHeader],
        captured.length,
      );
      assert.ok(c.heldMirrors <= captured.length);
    },
    close() {},
  };
}

/** Mirrors in UDP: every packet ends in one counter, whichever inputs are listed. */
function inputs(): Target {
  const inUdp = FIXTURES.filter((fixture) => fixture.inputs.length > 0);
  return {
    step(random) {
      const udp = UDP_INPUT_KINDS.filter(() => random.chance(0.8)).map((kind) => ({
        kind,
        port: UDP_INPUT_PORTS[kind],
      }));
      const packets = damaged(random, inUdp, true);
      const inputs = { gre: random.chance(0.5), udp, span: [] };
      compareWays(packets, inputs);
      const limits = { datagrams: random.pick([8, 64]), memory: random.pick([200_000, 1 << 20]) };
      const out = new Collected({ inputs, reassembly: limits });
      const captured = packets.map(({ bytes, length, at }) => ({
        bytes,
        length,
        linkType: 1,
        sec: Math.floor(at / 1e6),
      }));
      out.demux.process(batchOf(captured));
      addsUp(out, captured.length);
      assert.ok(out.demux.counters.unlisted.list().every(({ packets: n }) => n <= captured.length));
    },
    close() {},
  };
}

/**
 * A collector's packet path: nothing is thrown, no count is negative, every row is counted, and no session
 * stays open.
 */
function path(): Target {
  const config = { ...defaultConfig(), unknown_points: 8 };
  return {
    step(random) {
      const rows = { sessions: 0, transactions: 0, certificates: 0, packets: 0, names: 0 };
      const capture = new PacketPath(
        {
          collector: 'fuzz',
          sessions: { capacity: random.pick([2, 64, 4096]) },
          reassembly: { memory: 1 << 20, datagrams: 64, timeout: 30 },
          rules: mirrorRules(config, {}, -1, []),
        },
        {
          segment: (table, bytes, n) => {
            assert.ok(bytes.length > 0);
            assert.ok(table in rows);
            rows[table as keyof typeof rows] += n;
            return true;
          },
          minute: (counts) => assert.ok(counts.packets >= 0 && counts.lost >= 0),
        },
      );
      for (let n = random.int(1, 4); n > 0; n--) {
        const captured = damaged(random).map((p) => ({
          bytes: p.bytes,
          length: p.length,
          linkType: 1,
          sec: Math.floor(p.at / 1e6),
        }));
        capture.process(batchOf(captured));
        capture.tick(random.int(0, 2_000_000_000) * 1000);
      }
      capture.finish();
      const s = capture.snapshot();
      assert.equal(s.rows, rows.sessions);
      const told = Object.values(s.applications.transactions).reduce((a, b) => a + b, 0);
      assert.equal(told, rows.transactions);
      assert.equal(s.applications.certificates, rows.certificates);
      assert.equal(s.applications.names, rows.names);
      assert.equal(s.open, 0);
    },
    close() {},
  };
}

/** Damaged capture files: reading yields packets or a CaptureError, and comes to an end. */
function readers(): Target {
  const directory = mkdtempSync(join(tmpdir(), 'mirrorlake-fuzz-'));
  const file = join(directory, 'capture');
  return {
    async step(random) {
      const packets = random.pick(FIXTURES).scene.packets().slice(0, random.int(1, 60));
      let bytes: Buffer = Buffer.from(encodePcap(packets));
      if (random.chance(0.3)) bytes = gzipSync(bytes);
      const whole = { at: 0, bytes, length: bytes.length, interface: 0 };
      for (let n = random.int(0, 3); n > 0; n--)
        bytes = Buffer.from(mutate({ ...whole, bytes }, random).bytes);
      writeFileSync(file, bytes);
      const batch = new PacketBatch();
      let read = 0;
      try {
        const source = await openCapture(file);
        try {
          while (await source.next(batch)) read += batch.count;
        } finally {
          await source.close();
        }
      } catch (error) {
        if (!(error instanceof CaptureError)) throw error;
        assert.ok(!error.message.includes('\n'));
      }
      // A record has at least sixteen bytes, and compression makes it at most a thousand times smaller.
      assert.ok(read <= bytes.length * 65);
    },
    close: () => rmSync(directory, { recursive: true }),
  };
}

/**
 * Statements mixed with what opens and closes strings, comments and names: those let through read only the
 * store.
 */
function guard(): Target {
  const directory = mkdtempSync(join(tmpdir(), 'mirrorlake-fuzz-'));
  const secret = join(directory, 'secret');
  writeFileSync(secret, 'the crown jewels\n');
  const data = join(directory, 'data');
  const session = new Session(data);
  session.query('CREATE TABLE sessions (part UInt32) ENGINE = MergeTree ORDER BY part');
  session.query('SET max_execution_time = 5');
  session.query('SET readonly = 1');
  const ask: AskEngine = async (statement) =>
    (await session.queryAsync(statement, { format: 'TabSeparatedRaw' })).text();
  const scraps = [
    ...["'", '"', '`', '\u2018', '\u2019', '\u201c', '\u201d', '$$', '$x$', '--', '/*', '*/', '#!', ';', ')'],
    ...[
      '(',
      '\\',
      '\n',
      '\0',
      ' UNION ALL ',
      ' AS x ',
      '{a:',
      '}',
      ' APPLY ',
      ' IN ',
      ' FORMAT ',
      ',',
      ' -> ',
    ],
  ];
  const refused = REFUSED.map(([statement]) =>
    statement.replaceAll('SECRET', secret).replaceAll('OUT.', join(directory, 'out')).replaceAll('PORT', '1'),
  );
  return {
    async step(random) {
      const parts = [random.pick(refused), random.pick(random.chance(0.5) ? LET_THROUGH : refused)];
      let sql = random.pick(parts);
      for (let n = random.int(1, 5); n > 0; n--) {
        const at = random.int(0, sql.length);
        sql = sql.slice(0, at) + random.pick([...scraps, ...parts]) + sql.slice(at);
      }
      const judged = await judgeReading(sql, ask).catch(() => undefined);
      if (judged === undefined) return;
      const said = await ask(judged.statement).catch((error: Error) => error.message);
      // The file's name may appear, as a string, but not its content.
      assert.ok(!said.includes('the crown jewels'), sql);
      assert.equal(session.query('EXISTS sessions'), '1\n', sql);
      assert.equal(session.query("SELECT getSetting('readonly')"), '1\n', sql);
    },
    close() {
      session.close();
      rmSync(directory, { recursive: true });
    },
  };
}

/** Conversations of every application, their messages changed: see application-fuzz.ts. */
function applications(): Target {
  return {
    async step(random) {
      const name = random.pick(withSamples);
      const application = readApplications.find((a) => a.name === name);
      assert.ok(application !== undefined, `no reader of ${name}`);
      const sample = random.pick(await samplesOf(name));
      const [changes] = fc.sample(harms, { seed: random.int(0, 2 ** 31 - 1), numRuns: 1 });
      const pieces = harmed(sample, changes);
      judge(play(random.chance(0.5) ? application : forced(application), sample, pieces), pieces.length);
    },
    close() {},
  };
}

/** What strangers call hosts, and what stands where it does: accounts, shares, reverse names, tricks. */
const SAID = [
  ...[
    'www.example.com',
    'PC7',
    'pc7.example.com.',
    'xn--bcher-kva.example',
    'b\u00fccher.example',
    '10.0.0.1',
  ],
  ...[
    '_http._tcp.local',
    'localhost',
    'wpad',
    '*',
    '',
    '.',
    '..',
    'a\u202eb',
    '\ud800',
    '\0',
    'PC7$',
    'host/pc7',
  ],
  ...[
    'host/',
    '$',
    '\\\\files\\docs',
    '\\\\',
    '\\\\\\',
    '7.31.20.10.in-addr.arpa',
    'in-addr.arpa',
    'x,y',
    ',',
  ],
  ...['1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa', 'printer.local:631', ':'],
  ...[
    'fe80::1%eth0',
    '192.0.2.7',
    '# x',
    '2001:db8::7 six',
    `${'a'.repeat(260)}.example`,
    '\u{1f600}.example',
  ],
];
const SAYING = [
  'dns',
  'mdns',
  'llmnr',
  'dhcp',
  'kerberos',
  'smb',
  'http',
  'http2',
  'ldap',
  'tds',
  'socks',
  '',
];
const METHODS = ['A', 'AAAA', 'PTR', 'ANY', 'ACK', 'REQUEST', 'RELEASE', 'AP', 'AS', 'TREE_CONNECT', 'GET'];

/**
 * Rows that say names, and files of them: what is kept is the name of a host, of an address that a host may
 * have; nothing is counted twice or lost; and a file is refused in one line, or its names are found.
 */
function names(): Target {
  const text = (random: Random): string => {
    let said = random.pick(SAID);
    for (let n = random.int(0, 2); n > 0; n--) {
      const at = random.int(0, said.length);
      said =
        said.slice(0, at) +
        random.pick([...SAID, '.', ' ', '\\', '\n']) +
        said.slice(random.int(at, said.length));
    }
    return said;
  };
  const address = (random: Random, to: Uint8Array, o: number): void => {
    const written = random.pick([
      '10.0.0.1',
      '10.0.0.2',
      '0.0.0.0',
      '224.0.0.251',
      '127.0.0.1',
      '::1',
      'ff02::fb',
    ]);
    parseAddress(random.chance(0.1) ? '2001:db8::7' : written, to, o);
  };
  const transaction = (random: Random): TransactionRecord => {
    const r = new TransactionRecord();
    address(random, r.clientIp, 0);
    address(random, r.serverIp, 0);
    r.timeSec = random.int(0, 3) * 86_400 + random.int(0, 5);
    r.vni = random.chance(0.3) ? random.int(0, 2) : null;
    r.copy = random.pick([0, 0, 0, 1, 255]);
    r.appProtocol = random.pick(SAYING) as TransactionRecord['appProtocol'];
    r.method = random.pick(METHODS);
    r.outcome = random.chance(0.8) ? Outcome.Ok : random.pick(Object.values(Outcome));
    r.status = random.chance(0.8) ? 'NOERROR' : 'NXDOMAIN';
    [r.name, r.resource, r.userName] = [text(random), text(random), text(random)];
    r.answersCount = random.int(0, r.answers.length / 16);
    for (let i = 0; i < r.answersCount; i++) address(random, r.answers, 16 * i);
    r.attributeNames = ['ptr', 'srv', 'client_address', 'workstation'];
    r.attributeValues = r.attributeNames.map(() => text(random));
    r.attributesCount = r.attributeNames.length;
    return r;
  };
  const session = (random: Random): SessionRecord => {
    const r = new SessionRecord();
    address(random, r.clientIp, 0);
    address(random, r.serverIp, 0);
    r.ipVersion = random.pick([0, 4, 6]);
    [r.serverName, r.tlsVersion, r.appProtocol] = [text(random), random.pick(['', 'TLS 1.3']), 'tls'];
    r.lastSeenSec = random.int(0, 3 * 86_400);
    r.firstSeenSec = random.int(0, r.lastSeenSec);
    return r;
  };
  const file = (random: Random): SharedArrayBuffer | undefined => {
    const lines = Array.from(
      { length: random.int(0, 4) },
      () => `10.0.0.${random.int(1, 2)} ${text(random)}`,
    );
    if (random.chance(0.1)) lines.push(text(random));
    let said: Map<string, string>;
    try {
      // Files are UTF-8, which has no halves of pairs.
      said = parseNames(Buffer.from(lines.join('\n')).toString(), 'hosts');
    } catch (error) {
      assert.ok(error instanceof UsageError && /^hosts:\d+: [^\n]*$/.test(error.message), String(error));
      return undefined;
    }
    const memory = namesTable(said);
    const table = new NamesTable(memory);
    const asked = new Uint8Array(16);
    for (const [written, name] of said) {
      assert.notEqual(parseAddress(written, asked, 0), 0);
      assert.equal(table.find(asked), name);
    }
    assert.equal(table.size, said.size);
    return memory;
  };
  return {
    step(random) {
      const capacity = random.pick([1, 4, 64]);
      let counted = 0;
      let rows = 0;
      const sink = {
        name(r: NameRecord) {
          rows++;
          counted += r.count;
          if (NAME_SOURCES[r.source - 1] !== 'file') assert.equal(hostName(r.name), r.name);
          assert.ok(r.name !== '' && r.name.length <= 253 && !/\p{Cc}/u.test(r.name), JSON.stringify(r.name));
          assert.ok(isOfHost(r.address, 0));
          assert.equal(Math.floor(r.lastSeenSec / 86_400), r.day);
          assert.equal(Math.floor(r.firstSeenSec / 86_400), r.day);
        },
      };
      const seen = new SeenNames(sink, new KeyedHash(new Uint8Array(HASH_SECRET)), capacity, 60);
      let added = 0;
      const add = seen.add.bind(seen);
      seen.add = (...said) => {
        added++;
        add(...said);
      };
      const said = new SaidNames(seen, NAME_SOURCES, file(random));
      for (let n = random.int(1, 30); n > 0; n--) {
        if (random.chance(0.3)) said.session(session(random));
        else said.transaction(transaction(random), random.pick([0, 80]));
        assert.ok(seen.held <= capacity);
        if (random.chance(0.1)) seen.tick(random.int(0, 1000));
        if (random.chance(0.1)) said.set(random.chance(0.5) ? NAME_SOURCES : [], file(random));
      }
      seen.flush();
      assert.equal(seen.held, 0);
      assert.equal(counted, added);
      assert.equal(seen.rows, rows);
    },
    close() {},
  };
}

export const TARGETS: Readonly<Record<string, () => Target>> = {
  demux,
  inputs,
  plain,
  path,
  readers,
  applications,
  names,
  guard,
};
