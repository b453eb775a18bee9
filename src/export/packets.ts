/** Kept packets as a capture: one interface per mirror point. */
import type { Readable } from 'node:stream';
import { LinkType } from '../model/batch.js';
import { CommandError } from '../model/errors.js';
import { isPlain, MIRROR_TYPE_NAMES, type MirrorPoint } from '../model/mirror-point.js';
import { PacketLayer } from '../model/packet-layer.js';
import type { PcapngWriter } from '../receive/file/pcapng-writer.js';
import { type PacketRow, PacketRowReader } from '../store/packet-rows.js';
import { formatIp } from '../wire/ip/addresses.js';
import { emitSll, SLL_LENGTH, SllHeader } from '../wire/link/sll.js';
import { GRE_PROTO_ERSPAN3 } from '../wire/tunnel/gre.js';
import { OuterPackets } from './outer-packet.js';

const SNAP_LENGTH = 262_144;

/** For frames with an unknown first header: a link type for private use, shown as bytes. */
const LINKTYPE_USER0 = 147;
/** The device type with which a cooked header's protocol is a GRE protocol type. */
const ARPHRD_IPGRE = 778;

/** Link types (www.tcpdump.org/linktypes.html) of frames, by their first layer. */
const LINK_TYPES: Record<PacketLayer, number> = {
  [PacketLayer.Other]: LinkType.LinuxSll,
  [PacketLayer.Ethernet]: LinkType.Ethernet,
  [PacketLayer.Ipv4]: LinkType.Raw,
  [PacketLayer.Ipv6]: LinkType.Raw,
  [PacketLayer.Ppp]: 9,
  [PacketLayer.Ieee80211]: 105,
};

/** What an export has written. */
export interface Exported {
  readonly packets: number;
  /** Packets left out: an earlier version kept them without the GRE protocol that carried them. */
  readonly left: number;
}

/**
 * Writes the rows of {@link packetRowsStatement} as a capture.
 *
 * @param encapsulated with outer headers, rebuilt; else frames as they were mirrored
 * @throws CommandError when the answer ends within a row
 */
export async function writePackets(
  answer: Readable,
  writer: PcapngWriter,
  encapsulated: boolean,
): Promise<Exported> {
  const capture = encapsulated ? new Encapsulated(writer) : new Inner(writer);
  const reader = new PacketRowReader();
  for await (const piece of answer)
    await reader.take(piece as Uint8Array, (row) => {
      capture.add(row);
      return writer.full ? writer.flush() : undefined;
    });
  if (!reader.whole) throw new CommandError('the store ended in the middle of a packet: try again');
  return capture;
}

/** Frames as they were, without their encapsulation. */
class Inner {
  packets = 0;
  readonly left = 0;
  private readonly interfaces = new Map<string, number>();
  private readonly sll = Object.assign(new SllHeader(), { hardwareType: ARPHRD_IPGRE });
  private readonly cooked = new Uint8Array(SLL_LENGTH + SNAP_LENGTH);

  constructor(private readonly writer: PcapngWriter) {}

  add(row: PacketRow): void {
    const { point, protocol } = row.mirrored;
    const known = row.layer !== PacketLayer.Other || (protocol !== 0 && protocol !== GRE_PROTO_ERSPAN3);
    const linkType = known ? LINK_TYPES[row.layer] : LINKTYPE_USER0;
    const id = `${point.index} ${linkType}`;
    let number = this.interfaces.get(id);
    if (number === undefined) {
      number = this.writer.addInterface(describe(point, linkType));
      this.interfaces.set(id, number);
    }
    this.packets++;
    const bytes = linkType === LinkType.LinuxSll ? this.cook(row) : row.frame;
    const cut = Math.max(row.originalLength - row.frame.length, 0);
    this.writer.packet(number, row.sec, row.nsec, bytes, 0, bytes.length, bytes.length + cut);
  }

  /** A frame behind a cooked header, which names its GRE protocol. */
  private cook(row: PacketRow): Uint8Array {
    const { cooked, sll } = this;
    sll.protocol = row.mirrored.protocol;
    const at = emitSll(sll, cooked, 0);
    const frame = row.frame.subarray(0, SNAP_LENGTH);
    cooked.set(frame, at);
    return cooked.subarray(0, at + frame.length);
  }
}

/** Frames in outer packets, as their mirror sent them; plain ones have none. */
class Encapsulated {
  left = 0;
  private sent = 0;
  private readonly plain: Inner;
  private readonly outer = new OuterPackets();
  private readonly interfaces: number[] = [];

  constructor(private readonly writer: PcapngWriter) {
    this.plain = new Inner(writer);
  }

  get packets(): number {
    return this.sent + this.plain.packets;
  }

  add(row: PacketRow): void {
    if (isPlain(row.mirrored.point.type)) {
      this.plain.add(row);
      return;
    }
    const captured = this.outer.build(row);
    if (captured === 0) {
      this.left++;
      return;
    }
    const { point } = row.mirrored;
    this.interfaces[point.index] ??= this.writer.addInterface(describe(point, LinkType.Raw));
    this.sent++;
    const { bytes, length } = this.outer;
    this.writer.packet(this.interfaces[point.index], row.sec, row.nsec, bytes, 0, captured, length);
  }
}

function describe(point: MirrorPoint, linkType: number) {
  const type = MIRROR_TYPE_NAMES[point.type];
  if (isPlain(point.type))
    return { linkType, snapLength: SNAP_LENGTH, name: point.name, description: `${type} ${point.name}` };
  const source = formatIp(point.source, 0);
  const number = point.key === null ? `session ${point.session}` : `key ${point.key}`;
  return {
    linkType,
    snapLength: SNAP_LENGTH,
    name: `${type} ${source} ${number}`,
    description: `mirrored by ${source} to ${formatIp(point.target, 0)}, ${type}, ${number}`,
  };
}
