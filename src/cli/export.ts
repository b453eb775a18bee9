import type { Readable } from 'node:stream';
import type { Command } from 'commander';
import { OuterPackets } from '../export/outer-packet.js';
import { LinkType } from '../model/batch.js';
import { plural } from '../model/counted.js';
import { CommandError } from '../model/errors.js';
import { MIRROR_TYPE_NAMES, type MirrorPoint } from '../model/mirror-point.js';
import { openOutput } from '../receive/file/capture-writer.js';
import { PcapngWriter } from '../receive/file/pcapng-writer.js';
import { tablePrefix } from '../store/location.js';
import {
  PACKET_ROW_FORMAT,
  type PacketRow,
  PacketRowReader,
  packetRowsStatement,
} from '../store/packet-rows.js';
import { PacketLayer } from '../store/segment/packet-segment.js';
import { formatIp } from '../wire/ip/addresses.js';
import { emitSll, SLL_LENGTH, SllHeader } from '../wire/link/sll.js';
import { GRE_PROTO_ERSPAN3 } from '../wire/tunnel/gre.js';
import { ask } from './ask.js';
import { findStore, type StoreOptions } from './find-store.js';
import { CONFIG_HELP, STORE_HELP } from './store-words.js';

interface ExportOptions extends StoreOptions {
  where: string;
  output: string;
  encapsulated?: boolean;
}

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

export function registerExport(program: Command): void {
  program
    .command('export')
    .summary('write kept packets as a capture')
    .description(
      'Writes the packets of chosen sessions, in order of time, as a pcapng capture with one interface ' +
        'per mirror point. Packets are kept if the configuration of collect says so (`packets`), or by ' +
        'read --packets.',
    )
    .requiredOption(
      '--where <sql>',
      'which sessions, as after WHERE: "client_ip = \'10.0.0.1\' AND server_port = 443"',
    )
    .requiredOption('--output <file>', 'the capture; - is stdout')
    .option('--store <store>', STORE_HELP)
    .option('--config <file>', CONFIG_HELP)
    .option('--encapsulated', 'with the outer headers they were mirrored in, rebuilt')
    .action(async (options: ExportOptions) => {
      process.stderr.write(`${await exportPackets(options)}\n`);
    });
}

/**
 * Writes the capture.
 *
 * @returns what is to be said of it: how many packets are in it, and why there are not more
 */
export async function exportPackets(options: ExportOptions): Promise<string> {
  const found = await findStore(options);
  const sql = packetRowsStatement(options.where, tablePrefix(found.location));
  const asked = { format: PACKET_ROW_FORMAT, timeout: 'longest' } as const;
  let said = '';
  await ask(found, sql, asked, async (answer) => {
    const writer = new PcapngWriter(await openOutput(options.output));
    const capture = options.encapsulated === true ? new Encapsulated(writer) : new Inner(writer);
    try {
      await copy(answer, capture, writer);
    } finally {
      await writer.close();
    }
    const left =
      capture.left > 0
        ? `; ${capture.left} ${capture.left === 1 ? 'was' : 'were'} left out: an earlier ` +
          `version kept ${capture.left === 1 ? 'it' : 'them'} without the GRE protocol that ` +
          `carried ${capture.left === 1 ? 'it' : 'them'}`
        : '';
    const none =
      capture.packets + capture.left === 0
        ? ': none were kept of the sessions chosen; packets are kept with `read --packets`, or ' +
          '`packets:` in the configuration of `collect`'
        : '';
    said = `${capture.packets} ${plural(capture.packets, 'packet')}${left}${none}`;
  });
  return said;
}

async function copy(answer: Readable, capture: Inner | Encapsulated, writer: PcapngWriter): Promise<void> {
  const reader = new PacketRowReader();
  for await (const piece of answer)
    await reader.take(piece as Uint8Array, (row) => {
      capture.add(row);
      return writer.full ? writer.flush() : undefined;
    });
  if (!reader.whole) throw new CommandError('the store ended in the middle of a packet: try again');
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

/** Frames in outer packets, as their mirror sent them. */
class Encapsulated {
  packets = 0;
  left = 0;
  private readonly outer = new OuterPackets();
  private readonly interfaces: number[] = [];

  constructor(private readonly writer: PcapngWriter) {}

  add(row: PacketRow): void {
    const captured = this.outer.build(row);
    if (captured === 0) {
      this.left++;
      return;
    }
    const { point } = row.mirrored;
    this.interfaces[point.index] ??= this.writer.addInterface(describe(point, LinkType.Raw));
    this.packets++;
    const { bytes, length } = this.outer;
    this.writer.packet(this.interfaces[point.index], row.sec, row.nsec, bytes, 0, captured, length);
  }
}

function describe(point: MirrorPoint, linkType: number) {
  const type = MIRROR_TYPE_NAMES[point.type];
  const source = formatIp(point.source, 0);
  const number = point.key === null ? `session ${point.session}` : `key ${point.key}`;
  return {
    linkType,
    snapLength: SNAP_LENGTH,
    name: `${type} ${source} ${number}`,
    description: `mirrored by ${source} to ${formatIp(point.target, 0)}, ${type}, ${number}`,
  };
}
