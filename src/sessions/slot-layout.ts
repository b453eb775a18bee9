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
  /** The handle of what reads its messages; 0: nothing. */
  DIALOGUE: 30,
  /** See Separation. */
  SEPARATOR: 31,
  NEXT: 32,
  PREVIOUS: 33,
  BUCKET: 34,
  /** The session's number; with its time of opening its id is made. */
  SERIAL: 35,
  OPENED_SEC: 36,
  OPENED_NSEC: 37,
  PART: 38,
  /** The last gap in A's stream: its first number, and the one behind it. */
  HOLE_START_A: 39,
  HOLE_START_B: 40,
  HOLE_END_A: 41,
  HOLE_END_B: 42,
  RETRANSMITS_A: 43,
  RETRANSMITS_B: 44,
  SYN_SEC: 45,
  SYN_NSEC: 46,
  HANDSHAKE: 47,
  FRAGMENTS: 48,
  TRUNCATED: 49,
  DUPLICATES: 50,
  /** With HAS_SENSOR the low 32 bits of the sensor's MAC address: TZSP has no port. */
  MIRROR_PORT: 51,
  FIRST_NSEC: 60,
  /** The network of the first frame's innermost overlay, plus 1; 0: none. */
  VNI: 61,
  FIRST_SEC: 62,
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
  VLANS: 104,
  /** With HAS_SENSOR the high 16 bits of the sensor's MAC address. */
  SECURITY_GROUP: 108,
  ETHER_TYPE: 109,
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
  /** Bits of READING. */
  READING: 111,
  DIRECTION: 112,
  /** Bits of TIMING. */
  TIMING: 113,
  SYN_RETRANSMITS_A: 114,
  SYN_RETRANSMITS_B: 115,
  MAC_A: 220,
  MAC_B: 226,
  DSCP: 232,
  COS: 233,
  ICMP_TYPE: 234,
  ICMP_CODE: 235,
  HARDWARE: 236,
  VLAN_COUNT: 237,
  HAS_MAC: 238,
  /** Of side A (1), B (2): the last segment came in fragments, so that nobody knows where it ends. */
  FRAGMENTED: 239,
  /** 1: what the slot has of its application has begun. */
  TELLS: 252,
  /** 1: MIRROR_PORT and SECURITY_GROUP are a sensor. */
  HAS_SENSOR: 253,
} as const;

/** Indices of 32-bit words in what a slot has of TCP. */
export const TW = {
  /** The acknowledgment that ends the round trip of A's segment that is timed. */
  DUE_A: 0,
  DUE_B: 1,
  /** When that segment came, in microseconds modulo 2^32. */
  SENT_A: 2,
  SENT_B: 3,
  /** The least round trip from A's segment to B's acknowledgment, in µs. */
  RTT_A: 4,
  RTT_B: 5,
  /** The highest acknowledgment that A sent. */
  ACK_A: 6,
  ACK_B: 7,
  /** The client's last payload, while the server has not answered. */
  ASKED_SEC: 8,
  ASKED_NSEC: 9,
  RESPONSES: 12,
  /** What has happened, a bit for each letter of each side: see history.ts. */
  HISTORY_SEEN: 13,
  /** The letters in their order. */
  HISTORY: 14,
  ISN_A: 20,
  ISN_B: 21,
  RESPONSE_MAX: 22,
  REORDERED_A: 23,
  REORDERED_B: 24,
  /** Of A's SYN: window << 16 | maximum segment size. */
  SYN_SIZES_A: 26,
  SYN_SIZES_B: 27,
  /** The first eight of its options, a code of four bits each. */
  SYN_KINDS_A: 28,
  SYN_KINDS_B: 29,
  /** Four more options, 8 bits of scale, 8 bits of padding. */
  SYN_MORE_A: 30,
  SYN_MORE_B: 31,
} as const;

/** Indices of 64-bit floats in what a slot has of TCP, in units of 8 bytes. */
export const TF64 = {
  /** In microseconds. */
  RESPONSE_SUM: 5,
  MISSING_A: 8,
  MISSING_B: 9,
} as const;

/** Indices of 16-bit numbers in what a slot has of TCP, in units of 2 bytes. */
export const TU16 = {
  ZERO_WINDOWS_A: 50,
  ZERO_WINDOWS_B: 51,
} as const;

/** Indices of 32-bit words in what a slot has of its application. */
export const AW = {
  /** The number of a word. */
  SERVER_NAME: 0,
  /** The number of a word. */
  ALPN: 1,
  /** The number of a word. */
  ALPN_CHOSEN: 2,
  /** The number of a word. */
  TLS_VERSION: 3,
  /** The number of a word. */
  TLS_CIPHER: 4,
  /** The number of a word. */
  TLS_ALERT: 5,
  /** The number of a word. */
  QUIC_VERSION: 6,
  /** The number of a word. */
  JA4: 7,
  /** The number of a word. */
  HASSH: 8,
  /** The number of a word. */
  HASSH_SERVER: 9,
  /** The number of a word. */
  CLIENT_SOFTWARE: 10,
  /** The number of a word. */
  SERVER_SOFTWARE: 11,
  /** The number of a word. */
  USER_NAME: 12,
  /** The number of a word. */
  PARTIAL: 13,
  TLS_US: 14,
  /** Bits of ToldFlag. */
  TOLD_FLAGS: 15,
  /** How many rows of `transactions` it has so far. */
  TRANSACTIONS: 16,
} as const;
