/** Decodes one frame, and gives short descriptions of the result. */
import { formatIp, formatIpv4 } from '../../src/wire/ip/addresses.js';
import { IpProtocol } from '../../src/wire/ip/ip-protocol.js';
import {
  decodeFrame,
  Frame,
  FrameKind,
  KNOWN_TUNNEL_PORTS,
  LAYER_NAMES,
  Walk,
} from '../../src/wire/walk/frame.js';
import { hex } from './hex.js';
import { ipv4, join, tcp } from './stack.js';

const walk = new Walk(KNOWN_TUNNEL_PORTS);

/** The frame that {@link decode} fills. */
export const f = new Frame();
export const SOME = hex('68656c6c6f');

/** Decodes bytes that lie amid others, all of them or only the first `captured`. */
export function decode(
  bytes: Uint8Array,
  captured = bytes.length,
  kind: number = FrameKind.Ethernet,
  type = 0,
): Frame {
  const lead = hex('deadbeef');
  const b = join(lead, bytes.subarray(0, captured), hex('ffffffffffffffff'));
  decodeFrame(walk, kind, type, b, lead.length, lead.length + captured, lead.length + bytes.length, f);
  return f;
}

export function layers(): string {
  return Array.from(f.layerKind.subarray(0, f.layerCount), (kind) => LAYER_NAMES[kind]).join(' ');
}

export function address(at: number): string {
  return f.ipVersion === 4 ? formatIpv4(f.bytes, at) : formatIp(f.bytes, at);
}

/** Addresses, ports and protocol, in one line. */
export function talk(): string {
  return (
    `${address(f.source)} ${f.sourcePort} > ${address(f.destination)} ${f.destinationPort} ` + `${f.protocol}`
  );
}

/** What {@link talk} returns for {@link IP}. */
export const TALK = '10.0.0.1 40000 > 10.0.0.2 443 6';
export const IP = ipv4(IpProtocol.Tcp, tcp(SOME));
/** The addresses of an outer conversation that carries IP's. */
export const carrier = { source: 0xc0a80001, destination: 0xc0a80002 };
