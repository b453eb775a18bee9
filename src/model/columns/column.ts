/**
 * What a column is declared as. From the declarations beside this file come, by `npm run columns`: the
 * schemas of segments (schemas/mirrorlake/v1), the fields of records, what writes segments and NDJSON, and
 * the tables of docs/reference/columns.md; and, at start, the types that ClickHouse reads and inserts.
 */

/** How a record holds a value, and how it is written. */
export type Kind =
  /** A number of `bits` bits. */
  | 'uint'
  /** A number from -2^52 to 2^52. */
  | 'int'
  /** A number, or null. */
  | 'nullable'
  /** A number that messages of earlier versions lack: `absent` in the table. Written even if it is 0. */
  | 'later'
  /** A number in four bytes of the message, whatever it is. */
  | 'fixed32'
  /** A number that stands for one of `words`. */
  | 'enum'
  /** An array of numbers, and how many of it count. */
  | 'uints'
  /** 16 bytes; IPv4 as ::ffff:a.b.c.d. */
  | 'ip'
  /** Some of these, one after the other, and how many. */
  | 'ips'
  /** 6 bytes. */
  | 'mac'
  /** 16 bytes in network byte order. */
  | 'uuid'
  /** Seconds since 1970, and nanoseconds. */
  | 'time'
  /** Seconds since 1970, a whole minute. */
  | 'minute'
  /** Days since 1970, in UTC. */
  | 'day'
  /** Seconds since 1970, negative before. */
  | 'second'
  /** A digest of `length` bytes. */
  | 'hash'
  /** A string from a small set. */
  | 'word'
  /** A string of which there are many. */
  | 'text'
  /** An array of strings, and how many of it count. */
  | 'texts'
  /** An array of names, one of their values, and how many of them count. */
  | 'map'
  /** Bytes from a start to an end. */
  | 'bytes';

/** The words of an enum, each at its number. */
export interface Words {
  /** Its name in the schema, and that of its type in TypeScript. */
  readonly name: string;
  /** Where that type is, and its words: a file of src/model, and the constant's name. */
  readonly module: string;
  readonly names: string;
  /** '' where a number has no word in the table: `unspecified` in the schema. */
  readonly words: readonly string[];
}

export interface ColumnType {
  readonly kind: Kind;
  /** Type of the column. */
  readonly clickhouse: string;
  /** Type of the message's field, without `optional`. */
  readonly proto: string;
  /** Type that ClickHouse reads the field as. */
  readonly read: string;
  /** The column's value in SQL, if it is not the field as read. */
  readonly value?: (name: string) => string;
  /** The largest number has as many bits. */
  readonly bits: number;
  /** Bytes, for those of a fixed length. */
  readonly length?: number;
  /** The most elements of an array. */
  readonly most?: number;
  readonly words?: Words;
  readonly absent?: number;
}

function uint(bits: 8 | 16 | 32 | 64): ColumnType {
  const clickhouse = `UInt${bits}`;
  return { kind: 'uint', clickhouse, proto: bits === 64 ? 'uint64' : 'uint32', read: clickhouse, bits };
}

function nullable(bits: 16 | 32): ColumnType {
  const clickhouse = `Nullable(UInt${bits})`;
  return { kind: 'nullable', clickhouse, proto: 'uint32', read: clickhouse, bits };
}

export const UINT8 = uint(8);
export const UINT16 = uint(16);
export const UINT32 = uint(32);
export const UINT64 = uint(64);
export const INT64: ColumnType = {
  kind: 'int',
  clickhouse: 'Int64',
  proto: 'sint64',
  read: 'Int64',
  bits: 64,
};
export const NULLABLE_UINT16 = nullable(16);
export const NULLABLE_UINT32 = nullable(32);
/** The number of a copy: 255 where a row is from before there was one. */
export const COPY: ColumnType = {
  kind: 'later',
  clickhouse: 'UInt8',
  proto: 'uint32',
  read: 'Nullable(UInt8)',
  value: (name) => `ifNull(${name}, 255)`,
  bits: 8,
  absent: 255,
};
/** Written in place: always four bytes. */
export const FIXED32: ColumnType = {
  kind: 'fixed32',
  clickhouse: 'UInt32',
  proto: 'fixed32',
  read: 'UInt32',
  bits: 32,
};
/** Added up where rows with the same key become one. */
export const ADDED: ColumnType = { ...UINT64, clickhouse: 'SimpleAggregateFunction(sum, UInt64)' };
export const UINT16S: ColumnType = {
  kind: 'uints',
  clickhouse: 'Array(UInt16)',
  proto: 'repeated uint32',
  read: 'Array(UInt16)',
  bits: 16,
  most: 8,
};
export const IP: ColumnType = {
  kind: 'ip',
  clickhouse: 'IPv6',
  proto: 'bytes',
  read: 'IPv6',
  bits: 0,
  length: 16,
};
export const IPS: ColumnType = {
  kind: 'ips',
  clickhouse: 'Array(IPv6)',
  proto: 'repeated bytes',
  read: 'Array(IPv6)',
  bits: 0,
  length: 16,
  most: 16,
};
export const MAC: ColumnType = {
  kind: 'mac',
  clickhouse: 'LowCardinality(String)',
  proto: 'bytes',
  read: 'String',
  value: (name) => `if(empty(${name}), '', lower(MACNumToString(reinterpretAsUInt64(reverse(${name})))))`,
  bits: 0,
  length: 6,
};
export const UUID: ColumnType = {
  kind: 'uuid',
  clickhouse: 'UUID',
  proto: 'bytes',
  read: 'FixedString(16)',
  value: (name) => `toUUID(UUIDNumToString(${name}))`,
  bits: 0,
  length: 16,
};
export const TIME: ColumnType = {
  kind: 'time',
  clickhouse: "DateTime64(9, 'UTC')",
  proto: 'sfixed64',
  read: 'Int64',
  value: (name) => `fromUnixTimestamp64Nano(${name}, 'UTC')`,
  bits: 0,
};
/** The earliest, or the latest, where rows with the same key become one. */
export const EARLIEST: ColumnType = {
  ...TIME,
  clickhouse: "SimpleAggregateFunction(min, DateTime64(9, 'UTC'))",
};
export const LATEST: ColumnType = {
  ...TIME,
  clickhouse: "SimpleAggregateFunction(max, DateTime64(9, 'UTC'))",
};
export const MINUTE: ColumnType = {
  kind: 'minute',
  clickhouse: "DateTime('UTC')",
  proto: 'uint32',
  read: 'UInt32',
  bits: 32,
};
export const DAY: ColumnType = {
  kind: 'day',
  clickhouse: 'Date',
  proto: 'uint32',
  read: 'UInt16',
  value: (name) => `toDate(${name})`,
  bits: 16,
};
/** The first and the last second that ClickHouse's DateTime64 has. */
const EARLIEST_SECOND = Date.UTC(1900, 0, 1) / 1000;
const LATEST_SECOND = Date.UTC(2299, 11, 31, 23, 59, 59) / 1000;
/** Times beyond what ClickHouse has become the first or the last that it has. */
export const SECOND: ColumnType = {
  kind: 'second',
  clickhouse: "DateTime64(0, 'UTC')",
  proto: 'sint64',
  read: 'Int64',
  value: (name) => `toDateTime64(greatest(least(${name}, ${LATEST_SECOND}), ${EARLIEST_SECOND}), 0, 'UTC')`,
  bits: 0,
};
export const SHA256: ColumnType = {
  kind: 'hash',
  clickhouse: 'FixedString(32)',
  proto: 'bytes',
  read: 'FixedString(32)',
  bits: 0,
  length: 32,
};
export const WORD: ColumnType = {
  kind: 'word',
  clickhouse: 'LowCardinality(String)',
  proto: 'string',
  read: 'LowCardinality(String)',
  bits: 0,
};
export const TEXT: ColumnType = {
  kind: 'text',
  clickhouse: 'String',
  proto: 'string',
  read: 'String',
  bits: 0,
};
export const TEXTS: ColumnType = {
  kind: 'texts',
  clickhouse: 'Array(String)',
  proto: 'repeated string',
  read: 'Array(String)',
  bits: 0,
  most: 64,
};
export const WORDS: ColumnType = {
  ...TEXTS,
  clickhouse: 'Array(LowCardinality(String))',
  read: 'Array(LowCardinality(String))',
};
export const WORD_MAP: ColumnType = {
  kind: 'map',
  clickhouse: 'Map(LowCardinality(String), String)',
  proto: 'map<string, string>',
  read: 'Map(LowCardinality(String), String)',
  bits: 0,
  most: 16,
};
export const BYTES: ColumnType = {
  kind: 'bytes',
  clickhouse: 'String',
  proto: 'bytes',
  read: 'String',
  bits: 0,
};

/** A number in the message, an Enum8 in the table. */
export function enumOf(words: Words): ColumnType {
  const numbered = words.words.map((word, i) => `'${word}' = ${i}`);
  const clickhouse = `Enum8(${numbered.join(', ')})`;
  return { kind: 'enum', clickhouse, proto: words.name, read: clickhouse, bits: 0, words };
}

/**
 * A number in the message, the word itself in the table: more words may come without an ALTER. ClickHouse
 * reads the name of the number in the schema, which cannot have the dash that words have: {@link enumName}.
 */
export function wordOf(words: Words): ColumnType {
  const clickhouse = 'LowCardinality(String)';
  const value = (name: string): string => `replaceAll(${name}, '_', '-')`;
  return { kind: 'enum', clickhouse, proto: words.name, read: clickhouse, value, bits: 0, words };
}

/** The name in the schema of a word. */
export function enumName(word: string): string {
  return word === '' ? 'unspecified' : word.replaceAll('-', '_');
}

/** A column that a segment fills. */
export interface Column {
  readonly name: string;
  /** Its number in the message. Numbers of former versions keep their meaning. */
  readonly field: number;
  readonly type: ColumnType;
  /** ClickHouse's CODEC, where it is not the table's. */
  readonly codec?: string;
  /** Where the record has it, if not in a property of the same name in camel case. */
  readonly from?: string;
  /** The record's property that says whether there is a value: without one nothing is written. */
  readonly given?: string;
  /**
   * Columns beside each other with the same word are mostly 0, or empty, together: NDJSON then writes them at
   * once, and segments look at them at once.
   */
  readonly zeros?: string;
  /** Written first, and changed in place when a message gets its session. */
  readonly inPlace?: true;
  /** In the view `conversations`: its type and meaning, where they are not those in `sessions`. */
  readonly whole?: { readonly type?: string; readonly doc: string };
  /** Its meaning, in Markdown, on one line of docs/reference/columns.md and in the schema. */
  readonly doc: string;
}

/** A column that ClickHouse computes. */
export interface Derived {
  readonly name: string;
  /** Its type in ClickHouse. */
  readonly derived: string;
  /** In NDJSON too, after this column. */
  readonly printedAfter?: string;
  readonly whole?: { readonly type?: string; readonly doc: string };
  readonly doc: string;
}

export interface Table {
  readonly name: string;
  /** The message of one row, in `<message>.proto`, and what the names of generated classes begin with. */
  readonly message: string;
  /** First line of the schema: what one row is. */
  readonly row: string;
  /** In the order of the table, and of NDJSON. */
  readonly columns: readonly Column[];
  readonly derived: readonly Derived[];
}

/** The sum of a counter over the parts of a conversation. */
export const SUM = { type: 'UInt64', doc: 'The sum over its parts.' } as const;

/** What a conversation's parts say again and again, once its first messages were seen. */
export const SAID = { doc: 'As in `sessions`, of the last part that says it.' } as const;

/** What the last part of a conversation says. */
export const LAST = { doc: 'As in `sessions`, of the last part.' } as const;

/** What holds for a conversation once it held for one of its parts. */
export const ANY = { doc: '1 if it is in any part.' } as const;

/** The least of the parts of a conversation, apart from 0, which says that there was nothing. */
export const LEAST = { doc: 'The least of its parts that have one; else 0.' } as const;

/** A column's name as a property: first_seen as firstSeen. */
export function camelCase(name: string): string {
  return name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}

/** What the properties of a map begin with: attribute of attributes. */
export function singular(property: string): string {
  return property.replace(/s$/, '');
}
