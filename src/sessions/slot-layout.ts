/** The fields of a slot. Made by `npm run columns`: change slot-fields.ts instead. */

/** Indices of 32-bit words in a slot. */
export const W = {
  HASH: 0,
  MIRROR: 1,
  ADDRESS_A: 4,
  ADDRESS_B: 8,
  LAST_SEC: 12,
  LAST_NSEC: 13,
  PACKETS_A: 14,
  PACKETS_B: 15,
  NEXT_SEQ_A: 24,
  NEXT_SEQ_B: 25,
  SUBTYPE: 29,
  FIRST_SEC: 30,
  /** See Separation. */
  SEPARATOR: 31,
  NEXT: 32,
  PREVIOUS: 33,
  BUCKET: 34,
  ISN_A: 35,
  ISN_B: 36,
  /** The session's number; with its time of opening its id is made. */
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
  FIRST_NSEC: 62,
  /** The network of the first frame's innermost overlay, plus 1; 0: none. */
  VNI: 63,
} as const;

/** Indices of 64-bit floats in a slot, in units of 8 bytes. */
export const F64 = {
  BYTES_A: 8,
  BYTES_B: 9,
  PAYLOAD_A: 10,
  PAYLOAD_B: 11,
} as const;

/** Indices of 16-bit numbers in a slot, in units of 2 bytes. */
export const U16 = {
  PORT_A: 6,
  PORT_B: 7,
  VLANS: 108,
  SECURITY_GROUP: 112,
  ETHER_TYPE: 113,
} as const;

/** Indices of bytes in a slot. */
export const U8 = {
  PROTOCOL: 8,
  IP_VERSION: 9,
  /** Bits of FLAG. */
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
