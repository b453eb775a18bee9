/**
 * The memory of the session table: one stretch of 256 bytes a session, read through typed arrays.
 *
 * One record a session, not one array a field: a packet touches some twenty fields of one session, and
 * sessions come in random order, so that fields side by side cost four cache lines where an array a field
 * would cost twenty. The memory is reserved at once and becomes resident only as slots are used; freed
 * slots are used again first.
 */

/** Bytes and 32-bit words of a slot. */
export const SLOT_BYTES = 256;
export const SLOT_WORDS = SLOT_BYTES / 4;

/** Places of 32-bit words in a slot. "A" is the side whose packet opened the slot, "B" the other. */
export const W = {
  HASH: 0,
  MIRROR: 1,
  /** 2 and 3: protocol, IP version, flags and the two ports, see U8 and U16. */
  ADDRESS_A: 4,
  ADDRESS_B: 8,
  NEXT: 12,
  PREVIOUS: 13,
  BUCKET: 14,
  ISN_A: 15,
  ISN_B: 16,
  FIRST_SEC: 17,
  FIRST_NSEC: 18,
  LAST_SEC: 19,
  LAST_NSEC: 20,
  /** The session's own number and its time of opening, from which its id is made. */
  SERIAL: 21,
  OPENED_SEC: 22,
  OPENED_NSEC: 23,
  PART: 24,
  SUBTYPE: 25,
  /** 26 to 33: four 64-bit floats, see F64. */
  PACKETS_A: 34,
  PACKETS_B: 35,
  NEXT_SEQ_A: 36,
  NEXT_SEQ_B: 37,
  HOLE_START_A: 38,
  HOLE_START_B: 39,
  HOLE_END_A: 40,
  HOLE_END_B: 41,
  RETRANSMITS_A: 42,
  RETRANSMITS_B: 43,
  SYN_SEC: 44,
  SYN_NSEC: 45,
  HANDSHAKE: 46,
  FRAGMENTS: 47,
  TRUNCATED: 48,
  DUPLICATES: 49,
  MIRROR_PORT: 50,
  /** 51 to 62: VLANs, MACs and the small numbers of U16 and U8. */
} as const;

/** Places of 64-bit floats in a slot, in units of 8 bytes. */
export const F64 = { BYTES_A: 13, BYTES_B: 14, PAYLOAD_A: 15, PAYLOAD_B: 16 } as const;

/** Places of 16-bit numbers in a slot, in units of 2 bytes. */
export const U16 = {
  PORT_A: 6,
  PORT_B: 7,
  VLANS: 102,
  SECURITY_GROUP: 106,
  ETHER_TYPE: 107,
} as const;

/** VLAN ids a session keeps. */
export const SLOT_VLANS = 4;

/** Places of bytes in a slot. */
export const U8 = {
  PROTOCOL: 8,
  IP_VERSION: 9,
  FLAGS: 10,
  HANDSHAKE_STATE: 11,
  MAC_A: 216,
  MAC_B: 222,
  TCP_FLAGS_A: 228,
  TCP_FLAGS_B: 229,
  TCP_STATE_A: 230,
  TCP_STATE_B: 231,
  TTL_A: 232,
  TTL_B: 233,
  DSCP: 234,
  COS: 235,
  ICMP_TYPE: 236,
  ICMP_CODE: 237,
  HARDWARE: 238,
  DIRECTION: 239,
  VLAN_COUNT: 240,
  APPLICATION: 241,
  APPLICATION_TRIES: 242,
  HAS_MAC: 243,
} as const;

/** Bits of U8.FLAGS. */
export const FLAG = {
  /** Side B is the client. */
  CLIENT_B: 1,
  /** The client is known from a SYN or a request, not guessed. */
  CLIENT_SURE: 2,
  /** Sequence numbers of side A, of side B, have begun. */
  SEQ_A: 4,
  SEQ_B: 8,
  /** A FIN or RST has set the shorter timeout of a finished session. */
  CLOSING: 16,
  /** The slot holds a session. */
  USED: 32,
  /** A packet came since the session was put where it is in the wheel. */
  TOUCHED: 64,
} as const;

/** The slots: the memory seen as words, halves, bytes and floats, and a stack of free slots. */
export class Slots {
  readonly u32: Uint32Array;
  readonly u16: Uint16Array;
  readonly u8: Uint8Array;
  readonly f64: Float64Array;
  private readonly free: Uint32Array;
  private freed = 0;
  /** Slots from here on were never used. */
  private fresh = 0;
  used = 0;

  constructor(readonly capacity: number) {
    const memory = new ArrayBuffer(capacity * SLOT_BYTES);
    this.u32 = new Uint32Array(memory);
    this.u16 = new Uint16Array(memory);
    this.u8 = new Uint8Array(memory);
    this.f64 = new Float64Array(memory);
    this.free = new Uint32Array(capacity);
  }

  /** Slots below this one have been used. */
  get reached(): number {
    return this.fresh;
  }

  get full(): boolean {
    return this.used === this.capacity;
  }

  /** A slot of zeroes; the caller has made sure that one is free. */
  allocate(): number {
    this.used++;
    if (this.freed === 0) return this.fresh++;
    const slot = this.free[--this.freed];
    const w = slot * SLOT_WORDS;
    this.u32.fill(0, w, w + SLOT_WORDS);
    return slot;
  }

  release(slot: number): void {
    this.used--;
    this.free[this.freed++] = slot;
  }
}
