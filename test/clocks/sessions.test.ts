import assert from 'node:assert';
import { expect, it } from 'vitest';
import { Clocks } from '../../src/clocks/clocks.js';
import { Pipeline } from '../../src/collector/pipeline.js';
import { LinkType, PacketBatch } from '../../src/model/batch.js';
import { EndReason } from '../../src/model/end-reason.js';
import type { SessionRecord } from '../../src/model/session-record.js';
import { ethernet, ipv4, udp } from '../support/frames.js';
import { START, StampedSwitch } from '../support/stamped-mirror.js';
import { Random } from '../support/traffic/random.js';

it('the clock of the session table follows arrivals, whatever timestamps say', () => {
  const r = new Random(11);
  const ended: Pick<SessionRecord, 'endReason' | 'lastSeenSec'>[] = [];
  const pipeline = new Pipeline({
    sessions: { session: ({ endReason, lastSeenSec }) => ended.push({ endReason, lastSeenSec }) },
    mirrors: { mirror: () => {} },
    table: { capacity: 1024, udpIdle: 5 },
    clocks: new Clocks({ within: 2, all: true }),
  });
  const clock = new StampedSwitch({ granularity: 1, platform: 3, shows: 'utc' });
  const frame = ethernet(0x0800, ipv4('192.0.2.1', '192.0.2.2', 17, udp(1000, 53, new Uint8Array(4))));
  const batch = new PacketBatch();
  batch.count = 1;
  for (let i = 0; i < 2000; i++) {
    // One packet a second: some true, some anywhere within the bound, some far off.
    const by = [0, 1.9, -1.9, r.int(-3600, 3600), r.int(-1e6, 1e6)][r.int(0, 4)];
    batch.bytes = clock.packet((i + 4000 + by) * 1e9, 1, frame);
    batch.captured[0] = batch.length[0] = batch.bytes.length;
    batch.sec[0] = START + 4000 + i;
    batch.linkType[0] = LinkType.Ethernet;
    pipeline.process(batch);
    assert.equal(pipeline.table.time, START + 4000 + i);
  }
  // A conversation without pause stays one, but for rows that end because they are old.
  expect(ended.every(({ endReason }) => endReason === EndReason.Active)).toBe(true);
  pipeline.finish(EndReason.Eof);
  for (const { lastSeenSec } of ended) expect(lastSeenSec).toBeLessThanOrEqual(START + 4000 + 2002);
});
