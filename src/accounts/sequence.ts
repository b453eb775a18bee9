/**
 * What running numbers show: how many packets were lost, arrived late or arrived twice.
 *
 * A stream is a sequence of numbers that one counter may have made. It keeps a window of the last 1024
 * numbers, as IPsec's replay check does (RFC 4303 section 3.4.3): a skipped number is missing until it
 * arrives within the window, and lost if it has not for one or two epochs. A number far from the stream opens
 * a second track in it, up to four: the sender has restarted, or was unreachable for long, or several of its
 * parts count under one name; later numbers show which (RFC 3550 appendix A.1 waits in the same way). Without
 * evidence nothing counts as lost.
 *
 * Results go to a tally, so that several streams can be added up and one stream divided.
 */
import { grownFloat64, grownInt32, grownUint8 } from './grow.js';
import { SequenceTallies } from './sequence-tallies.js';
import { SequenceTracks } from './sequence-tracks.js';
import { isNear, isOutage } from './sequence-window.js';

/** Tracks of a stream at most. */
export const TRACKS = 4;
/** A track that this many packets of its stream have passed by is from before a restart. */
const STALE = 16_384;
const NONE = -1;

export class SequenceStreams {
  readonly tallies = new SequenceTallies();
  private readonly tracks = new SequenceTracks(this.tallies);
  /**
   * By stream: its tracks, the track of its last packet, whether several tallies share it, and its packets.
   */
  private track = new Int32Array(64 * TRACKS);
  private current = new Int32Array(64);
  private shared = new Uint8Array(64);
  private packets = new Float64Array(64);
  private streams = 0;
  private readonly spare: number[] = [];

  /** A new stream whose first number is `n`. */
  open(n: number, tally: number, trace = 0): number {
    const s = this.stream(0);
    this.begin(s, n, tally, trace);
    this.tallies.received[tally]++;
    this.tallies.fresh[tally]++;
    return s;
  }

  /**
   * A new stream in the state of another; with `loser` it is shared, and its losses so far are this tally's.
   */
  copy(from: number, loser = NONE): number {
    const s = this.stream(loser === NONE ? 0 : 1);
    this.packets[s] = this.packets[from];
    for (let i = 0; i < TRACKS; i++) {
      const t = this.track[from * TRACKS + i];
      if (t === NONE) continue;
      const mine = this.tracks.copy(t, loser);
      this.track[s * TRACKS + i] = mine;
      if (this.current[from] === t) this.current[s] = mine;
    }
    for (let i = 0; i < TRACKS; i++) {
      const t = this.track[s * TRACKS + i];
      if (t !== NONE && this.tracks.parent[t] !== NONE)
        this.tracks.parent[t] = this.sibling(from, s, this.tracks.parent[t]);
    }
    return s;
  }

  close(s: number): void {
    for (let i = 0; i < TRACKS; i++) {
      const t = this.track[s * TRACKS + i];
      if (t !== NONE) this.tracks.close(t);
    }
    this.spare.push(s);
  }

  /** Transfers the losses of a shared stream from one tally to another, from now on. */
  bequeath(s: number, from: number, to: number): void {
    for (let i = 0; i < TRACKS; i++) {
      const t = this.track[s * TRACKS + i];
      if (t !== NONE) this.tracks.bequeath(t, from, to);
    }
  }

  /** Whether a number seems to continue where the last one of a stream was. */
  continues(s: number, n: number): boolean {
    const t = this.current[s];
    const d = t === NONE ? 0 : this.tracks.distance(t, n);
    return d > 0 && isNear(d);
  }

  /**
   * An epoch is over: numbers missing since before the last one are given up. @param given called for their
   * tallies
   */
  turn(given: (tally: number) => void): void {
    this.tallies.turn(given);
    this.tracks.turn();
  }

  /** The largest number of streams at the same time. */
  get size(): number {
    return this.streams;
  }

  /**
   * Takes the next packet's number, and its trace (0 to 255), which tells packets with the same number apart.
   */
  update(s: number, n: number, tally: number, trace = 0): void {
    this.tallies.received[tally]++;
    this.tallies.fresh[tally]++;
    this.packets[s]++;
    const t = this.current[s];
    if (t === NONE) {
      this.begin(s, n, tally, trace);
      return;
    }
    const d = this.tracks.distance(t, n);
    if (isNear(d)) this.tracks.near(t, n, d, tally, trace);
    else this.far(s, t, n, d, tally, trace);
  }

  /** Forgets the numbers: the next one belongs to another time, and nothing between is lost. */
  restart(s: number): void {
    for (let i = 0; i < TRACKS; i++) {
      const t = this.track[s * TRACKS + i];
      if (t !== NONE) this.tracks.close(t);
    }
    this.track.fill(NONE, s * TRACKS, (s + 1) * TRACKS);
    this.current[s] = NONE;
  }

  /** Takes the first number of a stream. */
  private begin(s: number, n: number, tally: number, trace: number): void {
    const t = this.tracks.open(n, this.shared[s] === 1, tally, trace);
    this.tracks.used[t] = this.packets[s];
    this.track[s * TRACKS] = t;
    this.current[s] = t;
  }

  /** Takes a number outside the window of the stream's current track. */
  private far(s: number, t: number, n: number, d: number, tally: number, trace: number): void {
    this.tracks.used[t] = this.packets[s];
    const step = this.tracks.narrowStep(t, n);
    if (step > 0) {
      this.tracks.near(t, n, step, tally, trace);
      return;
    }
    for (let i = 0; i < TRACKS; i++) {
      const other = this.track[s * TRACKS + i];
      if (other === NONE || other === t || this.packets[s] - this.tracks.used[other] > STALE) continue;
      let near = this.tracks.distance(other, n);
      if (!isNear(near)) {
        near = this.tracks.narrowStep(other, n);
        if (near === 0) continue;
      }
      this.orphan(s, other);
      this.current[s] = other;
      this.tracks.near(other, n, near, tally, trace);
      return;
    }
    this.jump(s, t, n, d, tally, trace);
  }

  private jump(s: number, from: number, n: number, d: number, tally: number, trace: number): void {
    this.tallies.jumps[tally]++;
    const place = this.placeForTrack(s);
    const old = this.track[s * TRACKS + place];
    if (old !== NONE) {
      this.orphan(s, old);
      this.tracks.close(old);
    }
    const t = this.tracks.open(n, this.shared[s] === 1, tally, trace);
    this.tracks.used[t] = this.packets[s];
    this.track[s * TRACKS + place] = t;
    this.current[s] = t;
    this.tracks.follow(t, from, isOutage(n, d) ? d : 0);
  }

  private placeForTrack(s: number): number {
    let place = 0;
    for (let i = 0; i < TRACKS; i++) {
      const t = this.track[s * TRACKS + i];
      if (t === NONE) return i;
      if (this.tracks.used[t] < this.tracks.used[this.track[s * TRACKS + place]]) place = i;
    }
    return place;
  }

  /** A track was seen again, or is gone: no other continues it. */
  private orphan(s: number, parent: number): void {
    for (let i = 0; i < TRACKS; i++) {
      const t = this.track[s * TRACKS + i];
      if (t !== NONE && this.tracks.parent[t] === parent) this.tracks.parent[t] = NONE;
    }
  }

  private stream(shared: number): number {
    const spare = this.spare.pop();
    const s = spare ?? this.streams++;
    if (s === this.current.length) {
      this.track = grownInt32(this.track);
      this.current = grownInt32(this.current);
      this.shared = grownUint8(this.shared);
      this.packets = grownFloat64(this.packets);
    }
    this.track.fill(NONE, s * TRACKS, (s + 1) * TRACKS);
    this.current[s] = NONE;
    this.shared[s] = shared;
    this.packets[s] = 0;
    return s;
  }

  /** The copy in stream `s` of a track of stream `from`. */
  private sibling(from: number, s: number, track: number): number {
    for (let i = 0; i < TRACKS; i++) {
      if (this.track[from * TRACKS + i] === track) return this.track[s * TRACKS + i];
    }
    return NONE;
  }
}
