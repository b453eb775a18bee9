import { MirrorTable } from '../../accounts/mirrors.js';
import { openGate } from '../../accounts/point-gate.js';
import { Demux } from '../../demux/demux.js';
import type { PacketWatcher } from '../../demux/dispatch.js';
import { LinkReader } from '../../demux/link.js';
import { typesOf } from '../../demux/udp-inputs.js';
import { PacketBatch } from '../../model/batch.js';
import type { Inputs } from '../../model/inputs.js';
import { FRAMES_SHOWN, type InnerEnds } from '../../model/live.js';
import { MIRROR_TYPE_NAMES, MirrorType } from '../../model/mirror-point.js';
import type { Mirrored } from '../../model/mirrored.js';
import type { OuterPacket } from '../../model/outer-packet.js';
import { rfc3339 } from '../../store/ndjson/ndjson.js';
import { u16, u24, u32 } from '../../wire/bytes.js';
import { copyAddress16, formatIp } from '../../wire/ip/addresses.js';
import { IpProtocol } from '../../wire/ip/ip-protocol.js';
import { IPV4_PROTOCOL, IPV4_SOURCE } from '../../wire/ip/ipv4.js';
import { IPV6_SOURCE } from '../../wire/ip/ipv6.js';
import { transportName } from '../../wire/transport/transport.js';
import { UDP_LENGTH } from '../../wire/transport/udp.js';
import {
  GRE_KEY,
  GRE_PROTO_ERSPAN,
  GRE_PROTO_ERSPAN3,
  GRE_SEQ,
  type GreHeader,
} from '../../wire/tunnel/gre.js';
import type { Overlay } from '../../wire/tunnel/overlay-kinds.js';
import { TunnelPorts } from '../../wire/tunnel/tunnel-ports.js';
import type { Frame } from '../../wire/walk/frame.js';
import { MALFORMED_NAMES } from '../../wire/walk/malformed.js';
import type { Watch, WatchedFrame } from './live-path.js';

/** Packets of a watched sender that are decoded a second time, per tick; and its fragments' room. */
const DECODED_A_TICK = 64;
const REASSEMBLY = { memory: 1 << 20, datagrams: 64, timeout: 30 } as const;
/** Mirror points that are told apart before the decoder is made anew: who sends can make up any number. */
const POINTS = 256;
/** IPv4 as ::ffff:a.b.c.d: its third 32 bits. */
const MAPPED = 0xffff;
/** Offset of the network id of VXLAN and GENEVE in UDP. */
const VNI_IN_UDP = UDP_LENGTH + 4;

interface Watched {
  readonly watch: Watch;
  /** The source as four numbers. */
  readonly words: readonly number[];
  /** Packets that may be decoded in the rest of this tick, and the last frames seen in it. */
  decode: number;
  seen: WatchedFrame[];
}

/**
 * Looks out for the packets of a few senders, whether they are mirror points or not. It looks at every packet
 * while somebody asks, and has those of the senders decoded by a demux of its own, a few per tick; the packet
 * path itself takes them as ever.
 */
export class FrameWatch implements PacketWatcher {
  private readonly watched: Watched[];
  private readonly link = new LinkReader();
  private readonly one = new PacketBatch();
  private demux: Demux;
  private mirrors: MirrorTable;
  private readonly source = new Uint8Array(16);
  /** By UDP port: the MirrorType of its input. */
  private readonly types: Uint8Array;

  constructor(
    watches: readonly Watch[],
    private readonly overlays: readonly Overlay[],
    private readonly inputs: Inputs,
  ) {
    this.watched = watches.map((watch) => ({
      watch,
      words: [0, 4, 8, 12].map((o) => u32(watch.source, o)),
      decode: DECODED_A_TICK,
      seen: [],
    }));
    this.types = typesOf(inputs);
    this.mirrors = new MirrorTable({ gate: openGate(POINTS) });
    this.demux = this.newDemux();
    this.one.count = 1;
  }

  /** Looks at a batch, before the packet path takes it. */
  look(batch: PacketBatch): void {
    if (this.watched.every((w) => w.decode === 0)) return;
    const b = batch.bytes;
    for (let i = 0; i < batch.count; i++) {
      const o = batch.offset[i];
      const end = o + batch.captured[i];
      const wireEnd = o + Math.max(batch.length[i], batch.captured[i]);
      const ip = this.link.find(b, o, end, wireEnd, batch.linkType[i]);
      if (ip < 0) continue;
      const watched = this.sender(b, ip, end);
      if (watched !== undefined) this.decode(batch, i, watched);
    }
  }

  /** What was seen since the last tick. @param sec seconds since 1970 */
  tick(sec: number): readonly WatchedFrame[] {
    const seen = this.watched.flatMap((w) => w.seen);
    for (const w of this.watched) {
      w.decode = DECODED_A_TICK;
      w.seen = [];
    }
    this.demux.advance(sec);
    if (this.mirrors.overflowed > 0) {
      this.mirrors = new MirrorTable({ gate: openGate(POINTS) });
      this.demux = this.newDemux();
    }
    return seen;
  }

  packet(
    outer: OuterPacket,
    gre: GreHeader,
    mirrored: Mirrored | undefined,
    frame: Frame | undefined,
    reason: number,
  ): void {
    copyAddress16(outer.bytes, outer.source, outer.ipVersion, this.source, 0);
    for (const w of this.watched) {
      if (!isFrom(w.watch, this.source, gre, mirrored)) continue;
      if (w.seen.length === FRAMES_SHOWN) w.seen.shift();
      w.seen.push(seenFrame(w.watch.id, outer, gre, mirrored, frame, reason));
    }
  }

  private newDemux(): Demux {
    const demux = new Demux({
      sink: { frame: () => {} },
      mirrors: this.mirrors,
      watcher: this,
      reassembly: REASSEMBLY,
      inputs: this.inputs,
    });
    demux.setTunnelPorts(new TunnelPorts(this.overlays));
    return demux;
  }

  /** Who of the watched may have sent this packet, and has some of its tick left. */
  private sender(b: Uint8Array, ip: number, end: number): Watched | undefined {
    const four = b[ip] >>> 4 === 4;
    const source = ip + (four ? IPV4_SOURCE : IPV6_SOURCE);
    if (source + (four ? 4 : 16) > end) return undefined;
    for (const w of this.watched) {
      const { words } = w;
      if (w.decode === 0) continue;
      if (four) {
        if (u32(b, source) !== words[3] || words[2] !== MAPPED || words[1] !== 0 || words[0] !== 0) continue;
      } else if (
        u32(b, source) !== words[0] ||
        u32(b, source + 4) !== words[1] ||
        u32(b, source + 8) !== words[2] ||
        u32(b, source + 12) !== words[3]
      )
        continue;
      if (four && this.isOfOther(w.watch.session, b, ip, end)) continue;
      return w;
    }
    return undefined;
  }

  /**
   * Whether a packet over IPv4 is certainly of another session, of ERSPAN, VXLAN or GENEVE: a sender's loud
   * sessions would leave nothing of the tick for a quiet one.
   */
  private isOfOther(session: number | undefined, b: Uint8Array, ip: number, end: number): boolean {
    const payload = ip + 4 * (b[ip] & 0x0f);
    if (session === undefined || payload + 16 > end) return false;
    switch (b[ip + IPV4_PROTOCOL]) {
      case IpProtocol.Gre:
        return isErspanOfOther(session, b, payload);
      case IpProtocol.Udp:
        return hasVni(this.types[u16(b, payload + 2)]) && u24(b, payload + VNI_IN_UDP) !== session;
      default:
        return false;
    }
  }

  private decode(from: PacketBatch, i: number, watched: Watched): void {
    watched.decode--;
    const { one } = this;
    one.bytes = from.bytes;
    one.offset[0] = from.offset[i];
    one.captured[0] = from.captured[i];
    one.length[0] = from.length[i];
    one.sec[0] = from.sec[i];
    one.nsec[0] = from.nsec[i];
    one.linkType[0] = from.linkType[i];
    this.demux.process(one);
  }
}

/** @param gre offset of the GRE header */
function isErspanOfOther(session: number, b: Uint8Array, gre: number): boolean {
  if (u16(b, gre) !== GRE_SEQ) return false;
  const protocol = u16(b, gre + 2);
  if (protocol !== GRE_PROTO_ERSPAN && protocol !== GRE_PROTO_ERSPAN3) return false;
  return (u16(b, gre + 10) & 0x3ff) !== session;
}

/** Whether a type's session is a network id in the same place. */
function hasVni(type: number): boolean {
  return type === MirrorType.Vxlan || type === MirrorType.Geneve;
}

function isFrom(watch: Watch, source: Uint8Array, gre: GreHeader, mirrored: Mirrored | undefined): boolean {
  if (!watch.source.every((byte, i) => byte === source[i])) return false;
  const { type, session, key } = watch;
  if (type !== undefined && mirrored?.point.type !== type) return false;
  if (session !== undefined && mirrored?.point.session !== session) return false;
  return key === undefined || keyOf(gre) === key;
}

function keyOf(gre: GreHeader): number | null {
  return (gre.flags & GRE_KEY) === 0 ? null : gre.key;
}

function seenFrame(
  watch: number,
  outer: OuterPacket,
  gre: GreHeader,
  mirrored: Mirrored | undefined,
  frame: Frame | undefined,
  reason: number,
): WatchedFrame {
  const address = (o: number): string => formatAddress(outer.bytes, o, outer.ipVersion);
  return {
    watch,
    time: rfc3339(outer.sec, outer.nsec),
    source: address(outer.source),
    destination: address(outer.destination),
    gre_protocol: gre.protocol,
    type: mirrored === undefined ? '' : MIRROR_TYPE_NAMES[mirrored.point.type],
    session: mirrored?.point.session ?? 0,
    key: keyOf(gre),
    mirror_port: mirrored?.port ?? 0,
    malformed: MALFORMED_NAMES[reason],
    length: frame === undefined ? 0 : Math.max(outer.wireEnd - frame.start, 0),
    inner: frame === undefined || frame.ipVersion === 0 ? null : innerOf(frame),
    vlan_ids: frame === undefined ? [] : vlansOf(frame, mirrored),
  };
}

/** Its tags, the outermost first: the one that the switch removed is before those that it left. */
function vlansOf(frame: Frame, mirrored: Mirrored | undefined): number[] {
  const tags = [...frame.vlanIds.subarray(0, frame.vlanCount)];
  return mirrored !== undefined && mirrored.vlan >= 0 ? [mirrored.vlan, ...tags] : tags;
}

function innerOf(f: Frame): InnerEnds {
  return {
    source: formatAddress(f.bytes, f.source, f.ipVersion),
    destination: formatAddress(f.bytes, f.destination, f.ipVersion),
    source_port: f.sourcePort,
    destination_port: f.destinationPort,
    transport: transportName(f.ipVersion, f.protocol, f.etherType, f.subType),
  };
}

const text = new Uint8Array(16);

function formatAddress(b: Uint8Array, o: number, version: number): string {
  copyAddress16(b, o, version, text, 0);
  return formatIp(text, 0);
}
