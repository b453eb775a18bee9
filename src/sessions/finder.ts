/** Finds the session of a frame: among recently seen slots, or through the index. */

import { FRAMES_AHEAD, type Mirrored } from '../model/mirrored.js';
import { IpProtocol } from '../wire/ip/ip-protocol.js';
import type { Frame } from '../wire/walk/frame.js';
import type { Key } from './key.js';
import { RecentSlots } from './recent-slots.js';
import { PROBES, SlotIndex } from './slot-index.js';
import { TW, W } from './slot-layout.js';
import { SLOT_WORDS, type Slots, TCP_WORDS } from './slots.js';

export class Finder {
  private readonly index = new SlotIndex();
  private readonly recent = new RecentSlots();
  /** Of announced frames: both hashes (the second only for sessions not recently seen), and the slot. */
  private readonly quick = new Int32Array(FRAMES_AHEAD);
  private readonly hashes = new Int32Array(FRAMES_AHEAD);
  private readonly near = new Int32Array(FRAMES_AHEAD);
  /** What {@link ahead} read. Storing it keeps compilers from removing the reads. */
  fetched = 0;

  /** @param key the key of the current frame */
  constructor(
    private readonly slots: Slots,
    private readonly key: Key,
  ) {}

  /**
   * Fetches the sessions of frames into the processor's cache. They lie far apart, and reads that do not
   * depend on each other overlap.
   */
  ahead(frames: readonly Frame[], mirrored: readonly Mirrored[], count: number): void {
    const { quick, hashes, near, index, recent, key } = this;
    for (let i = 0; i < count; i++) {
      key.take(frames[i], mirrored[i]);
      quick[i] = key.quick;
      near[i] = recent.slot(key.quick);
      if (near[i] < 0) hashes[i] = key.hash;
    }
    for (let i = 0; i < count; i++) {
      if (near[i] >= 0) continue;
      const bucket = index.start(hashes[i]);
      near[i] = index.slotAt(bucket);
      // Noted here, it is found without the secret hash when the frame itself arrives.
      if (near[i] >= 0 && index.hashAt(bucket) === hashes[i]) recent.note(quick[i], near[i]);
    }
    const { u32, tcp32 } = this.slots;
    let fetched = 0;
    for (let i = 0; i < count; i++) {
      if (near[i] < 0) continue;
      const w = near[i] * SLOT_WORDS;
      fetched ^= u32[w + W.HASH] ^ u32[w + W.NEXT_SEQ_A];
      if (frames[i].protocol === IpProtocol.Tcp) fetched ^= tcp32[near[i] * TCP_WORDS + TW.DUE_A];
    }
    this.fetched = fetched;
  }

  /** Finds the session of the key: slot * 2 + side, or -1. */
  find(): number {
    const { key, recent } = this;
    const slot = recent.slot(key.quick);
    if (slot >= 0) {
      const side = key.side(this.slots, slot);
      if (side >= 0) return slot * 2 + side;
    }
    const found = this.search();
    if (found >= 0) recent.note(key.quick, found >>> 1);
    return found;
  }

  /**
   * Makes a fresh slot, which holds the key, findable.
   *
   * @returns -1; or the slot of another session that lost its place to this one and is no longer findable
   */
  insert(slot: number): number {
    const { key, index } = this;
    this.recent.note(key.quick, slot);
    return index.insert(key.hash, slot) ? -1 : index.replace(key.hash, slot);
  }

  /** Makes a slot unfindable. */
  remove(slot: number): void {
    this.index.remove(this.slots.u32[slot * SLOT_WORDS + W.HASH], slot);
  }

  private search(): number {
    const { key, index } = this;
    const hash = key.hash;
    let bucket = index.start(hash);
    for (let n = 0; n < PROBES; n++) {
      const slot = index.slotAt(bucket);
      if (slot < 0) return -1;
      if (index.hashAt(bucket) === hash) {
        const side = key.side(this.slots, slot);
        if (side >= 0) return slot * 2 + side;
      }
      bucket = index.next(bucket);
    }
    return -1;
  }
}
