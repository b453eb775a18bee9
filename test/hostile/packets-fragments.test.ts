/**
 * Outer fragments of a few bytes that claim large datagrams: they take room for a few bytes only, and only of
 * their sender's share.
 */
import { describe, expect, it } from 'vitest';
import { setU16, setU32 } from '../../src/wire/bytes.js';
import { Collected } from '../demux/collect.js';
import { batchOf } from '../demux/outer.js';
import { addsUp } from '../support/adds-up.js';
import { expectCpuOfAll } from '../support/cpu.js';
import { erspan2, ethernet, ipv4, udp } from '../support/frames.js';
import { batchesOf, copiesOf, taking, WatchedPath } from './support/packet-path.js';

const TARGET = '10.0.0.9';
const PLACES = 4096;
const GOOD = 200;
const FRAME = ethernet(0x0800, ipv4('192.168.1.2', '192.168.1.3', 17, udp(5000, 53, new Uint8Array(3000))));

/** Datagrams of some honest senders, in two fragments each. */
const good = Array.from({ length: GOOD }, (_, n) => {
  const packet = erspan2(5, n >>> 2, FRAME);
  const part = (from: number, to: number, more: boolean): Uint8Array =>
    ipv4(`10.0.1.${n & 3}`, TARGET, 47, packet.subarray(from, to), { id: n, fragment: [from, more] });
  return [part(0, 1600, true), part(1600, packet.length, false)] as const;
});
const firsts = good.map(([first]) => first);
const seconds = good.map(([, second]) => second);

const MOST = 0xffff & ~7;
/** 28 bytes: the first fragment of a datagram, and the last fragment of a datagram of 64 KiB. */
const FIRST = ipv4('10.66.0.0', TARGET, 47, erspan2(5, 0, new Uint8Array(0)).subarray(0, 8), {
  fragment: [0, true],
});
const LAST = ipv4('10.66.0.0', TARGET, 47, new Uint8Array(8), { fragment: [MOST - 32, false] });

const SOURCES: Readonly<Record<string, (i: number) => [source: number, id: number]>> = {
  'one source': (i) => [0x0a420001, i & 0xffff],
  'as many sources': (i) => [0x0a420000 + i, 7],
};

function tiny(
  template: Uint8Array,
  count: number,
  from: (i: number) => [number, number],
): ReturnType<typeof copiesOf> {
  return copiesOf(template, count, (p, i) => {
    const [source, id] = from(i);
    setU16(p, 4, id);
    setU32(p, 12, source);
  });
}

describe.each([
  ['first', FIRST],
  ['last', LAST],
])('%s fragments of 28 bytes', (_, template) => {
  it.each(Object.entries(SOURCES))('512 from %s push out no datagram of honest senders', (_, from) => {
    // Not enough for 512 datagrams as long as they claim to be.
    const path = new WatchedPath({ reassembly: { memory: 8 << 20 } });
    path.process(batchesOf(firsts));
    path.process(tiny(template, 512, from));
    path.process(batchesOf(seconds));
    expect(path.snapshot.incomplete).toBe(0);
    expect(path.snapshot.frames).toBe(GOOD);
    const rows = path.finish({ kept: 512 + 2 * GOOD, whole: GOOD });
    expect(rows.map((r) => r.packets)).toEqual([50, 50, 50, 50]);
    // The attacker's datagrams, which never became whole.
    expect(path.snapshot.incomplete).toBe(512);
  });

  it('100,000 from one source push out only each other', () => {
    const count = 100_000;
    const path = new WatchedPath();
    path.process(batchesOf(firsts));
    // The identification has 16 bits: some repeat, after the earlier ones have been given up.
    path.process(tiny(template, count, SOURCES['one source']));
    path.process(batchesOf(seconds));
    expect(path.snapshot.frames).toBe(GOOD);
    expect(path.snapshot.incomplete).toBe(count - PLACES / 4);
    path.finish({ kept: count + 2 * GOOD, whole: GOOD });
    expect(path.snapshot.incomplete).toBe(count);
  });

  it('100,000 from as many sources push out only the oldest datagrams, when all places are taken', () => {
    const count = 100_000;
    const path = new WatchedPath();
    const attack = tiny(template, count, SOURCES['as many sources']);
    let whole = 0;
    // A batch has as many packets as there are places. The halves of honest datagrams go before and after
    // the first half of each batch.
    const each = Math.floor(GOOD / attack.length);
    for (const [i, batch] of attack.entries()) {
      const some = good.slice(i * each, (i + 1) * each);
      const half = Math.min(batch.count, PLACES / 2);
      path.process(batchesOf(some.map(([first]) => first)));
      path.process([{ ...batch, count: half }]);
      path.process(batchesOf(some.map(([, second]) => second)));
      whole += some.length;
      path.process([{ ...batch, count: batch.count - half, offset: batch.offset.subarray(half) }]);
    }
    expect(path.snapshot.frames).toBe(whole);
    path.finish({ kept: count + 2 * whole, whole });
    expect(path.snapshot.incomplete).toBe(count);
  });
});

it('30,000 fragments of 28 bytes cost what as many packets do', () => {
  const count = 30_000;
  const packet = ipv4('10.66.0.0', TARGET, 47, erspan2(5, 0, FRAME.subarray(0, 64)));
  const whole = taking(copiesOf(packet, count, (p, i) => setU32(p, 24, i)));
  expectCpuOfAll(
    {
      'first ones of one source': taking(tiny(FIRST, count, SOURCES['one source'])),
      'last ones of one source': taking(tiny(LAST, count, SOURCES['one source'])),
      'first ones of as many': taking(tiny(FIRST, count, SOURCES['as many sources'])),
      'last ones of as many': taking(tiny(LAST, count, SOURCES['as many sources'])),
    },
    whole,
    10,
  );
});

it('every fragment is counted once, whatever becomes of it', () => {
  const attack = Object.values(SOURCES).flatMap((from) =>
    Array.from({ length: 2000 }, (_, i) => {
      const [source, id] = from(i);
      const [second, third, fourth] = [16, 8, 0].map((shift) => (source >>> shift) & 255);
      const o = { id, fragment: [i & 1 ? 0 : MOST - 32, (i & 1) === 1] as const };
      return ipv4(`10.${second}.${third}.${fourth}`, TARGET, 47, new Uint8Array(8), o);
    }),
  );
  const all = [...firsts, ...attack, ...seconds];
  const out = new Collected();
  for (let i = 0; i < all.length; i += 4096) out.demux.process(batchOf(all.slice(i, i + 4096)));
  addsUp(out, all.length);
  const { reassembled, share, noPlace, unfinished } = out.demux.counters.reassembly;
  expect(reassembled).toBe(out.frames.length);
  expect(share + noPlace + unfinished + reassembled).toBe(attack.length + GOOD);
});
