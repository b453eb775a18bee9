import { describe, expect, it } from 'vitest';
import { NumberLog, NumberLogReader, numberLogMemory } from '../../src/accounts/number-log.js';
import { NumberMerge } from '../../src/accounts/number-merge.js';
import { SequenceVerdict } from '../../src/accounts/numbering.js';
import { MirrorType } from '../../src/model/mirror-point.js';
import { SequenceUse } from '../../src/model/sequence-use.js';

const POINT = { type: MirrorType.Erspan2, source: new Uint8Array(16), target: new Uint8Array(16) };
const SEC = 1_700_000_000;

interface World {
  readonly merge: NumberMerge;
  readonly logs: NumberLog[];
  readonly verdict: () => SequenceVerdict;
}

/** Several workers that see one mirror point, each under another index. */
function workers(count: number, numbers = 1 << 14): World {
  const merge = new NumberMerge();
  const point = merge.addPoint(POINT);
  const logs = Array.from({ length: count }, (_, i) => {
    const memory = numberLogMemory(numbers);
    merge.define(merge.addPath(memory), i, point);
    return new NumberLog(memory);
  });
  const verdict = (): SequenceVerdict => {
    const v = new SequenceVerdict();
    merge.verdict(point, v);
    return v;
  };
  return { merge, logs, verdict };
}

/** The worker that a fanout by addresses would choose. */
const workerOf = (n: number, count: number): number => (Math.imul(n + 1, 0x9e3779b1) >>> 9) % count;

describe('sequence numbers from several workers', () => {
  it('are judged together: what another worker received is not lost', () => {
    const { merge, logs, verdict } = workers(3);
    let lost = 0;
    for (let n = 0; n < 30_000; n++) {
      if (n % 97 === 50) lost++;
      else {
        const w = workerOf(n, 3);
        logs[w].write(w, n, 0, 0, SEC + Math.floor(n / 10_000), (n % 10_000) * 1000);
      }
      if (n % 5000 === 4999) {
        for (const log of logs) log.advance((SEC + n / 10_000) * 1000);
        merge.run();
      }
    }
    merge.finish();
    expect(verdict()).toMatchObject({ use: SequenceUse.Session, lost, reordered: 0, repeated: 0 });
    expect(merge.dropped).toBe(0);
  });

  it('wait for a worker that is behind', () => {
    const { merge, logs, verdict } = workers(2);
    logs[0].write(0, 0, 0, 0, SEC, 100);
    logs[0].write(0, 2, 0, 0, SEC, 300);
    logs[0].advance(SEC * 1000 + 500);
    merge.run();
    expect(verdict().use).toBe(SequenceUse.None);
    logs[1].write(1, 1, 0, 0, SEC, 200);
    logs[1].advance(SEC * 1000 + 500);
    merge.run();
    expect(verdict()).toMatchObject({ use: SequenceUse.Session, lost: 0, reordered: 0 });
  });

  it('wait until their mirror point is known', () => {
    const merge = new NumberMerge();
    const memory = numberLogMemory(64);
    const path = merge.addPath(memory);
    const log = new NumberLog(memory);
    log.write(0, 5, 0, 0, SEC, 0);
    log.write(0, 7, 0, 0, SEC, 1);
    log.advance(SEC * 1000 + 1000);
    merge.run();
    const point = merge.addPoint(POINT);
    merge.define(path, 0, point);
    merge.run();
    const v = new SequenceVerdict();
    merge.verdict(point, v);
    expect(v).toMatchObject({ use: SequenceUse.Session, lost: 0, missing: 1 });
  });

  it('keep hardware id and direction', () => {
    const { merge, logs, verdict } = workers(2);
    for (let n = 0; n < 3000; n++) {
      for (const hardware of [1, 63]) {
        const w = workerOf(n + hardware, 2);
        logs[w].write(w, n, hardware, 2, SEC, n * 1000 + hardware);
      }
    }
    for (const log of logs) log.advance((SEC + 1) * 1000);
    merge.finish();
    expect(verdict()).toMatchObject({ use: SequenceUse.Hardware, lost: 0, repeated: 0 });
  });
});

describe('a log of numbers', () => {
  it('returns what was written, also where it wraps', () => {
    const memory = numberLogMemory(128);
    const log = new NumberLog(memory);
    const reader = new NumberLogReader(memory);
    for (let i = 0; i < 1000; i++) {
      log.write(i, 0xffffffff - i, i & 63, i & 3, 4_000_000_000, i);
      if (i % 100 !== 99) continue;
      log.advance(i);
      for (let j = i - 99; j <= i; j++) {
        expect(reader.look()).toBe(true);
        const { point, n, hardware, direction, sec, nsec } = reader;
        expect([point, n, hardware, direction, sec, nsec]).toEqual([
          j,
          0xffffffff - j,
          j & 63,
          j & 3,
          4_000_000_000,
          j,
        ]);
        reader.next();
      }
      expect(reader.look()).toBe(false);
      reader.release();
    }
    expect(reader.advanced).toBe(999);
  });

  it('drops and counts numbers that the reader makes no room for', () => {
    const memory = numberLogMemory(128);
    const log = new NumberLog(memory);
    const reader = new NumberLogReader(memory);
    for (let i = 0; i < 200; i++) log.write(0, i, 0, 0, 1, 0);
    log.advance(0);
    expect(reader.dropped).toBe(72);
    while (reader.look()) reader.next();
    reader.release();
    log.write(0, 200, 0, 0, 1, 0);
    log.advance(0);
    expect(reader.look()).toBe(true);
    expect(reader.n).toBe(200);
  });

  it('continues when its own counters wrap', () => {
    const memory = numberLogMemory(128);
    const words = new Int32Array(memory);
    const log = new NumberLog(memory);
    const reader = new NumberLogReader(memory);
    // As after 2^31 numbers, and as many drops.
    const ends = [log, reader] as unknown as { written: number; read: number }[];
    for (const end of ends) end.written = end.read = 2 ** 31 - 100;
    words.fill(2 ** 31 - 100, 0, 2);
    words[2] = 2 ** 31 - 1;
    for (let i = 0; i < 300; i++) {
      log.write(0, i, 0, 0, 1, 0);
      if (i % 100 !== 99) continue;
      log.advance(0);
      for (let j = i - 99; j <= i; j++) {
        expect(reader.look()).toBe(true);
        expect(reader.n).toBe(j);
        reader.next();
      }
      expect(reader.look()).toBe(false);
      reader.release();
    }
    for (let i = 0; i < 129; i++) log.write(0, i, 0, 0, 1, 0);
    expect(reader.dropped).toBe(2 ** 31);
  });
});
