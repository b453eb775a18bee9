/** Packets built from the inside out: each function puts one header before a payload. */

import { IpProtocol } from '../../src/wire/ip/ip-protocol.js';
import { emitIpv4, Ipv4Header, setIpv4Checksum } from '../../src/wire/ip/ipv4.js';
import { emitIpv6, IPV6_DESTINATION, IPV6_SOURCE, Ipv6Header } from '../../src/wire/ip/ipv6.js';
import { emitIpv6Extension, Ipv6Extension } from '../../src/wire/ip/ipv6-extension.js';
import { EthernetHeader, emitEthernet } from '../../src/wire/link/ethernet.js';
import { emitMpls, MplsLabel } from '../../src/wire/link/mpls.js';
import { emitVlan, VlanTag } from '../../src/wire/link/vlan.js';
import { emitTcp, TCP_ACK, TcpHeader } from '../../src/wire/transport/tcp.js';
import { emitUdp, UdpHeader } from '../../src/wire/transport/udp.js';
import { emitGre, GreHeader, greHeaderLength } from '../../src/wire/tunnel/gre.js';
import { hex } from './hex.js';

export const A6 = '20010db8000000000000000000000001';
export const B6 = '20010db8000000000000000000000002';

export function join(...parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

function before(length: number, payload: Uint8Array, write: (b: Uint8Array) => void): Uint8Array {
  const b = new Uint8Array(length + payload.length);
  b.set(payload, length);
  write(b);
  return b;
}

export function ethernet(
  type: number,
  payload: Uint8Array,
  fields: Partial<EthernetHeader> = {},
): Uint8Array {
  const macs = { destination: 0x020000000002, source: 0x020000000001 };
  const h = Object.assign(new EthernetHeader(), macs, { type }, fields);
  return before(14, payload, (b) => emitEthernet(h, b, 0));
}

/** What follows a VLAN EtherType: the tag and the payload. */
export function vlan(id: number, type: number, payload: Uint8Array): Uint8Array {
  return before(4, payload, (b) => emitVlan(Object.assign(new VlanTag(), { id, type }), b, 0));
}

export function mpls(label: number, bottom: number, payload: Uint8Array): Uint8Array {
  return before(4, payload, (b) =>
    emitMpls(Object.assign(new MplsLabel(), { label, bottom, ttl: 64 }), b, 0),
  );
}

export function ipv4(protocol: number, payload: Uint8Array, fields: Partial<Ipv4Header> = {}): Uint8Array {
  const h = Object.assign(
    new Ipv4Header(),
    { protocol, source: 0x0a000001, destination: 0x0a000002 },
    fields,
  );
  h.totalLength = fields.totalLength ?? h.headerLength + payload.length;
  return before(h.headerLength, payload, (b) => {
    emitIpv4(h, b, 0);
    setIpv4Checksum(b, 0);
  });
}

export function ipv6(nextHeader: number, payload: Uint8Array, fields: Partial<Ipv6Header> = {}): Uint8Array {
  const h = Object.assign(new Ipv6Header(), { nextHeader, payloadLength: payload.length }, fields);
  return before(40, payload, (b) => {
    emitIpv6(h, b, 0);
    b.set(hex(A6), IPV6_SOURCE);
    b.set(hex(B6), IPV6_DESTINATION);
  });
}

export function extension(kind: number, payload: Uint8Array, fields: Partial<Ipv6Extension>): Uint8Array {
  const h = Object.assign(new Ipv6Extension(), fields);
  return before(h.length, payload, (b) => {
    if (kind === IpProtocol.HopByHop || kind === IpProtocol.DestinationOptions) {
      // One PadN option fills the header.
      b[2] = 1;
      b[3] = h.length - 4;
    }
    emitIpv6Extension(kind, h, b, 0);
  });
}

export function tcp(payload: Uint8Array, fields: Partial<TcpHeader> = {}): Uint8Array {
  const known = {
    sourcePort: 40000,
    destinationPort: 443,
    sequence: 0x80000001,
    flags: TCP_ACK,
    window: 512,
  };
  const h = Object.assign(new TcpHeader(), known, fields);
  return before(h.headerLength, payload, (b) => emitTcp(h, b, 0));
}

export function udp(
  destinationPort: number,
  payload: Uint8Array,
  fields: Partial<UdpHeader> = {},
): Uint8Array {
  const h = Object.assign(
    new UdpHeader(),
    { sourcePort: 50000, destinationPort, length: 8 + payload.length },
    fields,
  );
  return before(8, payload, (b) => emitUdp(h, b, 0));
}

export function gre(protocol: number, payload: Uint8Array, fields: Partial<GreHeader> = {}): Uint8Array {
  const h = Object.assign(new GreHeader(), { protocol }, fields);
  return before(greHeaderLength(h.flags), payload, (b) => emitGre(h, b, 0));
}
