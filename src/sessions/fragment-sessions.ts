/** The sessions of inner IP fragments: that of the first fragment, which alone has ports. */

import type { TrainWatcher } from '../model/frame-sessions.js';
import type { MirrorPoint } from '../model/mirror-point.js';
import { Mirrored } from '../model/mirrored.js';
import type { Frame } from '../wire/walk/frame.js';
import { FragmentTrains, T } from './fragments.js';
import type { Key } from './key.js';
import type { SessionCounters, SessionOptions } from './options.js';
import { countFrame, countWaiting } from './rows.js';
import { SLOT_BYTES } from './slot-fields.js';
import { U8, W } from './slot-layout.js';
import { FLAG, SLOT_WORDS, type Slots } from './slots.js';

/** Seconds between two searches for trains without a first fragment. */
const SWEEP = 5;

/** What fragments need of the session table. A session with a side is slot * 2 + side. */
export interface Sessions {
  readonly slots: Slots;
  /** The key of the current frame. */
  readonly key: Key;
  readonly counters: SessionCounters;
  /** Takes a frame that has ports into its session. */
  packet(f: Frame, m: Mirrored): number;
  /** The session of the key, opened for this frame if there is none. */
  findOrOpen(f: Frame, m: Mirrored): number;
  /** Writes a session's id. @returns packets of its row */
  idOf(slot: number, id: Uint8Array): number;
  /** Notes a side's packet at `sec`, the first one in its row. */
  note(slot: number, side: 0 | 1, sec: number): void;
}

export class FragmentSessions {
  watcher: TrainWatcher | undefined;
  private readonly trains: FragmentTrains;
  private nextSweep = 0;
  /** For settling fragments without a first one while another frame is being processed. */
  private readonly savedKey: Key;
  private readonly headless = new Mirrored();
  private readonly settledId = new Uint8Array(16);
  /** By index: the mirror points of fragments that waited. */
  private readonly points: MirrorPoint[] = [];

  constructor(
    private readonly sessions: Sessions,
    options: Pick<SessionOptions, 'fragmentTrains' | 'fragmentTimeout'>,
  ) {
    this.trains = new FragmentTrains(options.fragmentTrains, options.fragmentTimeout);
    this.savedKey = sessions.key.spare();
  }

  /**
   * Gives a fragment, whose key is the table's, to the session of its train, or makes it wait for the first
   * one.
   *
   * @returns the session's slot; -2 - its train if it waits
   */
  take(f: Frame, m: Mirrored): number {
    const { trains, sessions } = this;
    const { slots, key } = sessions;
    const t = trains.words;
    let at = trains.find(key, f);
    if (f.fragmentOffset === 0) {
      const found = sessions.packet(f, m);
      const slot = found >>> 1;
      slots.u32[slot * SLOT_WORDS + W.FRAGMENTS]++;
      const waiting = at >= 0 && t[at + T.PACKETS] !== 0;
      // They came before this one.
      if (waiting) this.settle(at, found, 1);
      if (at < 0) at = this.open(f);
      else if (waiting) trains.close(at);
      if (waiting) trains.open(at, key, f);
      t[at + T.SLOT] = slot + 1;
      t[at + T.SERIAL] = slots.u32[slot * SLOT_WORDS + W.SERIAL];
      t[at + T.SIDE] = found & 1;
      return slot;
    }
    if (at >= 0 && t[at + T.SLOT] !== 0) {
      const slot = t[at + T.SLOT] - 1;
      if (this.isStill(slot, t[at + T.SERIAL])) {
        slots.u32[slot * SLOT_WORDS + W.FRAGMENTS]++;
        const side = t[at + T.SIDE] as 0 | 1;
        if (countFrame(slots, slot, side, f, m)) sessions.note(slot, side, f.sec);
        t[at + T.SEC] = f.sec;
        return slot;
      }
      trains.close(at);
      at = -1;
    }
    if (at < 0) at = this.open(f);
    trains.wait(at, f, f.payloadLength, m.point.index);
    this.points[m.point.index] = m.point;
    return -2 - at / trains.step;
  }

  /** Settles, every few seconds, the trains whose first fragment has not come by `now` (seconds). */
  turn(now: number): void {
    if (this.trains.waiting() < 0 || now < this.nextSweep) return;
    this.sweep((at) => this.trains.expired(at, now));
    this.nextSweep = now + SWEEP;
  }

  /** Settles everything that waits: no more frames come, or frames of another time. */
  finish(): void {
    this.sweep(() => true);
    this.nextSweep = 0;
  }

  /** Whether a slot still holds the same session. */
  private isStill(slot: number, serial: number): boolean {
    const { u32, u8 } = this.sessions.slots;
    return (
      u32[slot * SLOT_WORDS + W.SERIAL] === serial && (u8[slot * SLOT_BYTES + U8.FLAGS] & FLAG.USED) !== 0
    );
  }

  private open(f: Frame): number {
    const { trains, sessions } = this;
    const at = trains.place(sessions.key, f);
    if (trains.words[at + T.OPEN] !== 0) {
      if (!trains.expired(at, f.sec)) sessions.counters.fragmentTrainsDropped++;
      if (trains.words[at + T.PACKETS] !== 0) this.settleHeadless(at);
    }
    trains.open(at, sessions.key, f);
    return at;
  }

  /** Fragments whose first one never came are a conversation without ports. */
  private settleHeadless(at: number): void {
    const { trains, sessions, headless, savedKey } = this;
    sessions.counters.fragmentTrainsHeadless++;
    headless.point = this.points[trains.words[at + T.POINT]];
    const frame = trains.portless(at);
    savedKey.copy(sessions.key);
    sessions.key.take(frame, headless);
    sessions.key.separate(trains.words[at + T.SEPARATOR]);
    this.settle(at, sessions.findOrOpen(frame, headless), 0);
    trains.close(at);
    sessions.key.copy(savedKey);
  }

  /** Counts the fragments of a train for a session; `after` of the session's packets came after them. */
  private settle(at: number, found: number, after: number): void {
    const { trains, sessions } = this;
    const slot = found >>> 1;
    if (this.watcher !== undefined) {
      const before = sessions.idOf(slot, this.settledId) - after;
      this.watcher.settled(at / trains.step, this.settledId, before);
    }
    const side = (found & 1) as 0 | 1;
    if (sessions.slots.u32[slot * SLOT_WORDS + W.PACKETS_A + side] === 0)
      sessions.note(slot, side, trains.words[at + T.OPENED_SEC]);
    countWaiting(sessions.slots, slot, side, trains.words, at);
  }

  private sweep(isDue: (at: number) => boolean): void {
    const { trains } = this;
    let next: number;
    for (let at = trains.waiting(); at >= 0; at = next) {
      next = trains.waitingAfter(at);
      if (isDue(at)) this.settleHeadless(at);
    }
  }
}
