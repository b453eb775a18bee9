/** Steps of the walk through IP headers. A packet that passes one becomes the frame's conversation. */

import { BAD, i32, SHORT, u16 } from '../bytes.js';
import { parseAh } from '../ip/ah.js';
import { IpProtocol } from '../ip/ip-protocol.js';
import {
  IPV4_BASE_LENGTH,
  IPV4_DESTINATION,
  IPV4_FRAGMENT,
  IPV4_IDENTIFICATION,
  IPV4_MORE_FRAGMENTS,
  IPV4_OFFSET_MASK,
  IPV4_PROTOCOL,
  IPV4_SOURCE,
  IPV4_TOS,
  IPV4_TOTAL_LENGTH,
  IPV4_TTL,
} from '../ip/ipv4.js';
import { IPV6_DESTINATION, IPV6_LENGTH, IPV6_SOURCE, type Ipv6Header, parseIpv6 } from '../ip/ipv6.js';
import { isIpv6Extension, parseIpv6Extension } from '../ip/ipv6-extension.js';
import { EtherType } from '../link/ethertypes.js';
import type { Frame } from './frame-fields.js';
import { Layer, MAX_LAYERS } from './layers.js';
import { Malformed } from './malformed.js';
import { cut, fail, push, Step, type Walk } from './walk-state.js';
import { transport } from './walk-transport.js';

/** Twice as many extension headers as RFC 8200 section 4.1 names. */
export const MAX_EXTENSIONS = 16;
/** The longest packet that Linux makes, for itself (GSO_MAX_SIZE): none on a wire is longer. */
const MAX_JUMBOGRAM = 8 * 65535;
/** Offset of the last word of an IPv6 address. */
const LAST_WORD = 12;

/** A bare IP packet: the version nibble decides. */
export function ip(f: Frame, w: Walk): Step {
  if (w.end - w.o < 1) return cut(f, w, Malformed.FrameShort);
  switch (w.b[w.o] >>> 4) {
    case 4:
      w.etherType = EtherType.Ipv4;
      return Layer.Ipv4;
    case 6:
      w.etherType = EtherType.Ipv6;
      return Layer.Ipv6;
    default:
      return fail(f, w, Malformed.IpVersion);
  }
}

/** Reads the fields in place: through an Ipv4Header each would be written and read once more. */
export function ipv4(f: Frame, w: Walk): Step {
  const { b, o } = w;
  const have = w.end - o;
  if (have < IPV4_BASE_LENGTH) return cut(f, w, Malformed.FrameShort);
  if (b[o] >>> 4 !== 4) return fail(f, w, Malformed.IpVersion);
  const headerLength = (b[o] & 0x0f) << 2;
  if (headerLength < IPV4_BASE_LENGTH) return fail(f, w, Malformed.Ipv4HeaderLength);
  // If the capture cut off only the options, the conversation is still known.
  if (have < headerLength && w.end >= w.wireEnd) return cut(f, w, Malformed.Ipv4HeaderLength);
  // 0: a host captured the packet before its card segmented it; it is as long as the frame.
  const total = u16(b, o + IPV4_TOTAL_LENGTH) || w.wireEnd - o;
  if (total < headerLength) return fail(f, w, Malformed.Ipv4TotalLength);

  commit(f, w, 4, total);
  f.etherType = EtherType.Ipv4;
  f.source = o + IPV4_SOURCE;
  f.destination = o + IPV4_DESTINATION;
  f.sourceWord = i32(b, o + IPV4_SOURCE);
  f.destinationWord = i32(b, o + IPV4_DESTINATION);
  f.ttl = b[o + IPV4_TTL];
  const tos = b[o + IPV4_TOS];
  f.dscp = tos >>> 2;
  f.ecn = tos & 3;
  const fragment = u16(b, o + IPV4_FRAGMENT);
  f.fragmentOffset = (fragment & IPV4_OFFSET_MASK) << 3;
  f.moreFragments = (fragment & IPV4_MORE_FRAGMENTS) !== 0;
  f.fragmentId = u16(b, o + IPV4_IDENTIFICATION);
  push(f, Layer.Ipv4, o);
  w.o = o + headerLength;
  return upperLayer(f, w, b[o + IPV4_PROTOCOL]);
}

export function ipv6(f: Frame, w: Walk): Step {
  const h = w.headers.ipv6;
  const o = w.o;
  const n = parseIpv6(w.b, o, w.end, h);
  if (n === SHORT) return cut(f, w, Malformed.FrameShort);
  if (n === BAD) return fail(f, w, Malformed.IpVersion);

  commit(f, w, 6, ipv6Length(w, h));
  f.etherType = EtherType.Ipv6;
  f.source = o + IPV6_SOURCE;
  f.destination = o + IPV6_DESTINATION;
  f.sourceWord = i32(w.b, f.source + LAST_WORD);
  f.destinationWord = i32(w.b, f.destination + LAST_WORD);
  f.ttl = h.hopLimit;
  f.dscp = h.trafficClass >>> 2;
  f.ecn = h.trafficClass & 3;
  push(f, Layer.Ipv6, o);
  w.o = o + IPV6_LENGTH;
  return isIpv6Extension(h.nextHeader) || h.nextHeader === IpProtocol.Ah
    ? extensions(f, w, h.nextHeader)
    : upperLayer(f, w, h.nextHeader);
}

/**
 * Of the whole packet. A payload length of 0 means a jumbogram (RFC 2675), or a packet captured before
 * segmentation. The option's 32 bits can hold any value: beyond what anyone sends it is ignored, and the
 * frame's length is used.
 */
function ipv6Length(w: Walk, h: Ipv6Header): number {
  if (h.payloadLength !== 0) return IPV6_LENGTH + h.payloadLength;
  const o = w.o + IPV6_LENGTH;
  const wire = w.wireEnd - w.o;
  if (
    h.nextHeader === IpProtocol.HopByHop &&
    parseIpv6Extension(h.nextHeader, w.b, o, w.end, w.headers.extension) > 0
  ) {
    const jumbo = w.headers.extension.jumboLength;
    if (jumbo > 0 && jumbo <= MAX_JUMBOGRAM) return IPV6_LENGTH + jumbo;
  }
  return h.nextHeader === IpProtocol.NoNext ? IPV6_LENGTH : wire;
}

/**
 * Makes the IP packet at `w.o`, `total` bytes long, the frame's conversation, instead of one that carried it.
 */
function commit(f: Frame, w: Walk, version: number, total: number): void {
  const o = w.o;
  if (f.ipVersion !== 0) forget(f);
  f.ipVersion = version;
  f.ip = o;
  f.ipLength = total;
  f.mac = w.mac;
  f.macSource = w.macSource;
  f.vni = w.vni;
  f.teid = w.teid;
  const wireEnd = o + total;
  if (w.end < wireEnd) {
    if (!w.inFragment) f.truncated = true;
  } else w.end = wireEnd;
  w.wireEnd = wireEnd;
}

/** Clears what was read behind the IP header that carried this one. */
function forget(f: Frame): void {
  f.fragmentOffset = 0;
  f.moreFragments = false;
  f.fragmentId = 0;
  f.sourcePort = 0;
  f.destinationPort = 0;
  f.transport = -1;
  f.tcpFlags = 0;
  f.tcpSequence = 0;
  f.tcpAcknowledgment = 0;
  f.tcpWindow = 0;
  f.icmpType = 0;
  f.icmpCode = 0;
}

/** IPv6 extension headers and AH, up to the payload. */
function extensions(f: Frame, w: Walk, first: number): Step {
  let kind = first;
  for (let i = 0; i < MAX_EXTENSIONS; i++) {
    if (!isIpv6Extension(kind)) return upperLayer(f, w, kind);
    const n = parseIpv6Extension(kind, w.b, w.o, w.end, w.headers.extension);
    if (n < 0) return stop(f, w, kind, n === BAD || w.end >= w.wireEnd ? Malformed.Ipv6Extension : 0);
    if (kind === IpProtocol.Fragment) {
      f.fragmentOffset = w.headers.extension.fragment & 0xfff8;
      f.moreFragments = (w.headers.extension.fragment & 1) !== 0;
      f.fragmentId = w.headers.extension.identification;
    }
    // Mobility, HIP and Shim6 control messages are headers without a payload: they are the protocol then.
    if (w.headers.extension.nextHeader === IpProtocol.NoNext && isMessage(kind))
      return upperLayer(f, w, kind);
    w.o += n;
    kind = w.headers.extension.nextHeader;
    if (f.fragmentOffset !== 0) return upperLayer(f, w, kind);
  }
  return stop(f, w, kind, Malformed.Ipv6Extension);
}

function isMessage(kind: number): boolean {
  return kind === IpProtocol.Mobility || kind === IpProtocol.Hip || kind === IpProtocol.Shim6;
}

/** The payload of the IP headers, at `w.o`. */
function upperLayer(f: Frame, w: Walk, protocol: number): Step {
  if (f.fragmentOffset !== 0) {
    // IPv4 options that were not completely captured end beyond the frame.
    if (w.o < w.end) push(f, Layer.Fragment, w.o);
    return stop(f, w, protocol, 0);
  }
  if (f.moreFragments) w.inFragment = true;
  if (protocol !== IpProtocol.Ah) return transport(f, w, protocol);
  const n = parseAh(w.b, w.o, w.end, w.headers.ah);
  if (n < 0) return stop(f, w, protocol, n === BAD || w.end >= w.wireEnd ? Malformed.Ah : 0);
  // The only chain of headers that is walked by recursion: as deep as the layers go.
  if (f.layerCount === MAX_LAYERS) return stop(f, w, protocol, Malformed.TooManyLayers);
  push(f, Layer.Ah, w.o);
  w.o += n;
  const next = w.headers.ah.nextHeader;
  return f.ipVersion === 6 && isIpv6Extension(next) ? extensions(f, w, next) : upperLayer(f, w, next);
}

/** Ends the walk within an IP packet: its rest is payload. */
function stop(f: Frame, w: Walk, protocol: number, malformed: number): Step {
  f.protocol = protocol;
  f.payload = w.o;
  f.payloadLength = Math.max(0, w.wireEnd - w.o);
  f.malformed = malformed;
  return Step.Done;
}
