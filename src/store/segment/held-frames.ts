/**
 * Frames to keep that have no session yet: IP fragments that came before their first one. They wait, encoded
 * except for the session's id, in cells of one buffer, as a list of messages per fragment train.
 */
import { randomBytes } from 'node:crypto';
import type { Mirrored } from '../../model/mirrored.js';
import { PacketRecord } from '../../model/packet-record.js';
import { i32 } from '../../wire/bytes.js';
import { HASH_SECRET, KeyedHash } from '../../wire/keyed-hash.js';
import type { Frame } from '../../wire/walk/frame-fields.js';
import { fillPacket } from './kept-frame.js';
import { PacketSegment } from './segments.js';

/** Bytes of a cell: an Ethernet frame and its columns. */
const CELL = 2048;
/** Memory for waiting frames; frames beyond it are not kept. */
export const HELD_MEMORY = 16 << 20;
const CELLS = HELD_MEMORY / CELL;
/** Cells that the frames of one source may take. Sources are told apart by this many values of a hash. */
const SHARE = CELLS / 4;
const SOURCES = 1024;
const NONE = -1;

export class HeldFrames {
  /** Frames dropped for lack of room. */
  dropped = 0;
  private readonly scratch = new PacketSegment();
  /** Without a session: its id and number come with {@link release}. */
  private readonly record = new PacketRecord();
  /**
   * Per train: the cells of its first and last message, the number of messages, and the largest number it may
   * have.
   */
  private readonly first: Int32Array;
  private readonly last: Int32Array;
  private readonly count: Int32Array;
  private readonly limit: Int32Array;
  /** Allocated for the first waiting frame: few networks have any. */
  private bytes: Uint8Array | undefined;
  /** Per cell: the next cell of its message, or the next free one. */
  private readonly next = new Int32Array(CELLS).map((_, i) => (i + 1 < CELLS ? i + 1 : NONE));
  /** By a message's first cell: the message's length, and the first cell of the train's next message. */
  private readonly lengths = new Int32Array(CELLS);
  private readonly following = new Int32Array(CELLS);
  private free = 0;
  private freeCells = CELLS;
  /** Cells per source, and the source of a message by its first cell. */
  private readonly taken = new Uint16Array(SOURCES);
  private readonly sources = new Uint16Array(CELLS);
  private readonly hashing = new KeyedHash(randomBytes(HASH_SECRET));
  private readonly address = new Int32Array(4);

  /** @param trains the number of trains, which are numbered from 0 */
  constructor(trains: number) {
    this.first = new Int32Array(trains).fill(NONE);
    this.last = new Int32Array(trains).fill(NONE);
    this.count = new Int32Array(trains);
    this.limit = new Int32Array(trains);
  }

  /**
   * Makes a frame wait with its train.
   *
   * @param packets packets of a session to keep, 0 for all
   * @param most, length as for {@link fillPacket}
   */
  hold(train: number, f: Frame, m: Mirrored, packets: number, most: number, length: number): void {
    this.limit[train] = packets;
    if (packets > 0 && this.count[train] >= packets) return;
    fillPacket(this.record, f, m, most, length);
    this.scratch.packet(this.record);
    const message = this.scratch.written();
    this.scratch.clear();
    const cells = Math.ceil(message.length / CELL);
    const source = this.source(f);
    const share = f.ipVersion === 0 ? CELLS : SHARE;
    if (cells > this.freeCells || this.taken[source] + cells > share) {
      this.dropped++;
      return;
    }
    const head = this.store(message);
    this.sources[head] = source;
    this.taken[source] += cells;
    this.lengths[head] = message.length;
    this.following[head] = NONE;
    if (this.first[train] === NONE) this.first[train] = head;
    else this.following[this.last[train]] = head;
    this.last[train] = head;
    this.count[train]++;
  }

  /**
   * Gives the frames of a train to their session.
   *
   * @param before packets of the session before them
   */
  release(train: number, sessionId: Uint8Array, before: number, to: PacketSegment): void {
    let head = this.first[train];
    const most = this.limit[train] === 0 ? this.count[train] : this.limit[train] - before;
    for (let n = 0; head !== NONE; n++) {
      const next = this.following[head];
      if (n < most) this.append(head, sessionId, before + n + 1, to);
      this.discard(head);
      head = next;
    }
    this.first[train] = NONE;
    this.last[train] = NONE;
    this.count[train] = 0;
  }

  private source(f: Frame): number {
    const words = f.ipVersion === 6 ? 4 : f.ipVersion === 4 ? 1 : 0;
    for (let i = 0; i < words; i++) this.address[i] = i32(f.bytes, f.source + 4 * i);
    return this.hashing.words(this.address, words, 0) & (SOURCES - 1);
  }

  /** Puts a message into cells. @returns its first cell */
  private store(message: Uint8Array): number {
    this.bytes ??= new Uint8Array(HELD_MEMORY);
    const head = this.free;
    let cell = NONE;
    for (let o = 0; o < message.length; o += CELL) {
      cell = this.free;
      this.free = this.next[cell];
      this.freeCells--;
      this.bytes.set(message.subarray(o, o + CELL), cell * CELL);
    }
    this.next[cell] = NONE;
    return head;
  }

  private append(head: number, sessionId: Uint8Array, number: number, to: PacketSegment): void {
    const bytes = this.bytes as Uint8Array;
    const left = this.lengths[head];
    PacketSegment.readdress(bytes, head * CELL, sessionId, number);
    to.beginWhole(left);
    let o = 0;
    for (let cell = head; cell !== NONE; cell = this.next[cell]) {
      const n = Math.min(CELL, left - o);
      to.raw(bytes, cell * CELL, cell * CELL + n);
      o += n;
    }
  }

  private discard(head: number): void {
    let cell = head;
    while (cell !== NONE) {
      const next = this.next[cell];
      this.next[cell] = this.free;
      this.free = cell;
      this.freeCells++;
      this.taken[this.sources[head]]--;
      cell = next;
    }
  }
}
