import { describe, expect, it } from 'vitest';
import { MirrorAccounts } from '../../src/collector/mirrors/mirror-accounts.js';
import { PacketPath } from '../../src/collector/packet-path.js';
import { mirrorRules } from '../../src/collector/policy.js';
import { parseConfig } from '../../src/config/load.js';
import { REASSEMBLY_DEFAULTS } from '../../src/model/defaults.js';
import { KEEP_ALL } from '../../src/model/kept-words.js';
import type { MirrorRecord } from '../../src/model/mirror-record.js';
import { SequenceUse } from '../../src/model/sequence-use.js';
import { readSegment } from '../../src/store/segment/read-segment.js';
import { batchOf } from '../demux/outer.js';
import { bytes, erspan2, ethernet, gre, ipv4, udp } from '../support/frames.js';

const RULES = {
  mirrors: [],
  unknown: 'observe',
  unknownPoints: 100,
  packets: { bytes: 0, packets: 0 },
  taps: {},
  tapAll: -1,
  separateBy: ['vni'],
  applications: KEEP_ALL,
  groups: new Map(),
  overlays: [],
  claims: [],
} as const;
const START = 1_700_000_040;
const FRAME = ethernet(0x0800, ipv4('192.168.1.2', '192.168.1.3', 17, udp(5000, 53, new Uint8Array(9))));

describe('a mirror whose packets go to several workers', () => {
  it('has lost only what no worker received', () => {
    const rows: { lost: number; packets: number; sequence: number; kernelDrops: number }[] = [];
    const store = (bytes: Uint8Array): boolean => {
      for (const { record: r } of readSegment('mirrors', bytes)) {
        rows.push({ lost: r.lost, packets: r.packets, sequence: r.sequence, kernelDrops: r.kernelDrops });
      }
      return true;
    };
    const accounts = new MirrorAccounts({ collector: 'here', rules: RULES, store, warn: () => {} });
    const workers = [0, 1, 2].map(
      (worker) =>
        new PacketPath(
          {
            collector: 'here',
            sessions: { capacity: 100 },
            reassembly: REASSEMBLY_DEFAULTS,
            rules: RULES,
            numbers: accounts.numberLog(worker),
          },
          { segment: () => true, minute: (counts) => accounts.minute(counts) },
        ),
    );
    const account = (now: number): void => {
      for (const [i, w] of workers.entries()) accounts.changes(i, w.changes(), now);
      accounts.kernelDrops(7, now);
    };
    let lost = 0;
    for (let n = 0; n < 1500; n++) {
      const sec = START + Math.floor(n / 10);
      if (n % 100 === 50) lost++;
      else {
        const packet = ipv4('10.0.0.1', '10.0.0.9', 47, erspan2(5, n, FRAME));
        workers[(n * 7) % 3].process(batchOf([{ bytes: packet, sec, nsec: (n % 10) * 1e8 }]));
      }
      if (n % 100 !== 99) continue;
      for (const [i, w] of workers.entries()) w.tick((sec + i) * 1000, i === 0);
      account(sec * 1000);
      accounts.write(sec * 1000);
    }
    for (const w of workers) w.finish();
    account((START + 200) * 1000);
    accounts.finish();
    expect(rows.reduce((sum, r) => sum + r.packets, 0)).toBe(1500 - lost);
    expect(rows.reduce((sum, r) => sum + r.kernelDrops, 0)).toBe(7);
    expect(rows.reduce((sum, r) => sum + r.lost, 0)).toBe(lost - 7);
    expect(rows.map((r) => r.sequence)).toEqual(rows.map(() => SequenceUse.Session));
    expect(accounts.status([]).mirrors).toMatchObject([
      { packets: 1500 - lost, lost: lost - 7, reordered: 0 },
    ]);
  });

  it('is one mirror if two hosts send, whichever of them each worker saw first', () => {
    const accounts = new MirrorAccounts({
      collector: 'here',
      rules: RULES,
      store: () => true,
      warn: () => {},
    });
    const workers = [0, 1].map(
      (worker) =>
        new PacketPath(
          {
            collector: 'here',
            sessions: { capacity: 100 },
            reassembly: REASSEMBLY_DEFAULTS,
            rules: RULES,
            numbers: accounts.numberLog(worker),
          },
          { segment: () => true, minute: (counts) => accounts.minute(counts) },
        ),
    );
    const inner = ipv4('192.168.1.2', '192.168.1.3', 17, udp(5000, 53, new Uint8Array(9)));
    for (let n = 0; n < 400; n++) {
      const [from, to] = n % 2 === 0 ? ['10.0.0.1', '10.0.0.9'] : ['10.0.0.9', '10.0.0.1'];
      if (n === 100 || n === 201) continue;
      const packet = ipv4(from, to, 47, gre(0x0800, inner, { sequence: n >> 1 }));
      // The first worker sees one host first, the second worker the other; then each sees both.
      const worker = n < 2 ? n : (n >> 1) & 1;
      workers[worker].process(batchOf([{ bytes: packet, sec: START, nsec: n * 1e6 }]));
    }
    for (const w of workers) w.finish();
    for (const [i, w] of workers.entries()) accounts.changes(i, w.changes(), START * 1000);
    accounts.kernelDrops(0, START * 1000);
    accounts.finish();
    expect(accounts.status([]).mirrors).toMatchObject([
      { packets: 398, sequence: 'direction', lost: 2, repeated: 0, reordered: 0 },
    ]);
  });
});

it('a mirror whose frames come twice is reported once, until they are left out', () => {
  const said: string[] = [];
  const accounts = new MirrorAccounts({
    collector: 'here',
    rules: RULES,
    store: () => true,
    warn: (message) => said.push(message),
  });
  const capture = new PacketPath(
    { collector: 'here', sessions: { capacity: 100 }, reassembly: REASSEMBLY_DEFAULTS, rules: RULES },
    { segment: () => true, minute: () => undefined },
  );
  let sent = 0;
  const send = (): boolean | undefined => {
    for (let end = sent + 100; sent < end; sent++) {
      const inner = ethernet(
        0x0800,
        ipv4('192.168.1.2', '192.168.1.3', 17, udp(5000, 53, new Uint8Array([sent]))),
      );
      for (let copy = 0; copy < 2; copy++) {
        const packet = ipv4('10.0.0.1', '10.0.0.9', 47, erspan2(5, 2 * sent + copy, inner));
        capture.process(batchOf([{ bytes: packet, sec: START, nsec: sent * 1e6 + copy }]));
      }
    }
    accounts.changes(0, capture.changes(), START * 1000);
    return accounts.status([]).mirrors[0].comes_twice;
  };
  expect(send()).toBe(true);
  expect(send()).toBe(true);
  expect(said).toEqual([
    'mirror erspan2 10.0.0.1: its frames come twice; `deduplicate: 10ms` in its entry of ' +
      'mirrors counts each once',
  ]);
  const rules = mirrorRules(
    parseConfig('mirrors: [{ name: core, deduplicate: 10ms }]', 'm.yaml'),
    {},
    -1,
    [],
  );
  accounts.setRules(rules);
  capture.setRules(rules);
  expect(send()).toBe(false);
  expect(capture.snapshot().duplicates).toBe(100);
  expect(said).toHaveLength(1);
});

it('the GRE key does not identify an ERSPAN mirror, whatever its workers saw first', () => {
  const accounts = new MirrorAccounts({
    collector: 'here',
    rules: RULES,
    store: () => true,
    warn: () => {},
  });
  const workers = [0, 1].map(
    (worker) =>
      new PacketPath(
        {
          collector: 'here',
          sessions: { capacity: 100 },
          reassembly: REASSEMBLY_DEFAULTS,
          rules: RULES,
          numbers: accounts.numberLog(worker),
        },
        { segment: () => true, minute: (counts) => accounts.minute(counts) },
      ),
  );
  for (const [i, w] of workers.entries()) {
    const erspan = gre(0x88be, bytes([0x10, 0, 0, 5, 0, 0, 0, 0], FRAME), { sequence: i, key: 70 + i });
    const plain = gre(0x6558, FRAME, { key: 70 + i });
    for (const packet of [erspan, plain])
      w.process(batchOf([{ bytes: ipv4('10.0.0.1', '10.0.0.9', 47, packet), sec: START, nsec: i }]));
    accounts.changes(i, w.changes(), START * 1000);
  }
  const told = accounts.status([]).mirrors.map((m) => `${m.type} ${m.key} ${m.packets}`);
  expect(told.sort()).toEqual(['erspan2 70 2', 'gretap 70 1', 'gretap 71 1']);
});

describe('the row of a minute', () => {
  /** The sums of a mirror's rows after these packets, with a tick of the clock after each. */
  function rowsOf(packets: readonly { readonly bytes: Uint8Array; readonly sec: number }[]) {
    const rows: MirrorRecord[] = [];
    const accounts = new MirrorAccounts({
      collector: 'here',
      rules: RULES,
      store: (segment) => {
        for (const { record } of readSegment('mirrors', segment)) rows.push(record);
        return true;
      },
      warn: () => {},
    });
    const path = new PacketPath(
      {
        collector: 'here',
        sessions: { capacity: 100 },
        reassembly: REASSEMBLY_DEFAULTS,
        rules: RULES,
        numbers: accounts.numberLog(0),
      },
      { segment: () => true, minute: (counts) => accounts.minute(counts) },
    );
    let now = START;
    const account = (): void => {
      path.tick(now * 1000);
      accounts.changes(0, path.changes(), now * 1000);
      accounts.kernelDrops(0, now * 1000);
      accounts.write(now * 1000);
    };
    for (const { bytes: packet, sec } of packets) {
      for (; now < START + sec; now++) account();
      path.process(batchOf([{ bytes: packet, sec: START + sec, nsec: 0 }]));
    }
    path.finish();
    account();
    accounts.finish();
    return rows;
  }

  it('counts packets whose fragments never came', () => {
    const whole = erspan2(5, 1, FRAME);
    const first = ipv4('10.0.0.1', '10.0.0.9', 47, whole.subarray(0, 40), { id: 1, fragment: [0, true] });
    const other = ipv4('10.0.0.1', '10.0.0.9', 47, erspan2(5, 2, FRAME));
    const rows = rowsOf([
      { bytes: first, sec: 0 },
      { bytes: other, sec: 40 },
    ]);
    expect(rows).toMatchObject([{ packets: 2, truncated: 1, incomplete: 1 }]);
  });

  it('counts lost packets that come after all', () => {
    const numbered = (sequence: number, sec: number) => ({
      bytes: ipv4('10.0.0.1', '10.0.0.9', 47, erspan2(5, sequence, FRAME)),
      sec,
    });
    const packets = Array.from({ length: 200 }, (_, n) => numbered(n, n >> 1)).filter((_, n) => n !== 60);
    const rows = rowsOf([...packets, numbered(60, 100), numbered(200, 120)]);
    const sum = (of: (r: MirrorRecord) => number) => rows.reduce((all, r) => all + of(r), 0);
    expect({ lost: sum((r) => r.lost), late: sum((r) => r.late) }).toEqual({ lost: 1, late: 1 });
    expect(rows[0]).toMatchObject({ minute: START, lost: 1, late: 0 });
  });
});
