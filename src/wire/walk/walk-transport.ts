/**
 * The payload of an IP packet: the fields of transport headers, as far as they were captured, and the
 * entrances of tunnels.
 */
import { u16, u32 } from '../bytes.js';
import { ICMP_LENGTH } from '../ip/icmp.js';
import { IpProtocol } from '../ip/ip-protocol.js';
import { SCTP_LENGTH } from '../transport/sctp.js';
import {
  TCP_ACKNOWLEDGMENT,
  TCP_BASE_LENGTH,
  TCP_DATA_OFFSET,
  TCP_FLAGS,
  TCP_SEQUENCE,
  TCP_WINDOW,
} from '../transport/tcp.js';
import { UDP_LENGTH } from '../transport/udp.js';
import type { Frame } from './frame-fields.js';
import { LAYER_OF_IP_PROTOCOL, TUNNEL_OF_IP_PROTOCOL } from './layer-table.js';
import { Layer } from './layers.js';
import { Malformed } from './malformed.js';
import { enterTunnel, push, Step, type Walk } from './walk-state.js';

/** Reads the transport header at `w.o`. For other protocols everything behind the IP headers is payload. */
export function transport(f: Frame, w: Walk, protocol: number): Step {
  f.protocol = protocol;
  f.payload = w.o;
  f.payloadLength = Math.max(0, w.wireEnd - w.o);
  // Nearly every packet is one of these: they do without the tables.
  if (protocol === IpProtocol.Tcp) return tcp(f, w);
  if (protocol === IpProtocol.Udp) return udp(f, w);
  const tunnel = TUNNEL_OF_IP_PROTOCOL[protocol] as Step;
  if (tunnel !== Step.Done) {
    enterTunnel(f, w);
    return tunnel;
  }
  const payload = LAYER_OF_IP_PROTOCOL[protocol] as Layer | typeof Step.Done;
  switch (payload) {
    case Layer.Icmp:
    case Layer.Icmp6:
      return icmp(f, w, payload);
    case Layer.Sctp:
      return sctp(f, w);
    case Layer.Pim:
      opaque(f, w, payload);
      enterTunnel(f, w);
      return Step.PimRegister;
    case Step.Done:
      return protocol === IpProtocol.NoNext ? Step.Done : opaque(f, w, Layer.Other);
    default:
      return opaque(f, w, payload);
  }
}

/** A payload of which the walk reads nothing. */
function opaque(f: Frame, w: Walk, layer: Layer): Step {
  if (w.o >= w.end) return Step.Done;
  push(f, layer, w.o);
  f.transport = w.o;
  return Step.Done;
}

function tcp(f: Frame, w: Walk): Step {
  const { b, o } = w;
  const have = w.end - o;
  if (have < TCP_BASE_LENGTH) return tcpCut(f, w, have);
  push(f, Layer.Tcp, o);
  f.transport = o;
  f.sourcePort = u16(b, o);
  f.destinationPort = u16(b, o + 2);
  f.tcpSequence = u32(b, o + TCP_SEQUENCE);
  f.tcpAcknowledgment = u32(b, o + TCP_ACKNOWLEDGMENT);
  f.tcpFlags = b[o + TCP_FLAGS];
  f.tcpWindow = u16(b, o + TCP_WINDOW);
  return tcpPayload(f, w, (b[o + TCP_DATA_OFFSET] >>> 4) << 2);
}

function tcpPayload(f: Frame, w: Walk, headerLength: number): Step {
  const wire = w.wireEnd - w.o;
  if (headerLength < TCP_BASE_LENGTH || (headerLength > wire && !w.inFragment)) {
    f.malformed = Malformed.TcpOffset;
    return Step.Done;
  }
  f.payload = w.o + headerLength;
  f.payloadLength = Math.max(0, wire - headerLength);
  return Step.Done;
}

/** A TCP header that ends too early is read as far as it was captured. */
function tcpCut(f: Frame, w: Walk, have: number): Step {
  if (!ports(f, w, Layer.Tcp, TCP_BASE_LENGTH)) return Step.Done;
  const { b, o } = w;
  if (have >= TCP_SEQUENCE + 4) f.tcpSequence = u32(b, o + TCP_SEQUENCE);
  if (have >= TCP_ACKNOWLEDGMENT + 4) f.tcpAcknowledgment = u32(b, o + TCP_ACKNOWLEDGMENT);
  if (have >= TCP_FLAGS + 1) f.tcpFlags = b[o + TCP_FLAGS];
  if (have >= TCP_WINDOW + 2) f.tcpWindow = u16(b, o + TCP_WINDOW);
  if (f.malformed !== 0) return Step.Done;
  return tcpPayload(f, w, have > TCP_DATA_OFFSET ? (b[o + TCP_DATA_OFFSET] >>> 4) << 2 : TCP_BASE_LENGTH);
}

/**
 * Reads the ports at the start of a header that should be `length` bytes long.
 *
 * @returns false if not even they were captured. A header too short in a complete packet is malformed.
 */
function ports(f: Frame, w: Walk, layer: number, length: number): boolean {
  const o = w.o;
  const have = w.end - o;
  if (have < length && w.end >= w.wireEnd && !w.inFragment) f.malformed = Malformed.TransportShort;
  if (have <= 0) return false;
  push(f, layer, o);
  f.transport = o;
  if (have < 4) return false;
  f.sourcePort = u16(w.b, o);
  f.destinationPort = u16(w.b, o + 2);
  return true;
}

function udp(f: Frame, w: Walk): Step {
  const o = w.o;
  if (!ports(f, w, Layer.Udp, UDP_LENGTH)) return Step.Done;
  const wire = w.wireEnd - o;
  f.payload = o + UDP_LENGTH;
  f.payloadLength = Math.max(0, wire - UDP_LENGTH);
  if (w.end - o < UDP_LENGTH) return Step.Done;
  const length = u16(w.b, o + 4);
  if (length !== 0 && !w.inFragment) {
    if (length < UDP_LENGTH || length > wire) {
      f.malformed = Malformed.UdpLength;
      return Step.Done;
    }
    f.payloadLength = length - UDP_LENGTH;
    w.wireEnd = o + length;
    w.end = Math.min(w.end, w.wireEnd);
  }
  const next = w.ports.step(f.destinationPort);
  if (next === Step.Done) return Step.Done;
  w.o = f.payload;
  enterTunnel(f, w);
  return next;
}

function sctp(f: Frame, w: Walk): Step {
  if (!ports(f, w, Layer.Sctp, SCTP_LENGTH)) return Step.Done;
  f.payload = w.o + SCTP_LENGTH;
  f.payloadLength = Math.max(0, w.wireEnd - f.payload);
  return Step.Done;
}

function icmp(f: Frame, w: Walk, layer: Layer): Step {
  const { b, o } = w;
  const have = w.end - o;
  // Four bytes suffice for a message (RFC 792, RFC 4443): the next four depend on the type.
  if (have < 4 && w.end >= w.wireEnd && !w.inFragment) f.malformed = Malformed.TransportShort;
  if (have <= 0) return Step.Done;
  push(f, layer, o);
  f.transport = o;
  f.icmpType = b[o];
  if (have >= 2) f.icmpCode = b[o + 1];
  f.payload = o + ICMP_LENGTH;
  f.payloadLength = Math.max(0, w.wireEnd - f.payload);
  return Step.Done;
}
