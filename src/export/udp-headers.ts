/** Headers in UDP before a frame, as their mirror sent them, as far as the table of packets says it. */

import { UDP_INPUT_PORTS, type UdpInputKind } from '../model/inputs.js';
import { MIRROR_TYPE_NAMES, MirrorType } from '../model/mirror-point.js';
import { PacketLayer } from '../model/packet-layer.js';
import type { PacketRow } from '../store/packet-rows.js';
import { EtherType } from '../wire/link/ethertypes.js';
import { emitGeneve, GeneveHeader } from '../wire/tunnel/geneve.js';
import { ErmHeader, emitErm } from '../wire/tunnel/hp-erm.js';
import { emitJmirror, JmirrorHeader } from '../wire/tunnel/jmirror.js';
import { NextProtocol } from '../wire/tunnel/nsh.js';
import { emitTzsp, TzspHeader, TzspProtocol } from '../wire/tunnel/tzsp.js';
import { emitVxlan, VXLAN_FLAG_G, VXLAN_FLAG_I, VxlanHeader } from '../wire/tunnel/vxlan.js';
import { emitVxlanGpe, VxlanGpeHeader } from '../wire/tunnel/vxlan-gpe.js';

/** The UDP port that frames of a mirror type go to: the well-known one; 0 for types that are not in UDP. */
export function portOf(type: MirrorType): number {
  return UDP_INPUT_PORTS[MIRROR_TYPE_NAMES[type] as UdpInputKind] ?? 0;
}

export class UdpHeaders {
  private readonly vxlan = new VxlanHeader();
  private readonly vxlanGpe = new VxlanGpeHeader();
  private readonly geneve = new GeneveHeader();
  private readonly tzsp = new TzspHeader();
  private readonly jmirror = new JmirrorHeader();
  private readonly erm = new ErmHeader();

  /** Writes what follows UDP at `o`. @returns its length; 0 if it is unknown how such a frame is carried */
  emit(row: PacketRow, b: Uint8Array, o: number): number {
    const m = row.mirrored;
    switch (m.point.type) {
      case MirrorType.Vxlan:
        this.vxlan.flags = VXLAN_FLAG_I | (m.securityGroup !== 0 ? VXLAN_FLAG_G : 0);
        this.vxlan.reserved = m.securityGroup;
        this.vxlan.vni = m.point.session;
        return emitVxlan(this.vxlan, b, o);
      case MirrorType.VxlanGpe:
        this.vxlanGpe.nextProtocol = nextProtocolOf(row);
        this.vxlanGpe.vni = m.point.session;
        return this.vxlanGpe.nextProtocol === 0 ? 0 : emitVxlanGpe(this.vxlanGpe, b, o);
      case MirrorType.Geneve:
        this.geneve.protocol = m.protocol;
        this.geneve.vni = m.point.session;
        return emitGeneve(this.geneve, b, o);
      case MirrorType.Tzsp:
        this.tzsp.protocol = tzspProtocolOf(row.layer);
        this.tzsp.sensor = m.sensor;
        return this.tzsp.protocol === TzspProtocol.None ? 0 : emitTzsp(this.tzsp, b, o);
      case MirrorType.Jmirror:
        this.jmirror.intercept = m.point.session;
        this.jmirror.session = m.port;
        return emitJmirror(this.jmirror, b, o);
      case MirrorType.Erm:
        this.erm.priority = m.cos;
        this.erm.vlan = Math.max(m.vlan, 0);
        this.erm.tagged = m.vlan < 0 ? 0 : 1;
        return emitErm(this.erm, b, o);
      default:
        return 0;
    }
  }
}

function nextProtocolOf({ layer, mirrored }: PacketRow): number {
  switch (layer) {
    case PacketLayer.Ethernet:
      return NextProtocol.Ethernet;
    case PacketLayer.Ipv4:
      return NextProtocol.Ipv4;
    case PacketLayer.Ipv6:
      return NextProtocol.Ipv6;
  }
  if (mirrored.protocol === EtherType.Nsh) return NextProtocol.Nsh;
  return mirrored.protocol === EtherType.Mpls ? NextProtocol.Mpls : 0;
}

function tzspProtocolOf(layer: PacketLayer): number {
  switch (layer) {
    case PacketLayer.Ethernet:
      return TzspProtocol.Ethernet;
    case PacketLayer.Ipv4:
    case PacketLayer.Ipv6:
      return TzspProtocol.Raw;
    case PacketLayer.Ppp:
      return TzspProtocol.Ppp;
    case PacketLayer.Ieee80211:
      return TzspProtocol.Ieee80211;
    default:
      return TzspProtocol.None;
  }
}
