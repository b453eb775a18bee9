/**
 * What a slot of the session table holds, in the order of its bytes. `npm run columns` makes slot-layout.ts
 * of it, and a test checks that every column of `sessions` is in a field or said to be computed.
 *
 * "A" is the side whose packet opened the slot, "B" the other. Fields that every packet touches are in the
 * first 128 bytes: two cache lines that processors fetch as a pair. What only TCP has is in memory of its
 * own, which other sessions never touch; of it, a segment in order touches the first cache line alone. So is
 * what the messages of a conversation tell.
 */

import { END_COLUMNS } from '../model/columns/ends.js';

/** A field's kind is how it is addressed: in words of 32 bits, halves, bytes, or 64-bit floats. */
export type SlotKind = 'u32' | 'u16' | 'u8' | 'f64';

export const SLOT_KIND_BYTES: Readonly<Record<SlotKind, number>> = { u32: 4, u16: 2, u8: 1, f64: 8 };

export interface SlotField {
  /** Undefined for bytes that nothing uses. */
  readonly name: string | undefined;
  readonly kind: SlotKind;
  /** Numbers of this kind, one after the other. */
  readonly count: number;
  /** The columns of `sessions` that come from it. */
  readonly columns: readonly string[];
  readonly doc: string | undefined;
}

interface Details {
  readonly count?: number;
  readonly columns?: readonly string[];
  readonly doc?: string;
}

function field(kind: SlotKind, name: string | undefined, of: readonly string[] | Details = {}): SlotField {
  const { count = 1, columns = [], doc } = 'length' in of ? { columns: of } : of;
  return { name, kind, count, columns, doc };
}

const u32 = (name: string, of?: readonly string[] | Details): SlotField => field('u32', name, of);
const u16 = (name: string, of?: readonly string[] | Details): SlotField => field('u16', name, of);
const u8 = (name: string, of?: readonly string[] | Details): SlotField => field('u8', name, of);
const f64 = (name: string, of?: readonly string[] | Details): SlotField => field('f64', name, of);
const unused = (bytes: number): SlotField => field('u8', undefined, { count: bytes });

/** Bytes of a slot, and those that every packet touches. */
export const SLOT_BYTES = 256;
export const HOT_BYTES = 128;
/** Bytes that a slot has in the memory of TCP, and bytes of a cache line. */
export const TCP_SLOT_BYTES = 128;
export const CACHE_LINE = 64;
/** Bytes that a slot has in the memory of applications. */
export const APPLICATION_SLOT_BYTES = 80;
/** VLAN ids kept per session. */
export const SLOT_VLANS = 4;

export const HOT_FIELDS: readonly SlotField[] = [
  u32('HASH'),
  u32('MIRROR'),
  u8('PROTOCOL', ['protocol', 'transport']),
  u8('IP_VERSION'),
  u8('FLAGS', { doc: 'Bits of FLAG.' }),
  u8('HANDSHAKE_STATE'),
  u16('PORT_A', ['client_port', 'server_port']),
  u16('PORT_B', ['client_port', 'server_port']),
  u32('ADDRESS_A', { count: 4, columns: ['client_ip', 'server_ip'] }),
  u32('ADDRESS_B', { count: 4, columns: ['client_ip', 'server_ip'] }),
  u32('LAST_SEC', ['last_seen']),
  u32('LAST_NSEC', ['last_seen']),
  u32('PACKETS_A', ['client_packets', 'server_packets']),
  u32('PACKETS_B', ['client_packets', 'server_packets']),
  f64('BYTES_A', ['client_bytes', 'server_bytes']),
  f64('BYTES_B', ['client_bytes', 'server_bytes']),
  f64('PAYLOAD_A', ['client_payload', 'server_payload']),
  f64('PAYLOAD_B', ['client_payload', 'server_payload']),
  u32('NEXT_SEQ_A'),
  u32('NEXT_SEQ_B'),
  u8('TCP_FLAGS_A', ['client_tcp_flags', 'server_tcp_flags']),
  u8('TCP_FLAGS_B', ['client_tcp_flags', 'server_tcp_flags']),
  u8('TCP_STATE_A', ['tcp_state']),
  u8('TCP_STATE_B', ['tcp_state']),
  u8('TTL_A', ['client_ttl', 'server_ttl']),
  u8('TTL_B', ['client_ttl', 'server_ttl']),
  u8('APPLICATION', ['app_protocol']),
  u8('READING', { doc: 'Bits of READING.' }),
  u8('DIRECTION', ['mirror_direction']),
  u8('TIMING', { doc: 'Bits of TIMING.' }),
  u8('SYN_RETRANSMITS_A', ['client_syn_retransmits', 'server_syn_retransmits']),
  u8('SYN_RETRANSMITS_B', ['client_syn_retransmits', 'server_syn_retransmits']),
  u32('SUBTYPE', ['transport']),
  u32('DIALOGUE', { doc: 'The handle of what reads its messages; 0: nothing.' }),
  u32('SEPARATOR', { doc: 'See Separation.' }),
];

export const COLD_FIELDS: readonly SlotField[] = [
  u32('NEXT'),
  u32('PREVIOUS'),
  u32('BUCKET'),
  u32('SERIAL', {
    columns: ['session_id'],
    doc: "The session's number; with its time of opening its id is made.",
  }),
  u32('OPENED_SEC', ['session_id']),
  u32('OPENED_NSEC', ['session_id']),
  u32('PART', ['part']),
  u32('HOLE_START_A', { doc: "The last gap in A's stream: its first number, and the one behind it." }),
  u32('HOLE_START_B'),
  u32('HOLE_END_A'),
  u32('HOLE_END_B'),
  u32('RETRANSMITS_A', ['client_retransmits', 'server_retransmits']),
  u32('RETRANSMITS_B', ['client_retransmits', 'server_retransmits']),
  u32('SYN_SEC'),
  u32('SYN_NSEC'),
  u32('HANDSHAKE', ['handshake_us']),
  u32('FRAGMENTS', ['fragments']),
  u32('TRUNCATED', ['truncated']),
  u32('DUPLICATES', ['duplicates']),
  u32('MIRROR_PORT', {
    columns: ['mirror_port', 'mirror_sensor'],
    doc: "With HAS_SENSOR the low 32 bits of the sensor's MAC address: TZSP has no port.",
  }),
  u16('VLANS', { count: SLOT_VLANS, columns: ['vlan_ids'] }),
  u16('SECURITY_GROUP', {
    columns: ['security_group', 'mirror_sensor'],
    doc: "With HAS_SENSOR the high 16 bits of the sensor's MAC address.",
  }),
  u16('ETHER_TYPE', ['ether_type', 'transport']),
  u8('MAC_A', { count: 6, columns: ['client_mac', 'server_mac'] }),
  u8('MAC_B', { count: 6, columns: ['client_mac', 'server_mac'] }),
  u8('DSCP', ['dscp']),
  u8('COS', ['cos']),
  u8('ICMP_TYPE', ['icmp_type']),
  u8('ICMP_CODE', ['icmp_code']),
  u8('HARDWARE', ['mirror_hardware']),
  u8('VLAN_COUNT', ['vlan_ids']),
  u8('HAS_MAC', ['client_mac', 'server_mac']),
  u8('FRAGMENTED', {
    doc: 'Of side A (1), B (2): the last segment came in fragments, so that nobody knows where it ends.',
  }),
  u32('FIRST_NSEC', ['first_seen']),
  u32('VNI', {
    columns: ['vni'],
    doc: "The network of the first frame's innermost overlay, plus 1; 0: none.",
  }),
  u32('FIRST_SEC', ['first_seen']),
  u8('TELLS', { doc: '1: what the slot has of its application has begun.' }),
  u8('HAS_SENSOR', { columns: ['mirror_sensor'], doc: '1: MIRROR_PORT and SECURITY_GROUP are a sensor.' }),
  unused(2),
];

const RTT = ['client_rtt_us', 'server_rtt_us'];
const SYN = ['client_syn', 'server_syn'];

export const TCP_FIELDS: readonly SlotField[] = [
  u32('DUE_A', { doc: "The acknowledgment that ends the round trip of A's segment that is timed." }),
  u32('DUE_B'),
  u32('SENT_A', { doc: 'When that segment came, in microseconds modulo 2^32.' }),
  u32('SENT_B'),
  u32('RTT_A', { columns: RTT, doc: "The least round trip from A's segment to B's acknowledgment, in µs." }),
  u32('RTT_B', RTT),
  u32('ACK_A', { doc: 'The highest acknowledgment that A sent.' }),
  u32('ACK_B'),
  u32('ASKED_SEC', { doc: "The client's last payload, while the server has not answered." }),
  u32('ASKED_NSEC'),
  f64('RESPONSE_SUM', { columns: ['response_us'], doc: 'In microseconds.' }),
  u32('RESPONSES', ['responses']),
  u32('HISTORY_SEEN', { doc: 'What has happened, a bit for each letter of each side: see history.ts.' }),
  u32('HISTORY', { count: 2, columns: ['history'], doc: 'The letters in their order.' }),

  f64('MISSING_A', ['client_missing', 'server_missing']),
  f64('MISSING_B', ['client_missing', 'server_missing']),
  u32('ISN_A'),
  u32('ISN_B'),
  u32('RESPONSE_MAX', ['response_us_max']),
  u32('REORDERED_A', ['client_reordered', 'server_reordered']),
  u32('REORDERED_B', ['client_reordered', 'server_reordered']),
  u16('ZERO_WINDOWS_A', ['client_zero_windows', 'server_zero_windows']),
  u16('ZERO_WINDOWS_B', ['client_zero_windows', 'server_zero_windows']),
  u32('SYN_SIZES_A', { columns: SYN, doc: "Of A's SYN: window << 16 | maximum segment size." }),
  u32('SYN_SIZES_B', SYN),
  u32('SYN_KINDS_A', { columns: SYN, doc: 'The first eight of its options, a code of four bits each.' }),
  u32('SYN_KINDS_B', SYN),
  u32('SYN_MORE_A', { columns: SYN, doc: 'Four more options, 8 bits of scale, 8 bits of padding.' }),
  u32('SYN_MORE_B', SYN),
];

/** A word's place is its number in Told. */
const word = (name: string, column: string): SlotField =>
  u32(name, { columns: [column], doc: 'The number of a word.' });

export const APPLICATION_FIELDS: readonly SlotField[] = [
  word('SERVER_NAME', 'server_name'),
  word('ALPN', 'alpn'),
  word('ALPN_CHOSEN', 'alpn_chosen'),
  word('TLS_VERSION', 'tls_version'),
  word('TLS_CIPHER', 'tls_cipher'),
  word('TLS_ALERT', 'tls_alert'),
  word('QUIC_VERSION', 'quic_version'),
  word('JA4', 'ja4'),
  word('HASSH', 'hassh'),
  word('HASSH_SERVER', 'hassh_server'),
  word('CLIENT_SOFTWARE', 'client_software'),
  word('SERVER_SOFTWARE', 'server_software'),
  word('USER_NAME', 'user_name'),
  word('PARTIAL', 'partial'),
  u32('TLS_US', ['tls_us']),
  u32('TOLD_FLAGS', {
    columns: ['tls_ech', 'tls_resumed', 'tls_established'],
    doc: 'Bits of ToldFlag.',
  }),
  u32('TRANSACTIONS', { doc: 'How many rows of `transactions` it has so far.' }),
  field('u8', undefined, { count: 12 }),
];

/** Columns of a session's own that are known only when its row ends. */
export const COMPUTED_COLUMNS: readonly string[] = [
  'copy',
  'end_reason',
  'seen_by',
  'policy',
  ...END_COLUMNS,
];
