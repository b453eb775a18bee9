/**
 * Notices mirrors whose frames come twice where nobody has asked for copies to be left out: by a sample of their
 * frames, so that it costs next to nothing.
 */
import { randomBytes } from 'node:crypto';
import type { Frame } from '../wire/frame.js';
import { Deduplicator } from './dedup.js';

/** Nanoseconds within which the second copy comes: on its way through a switch, or through a router or two. */
export const COPY_WINDOW = 10e6;
/** The first frames of a mirror point are all of the sample, then one in 2^6 is. */
const FIRST = 1024;
const SAMPLE_BITS = 6;
/** Frames of the sample before it is judged, and before counts are halved, so that what is over is forgotten. */
const ENOUGH = 64;
const HALVE = 4096;
/** More of the sample than this are copies: one in ten. Where every frame comes twice it is one in two. */
const COPIES = 0.1;
/** Places for frames of the sample. */
const REMEMBERED = 4096;

export class CopyWatch {
  private readonly sampled: number[] = [];
  private readonly copies: number[] = [];
  private readonly seen = new Deduplicator(REMEMBERED);
  private readonly secret = randomBytes(4).readInt32LE() | 1;

  /** Looks at a frame of a mirror point, if it is one of the sample. */
  look(f: Frame, mirror: number): void {
    // By what is in it: of a frame and its copy both are of the sample, or none is.
    const mixed = Math.imul(
      f.fragmentId ^ f.tcpSequence ^ (f.sourcePort << 16) ^ f.payloadLength,
      this.secret,
    );
    if (mixed >>> (32 - SAMPLE_BITS) === 0 || !(this.sampled[mirror] >= FIRST)) this.judge(f, mirror);
  }

  /** Whether frames of a mirror point come twice, as far as the sample says. */
  comesTwice(mirror: number): boolean {
    const sampled = this.sampled[mirror] ?? 0;
    return sampled >= ENOUGH && this.copies[mirror] > sampled * COPIES;
  }

  /** Forgets what was seen of a mirror point: its index is another's now. */
  forget(mirror: number): void {
    this.sampled[mirror] = this.copies[mirror] = 0;
  }

  private judge(f: Frame, mirror: number): void {
    if (f.ip < 0) return;
    if (this.sampled[mirror] === undefined) this.forget(mirror);
    if (this.seen.seen(f, mirror, COPY_WINDOW)) this.copies[mirror]++;
    if (++this.sampled[mirror] < HALVE) return;
    this.sampled[mirror] /= 2;
    this.copies[mirror] /= 2;
  }
}
