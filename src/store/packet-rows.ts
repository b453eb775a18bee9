/** Reads kept packets from the store: the query, and its answer row by row. */
import {
  isPlain,
  MIRROR_TYPE_NAMES,
  type MirrorDirection,
  MirrorPoint,
  type MirrorType,
  pointKey,
} from '../model/mirror-point.js';
import { Mirrored } from '../model/mirrored.js';
import type { PacketLayer } from '../model/packet-layer.js';
import { macNumber } from '../wire/ip/addresses.js';

/** The format of the answer that {@link PacketRowReader} reads. */
export const PACKET_ROW_FORMAT = 'RowBinary';

/**
 * The query for the packets of selected sessions, in the order of time.
 *
 * @param where a condition over `sessions`, as in SQL's WHERE
 * @param prefix of the tables' names
 */
export function packetRowsStatement(where: string, prefix: string): string {
  // The line break ends a comment at the end of the condition.
  return `SELECT toUnixTimestamp64Nano(time), toString(mirror_type), mirror_source, mirror_target,
    mirror_session, gre_key, mirror_port,
    toInt8(mirror_direction), mirror_hardware, security_group, cos, vlan, toInt8(layer), original_length,
      gre_protocol, truncated, mirror_sensor, mirror_name, frame
    FROM ${prefix}packets WHERE session_id IN (SELECT session_id FROM ${prefix}sessions WHERE (${where}\n))
      ORDER BY time, session_id, number`;
}

/** One kept packet; reused for every row. */
export class PacketRow {
  sec = 0;
  nsec = 0;
  readonly mirrored = new Mirrored();
  layer: PacketLayer = 0;
  /** Original length of the frame; `frame` may be shorter. */
  originalLength = 0;
  frame: Uint8Array = new Uint8Array(0);
}

/** Reads the answer of {@link packetRowsStatement} in pieces of any size. */
export class PacketRowReader {
  private bytes = Buffer.alloc(0);
  private at = 0;
  private readonly row = new PacketRow();
  private readonly points = new Map<string, MirrorPoint>();

  /** Takes the next piece and passes every complete row to `each`, in order. */
  async take(piece: Uint8Array, each: (row: PacketRow) => Promise<void> | undefined): Promise<void> {
    this.bytes = Buffer.concat([this.bytes.subarray(this.at), piece]);
    this.at = 0;
    for (;;) {
      const start = this.at;
      if (!this.next()) {
        this.at = start;
        return;
      }
      await each(this.row);
    }
  }

  /** Whether the input so far ends with a complete row. */
  get whole(): boolean {
    return this.at === this.bytes.length;
  }

  private next(): boolean {
    const { row, bytes } = this;
    if (bytes.length - this.at < 8) return false;
    const nanoseconds = bytes.readBigInt64LE(this.at);
    this.at += 8;
    const type = this.string();
    // Two addresses, session, whether there is a key.
    if (type === undefined || bytes.length - this.at < 16 + 16 + 4 + 1) return false;
    const source = this.bytesOf(16);
    const target = this.bytesOf(16);
    const session = this.number(4);
    const key = this.nullable(4);
    // Port, direction, hardware, security group, cos, whether there is a VLAN.
    if (key === undefined || bytes.length - this.at < 4 + 1 + 1 + 2 + 1 + 1) return false;
    const m = row.mirrored;
    m.port = this.number(4);
    m.direction = this.number(1) as MirrorDirection;
    m.hardware = this.number(1);
    m.securityGroup = this.number(2);
    m.cos = this.number(1);
    const vlan = this.nullable(2);
    if (vlan === undefined || bytes.length - this.at < 1 + 4 + 2 + 1) return false;
    row.layer = this.number(1) as PacketLayer;
    row.originalLength = this.number(4);
    m.protocol = this.number(2);
    m.truncated = this.number(1) === 1;
    const sensor = this.string();
    const name = sensor === undefined ? undefined : this.value();
    const frame = name === undefined ? undefined : this.value();
    if (sensor === undefined || name === undefined || frame === undefined) return false;
    m.sensor = macNumber(sensor);
    row.frame = frame;
    row.sec = Number(nanoseconds / 1_000_000_000n);
    row.nsec = Number(nanoseconds % 1_000_000_000n);
    m.vlan = vlan ?? -1;
    m.point = this.point(type, source, target, session, key, name);
    return true;
  }

  private point(
    type: string,
    source: Uint8Array,
    target: Uint8Array,
    session: number,
    key: number | null,
    name: Uint8Array,
  ): MirrorPoint {
    const number = MIRROR_TYPE_NAMES.indexOf(type as (typeof MIRROR_TYPE_NAMES)[number]) as MirrorType;
    const origin = isPlain(number) ? Buffer.from(name).toString() : '';
    const id = pointKey({ type: number, source, target, session, key, origin });
    let point = this.points.get(id);
    if (point === undefined) {
      point = new MirrorPoint(this.points.size, number, source.slice(), target.slice(), session, key, origin);
      this.points.set(id, point);
    }
    return point;
  }

  private number(size: number): number {
    const n = this.bytes.readUIntLE(this.at, size);
    this.at += size;
    return n;
  }

  /** null for NULL, undefined if it has not arrived yet. */
  private nullable(size: number): number | null | undefined {
    if (this.number(1) === 1) return null;
    return this.bytes.length - this.at < size ? undefined : this.number(size);
  }

  private bytesOf(length: number): Uint8Array {
    const bytes = this.bytes.subarray(this.at, this.at + length);
    this.at += length;
    return bytes;
  }

  private string(): string | undefined {
    const value = this.value();
    return value === undefined ? undefined : Buffer.from(value).toString('latin1');
  }

  /** A string: its length as LEB128, then its bytes. */
  private value(): Uint8Array | undefined {
    let length = 0;
    for (let shift = 0; ; shift += 7) {
      if (this.at >= this.bytes.length) return undefined;
      const byte = this.bytes[this.at++];
      length += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) break;
    }
    return this.bytes.length - this.at < length ? undefined : this.bytesOf(length);
  }
}
