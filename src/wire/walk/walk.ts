import { BAD, SHORT } from '../bytes.js';
import { ETAG_LENGTH } from '../link/etag.js';
import { EtherType } from '../link/ethertypes.js';
import { FABRICPATH_LENGTH } from '../link/fabricpath.js';
import { HSR_LENGTH } from '../link/hsr.js';
import { PBB_LENGTH } from '../link/pbb.js';
import { RTAG_LENGTH } from '../link/rtag.js';
import { TTAG_LENGTH } from '../link/ttag.js';
import { VNTAG_LENGTH } from '../link/vntag.js';
import type { Frame } from './frame-fields.js';
import { FrameKind, Layer, MAX_LAYERS, NO_VNI } from './layers.js';
import { Malformed } from './malformed.js';
import { ip, ipv4, ipv6 } from './walk-ip.js';
import {
  amsdu,
  aristaTimestamp,
  arp,
  ciscoMetadata,
  ethernet,
  etherType,
  fabricHeader,
  fabricTag,
  ieee80211,
  llc,
  macsec,
  mpls,
  nsh,
  ppp,
  pppoe,
  pppoeDiscovery,
  vlan,
} from './walk-link.js';
import { fail, Step, type Walk } from './walk-state.js';
import { etherIp, geneve, gre, gtpu, pimRegister, vxlan, vxlanGpe } from './walk-tunnel.js';

/**
 * Walks the layers of one mirrored frame into `f`, which is reset first except `sec` and `nsec`, which the
 * caller sets before or after. `f.truncated` is derived from lengths alone; a caller whose switch flagged the
 * frame sets it afterwards. Nothing is allocated and nothing thrown, whatever the bytes.
 *
 * @param w the walk's state, reused, with the UDP ports of tunnels.
 * @param kind a FrameKind: what the frame starts with.
 * @param type the EtherType of what is at `o`; only for FrameKind.EtherType, else ignored.
 * @param o the frame's first byte, and `end` the one after its last captured one.
 * @param wireEnd the byte after its last one on the wire: beyond `end` if the frame was cut.
 */
export function decodeFrame(
  w: Walk,
  kind: number,
  type: number,
  b: Uint8Array,
  o: number,
  end: number,
  wireEnd: number,
  f: Frame,
): void {
  begin(w, b, o, end, wireEnd, f);
  let step = start(kind, type, f, w);
  while (step !== Step.Done) {
    if (f.layerCount === MAX_LAYERS) {
      f.malformed = Malformed.TooManyLayers;
      break;
    }
    step = take(step, f, w);
  }

  if (f.ipVersion === 0) {
    f.mac = w.mac;
    f.macSource = w.macSource;
    f.etherType = w.etherType;
    f.subType = w.subType;
    f.ipLength = wireEnd - o;
    f.truncated = end < wireEnd;
  }
}

/**
 * Walks from a frame's first byte to its IP header and stops there; the layers before it are not recorded. It
 * is the same walk as {@link decodeFrame}'s, so a tunnel may have around it whatever a mirrored frame may
 * have around IP.
 *
 * @param kind a FrameKind, with `type` as there
 * @param f is written to, and left with nothing of use
 * @returns the IP header's offset; SHORT if the bytes end before it; BAD if there is no IP
 */
export function walkToIp(
  w: Walk,
  kind: number,
  type: number,
  b: Uint8Array,
  o: number,
  end: number,
  wireEnd: number,
  f: Frame,
): number {
  begin(w, b, o, end, wireEnd, f);
  let step = start(kind, type, f, w);
  while (step !== Step.Done && f.layerCount < MAX_LAYERS) {
    if (step === Step.Ip || step === Layer.Ipv4 || step === Layer.Ipv6) return ipAt(w);
    step = take(step, f, w);
  }
  return w.short ? SHORT : BAD;
}

/** The version nibble is more reliable than what announced it. */
function ipAt(w: Walk): number {
  if (w.o >= w.end) return SHORT;
  const version = w.b[w.o] >>> 4;
  return version === 4 || version === 6 ? w.o : BAD;
}

function begin(w: Walk, b: Uint8Array, o: number, end: number, wireEnd: number, f: Frame): void {
  reset(f, b, o, end);
  w.b = b;
  w.o = o;
  w.end = end;
  w.wireEnd = wireEnd;
  w.mac = -1;
  w.macSource = -1;
  w.etherType = 0;
  w.subType = 0;
  w.inFragment = false;
  w.keepLayers = 0;
  w.keepVlans = 0;
  w.vni = NO_VNI;
  w.teid = 0;
  w.short = false;
}

function start(kind: number, type: number, f: Frame, w: Walk): Step {
  switch (kind) {
    case FrameKind.Ethernet:
      return Layer.Ethernet;
    case FrameKind.Ip:
      return Step.Ip;
    case FrameKind.Ppp:
      w.etherType = EtherType.Ppp;
      return Layer.Ppp;
    case FrameKind.EtherType:
      return etherType(f, w, type & 0xffff);
    case FrameKind.Ieee80211:
      return Layer.Ieee80211;
    case FrameKind.Amsdu:
      return Step.Amsdu;
    default:
      return fail(f, w, Malformed.FrameShort);
  }
}

/**
 * Reads a layer that the table announces: the type checker demands a case for each. The calls are direct,
 * because one by way of a table of functions costs some 10 ns more.
 */
function take(step: Step, f: Frame, w: Walk): Step {
  switch (step) {
    case Layer.Ipv4:
      return ipv4(f, w);
    case Layer.Ipv6:
      return ipv6(f, w);
    case Layer.Ethernet:
      return ethernet(f, w);
    case Layer.Vlan:
      return vlan(f, w);
    case Layer.Llc:
      return llc(f, w);
    case Layer.Mpls:
      return mpls(f, w);
    case Layer.PppoeDiscovery:
      return pppoeDiscovery(f, w);
    case Layer.Pppoe:
      return pppoe(f, w);
    case Layer.Ppp:
      return ppp(f, w);
    case Layer.Arp:
      return arp(f, w);
    case Layer.Gre:
      return gre(f, w);
    case Layer.Vxlan:
      return vxlan(f, w);
    case Layer.Geneve:
      return geneve(f, w);
    case Layer.Ieee80211:
      return ieee80211(f, w);
    case Layer.CiscoMetadata:
      return ciscoMetadata(f, w);
    case Layer.VnTag:
      return fabricTag(f, w, step, VNTAG_LENGTH);
    case Layer.ETag:
      return fabricTag(f, w, step, ETAG_LENGTH);
    case Layer.Pbb:
      return fabricHeader(f, w, step, PBB_LENGTH);
    case Layer.FabricPath:
      return fabricHeader(f, w, step, FABRICPATH_LENGTH);
    case Layer.TTag:
      return fabricTag(f, w, step, TTAG_LENGTH);
    case Layer.AristaTimestamp:
      return aristaTimestamp(f, w);
    case Layer.Hsr:
      return fabricTag(f, w, step, HSR_LENGTH);
    case Layer.RTag:
      return fabricTag(f, w, step, RTAG_LENGTH);
    case Layer.Nsh:
      return nsh(f, w);
    case Layer.Macsec:
      return macsec(f, w);
    case Layer.VxlanGpe:
      return vxlanGpe(f, w);
    case Layer.Gtpu:
      return gtpu(f, w);
    case Layer.EtherIp:
      return etherIp(f, w);
    case Step.Ip:
      return ip(f, w);
    case Step.Amsdu:
      return amsdu(f, w);
    case Step.PimRegister:
      return pimRegister(w);
    case Step.Done:
      return step;
  }
}

/** Everything but the time. */
function reset(f: Frame, b: Uint8Array, o: number, end: number): void {
  f.bytes = b;
  f.start = o;
  f.end = end;
  f.mac = -1;
  f.macSource = -1;
  f.etherType = 0;
  f.subType = 0;
  f.vlanCount = 0;
  f.vni = NO_VNI;
  f.teid = 0;
  f.ipVersion = 0;
  f.ip = -1;
  f.source = -1;
  f.destination = -1;
  f.sourceWord = 0;
  f.destinationWord = 0;
  f.ipLength = 0;
  f.protocol = 0;
  f.ttl = 0;
  f.dscp = 0;
  f.ecn = 0;
  f.fragmentOffset = 0;
  f.moreFragments = false;
  f.fragmentId = 0;
  f.sourcePort = 0;
  f.destinationPort = 0;
  f.transport = -1;
  f.payload = -1;
  f.payloadLength = 0;
  f.tcpFlags = 0;
  f.tcpSequence = 0;
  f.tcpAcknowledgment = 0;
  f.tcpWindow = 0;
  f.icmpType = 0;
  f.icmpCode = 0;
  f.truncated = false;
  f.malformed = 0;
  f.layerCount = 0;
}
