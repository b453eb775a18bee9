/** The main fields of each layer of a frame, for the NDJSON of packets. */
import { formatIp, formatIpv4, formatMac } from '../../wire/ip/addresses.js';
import { AhHeader, parseAh } from '../../wire/ip/ah.js';
import { EspHeader, parseEsp } from '../../wire/ip/esp.js';
import { IGMP_LENGTH } from '../../wire/ip/igmp.js';
import { Ipv4Header, parseIpv4 } from '../../wire/ip/ipv4.js';
import { IPV6_DESTINATION, IPV6_SOURCE, Ipv6Header, parseIpv6 } from '../../wire/ip/ipv6.js';
import { OspfHeader, parseOspf } from '../../wire/ip/ospf.js';
import { PimHeader, parsePim } from '../../wire/ip/pim.js';
import { AristaTimestamp, parseAristaTimestamp } from '../../wire/link/arista-timestamp.js';
import { ArpPacket, parseArp } from '../../wire/link/arp.js';
import { CiscoMetadata, parseCiscoMetadata } from '../../wire/link/cisco-metadata.js';
import { ETag, parseETag } from '../../wire/link/etag.js';
import { ETHERNET_TYPE } from '../../wire/link/ethernet.js';
import { FabricPathTag, parseFabricPath } from '../../wire/link/fabricpath.js';
import { HsrTag, parseHsr } from '../../wire/link/hsr.js';
import { LlcHeader, parseLlc, parseSnap, SnapHeader } from '../../wire/link/llc.js';
import { MacsecTag, parseMacsec } from '../../wire/link/macsec.js';
import { MPLS_LENGTH, MplsLabel, parseMpls } from '../../wire/link/mpls.js';
import { PbbTag, parsePbb } from '../../wire/link/pbb.js';
import { PppHeader, parsePpp } from '../../wire/link/ppp.js';
import { PppoeHeader, parsePppoe } from '../../wire/link/pppoe.js';
import { parseRTag, RTag } from '../../wire/link/rtag.js';
import { parseTTag, TTag } from '../../wire/link/ttag.js';
import { parseVlan, VlanTag } from '../../wire/link/vlan.js';
import { parseVnTag, VnTag } from '../../wire/link/vntag.js';
import { parseSctp, SctpHeader } from '../../wire/transport/sctp.js';
import { parseTcp, TcpHeader } from '../../wire/transport/tcp.js';
import { parseUdp, UdpHeader } from '../../wire/transport/udp.js';
import { ErspanHeader, erspanPort, parseErspan } from '../../wire/tunnel/erspan.js';
import { GeneveHeader, parseGeneve } from '../../wire/tunnel/geneve.js';
import { GRE_KEY, GRE_SEQ, GreHeader, parseGre } from '../../wire/tunnel/gre.js';
import { GtpuHeader, parseGtpu } from '../../wire/tunnel/gtpu.js';
import { NshHeader, parseNsh } from '../../wire/tunnel/nsh.js';
import { parseVxlan, VxlanHeader } from '../../wire/tunnel/vxlan.js';
import { parseVxlanGpe, VxlanGpeHeader } from '../../wire/tunnel/vxlan-gpe.js';
import { parseWccp, WccpHeader } from '../../wire/tunnel/wccp.js';
import { Layer } from '../../wire/walk/layers.js';

/** The fields of one layer at `o`, to be appended to others in an object; '' if the bytes end too early. */
type Fields = (b: Uint8Array, o: number, end: number) => string;

/** For any codec's parser, which all have this form. */
function parsed<H>(
  h: H,
  parse: (b: Uint8Array, o: number, end: number, h: H) => number,
  fields: (h: H, b: Uint8Array, o: number) => string,
): Fields {
  return (b, o, end) => (parse(b, o, end, h) < 0 ? '' : fields(h, b, o));
}

const pppoe = parsed(new PppoeHeader(), parsePppoe, (h) => `,"code":${h.code},"session":${h.session}`);
const icmp: Fields = (b, o, end) => (end - o < 2 ? '' : `,"type":${b[o]},"code":${b[o + 1]}`);
/** The type of an ERSPAN layer is known; type I has no header. */
const erspan = parsed(
  new ErspanHeader(),
  (b, o, end, h: ErspanHeader) => parseErspan(b, o, end, true, h),
  (h) =>
    `,"session":${h.session},"vlan":${h.vlan},"cos":${h.cos},"truncated":${h.truncated === 1}` +
    `,"port":${erspanPort(h)}`,
);

const FIELDS: Partial<Record<number, Fields>> = {
  [Layer.Ethernet]: (b, o, end) =>
    end - o < ETHERNET_TYPE + 2
      ? ''
      : `,"destination":"${formatMac(b, o)}","source":"${formatMac(b, o + 6)}"` +
        `,"type":${(b[o + ETHERNET_TYPE] << 8) | b[o + ETHERNET_TYPE + 1]}`,
  [Layer.Vlan]: parsed(
    new VlanTag(),
    parseVlan,
    (h) => `,"id":${h.id},"priority":${h.priority},"type":${h.type}`,
  ),
  [Layer.VnTag]: parsed(
    new VnTag(),
    parseVnTag,
    (h) => `,"source":${h.source},"destination":${h.destination}`,
  ),
  [Layer.ETag]: parsed(new ETag(), parseETag, (h) => `,"ingress":${h.ingressBase},"destination":${h.base}`),
  [Layer.Pbb]: parsed(new PbbTag(), parsePbb, (h) => `,"service":${h.service}`),
  [Layer.FabricPath]: parsed(
    new FabricPathTag(),
    parseFabricPath,
    (h) => `,"forwarding_tag":${h.forwardingTag},"ttl":${h.ttl}`,
  ),
  [Layer.TTag]: parsed(new TTag(), parseTTag, (h) => `,"clock":${h.high * 2 ** 32 + h.low}`),
  [Layer.AristaTimestamp]: parsed(
    new AristaTimestamp(),
    parseAristaTimestamp,
    (h) => `,"timescale":${h.timescale},"seconds":${h.seconds},"nanoseconds":${h.nanoseconds}`,
  ),
  [Layer.Hsr]: parsed(new HsrTag(), parseHsr, (h) => `,"path":${h.path},"sequence":${h.sequence}`),
  [Layer.RTag]: parsed(new RTag(), parseRTag, (h) => `,"sequence":${h.sequence}`),
  [Layer.Nsh]: parsed(
    new NshHeader(),
    parseNsh,
    (h) =>
      `,"service_path":${h.servicePath},"service_index":${h.serviceIndex},"next_protocol":${h.nextProtocol}`,
  ),
  [Layer.Macsec]: parsed(
    new MacsecTag(),
    parseMacsec,
    (h) => `,"flags":${h.flags},"packet_number":${h.packetNumber}`,
  ),
  [Layer.Llc]: parsed(
    new LlcHeader(),
    parseLlc,
    (h) => `,"dsap":${h.dsap},"ssap":${h.ssap},"control":${h.control}`,
  ),
  [Layer.Snap]: parsed(new SnapHeader(), parseSnap, (h) => `,"oui":${h.oui},"protocol":${h.protocol}`),
  [Layer.Mpls]: mplsFields,
  [Layer.PppoeDiscovery]: pppoe,
  [Layer.Pppoe]: pppoe,
  [Layer.Ppp]: parsed(new PppHeader(), parsePpp, (h) => `,"protocol":${h.protocol}`),
  [Layer.Arp]: parsed(new ArpPacket(), parseArp, (h, b, o) => {
    const operation = `,"operation":${h.operation}`;
    return h.protocolLength === 4 && h.hardwareLength === 6
      ? `${operation},"sender_ip":"${formatIpv4(b, o + 14)}","target_ip":"${formatIpv4(b, o + 24)}"`
      : operation;
  }),
  [Layer.Ipv4]: parsed(
    new Ipv4Header(),
    parseIpv4,
    (h, b, o) =>
      `,"source":"${formatIpv4(b, o + 12)}","destination":"${formatIpv4(b, o + 16)}"` +
      `,"tos":${h.tos},"length":${h.totalLength},"id":${h.identification}` +
      `,"fragment":${h.fragment},"ttl":${h.ttl},"protocol":${h.protocol}`,
  ),
  [Layer.Ipv6]: parsed(
    new Ipv6Header(),
    parseIpv6,
    (h, b, o) =>
      `,"source":"${formatIp(b, o + IPV6_SOURCE)}"` +
      `,"destination":"${formatIp(b, o + IPV6_DESTINATION)}"` +
      `,"traffic_class":${h.trafficClass},"flow_label":${h.flowLabel}` +
      `,"payload_length":${h.payloadLength},"hop_limit":${h.hopLimit}` +
      `,"next_header":${h.nextHeader}`,
  ),
  [Layer.Tcp]: parsed(
    new TcpHeader(),
    parseTcp,
    (h) =>
      `,"source_port":${h.sourcePort},"destination_port":${h.destinationPort}` +
      `,"sequence":${h.sequence},"acknowledgment":${h.acknowledgment},"flags":${h.flags}` +
      `,"window":${h.window}`,
  ),
  [Layer.Udp]: parsed(
    new UdpHeader(),
    parseUdp,
    (h) => `,"source_port":${h.sourcePort},"destination_port":${h.destinationPort},"length":${h.length}`,
  ),
  [Layer.Sctp]: parsed(
    new SctpHeader(),
    parseSctp,
    (h) =>
      `,"source_port":${h.sourcePort},"destination_port":${h.destinationPort}` +
      `,"verification_tag":${h.verificationTag}`,
  ),
  [Layer.Icmp]: icmp,
  [Layer.Icmp6]: icmp,
  [Layer.Igmp]: (b, o, end) =>
    end - o < IGMP_LENGTH ? '' : `,"type":${b[o]},"group":"${formatIpv4(b, o + 4)}"`,
  [Layer.Ospf]: parsed(
    new OspfHeader(),
    parseOspf,
    (h, b, o) => `,"version":${h.version},"type":${h.type},"router":"${formatIpv4(b, o + 4)}"`,
  ),
  [Layer.Pim]: parsed(new PimHeader(), parsePim, (h) => `,"type":${h.type}`),
  [Layer.Esp]: parsed(new EspHeader(), parseEsp, (h) => `,"spi":${h.spi},"sequence":${h.sequence}`),
  [Layer.Ah]: parsed(new AhHeader(), parseAh, (h) => `,"spi":${h.spi},"sequence":${h.sequence}`),
  [Layer.Gre]: parsed(
    new GreHeader(),
    parseGre,
    (h) =>
      `,"flags":${h.flags},"protocol":${h.protocol},"key":${h.flags & GRE_KEY ? h.key : null}` +
      `,"sequence":${h.flags & GRE_SEQ ? h.sequence : null}`,
  ),
  [Layer.Erspan2]: erspan,
  [Layer.Erspan3]: erspan,
  [Layer.Vxlan]: parsed(new VxlanHeader(), parseVxlan, (h) => `,"vni":${h.vni}`),
  [Layer.VxlanGpe]: parsed(
    new VxlanGpeHeader(),
    parseVxlanGpe,
    (h) => `,"vni":${h.vni},"next_protocol":${h.nextProtocol}`,
  ),
  [Layer.Gtpu]: parsed(new GtpuHeader(), parseGtpu, (h) => `,"type":${h.type},"teid":${h.teid}`),
  [Layer.Geneve]: parsed(new GeneveHeader(), parseGeneve, (h) => `,"vni":${h.vni},"protocol":${h.protocol}`),
  [Layer.CiscoMetadata]: parsed(
    new CiscoMetadata(),
    parseCiscoMetadata,
    (h) => `,"security_group":${h.securityGroup},"type":${h.type}`,
  ),
  [Layer.Wccp]: parsed(new WccpHeader(), parseWccp, (h) => `,"service":${h.serviceId}`),
};

/**
 * A layer's main fields as JSON members, each preceded by a comma.
 *
 * @param kind a code of wire/layers.ts
 * @param o where the layer starts, and `end` the byte after the frame's last captured one
 */
export function layerFields(kind: number, b: Uint8Array, o: number, end: number): string {
  return FIELDS[kind]?.(b, o, end) ?? '';
}

const label = new MplsLabel();

/** The labels, from the top of the stack down. */
function mplsFields(b: Uint8Array, o: number, end: number): string {
  let json = '';
  for (let p = o; parseMpls(b, p, end, label) > 0; p += MPLS_LENGTH) {
    json += json === '' ? label.label : `,${label.label}`;
    if (label.bottom === 1) break;
  }
  return `,"labels":[${json}]`;
}
