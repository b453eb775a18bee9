/** Spoofed outer addresses: senders that do not exist must take nothing from configured mirrors. */
import { describe, expect, it } from 'vitest';
import { exposition } from '../../src/observe/metrics.js';
import { setU16, setU32 } from '../../src/wire/bytes.js';
import { STATUS } from '../support/collector-status.js';
import { expectCpu } from '../support/cpu.js';
import { erspan2, ethernet, ipv4, udp } from '../support/frames.js';
import { copiesOf, type PathOptions, taking, WatchedPath } from './support/packet-path.js';

const SPOOFED = 20_000;
const PLACES = 4096;
const FRAME = ethernet(0x0800, ipv4('192.168.1.2', '192.168.1.3', 17, udp(5000, 53, new Uint8Array(40))));
const PACKET = ipv4('10.0.0.1', '10.0.0.9', 47, erspan2(5, 0, FRAME));
/** Offsets of the outer source, the sequence number and the ERSPAN session. */
const SOURCE = 12;
const SEQUENCE = 24;
const SESSION = 30;

/** One packet each of many senders, whose ERSPAN sessions differ as well. */
const strangers = copiesOf(PACKET, SPOOFED, (p, i) => {
  setU32(p, SOURCE, 0x0b000000 + i);
  setU32(p, SEQUENCE, Math.imul(i, 0x9e3779b1) >>> 0);
  setU16(p, SESSION, i & 1023);
});
const oneSender = (source: number, count: number) =>
  copiesOf(PACKET, count, (p, i) => {
    setU32(p, SOURCE, source);
    setU32(p, SEQUENCE, i);
  });
const CORE = 0x0a000001;
const LATER = 1000;

describe.each<[string, 'observe' | 'refuse', number]>([
  ['refused', 'refuse', 0],
  ['observed', 'observe', PLACES],
])('20,000 unknown senders that are %s', (_, unknown, places) => {
  const options: PathOptions = {
    unknown,
    unknownPoints: PLACES,
    mirrors: [{ name: 'core', source: '10.0.0.1' }],
  };

  it('leave a mirror that begins after them its place, its name and its counts', async () => {
    const path = new WatchedPath(options);
    path.process(strangers);
    path.watch();
    path.process(oneSender(CORE, LATER));
    path.watch();
    const { status } = path;
    const core = status.mirrors.filter((m) => m.name === 'core');
    expect(core).toMatchObject([
      {
        source: '10.0.0.1',
        session: 5,
        packets: LATER,
        lost: 0,
        reordered: 0,
        repeated: 0,
        sequence: 'session',
      },
    ]);
    expect(status.pools).toMatchObject([
      { name: 'core', points: 1, full: 0 },
      { name: '', points: places, full: places === 0 ? 0 : SPOOFED - PLACES },
    ]);
    // The report is as long whether there are thousands or millions.
    expect(status.mirrors.length).toBeLessThanOrEqual(1 + 256 + 1);
    expect(status.refused.length).toBeLessThanOrEqual(64);
    expect(JSON.stringify([status, path.snapshot]).length).toBeLessThan(200_000);
    expect((await exposition({ ...STATUS, ...status })).text.length).toBeLessThan(600_000);
    // Messages: places are taken, and frames come twice, for the mirror and for all unknown senders.
    expect(path.log.length).toBeLessThanOrEqual(3);

    const rows = path.finish();
    expect(path.minutes.get('10.0.0.1 5')).toEqual({ packets: LATER, lost: 0, reordered: 0, repeated: 0 });
    expect(rows.filter((r) => r.mirror === '10.0.0.1').map((r) => r.packets)).toEqual([LATER]);
    // As many points as there are places, the one that the others share, and the mirror.
    expect(path.minutes.size).toBe(places === 0 ? 1 : places + 2);
    expect(path.dropped('refused') + path.dropped('mirror_points_full')).toBe(SPOOFED - places);
  });

  it('cost what as many packets of one sender do', () => {
    const one = oneSender(CORE, SPOOFED);
    expectCpu(taking(strangers, options), taking(one, options), 10);
  });
});
