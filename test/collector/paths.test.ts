/** Packets of a pair come to different workers, and are matched all the same. */
import { expect, it } from 'vitest';
import { MirrorAccounts } from '../../src/collector/mirrors/mirror-accounts.js';
import { PacketPath } from '../../src/collector/packet-path.js';
import { pathRules } from '../../src/collector/path-rules.js';
import { Paths } from '../../src/collector/paths.js';
import { mirrorRules } from '../../src/collector/policy.js';
import { parseConfig } from '../../src/config/load.js';
import { REASSEMBLY_DEFAULTS } from '../../src/model/defaults.js';
import type { HopRecord } from '../../src/model/hop-record.js';
import type { PathRecord } from '../../src/model/path-record.js';
import type { PathsStatus } from '../../src/model/status.js';
import { exposition } from '../../src/observe/metrics.js';
import { ObservationLog } from '../../src/paths/observation-log.js';
import { readSegment } from '../../src/store/segment/read-segment.js';
import { batchOf } from '../demux/outer.js';
import { STATUS } from '../support/collector-status.js';
import { mergedCapture, type PathCaptures, pathCaptures, quantile } from '../support/path-captures.js';

const HEADER = 24;
const RECORD = 16;
const ETHERNET = 14;

const MIRRORS = `
mirrors:
  - {name: access-1, source: 10.9.0.1}
  - {name: core-1, source: 10.9.0.2}
`;

interface Result {
  readonly paths: PathRecord[];
  readonly hops: HopRecord[];
  readonly status: PathsStatus;
}

/** Plays a capture to a collector's packet paths: each packet to the one of its number modulo `workers`. */
function collect(captures: PathCaptures, yaml: string, workers: number): Result {
  const config = parseConfig(`${MIRRORS}${yaml}`, 'test.yaml');
  const rules = mirrorRules(config, {}, -1, []);
  const matched = pathRules(config);
  if (matched === undefined) throw new Error('the configuration has no paths');
  const result = { paths: [] as PathRecord[], hops: [] as HopRecord[] };
  const paths = new Paths({
    collector: 'here',
    rules: matched,
    clocks: () => packetPaths.map(({ placeClocks }) => placeClocks),
    store: (table, bytes) => {
      if (table === 'paths')
        result.paths.push(...[...readSegment('paths', bytes)].map(({ record }) => record));
      else result.hops.push(...[...readSegment('hops', bytes)].map(({ record }) => record));
      return true;
    },
  });
  const accounts = new MirrorAccounts({ collector: 'here', rules, store: () => true, warn: () => {}, paths });
  const packetPaths = Array.from(
    { length: Math.max(1, workers) },
    (_, worker) =>
      new PacketPath(
        {
          collector: 'here',
          sessions: { capacity: 1024 },
          reassembly: REASSEMBLY_DEFAULTS,
          rules,
          paths: matched,
          ...(workers > 0 && { numbers: accounts.numberLog(worker) }),
        },
        {
          segment: () => true,
          minute: (counts) => accounts.minute(counts),
          paths: workers > 0 ? new ObservationLog(paths.log()) : paths,
        },
      ),
  );
  const bytes = mergedCapture(captures);
  const view = new DataView(bytes.buffer);
  let number = 0;
  for (let o = HEADER; o < bytes.length; number++) {
    const [sec, nsec, length] = [view.getUint32(o), view.getUint32(o + 4), view.getUint32(o + 8)];
    const packet = bytes.subarray(o + RECORD + ETHERNET, o + RECORD + length);
    packetPaths[number % packetPaths.length].process(batchOf([{ bytes: packet, sec, nsec }]));
    o += RECORD + length;
    if (number % 200 !== 0) continue;
    const now = sec * 1e3 + nsec / 1e6;
    for (const [worker, path] of packetPaths.entries()) {
      path.tick(now);
      accounts.changes(worker, path.changes(), now);
    }
    accounts.kernelDrops(0, now);
    paths.run(now);
  }
  for (const [worker, path] of packetPaths.entries()) {
    path.finish();
    accounts.changes(worker, path.changes(), Date.now());
  }
  accounts.finish();
  paths.finish();
  return { ...result, status: paths.status() };
}

const PAIR = 'paths: {sample: 1/1, pairs: [{from: access-1, to: core-1}]}';

it.each([
  ['raw sockets', 0],
  ['one worker', 1],
  ['three workers', 3],
])('counts exactly with %s', (_, workers) => {
  const captures = pathCaptures({ packets: 6000, mirrorLoss: 0.01 });
  const { paths, hops, status } = collect(captures, PAIR, workers);
  for (const [from, to, fate] of [
    ['access-1', 'core-1', captures.forward],
    ['core-1', 'access-1', captures.reverse],
  ] as const) {
    const { matched, lost, unknown, delays } = fate;
    const row = paths.find(({ fromMirror }) => fromMirror === from);
    expect(row).toMatchObject({
      toMirror: to,
      matched,
      lost,
      unknown,
      delayMinNs: delays[0],
      delayP50Ns: quantile(delays, 0.5),
      delayP99Ns: quantile(delays, 0.99),
      delayMaxNs: delays.at(-1),
    });
  }
  expect(paths).toHaveLength(2);
  expect(hops).toHaveLength(100);
  expect(status).toMatchObject({ dropped: 0, early: 0, waiting: 0, sample: 1 });
});

it('finds pairs by itself', () => {
  const captures = pathCaptures({ packets: 6000 });
  const { paths } = collect(captures, 'paths: {sample: 1/1, pairs: auto}', 2);
  const forward = paths.find(({ fromMirror }) => fromMirror === 'access-1');
  expect(forward?.toMirror).toBe('core-1');
  expect(forward?.matched).toBeGreaterThan(captures.forward.matched * 0.95);
});

it('shows counts and delays in metrics', async () => {
  const captures = pathCaptures({ packets: 2000 });
  const { status } = collect(captures, PAIR, 1);
  const { text } = await exposition({ ...STATUS, paths: status });
  const labels = 'from="access-1",to="core-1"';
  expect(text).toContain(`mirrorlake_path_packets_total{${labels},result="lost"} ${captures.forward.lost}\n`);
  const p50 = quantile(captures.forward.delays, 0.5) / 1e9;
  expect(text).toContain(`mirrorlake_path_delay_seconds{${labels},which="p50"} ${p50}\n`);
  expect(text).toContain(`mirrorlake_paths_observed_total ${status.observed}\n`);
});

it.each([
  ['paths: {pairs: [{from: access-1, to: core-7}]}', /pairs\.0\.to: no entry of mirrors is called "core-7"/],
  ['paths: {pairs: [{from: core-1, to: core-1}]}', /pairs\.0\.to: it is the same as from/],
  ['paths: {pairs: []}', /paths\.pairs/],
  ['paths: {sample: 2, pairs: auto}', /paths\.sample/],
  ['paths: {sample: 1/0, pairs: auto}', /paths\.sample: write 1\/N/],
  ['paths: {window: 1h, pairs: auto}', /paths\.window/],
])('refuses %s', (yaml, words) => {
  expect(() => parseConfig(`${MIRRORS}${yaml}`, 'test.yaml')).toThrow(words);
});

it('says how to make the key', () => {
  const config = parseConfig(`${MIRRORS}paths: {key: /nowhere/key, pairs: auto}`, 'test.yaml');
  expect(() => pathRules(config)).toThrow(/paths\.key: .*openssl rand -hex 32 > \/nowhere\/key/);
});
