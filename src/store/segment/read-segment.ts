/** Reads segments: with protobufjs and the schemas, so independently of what writes them. */
import { readFileSync } from 'node:fs';
import protobuf from 'protobufjs';
import { CertificateRecord } from '../../model/certificate-record.js';
import { type Column, camelCase, singular } from '../../model/columns/column.js';
import { TABLES, type TableName } from '../../model/columns/tables.js';
import { MirrorlakeError } from '../../model/errors.js';
import { HopRecord } from '../../model/hop-record.js';
import { MirrorPoint, type MirrorType } from '../../model/mirror-point.js';
import { MirrorRecord } from '../../model/mirror-record.js';
import { NameRecord } from '../../model/name-record.js';
import { NetworkRecord } from '../../model/network-record.js';
import { PacketRecord } from '../../model/packet-record.js';
import { PathRecord } from '../../model/path-record.js';
import { SessionRecord } from '../../model/session-record.js';
import { TransactionRecord } from '../../model/transaction-record.js';
import { TunnelRecord } from '../../model/tunnel-record.js';
import { EtherType } from '../../wire/link/ethertypes.js';
import { schemaOf } from '../tables.js';

/** A segment does not hold what a segment holds: it was cut short or is something else. */
export class SegmentError extends MirrorlakeError {
  override readonly name = 'SegmentError';

  constructor(message: string) {
    super(message, 'SEGMENT');
  }
}

/** The record of a row, by table. */
export interface Records {
  sessions: SessionRecord;
  transactions: TransactionRecord;
  certificates: CertificateRecord;
  mirrors: MirrorRecord;
  tunnels: TunnelRecord;
  packets: PacketRecord;
  paths: PathRecord;
  hops: HopRecord;
  names: NameRecord;
  network_loads: NetworkRecord;
}

export interface SegmentRow<R> {
  readonly record: R;
  /** The column `collector`, '' where the table has none. */
  readonly collector: string;
}

const NEW: { readonly [T in TableName]: () => Records[T] } = {
  sessions: () => new SessionRecord(),
  transactions: () => new TransactionRecord(),
  certificates: () => new CertificateRecord(),
  mirrors: () => new MirrorRecord(),
  tunnels: () => new TunnelRecord(),
  packets: () => new PacketRecord(),
  paths: () => new PathRecord(),
  hops: () => new HopRecord(),
  names: () => new NameRecord(),
  network_loads: () => new NetworkRecord(),
};

/** Fields as protobufjs gives them: 64-bit numbers as text, what is missing at its default. */
const AS = { longs: String, defaults: true } as const;
const BILLION = 1_000_000_000n;

/** Where a column's value goes. */
interface Place {
  readonly column: Column;
  readonly property: string;
  /** It is not a property of the record: a part of its mirror point, or the collector. */
  readonly other: boolean;
}

/** What reading the segments of a table takes. */
interface Layout {
  readonly type: protobuf.Type;
  readonly places: readonly Place[];
}

const layouts = new Map<TableName, Layout>();

function layoutOf(table: TableName): Layout {
  const known = layouts.get(table);
  if (known !== undefined) return known;
  const { message, columns } = TABLES[table];
  const { root } = protobuf.parse(readFileSync(schemaOf(table), 'utf8'), { keepCase: true });
  const places = columns.map((column) => {
    const { name, from } = column;
    return { column, property: from ?? camelCase(name), other: from !== undefined };
  });
  const layout = { type: root.lookupType(`mirrorlake.v1.${message}`), places };
  layouts.set(table, layout);
  return layout;
}

/**
 * The rows of a segment, in order; each is a new object, and rows of one mirror point share it.
 *
 * @throws SegmentError where the segment is damaged, after the rows before that
 */
export function* readSegment<T extends TableName>(
  table: T,
  segment: Uint8Array,
): Generator<SegmentRow<Records[T]>> {
  const { type, places } = layoutOf(table);
  const points = new Map<string, MirrorPoint>();
  const reader = protobuf.Reader.create(segment);
  for (let row = 1; reader.pos < segment.length; row++) {
    const start = reader.pos;
    try {
      // A message of its own: a field that runs past it must not reach into the next.
      const fields = type.toObject(type.decode(reader.bytes()), AS);
      yield filled(NEW[table](), places, fields, points);
    } catch (error) {
      if (error instanceof MirrorlakeError || !(error instanceof Error)) throw error;
      throw new SegmentError(
        `not a whole segment: row ${row}, at byte ${start} of ${segment.length}: ${error.message}`,
      );
    }
  }
}

function filled<R extends Records[TableName]>(
  record: R,
  places: readonly Place[],
  fields: Readonly<Record<string, unknown>>,
  points: Map<string, MirrorPoint>,
): SegmentRow<R> {
  const properties = record as unknown as Record<string, unknown>;
  const others: Record<string, unknown> = { collector: '' };
  for (const { column, property, other } of places)
    set(other ? others : properties, property, column, fields[column.name]);
  if ('point.type' in others) properties.point = pointOf(others, points);
  if (record instanceof SessionRecord) record.ipVersion = ipVersion(record);
  return { record, collector: String(others.collector) };
}

/** Sets a property to a field's value. @throws Error if the field cannot be of this column */
function set(into: Record<string, unknown>, property: string, column: Column, value: unknown): void {
  const { type, given, name } = column;
  switch (type.kind) {
    case 'nullable':
      into[property] = value ?? null;
      break;
    case 'later':
      into[property] = value ?? type.absent;
      break;
    case 'uints': {
      const numbers = value as readonly number[];
      into[property] = Uint16Array.from({ length: type.most ?? 0 }, (_, i) => numbers[i] ?? 0);
      into[`${property}Count`] = Math.min(numbers.length, type.most ?? 0);
      break;
    }
    case 'ip':
    case 'mac':
    case 'uuid':
    case 'hash': {
      const bytes = Uint8Array.from(value as Uint8Array);
      if (given !== undefined) into[given] = bytes.length > 0;
      if (bytes.length > 0) checkLength(column, bytes);
      into[property] = bytes.length > 0 ? bytes : new Uint8Array(type.length ?? 0);
      break;
    }
    case 'ips': {
      const pieces = (value as readonly Uint8Array[]).slice(0, type.most);
      const all = new Uint8Array((type.length ?? 0) * (type.most ?? 0));
      for (const [i, piece] of pieces.entries()) {
        checkLength(column, piece);
        all.set(piece, i * piece.length);
      }
      into[property] = all;
      into[`${property}Count`] = pieces.length;
      break;
    }
    case 'map': {
      const entries = Object.entries(value as Readonly<Record<string, string>>);
      into[`${singular(property)}Names`] = entries.map(([entry]) => entry);
      into[`${singular(property)}Values`] = entries.map(([, of]) => of);
      into[`${property}Count`] = entries.length;
      break;
    }
    case 'time': {
      const nanoseconds = BigInt(value as string);
      if (nanoseconds < 0n) throw new Error(`${name} is before 1970`);
      into[`${property}Sec`] = Number(nanoseconds / BILLION);
      into[`${property}Nsec`] = Number(nanoseconds % BILLION);
      break;
    }
    case 'texts':
      into[property] = value;
      into[`${property}Count`] = (value as readonly string[]).length;
      break;
    case 'word':
    case 'text':
      into[property] = value;
      break;
    case 'bytes':
      into[property] = value;
      into[`${property}Start`] = 0;
      into[`${property}End`] = (value as Uint8Array).length;
      break;
    case 'enum':
      if (type.words?.words[value as number] === undefined) throw new Error(`${name} has no word ${value}`);
      into[property] = value;
      break;
    default:
      into[property] = Number(value);
  }
}

/** @throws Error if a field of fixed length has another */
function checkLength({ name, type }: Column, bytes: Uint8Array): void {
  if (bytes.length !== type.length)
    throw new Error(`${name} has ${bytes.length} bytes instead of ${type.length}`);
}

/** The mirror point of a row. Some tables do not say where it sends to, or its key. */
function pointOf(parts: Readonly<Record<string, unknown>>, points: Map<string, MirrorPoint>): MirrorPoint {
  const { 'point.name': name, 'point.site': site, ...numbers } = parts;
  // The names may have commas of their own.
  const id = JSON.stringify([name, site, Object.values(numbers).join()]);
  let point = points.get(id);
  if (point === undefined) {
    point = new MirrorPoint(
      points.size,
      parts['point.type'] as MirrorType,
      parts['point.source'] as Uint8Array,
      (parts['point.target'] as Uint8Array | undefined) ?? new Uint8Array(16),
      parts['point.session'] as number,
      (parts['point.key'] as number | null | undefined) ?? null,
    );
    point.name = String(parts['point.name'] ?? '');
    point.site = String(parts['point.site'] ?? '');
    points.set(id, point);
  }
  return point;
}

/**
 * Without IP both addresses are ::, whatever the EtherType. An IPv6 packet may have ::ffff:a.b.c.d addresses
 * too.
 */
function ipVersion(r: SessionRecord): number {
  if (r.clientIp.every((b) => b === 0) && r.serverIp.every((b) => b === 0)) return 0;
  return r.etherType === EtherType.Ipv4 ? 4 : 6;
}
