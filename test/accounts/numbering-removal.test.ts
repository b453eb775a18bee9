import assert from 'node:assert/strict';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { NumberLog, numberLogMemory, pointName } from '../../src/accounts/number-log.js';
import { NumberMerge } from '../../src/accounts/number-merge.js';
import { Numbering, SequenceVerdict } from '../../src/accounts/numbering.js';
import { NumberingShare } from '../../src/accounts/numbering-share.js';
import { SequenceTallies } from '../../src/accounts/sequence-tallies.js';
import { MirrorType } from '../../src/model/mirror-point.js';
import { SequenceUse } from '../../src/model/sequence-use.js';

const POINT = { type: MirrorType.Erspan3, source: new Uint8Array(16), target: new Uint8Array(16) };
const SEC = 1_700_000_000;

function verdict(of: Numbering | NumberMerge, point: number): SequenceVerdict {
  const v = new SequenceVerdict();
  of.verdict(point, v);
  return v;
}

/** Bytes of typed arrays still in use. */
function held(): number {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  return process.memoryUsage().arrayBuffers;
}

/** A counter for every hardware id and direction. */
function everyHardware(numbering: Numbering, point: number): void {
  for (let i = 0; i < 64 * 2 * 4; i++) numbering.update(point, i >> 7, i & 63, 1 + ((i >> 6) & 1));
}

describe('the numbering of a forgotten mirror point', () => {
  it('gives back all its memory', async () => {
    const numbering = new Numbering();
    const share = new NumberingShare(5, 1000);
    let grown = 0;
    for (let round = 0; round < 30_000; round++) {
      for (const p of [0, 1]) numbering.add(POINT, p, share);
      for (let n = 0; n < 10; n++) numbering.update(n & 1, n, 0, 0);
      assert.equal(share.sources, 4);
      if (round % 10_000 === 0) {
        for (const p of [0, 1]) everyHardware(numbering, p);
        expect(share.levelStreams).toBeLessThan(1000 - 2 * 128);
      }
      for (const p of [0, 1]) numbering.remove(p);
      if (round === 10) grown = held();
    }
    expect(share).toEqual(new NumberingShare(5, 1000));
    // A stream takes up some 600 bytes. V8 frees arrays in a thread of its own, some time later.
    await expect.poll(() => held() - grown).toBeLessThan(100 * 30_000);
    const tallies = new SequenceTallies();
    const first = tallies.add();
    tallies.missing[first] = 5;
    tallies.release(first);
    expect([tallies.add(), tallies.missing[first]]).toEqual([first, 0]);
  });

  it('changes nothing for points that shared a counter with it', () => {
    const numbering = new Numbering();
    for (const p of [0, 1, 2]) numbering.add(POINT, p);
    let n = 0;
    for (let i = 0; i < 300; i++, n++) numbering.update(i % 3, n, 0, 0);
    numbering.remove(1);
    for (let i = 0; i < 300; i++, n++) if (i !== 100) numbering.update(2 * (i & 1), n, 0, 0);
    numbering.add(POINT, 1);
    for (let i = 0; i < 300; i++, n++) if (i !== 100) numbering.update(i % 3, n, 0, 0);
    numbering.settle();
    const verdicts = [0, 1, 2].map((p) => verdict(numbering, p));
    expect(verdicts.map((v) => v.use)).toEqual([SequenceUse.Source, SequenceUse.Source, SequenceUse.Source]);
    expect(verdicts.reduce((sum, v) => sum + v.lost, 0)).toBe(2);
  });

  it('leaves none of its losses to the next point with its index', () => {
    const numbering = new Numbering();
    for (const p of [0, 1, 2]) numbering.add(POINT, p);
    // Numbers 2 and 4 are missing, which a packet of point 1 shows. Point 1 is forgotten, and they come late,
    // when another point has its index.
    for (const n of [0, 1, 3, 5, 6, 7, 8]) numbering.update(n === 3 || n === 5 ? 1 : 0, n, 0, 0);
    numbering.remove(1);
    numbering.add({ ...POINT, source: new Uint8Array(16).fill(1) }, 1);
    numbering.update(1, 100, 0, 0);
    numbering.update(1, 102, 0, 0);
    numbering.update(0, 2, 0, 0);
    numbering.update(0, 4, 0, 0);
    numbering.settle();
    expect(verdict(numbering, 1)).toMatchObject({ use: SequenceUse.Session, lost: 1 });
  });
});

it('strangers that use up their share leave others room to be judged by hardware id', () => {
  const numbering = new Numbering();
  const strangers = NumberingShare.oneOf(2);
  const own = NumberingShare.oneOf(2);
  let point = 0;
  for (let i = 0; i < 2000; i++) {
    const source = new Uint8Array(16).fill(i & 255);
    source[0] = i >> 8;
    const points = [point++, point++];
    for (const p of points) numbering.add({ ...POINT, source }, p, strangers);
    if (i < 300) everyHardware(numbering, points[0]);
    else for (let n = 0; n < 8; n++) numbering.update(points[n & 1], n, 0, 0);
  }
  expect([strangers.sources, strangers.levelStreams < 128]).toEqual([0, true]);
  expect(own).toEqual(NumberingShare.oneOf(2));
  const target = new Uint8Array(16).fill(9);
  for (const p of [point, point + 1]) numbering.add({ ...POINT, target }, p, own);
  for (let n = 0; n < 1000; n++) {
    for (const hardware of [1, 63]) numbering.update(point, n, hardware, 1);
  }
  expect(verdict(numbering, point).use).toBe(SequenceUse.Hardware);
});

describe('sequence numbers in transit when their mirror point is forgotten', () => {
  it('belong to no other point, and those of the next with its index wait until it is known', () => {
    const merge = new NumberMerge();
    const memory = numberLogMemory(256);
    const path = merge.addPath(memory);
    const log = new NumberLog(memory);
    const old = merge.addPoint(POINT);
    merge.define(path, pointName(3, 255), old);
    log.write(pointName(3, 255), 5, 0, 0, SEC, 0);
    log.write(pointName(3, 255), 6, 0, 0, SEC, 1);
    merge.forget(path, pointName(3, 255));
    merge.removePoint(old);
    // The generation begins again after 256.
    log.write(pointName(3, 0), 5000, 0, 0, SEC, 2);
    log.write(pointName(3, 0), 5002, 0, 0, SEC, 3);
    log.advance((SEC + 1) * 1000);
    merge.run();
    const next = merge.addPoint({ ...POINT, source: new Uint8Array(16).fill(7) });
    expect(next).toBe(old);
    expect(verdict(merge, next).use).toBe(SequenceUse.None);
    merge.define(path, pointName(3, 0), next);
    merge.run();
    expect(verdict(merge, next)).toMatchObject({ use: SequenceUse.Session, missing: 1 });
    // A late one from before is skipped.
    log.write(pointName(3, 255), 7, 0, 0, SEC + 1, 0);
    log.write(pointName(3, 0), 5003, 0, 0, SEC + 1, 1);
    log.advance((SEC + 2) * 1000);
    merge.finish();
    expect(verdict(merge, next)).toMatchObject({ use: SequenceUse.Session, lost: 1, reordered: 0 });
  });

  it('report points whose use of numbers changes, and points that share a counter with them', () => {
    const merge = new NumberMerge();
    const memory = numberLogMemory(1 << 12);
    const path = merge.addPath(memory);
    const log = new NumberLog(memory);
    const other = new Uint8Array(16).fill(1);
    const points = [POINT, POINT, { ...POINT, source: other }].map((p) => merge.addPoint(p));
    for (const p of points) merge.define(path, p, p);
    const changed = (numbers: readonly (readonly [number, number])[], ms: number): number[] => {
      for (const [p, n] of numbers) log.write(p, n, 0, 0, SEC, ms * 1e6);
      log.advance(SEC * 1000 + ms + 1);
      merge.run();
      const list: number[] = [];
      merge.changes((p) => list.push(p));
      return list.sort();
    };
    expect(
      changed(
        [
          [0, 1],
          [1, 2],
          [2, 9],
        ],
        1,
      ),
    ).toEqual([0, 1, 2]);
    expect(changed([], 2)).toEqual([]);
    expect(changed([[2, 10]], 3)).toEqual([2]);
    expect(changed([[0, 3]], 4)).toEqual([0, 1]);
  });
});
