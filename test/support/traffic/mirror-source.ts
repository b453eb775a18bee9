import { UDP_INPUT_PORTS, type UdpInputKind } from '../../../src/model/inputs.js';
import { IpProtocol } from '../../../src/wire/ip/ip-protocol.js';
import { EtherType } from '../../../src/wire/link/ethertypes.js';
import { emitUdp, UDP_LENGTH } from '../../../src/wire/transport/udp.js';
import type { ErspanHeader } from '../../../src/wire/tunnel/erspan.js';
import { emitGeneve, GeneveHeader } from '../../../src/wire/tunnel/geneve.js';
import { GRE_PROTO_MELLANOX } from '../../../src/wire/tunnel/gre.js';
import { ErmHeader, emitErm } from '../../../src/wire/tunnel/hp-erm.js';
import { emitJmirror, JmirrorHeader } from '../../../src/wire/tunnel/jmirror.js';
import { MELLANOX_LENGTH } from '../../../src/wire/tunnel/mellanox.js';
import { NextProtocol } from '../../../src/wire/tunnel/nsh.js';
import { emitTzsp, TzspHeader } from '../../../src/wire/tunnel/tzsp.js';
import { emitVxlan, VxlanHeader } from '../../../src/wire/tunnel/vxlan.js';
import { emitVxlanGpe, VxlanGpeHeader } from '../../../src/wire/tunnel/vxlan-gpe.js';
import type { ExpectedRow } from './expected.js';
import { ipBytes, macBytes } from './host.js';
import type { PacketBuilder } from './packet.js';

export interface MirrorSourceOptions {
  type: 'erspan1' | 'erspan2' | 'erspan3' | 'gre' | 'gretap' | 'mellanox' | 'capture' | UdpInputKind;
  /** The addresses of the switch and the collector; `::` for plain frames. */
  source: string;
  target: string;
  /** Of plain frames: the name of what they come from. */
  name?: string;
  /** ERSPAN session; VNI; jmirror's intercept id. */
  session?: number;
  /** ERSPAN type II index, type III hardware id and direction. */
  index?: number;
  hardware?: number;
  direction?: 'ingress' | 'egress';
  securityGroup?: number;
  /** Further fields of the ERSPAN header. */
  erspan?: Partial<ErspanHeader>;
  key?: number;
  /** For GRE and gretap: whether they have sequence numbers. ERSPAN II and III always do. */
  numbered?: boolean;
  checksum?: boolean;
  /** The first sequence number. */
  first?: number;
  /** Another source with the same numbering: some switches number all their sessions as one. */
  numberedWith?: MirrorSource;
  /** VLAN around the outer packet. */
  outerVlan?: number;
  /** Whether the frames are IP packets without Ethernet. */
  bare?: boolean;
  /** GRE and ERSPAN go in UDP to port 4754. */
  inUdp?: boolean;
  /** Another UDP port than the well-known one. */
  port?: number;
  /** The checksum of UDP, which clouds leave out. */
  udpChecksum?: boolean;
  /** Further fields of the header in UDP: VXLAN, VXLAN-GPE, TZSP, jmirror, ERM. */
  header?: object;
  /** GENEVE's options. */
  options?: Uint8Array;
}

/** The next protocol of VXLAN-GPE for what the frame begins with. */
function gpe(etherType: number): Partial<VxlanGpeHeader> {
  if (etherType === EtherType.Ipv4) return { nextProtocol: NextProtocol.Ipv4 };
  return { nextProtocol: etherType === EtherType.Ipv6 ? NextProtocol.Ipv6 : NextProtocol.Ethernet };
}

const SWITCH_MAC = macBytes('02:5e:00:00:00:01');
const COLLECTOR_MAC = macBytes('02:5e:00:00:00:02');

/** A switch's mirror session: wraps frames for the collector, and counts how many were lost. */
export class MirrorSource {
  /** Frames that reached the collector. */
  packets = 0;
  /** Frames that did not, as far as sequence numbers reveal them: a later frame arrived. */
  lost = 0;
  readonly source: Uint8Array;
  readonly target: Uint8Array;
  private sequence: number;
  private lostSince = 0;

  constructor(readonly options: MirrorSourceOptions) {
    this.source = ipBytes(options.source);
    this.target = ipBytes(options.target);
    this.sequence = options.first ?? 0;
  }

  private get numbered(): boolean {
    const { type, numbered = false } = this.options;
    return type === 'erspan2' || type === 'erspan3' || numbered;
  }

  /** Takes the sequence number of the next frame. */
  takeSequence(): number {
    if (this.options.numberedWith !== undefined) return this.options.numberedWith.takeSequence();
    const sequence = this.sequence;
    this.sequence = (sequence + 1) >>> 0;
    return sequence;
  }

  /** Restarts the numbering, as after a reboot. */
  restart(first = 0): void {
    this.sequence = first;
    this.lostSince = 0;
  }

  /** Frames are copied, but lost on the way. */
  lose(frames = 1): void {
    if (!this.numbered) return;
    for (let i = 0; i < frames; i++) this.takeSequence();
    if (this.packets > 0) this.lostSince += frames;
  }

  /** Wraps the frame (or, for GRE without Ethernet, the packet) for the collector. */
  wrap(p: PacketBuilder, sequence = this.numbered ? this.takeSequence() : undefined): PacketBuilder {
    const o = this.options;
    this.packets++;
    this.lost += this.lostSince;
    this.lostSince = 0;
    if (o.type === 'capture') return p;
    if (o.type in UDP_INPUT_PORTS && o.type !== 'gre-udp') return this.sent(p, this.inUdp(p, sequence));
    if (o.type.startsWith('erspan')) p.erspan(this.erspanHeader());
    // The meaning of these bytes is unknown. Whoever read them would find the header of something else.
    if (o.type === 'mellanox')
      p.push(new Uint8Array(MELLANOX_LENGTH).fill(0x45), { etherType: GRE_PROTO_MELLANOX });
    p.gre({
      key: o.key ?? null,
      checksum: o.checksum ?? false,
      ...(sequence === undefined ? {} : { sequence }),
    });
    return this.sent(p, o.type === 'gre-udp' || o.inUdp === true ? UDP_INPUT_PORTS['gre-udp'] : undefined);
  }

  /** Puts the packet, or the payload of UDP to this port, on its way. */
  private sent(p: PacketBuilder, port: number | undefined): PacketBuilder {
    const o = this.options;
    if (port !== undefined) this.udp(p, o.port ?? port);
    p.ip(this.source, this.target, { ttl: 60 });
    if (o.outerVlan !== undefined) p.vlan(o.outerVlan);
    return p.ethernet(SWITCH_MAC, COLLECTOR_MAC);
  }

  /** The source port is a hash of the frame's addresses and ports, as RFC 7348 section 5 asks for. */
  private udp(p: PacketBuilder, port: number): void {
    const { udpChecksum = false } = this.options;
    const flow = p.bytes.subarray(p.start, p.end).reduce((sum, byte, i) => (i < 50 ? sum + byte : sum), 0);
    const sourcePort = 49_152 + (flow % 16_384);
    if (udpChecksum) p.udp(sourcePort, port);
    else {
      const header = new Uint8Array(UDP_LENGTH);
      const length = UDP_LENGTH + p.length;
      emitUdp({ sourcePort, destinationPort: port, length, checksum: 0 }, header, 0);
      p.push(header, { protocol: IpProtocol.Udp });
    }
  }

  /** Puts the header of a kind that is no GRE before the frame. @returns its port */
  private inUdp(p: PacketBuilder, sequence: number | undefined): number {
    const { type, session: vni = 0, header = {}, options = new Uint8Array(0) } = this.options;
    const b = new Uint8Array(64);
    const put = (length: number): void => void p.push(b.subarray(0, length));
    const { etherType } = p;
    switch (type) {
      case 'vxlan':
        put(emitVxlan(Object.assign(new VxlanHeader(), { vni }, header), b, 0));
        break;
      case 'vxlan-gpe':
        put(emitVxlanGpe(Object.assign(new VxlanGpeHeader(), gpe(etherType), { vni }, header), b, 0));
        break;
      case 'geneve':
        p.push(options);
        put(
          emitGeneve(
            Object.assign(
              new GeneveHeader(),
              { vni, protocol: etherType, optionsLength: options.length },
              header,
            ),
            b,
            0,
          ),
        );
        break;
      case 'tzsp':
        put(emitTzsp(Object.assign(new TzspHeader(), { sequence: sequence ?? -1 }, header), b, 0));
        break;
      case 'jmirror':
        put(emitJmirror(Object.assign(new JmirrorHeader(), { intercept: vni }, header), b, 0));
        break;
      case 'erm':
        put(emitErm(Object.assign(new ErmHeader(), header), b, 0));
        break;
    }
    return UDP_INPUT_PORTS[type as UdpInputKind];
  }

  private erspanHeader(): Partial<ErspanHeader> {
    const o = this.options;
    return {
      type: Number(o.type.at(-1)),
      session: o.session ?? 0,
      index: o.index ?? 0,
      hardware: o.hardware ?? 0,
      direction: o.direction === 'egress' ? 1 : 0,
      securityGroup: o.securityGroup ?? 0,
      ...o.erspan,
    };
  }

  /** The mirror columns of every row from this source. */
  columns(): ExpectedRow {
    const o = this.options;
    return {
      mirror_type: o.type,
      mirror_source: o.source,
      mirror_target: o.target,
      mirror_session: o.type === 'erspan1' ? 0 : (o.session ?? 0),
      gre_key: o.key ?? null,
      mirror_name: o.name ?? '',
    };
  }
}
