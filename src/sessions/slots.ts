/**
 * The memory of the session table: 256 bytes per session in one buffer, read through typed arrays.
 *
 * One record per session instead of one array per field: a packet touches some twenty fields of one session,
 * and sessions come in random order, so fields side by side cost four cache lines where one array per field
 * would cost twenty. The memory is reserved at once and becomes resident only as slots are used; freed slots
 * are reused first.
 */

/** Bytes and 32-bit words of a slot. */
export const SLOT_BYTES = 256;
export const SLOT_WORDS = SLOT_BYTES / 4;

/**
 * Indices of 32-bit words in a slot. "A" is the side whose packet opened the slot, "B" the other. Fields that
 * every packet touches are in the first 128 bytes: two cache lines that processors fetch as a pair.
 */
export const W = {
  HASH: 0,
  MIRROR: 1,
  /** 2 and 3: protocol, IP version, flags and the two ports, see U8 and U16. */
  ADDRESS_A: 4,
  ADDRESS_B: 8,
  LAST_SEC: 12,
  LAST_NSEC: 13,
  PACKETS_A: 14,
  PACKETS_B: 15,
  /** 16 to 23: four 64-bit floats, see F64. */
  NEXT_SEQ_A: 24,
  NEXT_SEQ_B: 25,
  /** 26 to 28: TCP states, TTLs, application: see U8. */
  SUBTYPE: 29,
  FIRST_SEC: 30,
  /** See Separation. */
  SEPARATOR: 31,
  NEXT: 32,
  PREVIOUS: 33,
  BUCKET: 34,
  ISN_A: 35,
  ISN_B: 36,
  /** The session's number and its time of opening, from which its id is made. */
  SERIAL: 37,
  OPENED_SEC: 38,
  OPENED_NSEC: 39,
  PART: 40,
  HOLE_START_A: 41,
  HOLE_START_B: 42,
  HOLE_END_A: 43,
  HOLE_END_B: 44,
  RETRANSMITS_A: 45,
  RETRANSMITS_B: 46,
  SYN_SEC: 47,
  SYN_NSEC: 48,
  HANDSHAKE: 49,
  FRAGMENTS: 50,
  TRUNCATED: 51,
  DUPLICATES: 52,
  MIRROR_PORT: 53,
  /** 54 to 61: VLANs, MACs and the small numbers of U16 and U8. */
  FIRST_NSEC: 62,
  /** The network of the first frame's innermost overlay, plus 1; 0: none. */
  VNI: 63,
} as const;

/** Indices of 64-bit floats in a slot, in units of 8 bytes. */
export const F64 = { BYTES_A: 8, BYTES_B: 9, PAYLOAD_A: 10, PAYLOAD_B: 11 } as const;

/** Indices of 16-bit numbers in a slot, in units of 2 bytes. */
export const U16 = {
  PORT_A: 6,
  PORT_B: 7,
  VLANS: 108,
  SECURITY_GROUP: 112,
  ETHER_TYPE: 113,
} as const;

/** VLAN ids kept per session. */
export const SLOT_VLANS = 4;

/** Indices of bytes in a slot. */
export const U8 = {
  PROTOCOL: 8,
  IP_VERSION: 9,
  FLAGS: 10,
  HANDSHAKE_STATE: 11,
  TCP_FLAGS_A: 104,
  TCP_FLAGS_B: 105,
  TCP_STATE_A: 106,
  TCP_STATE_B: 107,
  TTL_A: 108,
  TTL_B: 109,
  APPLICATION: 110,
  APPLICATION_TRIES: 111,
  DIRECTION: 112,
  MAC_A: 228,
  MAC_B: 234,
  DSCP: 240,
  COS: 241,
  ICMP_TYPE: 242,
  ICMP_CODE: 243,
  HARDWARE: 244,
  VLAN_COUNT: 245,
  HAS_MAC: 246,
} as const;

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

/**
 * Large allocations begin 16 bytes into a page (the allocator's own header): skip to the next multiple of
 * 128.
 */
const ALIGNMENT = 112;

/** The slots: the memory as words, halves, bytes and floats, and a stack of free slots. */
export class Slots {
  readonly u32: Uint32Array;
  readonly u16: Uint16Array;
  readonly u8: Uint8Array;
  readonly f64: Float64Array;
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
