/**
 * Hands frames of groups over between the ring's workers. The kernel deals packets by the addresses that its
 * program finds; the members of a group may see a conversation with and without VXLAN, behind MPLS labels, or
 * in fragments over IPv6, and so at several workers. Decoded, every frame shows its innermost addresses,
 * which say which worker has the conversation.
 *
 * Every worker writes into a ring of shared memory for every other, without locks. When one is full, frames
 * are dropped and counted: capture waits for nobody.
 */
import { NO_KEY } from '../../accounts/point-gate.js';
import { type MirrorPoint, MirrorType } from '../../model/mirror-point.js';
import { Mirrored } from '../../model/mirrored.js';
import { OuterPacket } from '../../model/outer-packet.js';
import { FRAME_WORDS, moveFrame, packFrame, unpackFrame } from '../../sessions/frame-batch.js';
import { addressSum } from '../../wire/walk/address-sum.js';
import { Frame } from '../../wire/walk/frame-fields.js';

/** Bytes of all rings together, and of one at most and at least: a frame of any length, twice. */
export const HANDOVER_MEMORY = 256 << 20;
export const MOST_HANDOVER_RING = 4 << 20;
export const LEAST_HANDOVER_RING = 512 << 10;

/** Words of a ring's header, each in a cache line of its own: how many words were written, and read. */
const WRITTEN = 0;
const READ = 16;
const HEADER = 32;

/**
 * Words of a record: its length (0: the next one is at the ring's start); the frame's fields; its mirror
 * point; what a kept frame needs; then the frame's bytes.
 */
const FIELDS = 1;
const TYPE = FIELDS + FRAME_WORDS;
const SESSION = TYPE + 1;
const KEY = SESSION + 1;
/** What the frame begins with (Mirrored.protocol), and these bits. */
const PROTOCOL = KEY + 1;
const ARRIVED = PROTOCOL + 1;
const CAPTURED = ARRIVED + 1;
const SOURCE = CAPTURED + 1;
const TARGET = SOURCE + 4;
const BYTES = TARGET + 4;
const TRUNCATED = 0x1_0000;
const KEYED = 0x2_0000;

/** The places of frames in a batch of one. */
const ONE = 0;

/** The rings between so many workers: by sender and receiver; a worker has none to itself. */
export function handoverRings(workers: number): (SharedArrayBuffer | undefined)[][] {
  const numbers = Array.from({ length: workers }, (_, i) => i);
  return numbers.map((from) => numbers.map((to) => (from === to ? undefined : handoverMemory(workers))));
}

function handoverMemory(workers: number): SharedArrayBuffer {
  const share = HANDOVER_MEMORY / (workers * workers);
  const bytes =
    2 ** Math.floor(Math.log2(Math.min(Math.max(share, LEAST_HANDOVER_RING), MOST_HANDOVER_RING)));
  return new SharedArrayBuffer(HEADER * 4 + bytes);
}

/**
 * The worker that has a frame's conversation. It is the one that the kernel deals most frames to anyway: see
 * fanoutByInnerAddresses.
 */
export function ownerOf(f: Frame, workers: number): number {
  const mixed = Math.imul(addressSum(f), 0x9e3779b1);
  return ((mixed ^ (mixed >>> 15)) >>> 0) % workers;
}

/** The writing end of a ring. */
class Sender {
  private readonly words: Int32Array;
  private readonly data: Int32Array;
  private readonly bytes: Uint8Array;
  private written = 0;
  private told = 0;
  private read = 0;
  private readonly fields = new Int32Array(FRAME_WORDS);

  /** @param spans the SPAN ports, which have their place here for a key */
  constructor(
    memory: SharedArrayBuffer,
    private readonly spans: readonly string[],
  ) {
    this.words = new Int32Array(memory);
    this.data = new Int32Array(memory, HEADER * 4);
    this.bytes = new Uint8Array(memory, HEADER * 4);
  }

  /** @returns false if there is no room */
  send(f: Frame, m: Mirrored, arrived: number): boolean {
    const { data, fields } = this;
    const captured = f.end - f.start;
    const size = BYTES + ((captured + 3) >>> 2);
    const at = this.place(size);
    if (at < 0) return false;
    const start = (at + BYTES) * 4;
    packFrame(f, m, fields, ONE);
    moveFrame(fields, ONE, start - f.start);
    const { point } = m;
    data[at] = size;
    data.set(fields, at + FIELDS);
    data[at + TYPE] = point.type;
    data[at + SESSION] = point.session;
    data[at + KEY] = point.type === MirrorType.Span ? this.spans.indexOf(point.origin) : (point.key ?? 0);
    data[at + PROTOCOL] = m.protocol | (m.truncated ? TRUNCATED : 0) | (point.key === null ? 0 : KEYED);
    data[at + ARRIVED] = arrived;
    data[at + CAPTURED] = captured;
    this.bytes.set(point.source, (at + SOURCE) * 4);
    this.bytes.set(point.target, (at + TARGET) * 4);
    this.bytes.set(f.bytes.subarray(f.start, f.end), start);
    this.written = (this.written + size) | 0;
    return true;
  }

  /** Shows the receiver what was written. @returns whether there was anything */
  flush(): boolean {
    if (this.told === this.written) return false;
    this.told = this.written;
    Atomics.store(this.words, WRITTEN, this.written);
    return true;
  }

  /** Where a record of so many words goes; -1: nowhere. */
  private place(size: number): number {
    const { length } = this.data;
    const at = this.written & (length - 1);
    const left = length - at;
    const needed = size <= left ? size : left + size;
    if (!this.hasRoom(needed)) return -1;
    if (size <= left) return at;
    this.data[at] = 0;
    this.written = (this.written + left) | 0;
    return 0;
  }

  private hasRoom(words: number): boolean {
    const { length } = this.data;
    if (((this.written - this.read) | 0) + words <= length) return true;
    this.read = Atomics.load(this.words, READ);
    return ((this.written - this.read) | 0) + words <= length;
  }
}

/** Who takes what was handed over. */
export interface HandoverTaker {
  /**
   * The mirror point of a packet that arrived at another worker.
   *
   * @param packet of which there are only addresses, 16 bytes each
   * @param key the GRE key, or NO_KEY
   * @returns undefined if it is refused: what it sent is counted and left
   */
  pointOf(type: MirrorType, packet: OuterPacket, session: number, key: number): MirrorPoint | undefined;
  /** The mirror point of a SPAN port. */
  pointOfSpan(name: string): MirrorPoint | undefined;
  /** Takes a frame; both are reused. @param arrived bytes of it when it arrived */
  takeHandedOver(f: Frame, m: Mirrored, arrived: number): void;
}

/** The reading end of a ring. */
class Receiver {
  private readonly words: Int32Array;
  private readonly data: Int32Array;
  private readonly bytes: Uint8Array;
  private read = 0;
  private readonly fields = new Int32Array(FRAME_WORDS);
  private readonly frame = new Frame();
  private readonly mirrored = new Mirrored();
  private readonly outer = new OuterPacket();

  /** @param spans as the sender has them */
  constructor(
    memory: SharedArrayBuffer,
    private readonly spans: readonly string[],
  ) {
    this.words = new Int32Array(memory);
    this.data = new Int32Array(memory, HEADER * 4);
    this.bytes = new Uint8Array(memory, HEADER * 4);
    this.frame.bytes = this.bytes;
    this.outer.bytes = this.bytes;
    // IPv4 addresses stand as ::ffff:a.b.c.d.
    this.outer.ipVersion = 6;
  }

  /** Takes what is there. @returns whether there was anything */
  drain(taker: HandoverTaker): boolean {
    const written = Atomics.load(this.words, WRITTEN);
    if (written === this.read) return false;
    const { data, frame, mirrored } = this;
    while (this.read !== written) {
      const at = this.read & (data.length - 1);
      const size = data[at];
      if (size === 0) {
        this.read = (this.read + data.length - at) | 0;
        continue;
      }
      if (this.unpack(at, taker)) taker.takeHandedOver(frame, mirrored, data[at + ARRIVED]);
      this.read = (this.read + size) | 0;
      // Each at once, so that a long burst does not find the ring full.
      Atomics.store(this.words, READ, this.read);
    }
    Atomics.store(this.words, READ, this.read);
    return true;
  }

  /** @returns whether its mirror point is admitted */
  private unpack(at: number, taker: HandoverTaker): boolean {
    const { data, fields, frame: f, mirrored: m, outer } = this;
    for (let i = 0; i < FRAME_WORDS; i++) fields[i] = data[at + FIELDS + i];
    unpackFrame(fields, ONE, [], f, m);
    f.start = (at + BYTES) * 4;
    f.end = f.start + data[at + CAPTURED];
    const word = data[at + PROTOCOL];
    m.protocol = word & 0xffff;
    m.truncated = (word & TRUNCATED) !== 0;
    const type = data[at + TYPE] as MirrorType;
    outer.source = (at + SOURCE) * 4;
    outer.destination = (at + TARGET) * 4;
    const key = (word & KEYED) === 0 ? NO_KEY : data[at + KEY] >>> 0;
    const point =
      type === MirrorType.Span
        ? taker.pointOfSpan(this.spans[data[at + KEY]])
        : taker.pointOf(type, outer, data[at + SESSION] >>> 0, key);
    if (point === undefined) return false;
    m.point = point;
    return true;
  }
}

/** A worker's ends of all rings, as plain data. */
export interface HandoverOptions {
  /** By worker: the memory to it, undefined for itself. */
  readonly out: readonly (SharedArrayBuffer | undefined)[];
  /** The memories from all others. */
  readonly into: readonly SharedArrayBuffer[];
  /** By worker: the event descriptor that wakes it. */
  readonly wakes: readonly number[];
  /** The SPAN ports. */
  readonly spans: readonly string[];
}

/** A worker's ends of all rings. */
export class Handover {
  private readonly senders: (Sender | undefined)[];
  private readonly receivers: Receiver[];
  /** Frames handed over, and those that there was no room for. */
  sent = 0;
  dropped = 0;

  /** @param wake wakes a worker by its event descriptor */
  constructor(
    private readonly options: HandoverOptions,
    private readonly wake: (fd: number) => void,
  ) {
    const { out, into, spans } = options;
    this.senders = out.map((memory) => memory && new Sender(memory, spans));
    this.receivers = into.map((memory) => new Receiver(memory, spans));
  }

  /** Hands a frame over to the worker of its conversation. @returns false if that is this one */
  send(f: Frame, m: Mirrored, arrived: number): boolean {
    const sender = this.senders[ownerOf(f, this.senders.length)];
    if (sender === undefined) return false;
    if (sender.send(f, m, arrived)) this.sent++;
    else this.dropped++;
    return true;
  }

  /** Shows the others what was handed over. */
  flush(): void {
    for (let i = 0; i < this.senders.length; i++)
      if (this.senders[i]?.flush() === true) this.wake(this.options.wakes[i]);
  }

  /** Takes what the others handed over. @returns whether there was anything */
  drain(taker: HandoverTaker): boolean {
    let any = false;
    for (let i = 0; i < this.receivers.length; i++) if (this.receivers[i].drain(taker)) any = true;
    return any;
  }
}
