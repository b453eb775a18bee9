/**
 * Packets from an AF_XDP socket: the kernel writes them into frames that this process reads in place, with
 * the time in front (linux/xdp/program.ts).
 */
import { viewOf } from '../linux/libc.js';
import { MonotonicTime } from '../linux/monotonic.js';
import { TIME_LENGTH } from '../linux/xdp/program.js';
import { DESCRIPTOR, wakeDriver, XDP_PKT_CONTD, XDP_RING_NEED_WAKEUP } from '../linux/xdp/socket.js';
import type { XdpSource } from '../linux/xdp/umem.js';
import type { PacketBatch } from '../model/batch.js';

/** Packets per batch, as of a ring (ring.ts). */
const AT_ONCE = 64;
/** Words of the cache lines in which headers lie, from a packet's start, which begins one. */
const HEADERS_MIDDLE = 16;
const HEADERS_LAST = 32;
/** Milliseconds after which the clocks are compared anew. */
const CLOCK_MS = 100;
/** Tries to get hold of a fill ring, before read frames wait for the next batch. */
const LOCK_TRIES = 64;

/** What one thread reads of one AF_XDP socket. */
export class XdpRing {
  private readonly descriptors: Uint32Array;
  private readonly shared: Int32Array;
  private readonly free: Uint32Array;
  private readonly freeShared: Int32Array;
  private readonly lock: Int32Array;
  private readonly bytes: Uint8Array;
  private readonly words: Uint32Array;
  private readonly time = new MonotonicTime();
  private followed = 0;
  /** Descriptors taken so far, modulo 2^32. */
  private taken: number;
  /** Frames that were handed out, and go back to the kernel. */
  private readonly back: Uint32Array;
  private waiting = 0;
  /** As of a ring (ring.ts): what was read so that the headers of several packets are fetched at once. */
  fetched = 0;

  /**
   * @param linkType LinkType of the interface's packets.
   * @param number the interface's number in the source (PacketBatch.interface).
   */
  constructor(
    readonly fd: number,
    private readonly source: XdpSource,
    private readonly linkType: number,
    private readonly number: number,
  ) {
    const ring = viewOf(source.receive.address, source.receive.length);
    this.descriptors = new Uint32Array(ring);
    this.shared = new Int32Array(ring);
    const filling = viewOf(source.fill.address, source.fill.length);
    this.free = new Uint32Array(filling);
    this.freeShared = new Int32Array(filling);
    this.lock = new Int32Array(source.lock);
    const memory = viewOf(source.address, source.length);
    this.bytes = new Uint8Array(memory);
    this.words = new Uint32Array(memory);
    this.back = new Uint32Array(source.frames);
    this.taken = Atomics.load(this.shared, source.receive.consumer >>> 2);
  }

  /**
   * Fills the batch. The packets' bytes are the kernel's memory, valid until the next call, which returns
   * them.
   *
   * @returns false if there are none.
   */
  fill(batch: PacketBatch): boolean {
    if (this.waiting > 0) this.giveBack();
    const { receive, entries, joined } = this.source;
    let left = (Atomics.load(this.shared, receive.producer >>> 2) - this.taken) | 0;
    if (left === 0) return false;
    this.follow();
    const d = this.descriptors;
    const w = this.words;
    const end = w.length - 1;
    let fetched = 0;
    let room = joined;
    let n = 0;
    for (; n < AT_ONCE && left > 0; n++) {
      const at = (receive.entries + (this.taken & (entries - 1)) * DESCRIPTOR) >>> 2;
      const offset = d[at];
      let length = d[at + 2];
      let packet = offset;
      let pieces = 1;
      if ((d[at + 3] & XDP_PKT_CONTD) !== 0) {
        pieces = this.join(left, room);
        // It is whole, or begins the next batch.
        if (pieces === 0) break;
        packet = room;
        length = this.joinedLength;
        room += length;
      }
      this.setTime(batch, n, offset);
      const p = packet >>> 2;
      fetched ^= w[p] ^ w[Math.min(p + HEADERS_MIDDLE, end)] ^ w[Math.min(p + HEADERS_LAST, end)];
      batch.offset[n] = packet;
      batch.captured[n] = length;
      batch.length[n] = length;
      batch.linkType[n] = this.linkType;
      batch.interface[n] = this.number;
      this.take(pieces);
      left -= pieces;
    }
    if (n === 0) return false;
    Atomics.store(this.shared, receive.consumer >>> 2, this.taken);
    batch.bytes = this.bytes;
    batch.count = n;
    this.fetched = fetched;
    return true;
  }

  private follow(): void {
    const now = Date.now();
    if (now - this.followed < CLOCK_MS && now >= this.followed) return;
    this.time.follow();
    this.followed = now;
  }

  /** Reads the time in front of the packet at `offset`. */
  private setTime(batch: PacketBatch, i: number, offset: number): void {
    const at = (offset - TIME_LENGTH) >>> 2;
    this.time.convert(this.words[at + 1], this.words[at]);
    batch.sec[i] = this.time.sec;
    batch.nsec[i] = this.time.nsec;
  }

  /** Notes the frames of the next descriptors as read. */
  private take(pieces: number): void {
    const { receive, entries } = this.source;
    for (let i = 0; i < pieces; i++) {
      const at = (receive.entries + (this.taken & (entries - 1)) * DESCRIPTOR) >>> 2;
      this.back[this.waiting++] = this.descriptors[at];
      this.taken = (this.taken + 1) | 0;
    }
  }

  /** The length of the packet that {@link join} put together. */
  private joinedLength = 0;

  /**
   * Puts a packet in several frames together.
   *
   * @param left descriptors that are there
   * @param room where to
   * @returns its descriptors; 0 if there is no room, or not all of it
   */
  private join(left: number, room: number): number {
    const { receive, entries, joined, joinedLength } = this.source;
    const d = this.descriptors;
    let to = room;
    for (let i = 0; i < left; i++) {
      const at = (receive.entries + ((this.taken + i) & (entries - 1)) * DESCRIPTOR) >>> 2;
      const length = d[at + 2];
      if (to + length > joined + joinedLength) return 0;
      this.bytes.copyWithin(to, d[at], d[at] + length);
      to += length;
      if ((d[at + 3] & XDP_PKT_CONTD) !== 0) continue;
      this.joinedLength = to - room;
      return i + 1;
    }
    return 0;
  }

  /** Returns what was read to the kernel, unless other workers are at it all the time. */
  private giveBack(): void {
    const { fill, frames } = this.source;
    let tries = LOCK_TRIES;
    while (Atomics.compareExchange(this.lock, 0, 0, 1) !== 0) if (--tries === 0) return;
    const producer = Atomics.load(this.freeShared, fill.producer >>> 2);
    for (let i = 0; i < this.waiting; i++) {
      const at = (fill.entries >>> 2) + ((producer + i) & (frames - 1)) * 2;
      this.free[at] = this.back[i];
      this.free[at + 1] = 0;
    }
    Atomics.store(this.freeShared, fill.producer >>> 2, producer + this.waiting);
    Atomics.store(this.lock, 0, 0);
    this.waiting = 0;
    if ((Atomics.load(this.freeShared, fill.flags >>> 2) & XDP_RING_NEED_WAKEUP) !== 0) wakeDriver(this.fd);
  }

  /** Returns what was read. The owner of the socket closes it, and frees the memory. */
  close(): void {
    this.giveBack();
  }
}
