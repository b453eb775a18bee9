/**
 * Mirrored frames in UDP, to the ports that `inputs` lists. UDP's checksum is not verified: what carries a
 * tunnel may leave it out (RFC 7348 section 5, RFC 8086 section 6), and most senders do. Its source port is a
 * hash of the inner conversation, and no part of a mirror point's identity.
 */
import type { Inputs, UdpInputKind } from '../model/inputs.js';
import { MirrorType } from '../model/mirror-point.js';
import type { OuterPacket } from '../model/outer-packet.js';
import { SHORT, u16 } from '../wire/bytes.js';
import { EtherType } from '../wire/link/ethertypes.js';
import { IEEE80211_TYPE } from '../wire/link/ieee80211.js';
import { radioLength } from '../wire/link/radio.js';
import { UDP_LENGTH } from '../wire/transport/udp.js';
import {
  GENEVE_CLASS_AWS,
  GENEVE_CONTROL,
  GeneveHeader,
  hasGeneveOption,
  parseGeneve,
} from '../wire/tunnel/geneve.js';
import { ErmHeader, parseErm } from '../wire/tunnel/hp-erm.js';
import { JmirrorHeader, jmirrorType, parseJmirror } from '../wire/tunnel/jmirror.js';
import { isTzspSignal, parseTzsp, TzspHeader, TzspProtocol } from '../wire/tunnel/tzsp.js';
import { parseVxlan, VXLAN_FLAG_G, VXLAN_FLAG_I, VxlanHeader } from '../wire/tunnel/vxlan.js';
import { parseVxlanGpe, VXLAN_GPE_O, VXLAN_GPE_P, VxlanGpeHeader } from '../wire/tunnel/vxlan-gpe.js';
import { FrameKind } from '../wire/walk/frame.js';
import { ETHER_TYPE_OF_LAYER, LAYER_OF_NEXT_PROTOCOL } from '../wire/walk/layer-table.js';
import { Malformed } from '../wire/walk/malformed.js';
import type { Dispatch } from './dispatch.js';
import { outermostTag } from './erspan.js';
import { greRcv } from './gre.js';
import { ieee80211Rcv } from './ieee80211.js';

/** The mirror type of each kind's frames. */
const TYPE_OF_INPUT: Readonly<Record<UdpInputKind, MirrorType>> = {
  vxlan: MirrorType.Vxlan,
  'vxlan-gpe': MirrorType.VxlanGpe,
  geneve: MirrorType.Geneve,
  'gre-udp': MirrorType.GreUdp,
  tzsp: MirrorType.Tzsp,
  jmirror: MirrorType.Jmirror,
  erm: MirrorType.Erm,
};

/** By UDP port: the MirrorType of its input, 0 where none is listed. */
export function typesOf(inputs: Inputs): Uint8Array {
  const types = new Uint8Array(65536);
  for (const { kind, port } of inputs.udp) types[port] = TYPE_OF_INPUT[kind];
  return types;
}

export class UdpInputs {
  readonly types: Uint8Array;
  private readonly vxlan = new VxlanHeader();
  private readonly vxlanGpe = new VxlanGpeHeader();
  private readonly geneve = new GeneveHeader();
  private readonly tzsp = new TzspHeader();
  private readonly jmirror = new JmirrorHeader();
  private readonly erm = new ErmHeader();

  constructor(
    private readonly inner: Dispatch,
    inputs: Inputs,
  ) {
    this.types = typesOf(inputs);
  }

  /**
   * Takes a datagram.
   *
   * @param packet its `gre` is the offset of the UDP header
   * @returns false if its port is not listed
   */
  rcv(packet: OuterPacket): boolean {
    const { inner } = this;
    const { bytes, gre: udp } = packet;
    if (packet.end - udp < UDP_LENGTH) return false;
    const port = u16(bytes, udp + 2);
    const type = this.types[port];
    if (type === 0) return false;
    packet.udp = udp;
    packet.input = type;
    inner.counters.udp++;
    inner.counters.udpByPort[port]++;
    inner.clearGre();
    // 0: segmentation left to the network card, or a jumbogram.
    const length = u16(bytes, udp + 4) || packet.wireEnd - udp;
    if (length < UDP_LENGTH) {
      inner.refuse(packet, Malformed.OuterUdp);
      return true;
    }
    packet.wireEnd = udp + length;
    packet.end = Math.min(packet.end, packet.wireEnd);
    packet.gre = udp + UDP_LENGTH;
    this.payload(packet, type as MirrorType);
    return true;
  }

  private payload(packet: OuterPacket, type: MirrorType): void {
    switch (type) {
      case MirrorType.Vxlan:
        this.vxlanRcv(packet);
        return;
      case MirrorType.VxlanGpe:
        this.vxlanGpeRcv(packet);
        return;
      case MirrorType.Geneve:
        this.geneveRcv(packet);
        return;
      case MirrorType.GreUdp:
        greRcv(this.inner, packet, undefined);
        return;
      case MirrorType.Tzsp:
        this.tzspRcv(packet);
        return;
      case MirrorType.Jmirror:
        this.jmirrorRcv(packet);
        return;
      case MirrorType.Erm:
        this.ermRcv(packet);
        return;
    }
  }

  private vxlanRcv(packet: OuterPacket): void {
    const { inner, vxlan: h } = this;
    const n = parseVxlan(packet.bytes, packet.gre, packet.end, h);
    if (n < 0) {
      inner.refuse(packet, Malformed.OuterVxlan);
      return;
    }
    if (!inner.begin(packet, MirrorType.Vxlan, h.vni)) return;
    inner.mirrored.protocol = EtherType.Teb;
    if ((h.flags & VXLAN_FLAG_G) !== 0) inner.mirrored.securityGroup = h.reserved & 0xffff;
    inner.announced(packet, EtherType.Teb, packet.gre + n);
  }

  private vxlanGpeRcv(packet: OuterPacket): void {
    const { inner, vxlanGpe: h } = this;
    const n = parseVxlanGpe(packet.bytes, packet.gre, packet.end, h);
    if (n < 0) {
      inner.refuse(packet, Malformed.OuterVxlan);
      return;
    }
    if ((h.flags & VXLAN_GPE_O) !== 0) {
      inner.passEmpty(packet);
      return;
    }
    if (!inner.begin(packet, MirrorType.VxlanGpe, (h.flags & VXLAN_FLAG_I) !== 0 ? h.vni : 0)) return;
    const announced = (h.flags & VXLAN_GPE_P) !== 0;
    const type = announced ? ETHER_TYPE_OF_LAYER[LAYER_OF_NEXT_PROTOCOL[h.nextProtocol]] : EtherType.Teb;
    inner.mirrored.protocol = type;
    inner.announced(packet, type, packet.gre + n);
  }

  private geneveRcv(packet: OuterPacket): void {
    const { inner, geneve: h } = this;
    const n = parseGeneve(packet.bytes, packet.gre, packet.end, h);
    if (n < 0) {
      inner.refuse(packet, Malformed.OuterGeneve);
      return;
    }
    // RFC 8926 section 3.4: what the tunnel's ends tell each other, no frame that came from anywhere.
    if ((h.flags & GENEVE_CONTROL) !== 0) {
      inner.passEmpty(packet);
      return;
    }
    if (h.optionsLength > 0 && hasGeneveOption(packet.bytes, packet.gre, h, GENEVE_CLASS_AWS))
      inner.counters.gatewayLoadBalancer++;
    if (!inner.begin(packet, MirrorType.Geneve, h.vni)) return;
    inner.mirrored.protocol = h.protocol;
    inner.announced(packet, h.protocol, packet.gre + n);
  }

  private tzspRcv(packet: OuterPacket): void {
    const { inner, tzsp: h } = this;
    const n = parseTzsp(packet.bytes, packet.gre, packet.end, h);
    if (n < 0) {
      inner.refuse(packet, Malformed.Tzsp);
      return;
    }
    if (isTzspSignal(h.type) || h.protocol === TzspProtocol.None) {
      inner.passEmpty(packet);
      return;
    }
    let o = packet.gre + n;
    if (h.protocol === TzspProtocol.Prism || h.protocol === TzspProtocol.Avs) {
      const radio = radioLength(packet.bytes, o, packet.end);
      if (radio < 0) {
        inner.refuse(packet, Malformed.Tzsp);
        return;
      }
      o += radio;
    }
    if (!inner.begin(packet, MirrorType.Tzsp, 0)) return;
    inner.mirrored.sequence = h.sequence;
    inner.mirrored.sensor = h.sensor;
    // The sensor may have cut the frame.
    packet.wireEnd = Math.max(packet.wireEnd, packet.gre + n + h.frameLength);
    this.tzspFrame(packet, o);
  }

  private tzspFrame(packet: OuterPacket, o: number): void {
    const { inner } = this;
    const { mirrored } = inner;
    switch (this.tzsp.protocol) {
      case TzspProtocol.Ieee80211:
      case TzspProtocol.Prism:
      case TzspProtocol.Avs:
        mirrored.protocol = IEEE80211_TYPE;
        ieee80211Rcv(inner, packet, o);
        return;
      case TzspProtocol.Ethernet:
        mirrored.protocol = EtherType.Teb;
        break;
      case TzspProtocol.Ppp:
        mirrored.protocol = EtherType.Ppp;
        break;
      case TzspProtocol.Raw:
        mirrored.protocol = EtherType.Ipv4;
        break;
    }
    inner.announced(packet, mirrored.protocol, o);
  }

  private jmirrorRcv(packet: OuterPacket): void {
    const { inner, jmirror: h } = this;
    const { bytes: b, gre: o, end } = packet;
    const n = parseJmirror(b, o, end, h);
    const type = n === SHORT ? 0 : jmirrorType(b, o + n, end);
    if (type === 0) {
      inner.refuse(packet, Malformed.Jmirror);
      return;
    }
    if (!inner.begin(packet, MirrorType.Jmirror, h.intercept)) return;
    inner.mirrored.protocol = type;
    inner.mirrored.port = h.session;
    inner.announced(packet, type, o + n);
  }

  /** The VLAN is added to the frame, if no tag is left in it. */
  private ermRcv(packet: OuterPacket): void {
    const { inner, erm: h } = this;
    const n = parseErm(packet.bytes, packet.gre, packet.end, h);
    if (n < 0) {
      inner.refuse(packet, Malformed.Erm);
      return;
    }
    if (!inner.begin(packet, MirrorType.Erm, 0)) return;
    const o = packet.gre + n;
    inner.mirrored.protocol = EtherType.Teb;
    inner.mirrored.cos = h.priority;
    inner.decode(packet, FrameKind.Ethernet, 0, o, packet.end, packet.wireEnd);
    const f = inner.frame;
    if (h.vlan !== 0 && outermostTag(f) < 0) inner.mirrored.vlan = h.vlan;
    inner.count(packet, o, f.truncated, f.malformed !== Malformed.None);
    inner.hand(packet);
  }
}
