/** Packets with random stacks of layers, and what must be found at the bottom. */

import { IpProtocol } from '../../../src/wire/ip/ip-protocol.js';
import { EtherType } from '../../../src/wire/link/ethertypes.js';
import { GENEVE_PORT } from '../../../src/wire/tunnel/geneve.js';
import { GTPU_PORT } from '../../../src/wire/tunnel/gtpu.js';
import { VXLAN_PORT } from '../../../src/wire/tunnel/vxlan.js';
import { VXLAN_GPE_PORT } from '../../../src/wire/tunnel/vxlan-gpe.js';
import type { PacketBuilder } from './packet.js';
import { concat, hex } from './payloads.js';
import type { Random } from './random.js';

/** The innermost IP packet of a stack. */
export interface Innermost {
  /** 16 bytes as hex digits; for IPv4, 8 digits. */
  source: string;
  destination: string;
  protocol: number;
  sourcePort: number;
  destinationPort: number;
  /** IP total length. */
  bytes: number;
  /** The layers around it, innermost first, to investigate a difference. */
  layers: string[];
}

const hexOf = (b: Uint8Array) => Buffer.from(b).toString('hex');

/** What a layer is pushed before: an IP packet, or an Ethernet frame. */
type Kind = 'ip' | 'ethernet';

interface Wrapping {
  name: string;
  on: Kind;
  becomes: Kind;
  wrap: (p: PacketBuilder, r: Random) => void;
}

function mac(r: Random): Uint8Array {
  const b = r.bytes(6);
  b[0] = (b[0]! & 0xfc) | 2;
  return b;
}

/** Two random addresses of one family, without special ranges, which dissectors treat specially. */
function addresses(r: Random): [Uint8Array, Uint8Array] {
  if (r.chance(0.6))
    return [concat(Uint8Array.of(10), r.bytes(3)), concat(Uint8Array.of(172, 20), r.bytes(2))];
  return [concat(hex('20010db8'), r.bytes(12)), concat(hex('20010db8'), r.bytes(12))];
}

/** An IP header, sometimes with options or extension headers. */
function ip(p: PacketBuilder, r: Random): [Uint8Array, Uint8Array] {
  const [source, destination] = addresses(r);
  const fields = { ttl: r.int(1, 255), tos: r.int(0, 255), identification: r.int(0, 65_535) };
  if (source.length === 16) {
    const extensions = [
      [IpProtocol.DestinationOptions, '0104 00000000'],
      [IpProtocol.HopByHop, '0502 0000 0100'],
    ] as const;
    for (const [kind, body] of extensions) {
      if (r.chance(0.2)) p.push(concat(Uint8Array.of(p.protocol, 0), hex(body)), { protocol: kind });
    }
  }
  p.ip(source, destination, fields);
  return [source, destination];
}

/** UDP below a tunnel; the source port is not a tunnel's. */
function tunnelPort(r: Random): number {
  return r.int(49_152, 65_535);
}

const WRAPPINGS: Wrapping[] = [
  { name: 'ethernet', on: 'ip', becomes: 'ethernet', wrap: ethernet },
  {
    name: 'vlan',
    on: 'ip',
    becomes: 'ethernet',
    wrap: (p, r) => ethernet(p.vlan(r.int(1, 4094), r.int(0, 7)), r),
  },
  {
    name: 'qinq',
    on: 'ip',
    becomes: 'ethernet',
    wrap: (p, r) => ethernet(p.vlan(r.int(1, 4094)).vlan(r.int(1, 4094), 0, EtherType.ProviderBridging), r),
  },
  {
    name: 'mpls',
    on: 'ip',
    becomes: 'ethernet',
    wrap: (p, r) => {
      const labels = r.chance(0.5) ? hex('00064140') : hex('00064040 00065140');
      ethernet(p.push(labels, { etherType: EtherType.Mpls }), r);
    },
  },
  {
    name: 'pppoe',
    on: 'ip',
    becomes: 'ethernet',
    wrap: (p, r) => {
      const protocol = p.etherType === EtherType.Ipv4 ? 0x21 : 0x57;
      const length = p.length + 2;
      p.push(concat(hex('1100 0011'), Uint8Array.of(length >>> 8, length, 0, protocol)), {
        etherType: EtherType.Pppoe,
      });
      ethernet(p, r);
    },
  },
  {
    name: 'snap',
    on: 'ip',
    becomes: 'ethernet',
    wrap: (p, r) => {
      const llc = concat(hex('aaaa03 000000'), Uint8Array.of(p.etherType >>> 8, p.etherType));
      if (p.length + llc.length > 1500) ethernet(p, r);
      else p.push(llc).ethernet(mac(r), mac(r), p.length);
    },
  },
  { name: 'ip', on: 'ip', becomes: 'ip', wrap: (p, r) => void ip(p, r) },
  { name: 'gre', on: 'ip', becomes: 'ip', wrap: (p, r) => gre(p, r) },
  { name: 'gretap', on: 'ethernet', becomes: 'ip', wrap: (p, r) => gre(p, r) },
  {
    name: 'erspan2',
    on: 'ethernet',
    becomes: 'ip',
    wrap: (p, r) =>
      void ip(p.erspan({ session: r.int(0, 1023), index: r.int(0, 1023) }).gre({ sequence: r.u32() }), r),
  },
  {
    name: 'erspan3',
    on: 'ethernet',
    becomes: 'ip',
    wrap: (p, r) =>
      void ip(
        p.erspan({ type: 3, session: r.int(0, 1023), hardware: r.int(0, 63) }).gre({ sequence: r.u32() }),
        r,
      ),
  },
  {
    name: 'vxlan',
    on: 'ethernet',
    becomes: 'ip',
    wrap: (p, r) =>
      void ip(p.push(concat(hex('08000000'), r.bytes(3), hex('00'))).udp(tunnelPort(r), VXLAN_PORT), r),
  },
  {
    name: 'geneve',
    on: 'ethernet',
    becomes: 'ip',
    wrap: (p, r) => {
      const options = r.chance(0.5) ? hex('0102 8001 deadbeef') : new Uint8Array(0);
      const head = concat(Uint8Array.of(options.length / 4, 0), hex('6558'), r.bytes(3), hex('00'), options);
      ip(p.push(head).udp(tunnelPort(r), GENEVE_PORT), r);
    },
  },
  tag('ttag', EtherType.TTag, (r) => r.bytes(6)),
  tag('arista', EtherType.Arista, (r) => concat(hex('0001'), r.pick([A48, A64])(r))),
  tag('hsr', EtherType.Hsr, (r) => r.bytes(4)),
  tag('rtag', EtherType.RTag, (r) => r.bytes(4)),
  tag('macsec', EtherType.Macsec, (r) => concat(hex('2000'), r.bytes(4), mac(r), r.bytes(2))),
  {
    name: 'nsh',
    on: 'ip',
    becomes: 'ethernet',
    wrap: (p, r) => ethernet(nsh(p, r, p.etherType === EtherType.Ipv4 ? 1 : 2), r),
  },
  {
    name: 'nsh with Ethernet',
    on: 'ethernet',
    becomes: 'ethernet',
    wrap: (p, r) => ethernet(nsh(p, r, 3), r),
  },
  {
    name: 'vxlan-gpe',
    on: 'ip',
    becomes: 'ip',
    wrap: (p, r) => gpe(p, r, p.etherType === EtherType.Ipv4 ? 1 : 2),
  },
  { name: 'vxlan-gpe with Ethernet', on: 'ethernet', becomes: 'ip', wrap: (p, r) => gpe(p, r, 3) },
  {
    name: 'gtpu',
    on: 'ip',
    becomes: 'ip',
    wrap: (p, r) => {
      const extension = r.chance(0.3) ? hex('0001 00 85 01 0009 00') : new Uint8Array(0);
      const length = p.length + extension.length;
      const head = Uint8Array.of(extension.length > 0 ? 0x36 : 0x30, 255, length >>> 8, length);
      ip(p.push(concat(head, r.bytes(4), extension)).udp(tunnelPort(r), GTPU_PORT), r);
    },
  },
  {
    name: 'etherip',
    on: 'ethernet',
    becomes: 'ip',
    wrap: (p, r) => void ip(p.push(hex('3000'), { protocol: IpProtocol.EtherIp }), r),
  },
];

const A48 = (r: Random): Uint8Array => concat(hex('0120'), r.bytes(6));
const A64 = (r: Random): Uint8Array => concat(hex('0010'), r.bytes(8));

/** A tag that ends with the next EtherType. */
function tag(name: string, etherType: number, head: (r: Random) => Uint8Array): Wrapping {
  const wrap = (p: PacketBuilder, r: Random): void =>
    ethernet(p.push(concat(head(r), Uint8Array.of(p.etherType >>> 8, p.etherType)), { etherType }), r);
  return { name, on: 'ip', becomes: 'ethernet', wrap };
}

/** NSH, in half of the cases with metadata of a fixed length. */
function nsh(p: PacketBuilder, r: Random, next: number): PacketBuilder {
  const metadata = r.chance(0.5) ? r.bytes(16) : new Uint8Array(0);
  const head = Uint8Array.of(0x0f, 0xc0 | (2 + metadata.length / 4), metadata.length > 0 ? 1 : 2, next);
  return p.push(concat(head, r.bytes(4), metadata), { etherType: EtherType.Nsh });
}

function gpe(p: PacketBuilder, r: Random, next: number): void {
  ip(
    p
      .push(concat(hex('0c0000'), Uint8Array.of(next), r.bytes(3), hex('00')))
      .udp(tunnelPort(r), VXLAN_GPE_PORT),
    r,
  );
}

function ethernet(p: PacketBuilder, r: Random): void {
  p.ethernet(mac(r), mac(r));
}

function gre(p: PacketBuilder, r: Random): void {
  p.gre({
    key: r.chance(0.5) ? r.u32() : null,
    checksum: r.chance(0.3),
    ...(r.chance(0.3) ? { sequence: r.u32() } : {}),
  });
  ip(p, r);
}

/** Builds a random stack with Ethernet on the outside. */
export function buildStack(p: PacketBuilder, r: Random): Innermost {
  const payload = r.bytes(r.int(0, 120));
  const [sourcePort, destinationPort] = [r.int(20_000, 32_000), r.int(20_000, 32_000)];
  const kind = r.int(0, 2);
  const [source, destination] = addresses(r);
  p.payload(payload);
  if (kind === 0)
    p.tcp(sourcePort, destinationPort, { flags: 0x10, sequence: r.u32(), acknowledgment: r.u32() });
  else if (kind === 1) p.udp(sourcePort, destinationPort);
  else if (source.length === 4) p.push(r.bytes(4)).icmp(8, 0);
  else p.push(r.bytes(4)).icmp(128, 0, IpProtocol.Icmp6);
  const protocol = p.protocol;
  p.ip(source, destination, { ttl: r.int(1, 255) });
  const found: Innermost = {
    source: hexOf(source),
    destination: hexOf(destination),
    protocol,
    sourcePort: kind === 2 ? 0 : sourcePort,
    destinationPort: kind === 2 ? 0 : destinationPort,
    bytes: p.length,
    layers: [],
  };
  let is: Kind = 'ip';
  for (let depth = r.int(0, 6); depth > 0 || is === 'ip'; depth--) {
    const fitting = WRAPPINGS.filter((w) => w.on === is && (depth > 0 || w.becomes === 'ethernet'));
    const wrapping = r.pick(fitting);
    wrapping.wrap(p, r);
    found.layers.push(wrapping.name);
    is = wrapping.becomes;
  }
  return found;
}
