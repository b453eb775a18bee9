/**
 * How a segment's messages become rows: per table the message, the columns, the type each field is read as,
 * and its conversion if ClickHouse does not read the column's type from protobuf.
 */
import { readFileSync } from 'node:fs';

export type TableName = 'sessions' | 'mirrors' | 'tunnels' | 'packets';

interface Column {
  name: string;
  /** The type the field is read as. */
  type: string;
  /** The column's value, if it is not the field as read. */
  value?: string;
}

interface Table {
  proto: string;
  message: string;
  columns: Column[];
}

const END_REASON =
  "Enum8('idle' = 0, 'active' = 1, 'fin' = 2, 'rst' = 3, 'pressure' = 4, 'shutdown' = 5, 'eof' = 6)";
const DIRECTION = "Enum8('unknown' = 0, 'ingress' = 1, 'egress' = 2, 'both' = 3)";
const LAYER = "Enum8('other' = 0, 'ethernet' = 1, 'ipv4' = 2, 'ipv6' = 3, 'ppp' = 4, 'ieee80211' = 5)";
const SEQUENCE =
  "Enum8('none' = 0, 'session' = 1, 'hardware' = 2, 'direction' = 3, 'hardware_direction' = " +
  "4, 'unusable' = 5, 'source' = 6)";

/** Columns of one type, read as they are. */
function columns(type: string, ...names: string[]): Column[] {
  return names.map((name) => ({ name, type }));
}

/** 16 bytes in network byte order. */
function uuid(name: string): Column {
  return { name, type: 'FixedString(16)', value: `toUUID(UUIDNumToString(${name}))` };
}

/** Nanoseconds since 1970. */
function time(name: string): Column {
  return { name, type: 'Int64', value: `fromUnixTimestamp64Nano(${name}, 'UTC')` };
}

/** 6 bytes, or none. */
function mac(name: string): Column {
  const text = `lower(MACNumToString(reinterpretAsUInt64(reverse(${name}))))`;
  return { name, type: 'String', value: `if(empty(${name}), '', ${text})` };
}

const TABLES: Record<TableName, Table> = {
  sessions: {
    proto: 'session.proto',
    message: 'Session',
    columns: [
      uuid('session_id'),
      ...columns('UInt32', 'part'),
      time('first_seen'),
      time('last_seen'),
      ...columns(END_REASON, 'end_reason'),
      ...columns('LowCardinality(String)', 'mirror_type'),
      ...columns('IPv6', 'mirror_source', 'mirror_target'),
      ...columns('UInt16', 'mirror_session'),
      ...columns('UInt32', 'mirror_port'),
      ...columns(DIRECTION, 'mirror_direction'),
      ...columns('UInt8', 'mirror_hardware'),
      ...columns('UInt16', 'security_group'),
      ...columns('Nullable(UInt32)', 'gre_key'),
      ...columns('Array(UInt16)', 'vlan_ids'),
      ...columns('UInt8', 'cos'),
      mac('client_mac'),
      mac('server_mac'),
      ...columns('UInt16', 'ether_type'),
      ...columns('IPv6', 'client_ip', 'server_ip'),
      ...columns('UInt16', 'client_port', 'server_port'),
      ...columns('UInt8', 'protocol'),
      ...columns('LowCardinality(String)', 'transport'),
      ...columns('UInt64', 'client_packets', 'server_packets', 'client_bytes', 'server_bytes'),
      ...columns('UInt64', 'client_payload', 'server_payload'),
      ...columns('UInt8', 'client_tcp_flags', 'server_tcp_flags'),
      ...columns('LowCardinality(String)', 'tcp_state'),
      ...columns('UInt32', 'handshake_us', 'client_retransmits', 'server_retransmits'),
      ...columns('UInt8', 'icmp_type', 'icmp_code', 'client_ttl', 'server_ttl', 'dscp'),
      ...columns('UInt32', 'fragments', 'truncated', 'duplicates'),
      ...columns('LowCardinality(String)', 'app_protocol', 'collector'),
    ],
  },
  mirrors: {
    proto: 'mirror.proto',
    message: 'Mirror',
    columns: [
      ...columns('UInt32', 'minute'),
      ...columns('LowCardinality(String)', 'mirror_type'),
      ...columns('IPv6', 'mirror_source', 'mirror_target'),
      ...columns('UInt16', 'mirror_session'),
      ...columns('Nullable(UInt32)', 'gre_key'),
      ...columns('UInt64', 'packets', 'bytes'),
      ...columns(SEQUENCE, 'sequence'),
      ...columns('UInt64', 'lost', 'reordered', 'repeated', 'truncated', 'malformed', 'kernel_drops'),
      ...columns('LowCardinality(String)', 'collector'),
    ],
  },
  tunnels: {
    proto: 'tunnel.proto',
    message: 'Tunnel',
    columns: [
      ...columns('UInt32', 'minute'),
      ...columns('LowCardinality(String)', 'name', 'mode'),
      ...columns('IPv6', 'local', 'remote'),
      ...columns('Nullable(UInt32)', 'key'),
      ...columns('UInt64', 'rx_packets', 'rx_bytes', 'rx_errors', 'rx_dropped', 'multicast'),
      ...columns('UInt64', 'rx_length_errors', 'rx_crc_errors', 'rx_frame_errors', 'rx_fifo_errors'),
      ...columns('UInt64', 'tx_packets', 'tx_bytes', 'tx_errors', 'tx_dropped'),
      ...columns('UInt64', 'tx_aborted_errors', 'tx_carrier_errors', 'collisions'),
      ...columns('LowCardinality(String)', 'collector'),
    ],
  },
  packets: {
    proto: 'packet.proto',
    message: 'Packet',
    columns: [
      uuid('session_id'),
      time('time'),
      ...columns('String', 'frame'),
      ...columns('UInt32', 'original_length'),
      ...columns('LowCardinality(String)', 'mirror_type'),
      ...columns('IPv6', 'mirror_source', 'mirror_target'),
      ...columns('UInt16', 'mirror_session'),
      ...columns('Nullable(UInt32)', 'gre_key'),
      ...columns('UInt32', 'mirror_port'),
      ...columns(DIRECTION, 'mirror_direction'),
      ...columns('UInt8', 'mirror_hardware'),
      ...columns('UInt16', 'security_group'),
      ...columns('UInt8', 'cos'),
      ...columns('Nullable(UInt16)', 'vlan'),
      ...columns(LAYER, 'layer'),
      ...columns('UInt16', 'gre_protocol'),
      ...columns('UInt8', 'truncated'),
      ...columns('UInt32', 'number'),
    ],
  },
};

const schemas = new URL('../../schemas/mirrorlake/v1/', import.meta.url);

export const TABLE_NAMES = Object.keys(TABLES) as readonly TableName[];

/** The columns that a segment fills, in order. */
export function columnNames(table: TableName): string[] {
  return TABLES[table].columns.map((c) => c.name);
}

/** The statement that inserts a segment, read by `source`, into `target`: see {@link structure}. */
export function insertStatement(table: TableName, target: string, source: string): string {
  const { columns } = TABLES[table];
  const values = columns.map((c) => c.value ?? c.name).join(', ');
  return `INSERT INTO ${target} (${columns.map((c) => c.name).join(', ')}) SELECT ${values} FROM ${source}`;
}

/** The types of a segment's fields, quoted for `input()` and `file()`. */
export function structure(table: TableName): string {
  return quote(TABLES[table].columns.map((c) => `${c.name} ${c.type}`).join(', '));
}

/** Settings with which ClickHouse reads a segment of `table`, as `name=value, …`. */
export function formatSettings(table: TableName): string {
  const { proto, message } = TABLES[table];
  const text = readFileSync(new URL(proto, schemas), 'utf8').replace(/ *\/\/.*\n/g, '\n');
  return [
    "format_schema_source='string'",
    `format_schema=${quote(text.replace(/\s+/g, ' '))}`,
    `format_schema_message_name='${message}'`,
  ].join(', ');
}

/** A text as an SQL string. */
export function quote(text: string): string {
  return `'${text.replace(/\\/g, '\\\\').replace(/'/g, "\\'")}'`;
}
