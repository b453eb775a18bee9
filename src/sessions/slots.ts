/**
 * The memory of the session table: 256 bytes per session in one buffer, read through typed arrays, 128 more
 * in another for what only TCP has, and 80 in a third for what messages tell.
 *
 * One record per session instead of one array per field: a packet touches some twenty fields of one session,
 * and sessions come in random order, so fields side by side cost four cache lines where one array per field
 * would cost twenty. The memory is reserved at once and becomes resident only as slots are used; freed slots
 * are reused first.
 */

import { IpProtocol } from '../wire/ip/ip-protocol.js';
import { APPLICATION_SLOT_BYTES, SLOT_BYTES, TCP_SLOT_BYTES } from './slot-fields.js';
import { U8 } from './slot-layout.js';

/** 32-bit words of a slot, of what it has of TCP, and of its application. */
export const SLOT_WORDS = SLOT_BYTES / 4;
export const TCP_WORDS = TCP_SLOT_BYTES / 4;
export const APPLICATION_WORDS = APPLICATION_SLOT_BYTES / 4;

/** Bits of U8.FLAGS. */
export const FLAG = {
  /** Side B is the client. */
  CLIENT_B: 1,
  /** The client is known from a SYN or a request, not guessed. */
  CLIENT_SURE: 2,
  /** Sequence numbers of side A, and of side B, have begun. */
  SEQ_A: 4,
  SEQ_B: 8,
  /** A FIN or RST has set the shorter timeout of a finished session. */
  CLOSING: 16,
  /** The slot holds a session. */
  USED: 32,
  /** A packet came since the session was placed in the wheel. */
  TOUCHED: 64,
} as const;

/** Bits of U8.READING. */
export const READING = {
  /** Datagrams by which the application was looked for, of side A, and of side B: three bits each. */
  TRIES_A: 0,
  TRIES_B: 3,
  /** Nothing more is read. */
  OVER: 128,
} as const;

/** Bits of U8.TIMING. */
export const TIMING = {
  /** A segment of side A, and of side B, is timed until it is acknowledged. */
  TIMED_A: 1,
  TIMED_B: 2,
  /** Side A, and side B, has acknowledged something. */
  ACKED_A: 4,
  ACKED_B: 8,
  /** The SYN of side A, and of side B, was seen with all its options. */
  SYN_A: 16,
  SYN_B: 32,
  /** The client has asked, and the server has not answered. */
  ASKED: 64,
} as const;

/**
 * Large allocations begin 16 bytes into a page (the allocator's own header): skip to the next multiple of
 * 128.
 */
const ALIGNMENT = 112;

/** Whether a slot holds a TCP connection. */
export function isTcp(s: Slots, slot: number): boolean {
  const b = slot * SLOT_BYTES;
  return s.u8[b + U8.PROTOCOL] === IpProtocol.Tcp && s.u8[b + U8.IP_VERSION] !== 0;
}

/** The slots: the memory as words, halves, bytes and floats, and a stack of free slots. */
export class Slots {
  readonly u32: Uint32Array;
  readonly u16: Uint16Array;
  readonly u8: Uint8Array;
  readonly f64: Float64Array;
  /** What only TCP has, as words, halves and floats. */
  readonly tcp32: Uint32Array;
  readonly tcp16: Uint16Array;
  readonly tcp64: Float64Array;
  /** What its messages tell, as words. */
  readonly told: Uint32Array;
  private readonly free: Uint32Array;
  private freed = 0;
  /**
   * Slots from here on are free, and no others except those on the stack; from `zero` on they were never
   * used.
   */
  private fresh = 0;
  private zero = 0;
  used = 0;

  constructor(readonly capacity: number) {
    const bytes = capacity * SLOT_BYTES;
    const memory = new ArrayBuffer(bytes + ALIGNMENT);
    this.u32 = new Uint32Array(memory, ALIGNMENT, bytes / 4);
    this.u16 = new Uint16Array(memory, ALIGNMENT, bytes / 2);
    this.u8 = new Uint8Array(memory, ALIGNMENT, bytes);
    this.f64 = new Float64Array(memory, ALIGNMENT, bytes / 8);
    const tcpBytes = capacity * TCP_SLOT_BYTES;
    const tcp = new ArrayBuffer(tcpBytes + ALIGNMENT);
    this.tcp32 = new Uint32Array(tcp, ALIGNMENT, tcpBytes / 4);
    this.tcp16 = new Uint16Array(tcp, ALIGNMENT, tcpBytes / 2);
    this.tcp64 = new Float64Array(tcp, ALIGNMENT, tcpBytes / 8);
    const toldBytes = capacity * APPLICATION_SLOT_BYTES;
    this.told = new Uint32Array(new ArrayBuffer(toldBytes + ALIGNMENT), ALIGNMENT, toldBytes / 4);
    this.free = new Uint32Array(capacity);
  }

  /** Slots from this one on are free. */
  get reached(): number {
    return this.fresh;
  }

  get full(): boolean {
    return this.used === this.capacity;
  }

  /** A zeroed slot; the caller has made sure that one is free. */
  allocate(): number {
    this.used++;
    const slot = this.freed > 0 ? this.free[--this.freed] : this.fresh++;
    if (slot < this.zero) this.u32.fill(0, slot * SLOT_WORDS, (slot + 1) * SLOT_WORDS);
    else this.zero = slot + 1;
    return slot;
  }

  /** Zeroes what a slot has of TCP, as another session may have left it. */
  beginTcp(slot: number): void {
    this.tcp32.fill(0, slot * TCP_WORDS, (slot + 1) * TCP_WORDS);
  }

  /** Zeroes what a slot has of its application. */
  beginTold(slot: number): void {
    this.told.fill(0, slot * APPLICATION_WORDS, (slot + 1) * APPLICATION_WORDS);
  }

  release(slot: number): void {
    this.used--;
    this.free[this.freed++] = slot;
  }

  /** Frees all slots. */
  clear(): void {
    this.freed = 0;
    this.fresh = 0;
  }
}
