/**
 * Notices mirrors whose frames come twice although `deduplicate` is off, from a sample of their frames, so
 * that it costs next to nothing.
 */
import { randomBytes } from 'node:crypto';
import type { Frame } from '../wire/walk/frame.js';
import { Deduplicator } from './dedup.js';

/** The second copy arrives within this many nanoseconds: after a switch, or one or two routers. */
export const COPY_WINDOW = 10e6;
/**
 * The first frames of a mirror point are all in the sample, then one in 2,048: comparing one costs as much as
 * a few frames do.
 */
const FIRST = 96;
const SAMPLE_BITS = 11;
/** Frames of the sample before a verdict, and before counts are halved, so that the past is forgotten. */
const ENOUGH = 64;
const HALVE = 256;
/** More copies than one in ten of the sample are a verdict. If every frame comes twice it is one in two. */
const COPIES = 0.1;
/** Places for sampled frames. */
const REMEMBERED = 4096;

export class CopyWatch {
  /** By mirror point: how many more of its first frames to examine; sampled frames; and copies among them. */
  private first = new Uint16Array(64).fill(FIRST);
  private sampled = new Uint16Array(64);
  private copies = new Uint16Array(64);
  private readonly seen = new Deduplicator(REMEMBERED);
  /** Odd: mixes numbers that differ only in low bits, as TCP's do by whole segments, into high ones. */
  private readonly secret = randomBytes(4).readInt32LE() | 1;

  /** Examines a frame of a mirror point, if it is in the sample. */
  look(f: Frame, mirror: number): void {
    // By content, so that both a frame and its copy are in the sample, or neither.
    const mixed = Math.imul(f.fragmentId ^ f.tcpSequence ^ f.payloadLength, this.secret);
    if (mixed >>> (32 - SAMPLE_BITS) === 0 || this.first[mirror] !== 0) this.judge(f, mirror);
  }

  /** Whether the frames of a mirror point come twice, according to the sample. */
  comesTwice(mirror: number): boolean {
    return this.sampled[mirror] >= ENOUGH && this.copies[mirror] > this.sampled[mirror] * COPIES;
  }

  /** Forgets a mirror point: its index is another's now. */
  forget(mirror: number): void {
    if (mirror >= this.first.length) return;
    this.first[mirror] = FIRST;
    this.sampled[mirror] = this.copies[mirror] = 0;
  }

  private judge(f: Frame, mirror: number): void {
    while (mirror >= this.first.length) this.grow();
    if (this.first[mirror] > 0) this.first[mirror]--;
    if (f.ip < 0) return;
    if (this.seen.seen(f, mirror, COPY_WINDOW)) this.copies[mirror]++;
    if (++this.sampled[mirror] < HALVE) return;
    this.sampled[mirror] >>>= 1;
    this.copies[mirror] >>>= 1;
  }

  private grow(): void {
    const { first, sampled, copies } = this;
    this.first = new Uint16Array(2 * first.length).fill(FIRST);
    this.first.set(first);
    this.sampled = new Uint16Array(this.first.length);
    this.sampled.set(sampled);
    this.copies = new Uint16Array(this.first.length);
    this.copies.set(copies);
  }
}
