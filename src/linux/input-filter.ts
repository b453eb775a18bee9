/** The classic BPF programs of the receivers: what may be a mirror, and which worker a packet belongs to. */

import type { UdpInput, UdpInputKind } from '../model/inputs.js';
import { IpProtocol } from '../wire/ip/ip-protocol.js';
import { IPV6_EXTENSIONS, MAX_OUTER_HEADERS } from '../wire/ip/ipv6-extension.js';
import { EtherType } from '../wire/link/ethertypes.js';
import { GRE_PROTO_ERSPAN, GRE_PROTO_ERSPAN3, GRE_PROTO_MELLANOX } from '../wire/tunnel/gre.js';
import { MELLANOX_LENGTH } from '../wire/tunnel/mellanox.js';
import { ACCEPT, BpfProgram, SKF_AD_PROTOCOL, SKF_AD_RANDOM } from './bpf.js';

/** What announces a VLAN tag. */
export const VLAN_TPIDS = [EtherType.Vlan, EtherType.ProviderBridging, EtherType.Vlan9100];
/** Extension headers that may stand before GRE or UDP, but for fragments and AH. */
const IPV6_OPTIONS = IPV6_EXTENSIONS.filter((header) => header !== IpProtocol.Fragment);
/** VLAN tags looked through. */
export const MAX_TAGS = 3;

/** Drops every packet: for sockets that only have to exist, or are not yet ready to receive. */
export function dropAll(): Uint8Array {
  return new BpfProgram().answer(0).assemble();
}

/** Which packets a filter passes. */
export interface Admitted {
  readonly gre: boolean;
  /** UDP destination ports. */
  readonly udp: readonly number[];
  /**
   * Of what goes to these UDP ports, and of GRE that is not passed, one packet in {@link SAMPLE} passes all
   * the same: enough to notice a mirror that nobody listed.
   */
  readonly sampled?: { readonly udp: readonly number[] };
}

/** One packet in so many. A power of two. */
export const SAMPLE = 256;

/**
 * Passes IP packets of protocol 47 and UDP datagrams to some ports, over IPv4 and IPv6, behind VLAN tags,
 * IPv6 extension headers and AH, and their fragments. An IPv4 fragment repeats the protocol, an IPv6 fragment
 * header names it (or a header that it may follow), but only the first fragment of a datagram has its ports:
 * once any port is listed, all later fragments of UDP pass.
 *
 * @param linkHeader whether packets start with an Ethernet header; otherwise with IP.
 */
export function inputFilter(linkHeader: boolean, { gre, udp, sampled }: Admitted): Uint8Array {
  const looksAtUdp = udp.length > 0 || (sampled?.udp.length ?? 0) > 0;
  const p = new BpfProgram();
  if (linkHeader) {
    for (let tag = 0; tag <= MAX_TAGS; tag++) {
      p.setX(14 + 4 * tag).load('h', 12 + 4 * tag);
      p.jump('jeq', EtherType.Ipv4, 'ipv4').jump('jeq', EtherType.Ipv6, 'ipv6');
      if (tag < MAX_TAGS) for (const tpid of VLAN_TPIDS) p.jump('jeq', tpid, `tag${tag + 1}`);
      p.goto('drop').label(`tag${tag + 1}`);
    }
  } else {
    p.setX(0).load('b', 0).alu('rsh', 4).jump('jeq', 4, 'ipv4').jump('jeq', 6, 'ipv6').goto('drop');
  }

  p.label('ipv4').loadX('b', 9).jump('jeq', IpProtocol.Gre, 'gre-over4');
  if (looksAtUdp) p.jump('jeq', IpProtocol.Udp, 'udp-over4');
  p.jump('jeq', IpProtocol.Ah, null, 'other-over4');
  // Of a later fragment nobody knows what is behind AH.
  p.loadX('h', 6).jump('jset', 0x1fff, 'later-over4');
  behindIpv4(p).loadX('b', 0).jump('jeq', IpProtocol.Gre, 'gre-over4');
  if (looksAtUdp) {
    p.jump('jeq', IpProtocol.Udp, null, 'other-over4');
    p.loadX('b', 1).alu('add', 2).alu('lsh', 2).aluX('add').tax().goto('udp');
    p.label('udp-over4')
      .loadX('h', 6)
      .jump('jset', 0x1fff, udp.length > 0 ? 'later-over4' : 'other-over4');
    behindIpv4(p).goto('udp');
  }
  // Only these jumps reach further than 255 instructions.
  p.label('other-over4').goto('drop').label('gre-over4').goto('gre').label('later-over4').goto('accept');

  // X + 40 is where the next extension header starts; A is its number.
  p.label('ipv6').loadX('b', 6);
  for (let i = 0; i < MAX_OUTER_HEADERS; i++) {
    p.jump('jeq', IpProtocol.Gre, `gre${i}`).jump('jeq', IpProtocol.Fragment, `fragment${i}`);
    for (const option of IPV6_OPTIONS) p.jump('jeq', option, `option${i}`);
    p.jump('jeq', IpProtocol.Ah, `ah${i}`);
    if (looksAtUdp) p.jump('jeq', IpProtocol.Udp, null, `other${i}`).txa().alu('add', 40).tax().goto('udp');
    p.label(`other${i}`).goto('drop');
    p.label(`fragment${i}`).loadX('h', 42).jump('jset', 0xfff8, `later${i}`);
    p.loadX('b', 40).storeA(0).txa().alu('add', 8).goto(`next${i}`);
    p.label(`later${i}`).loadX('b', 40);
    for (const header of deeper(gre, udp)) p.jump('jeq', header, `part${i}`);
    p.goto('drop').label(`part${i}`).goto('accept').label(`gre${i}`).goto('gre');
    p.label(`ah${i}`)
      .loadX('b', 40)
      .storeA(0)
      .loadX('b', 41)
      .alu('add', 2)
      .alu('lsh', 2)
      .aluX('add')
      .goto(`next${i}`);
    p.label(`option${i}`).loadX('b', 40).storeA(0);
    p.loadX('b', 41).alu('lsh', 3).alu('add', 8).aluX('add');
    p.label(`next${i}`).tax().fetchA(0);
  }
  // What lies deeper is received, to be refused and counted.
  for (const header of deeper(gre, udp)) p.jump('jeq', header, 'deep');
  p.goto('drop').label('deep').goto('accept');

  // X is where UDP starts.
  p.label('udp');
  if (looksAtUdp) {
    p.loadX('h', 2);
    for (const port of udp) p.jump('jeq', port, 'listed');
    for (const port of sampled?.udp ?? []) p.jump('jeq', port, 'sample');
    p.goto('drop').label('listed').goto('accept');
  }
  p.label('gre');
  if (gre) p.goto('accept');
  p.label('sample');
  if (sampled !== undefined)
    p.load('w', SKF_AD_RANDOM)
      .alu('and', SAMPLE - 1)
      .jump('jeq', 0, 'accept');
  p.label('drop').answer(0);
  p.label('accept').answer(ACCEPT);
  return p.assemble();
}

/** X becomes where the payload of the IPv4 header at X starts. */
function behindIpv4(p: BpfProgram): BpfProgram {
  return p.loadX('b', 0).alu('and', 15).alu('lsh', 2).aluX('add').tax();
}

/** Next headers behind which, or as which, there may be something to pass. */
function deeper(gre: boolean, udp: readonly number[]): number[] {
  const last = [...(gre ? [IpProtocol.Gre] : []), ...(udp.length > 0 ? [IpProtocol.Udp] : [])];
  return [...last, IpProtocol.Ah, ...IPV6_EXTENSIONS];
}

/** Passes every packet: those of a SPAN port. */
export function passAll(): Uint8Array {
  return new BpfProgram().answer(ACCEPT).assemble();
}

/** Scratch words of the fanout program. */
const M_OFFSET = 0;
const M_PAYLOAD = 1;
const M_SUM = 2;

/**
 * Chooses the worker of a packet by its inner addresses (PACKET_FANOUT_CBPF: the result modulo the number
 * of workers), so that both directions of a conversation reach the same worker: the addresses are added,
 * which is symmetric.
 *
 * It reads into ERSPAN I, II, III, Mellanox mirrors, GRE with Ethernet and GRE with IP, and into what lies in
 * UDP to the ports of `udp`, over IPv6 behind extension headers too. Inner frames without IP are distributed
 * by their MAC addresses, everything else by its outer addresses, and packets with a second outer VLAN tag go
 * to the first worker. The kernel reassembles IPv4 fragments before it runs the program, but not IPv6
 * fragments, of which only the first has the inner addresses: these are distributed by outer addresses. Here
 * a packet starts at its network header.
 *
 * @param ipv6Fragmented whether large packets arrive in fragments over IPv6: then everything over IPv6 is
 * distributed by outer addresses, so that the large and the small packets of a conversation meet.
 */
export function fanoutByInnerAddresses(ipv6Fragmented = false, udp: readonly UdpInput[] = []): Uint8Array {
  const p = new BpfProgram();
  p.load('w', SKF_AD_PROTOCOL)
    .jump('jeq', EtherType.Ipv6, 'outer6')
    .jump('jeq', EtherType.Ipv4, 'over4')
    .answer(0);
  p.label('over4').goto('outer4');

  // X + 40 is where the next extension header starts; A is its number.
  p.label('outer6');
  if (!ipv6Fragmented) {
    p.setX(0).load('b', 6);
    for (let i = 0; i < MAX_OUTER_HEADERS; i++) {
      p.jump('jeq', IpProtocol.Gre, `behind${i}`).jump('jeq', IpProtocol.Fragment, `fragment${i}`);
      for (const option of IPV6_OPTIONS) p.jump('jeq', option, `option${i}`);
      p.jump('jeq', IpProtocol.Ah, `ah${i}`);
      if (udp.length > 0) p.jump('jeq', IpProtocol.Udp, `datagram${i}`);
      p.goto('fragmented');
      if (udp.length > 0) p.label(`datagram${i}`).goto('udp6');
      p.label(`behind${i}`).goto('gre6');
      // Offset 0 and no more fragments: a complete packet (RFC 6946).
      p.label(`fragment${i}`).loadX('h', 42).jump('jset', 0xfff9, null, `atomic${i}`).goto('fragmented');
      p.label(`atomic${i}`).loadX('b', 40).storeA(M_SUM).txa().alu('add', 8).goto(`next${i}`);
      p.label(`ah${i}`).loadX('b', 40).storeA(M_SUM).loadX('b', 41).alu('add', 2).alu('lsh', 2).aluX('add');
      p.goto(`next${i}`);
      p.label(`option${i}`).loadX('b', 40).storeA(M_SUM);
      p.loadX('b', 41).alu('lsh', 3).alu('add', 8).aluX('add');
      p.label(`next${i}`).tax().fetchA(M_SUM);
    }
    p.jump('jeq', IpProtocol.Gre, 'gre6');
    if (udp.length > 0) p.jump('jeq', IpProtocol.Udp, 'udp6');
  }
  p.label('fragmented').goto('outer');
  if (!ipv6Fragmented) {
    p.label('gre6').txa().alu('add', 40).tax().goto('gre');
    p.label('udp6').txa().alu('add', 40).tax().goto('udp');
  }

  p.label('outer4')
    .load('h', 6)
    .jump('jset', 0x3fff, 'not4')
    .load('b', 9)
    .jump('jeq', IpProtocol.Ah, 'not4')
    .jump('jeq', IpProtocol.Udp, 'udp4');
  p.loadHeaderLength(0).goto('gre');
  p.label('not4').goto('outer');
  p.label('udp4').loadHeaderLength(0);
  p.label('udp');
  behindUdp(p, udp);

  // X is where GRE starts. Its payload follows 4 bytes, and 4 more for each of C, K and S.
  p.label('gre').storeX(M_OFFSET).loadX('h', 0).jump('jset', 0x4007, 'outer');
  p.txa().alu('add', 4).storeA(M_PAYLOAD);
  for (const flag of [0x8000, 0x2000, 0x1000]) {
    p.loadX('h', 0).jump('jset', flag, null, `without${flag}`);
    p.fetchA(M_PAYLOAD).alu('add', 4).storeA(M_PAYLOAD).label(`without${flag}`);
  }
  p.loadX('h', 2);
  p.jump('jeq', GRE_PROTO_ERSPAN, 'erspan')
    .jump('jeq', GRE_PROTO_ERSPAN3, 'erspan3')
    .jump('jeq', GRE_PROTO_MELLANOX, 'mellanox')
    .jump('jeq', EtherType.Teb, 'payload');
  p.jump('jeq', EtherType.Ipv4, 'payload4').jump('jeq', EtherType.Ipv6, 'payload6', 'outer');

  // Type II has the sequence flag and 8 bytes of header, type I neither.
  p.label('erspan').loadX('h', 0).jump('jset', 0x1000, null, 'payload');
  p.fetchA(M_PAYLOAD).alu('add', 8).tax().goto('ethernet');
  p.label('mellanox').fetchA(M_PAYLOAD).alu('add', MELLANOX_LENGTH).tax().goto('ethernet');
  // Type III: 12 bytes of header, 8 more with the O bit; frame type 2 is bare IP.
  p.label('erspan3').fetchX(M_PAYLOAD).loadX('b', 10).alu('and', 0x7c).storeA(M_SUM);
  p.loadX('b', 11).alu('and', 1).alu('lsh', 3).alu('add', 12).aluX('add').tax();
  p.fetchA(M_SUM).jump('jeq', 2 << 2, null, 'ethernet');
  p.loadX('b', 0).alu('rsh', 4).jump('jeq', 4, 'inner4').jump('jeq', 6, 'inner6', 'outer');

  p.label('payload4').fetchX(M_PAYLOAD).goto('inner4');
  p.label('payload6').fetchX(M_PAYLOAD).goto('inner6');
  p.label('payload').fetchX(M_PAYLOAD);
  p.label('ethernet');
  for (let tag = 0; tag <= MAX_TAGS; tag++) {
    const ipv4 = `ethernet4_${tag}`;
    const ipv6 = `ethernet6_${tag}`;
    p.loadX('h', 12 + 4 * tag)
      .jump('jeq', EtherType.Ipv4, ipv4)
      .jump('jeq', EtherType.Ipv6, ipv6);
    if (tag < MAX_TAGS) for (const tpid of VLAN_TPIDS) p.jump('jeq', tpid, `tag${tag + 1}`);
    p.goto('mac');
    p.label(ipv4)
      .txa()
      .alu('add', 14 + 4 * tag)
      .tax()
      .goto('inner4');
    p.label(ipv6)
      .txa()
      .alu('add', 14 + 4 * tag)
      .tax()
      .goto('inner6');
    p.label(`tag${tag + 1}`);
  }
  p.label('mac').loadX('w', 2).storeA(M_SUM).loadX('w', 8).fetchX(M_SUM).aluX('add').goto('mix');
  p.label('outer').setX(0).load('w', SKF_AD_PROTOCOL).jump('jeq', EtherType.Ipv4, 'inner4', 'inner6');
  byAddresses(p);
  return p.assemble();
}

/**
 * Chooses the worker of a SPAN port's frame by its addresses, as {@link fanoutByInnerAddresses} does: so both
 * directions of a conversation reach the same worker, and so do its fragments. Of frames in a tunnel these
 * are the tunnel's addresses. Frames without IP go to the first worker. Here a frame starts behind its
 * Ethernet header, and behind the first VLAN tag.
 */
export function fanoutByAddresses(): Uint8Array {
  const p = new BpfProgram();
  p.setX(0)
    .load('w', SKF_AD_PROTOCOL)
    .jump('jeq', EtherType.Ipv4, 'inner4')
    .jump('jeq', EtherType.Ipv6, 'inner6');
  // What a further tag announces follows its two bytes.
  for (const tpid of VLAN_TPIDS) p.jump('jeq', tpid, 'tag1');
  p.goto('other');
  for (let tag = 1; tag <= MAX_TAGS; tag++) {
    p.label(`tag${tag}`)
      .setX(4 * tag)
      .loadX('h', -2 >>> 0);
    p.jump('jeq', EtherType.Ipv4, 'inner4').jump('jeq', EtherType.Ipv6, 'inner6');
    if (tag < MAX_TAGS) for (const tpid of VLAN_TPIDS) p.jump('jeq', tpid, `tag${tag + 1}`);
    p.goto('other');
  }
  p.label('other').answer(0);
  byAddresses(p);
  return p.assemble();
}

/** Answers by the sum of the addresses of the IP header at X, which labels say the version of. */
function byAddresses(p: BpfProgram): void {
  p.label('inner4').loadX('w', 12).storeA(M_SUM).loadX('w', 16).fetchX(M_SUM).aluX('add').goto('mix');
  p.label('inner6').storeX(M_OFFSET).setA(0).storeA(M_SUM);
  for (let word = 0; word < 8; word++) {
    p.fetchX(M_OFFSET)
      .loadX('w', 8 + 4 * word)
      .fetchX(M_SUM)
      .aluX('add')
      .storeA(M_SUM);
  }
  // Fibonacci hashing: the kernel takes the result modulo the number of workers, so the low bits must depend
  // on all bits.
  p.label('mix').alu('mul', 0x9e3779b1).tax().alu('rsh', 15).aluX('xor').answerA();
}

/** Tags of a TZSP header that are looked over: RouterOS writes none, Kismet and sensors of radios a dozen. */
export const TZSP_TAGS = 16;
const TZSP_ETHERNET = 1;
const TZSP_IP = 7;

/** From the UDP header at X to what lies behind it, by its destination port; otherwise by outer addresses. */
function behindUdp(p: BpfProgram, udp: readonly UdpInput[]): void {
  const skip = (bytes: number): BpfProgram => p.txa().alu('add', bytes).tax();
  const nextIs: Record<UdpInputKind, () => void> = {
    vxlan: () => skip(16).goto('ethernet'),
    'vxlan-gpe': () => {
      // Without the P bit it is VXLAN.
      p.loadX('b', 8).jump('jset', 0x04, null, 'gpe-ethernet').loadX('b', 11);
      p.jump('jeq', 1, 'gpe4').jump('jeq', 2, 'gpe6').jump('jeq', 3, 'gpe-ethernet').goto('outer');
      p.label('gpe4');
      skip(16).goto('inner4');
      p.label('gpe6');
      skip(16).goto('inner6');
      p.label('gpe-ethernet');
      skip(16).goto('ethernet');
    },
    geneve: () => {
      p.loadX('b', 8).alu('and', 0x3f).alu('lsh', 2).alu('add', 16).aluX('add').storeA(M_PAYLOAD);
      p.loadX('h', 10).fetchX(M_PAYLOAD);
      p.jump('jeq', EtherType.Teb, 'geneve-ethernet')
        .jump('jeq', EtherType.Ipv4, 'geneve4')
        .jump('jeq', EtherType.Ipv6, 'geneve6')
        .goto('outer');
      p.label('geneve-ethernet')
        .goto('ethernet')
        .label('geneve4')
        .goto('inner4')
        .label('geneve6')
        .goto('inner6');
    },
    'gre-udp': () => skip(8).goto('gre'),
    tzsp: () => {
      // Ethernet or IP; of 802.11 the outer addresses have to do.
      p.loadX('h', 10).storeA(M_SUM);
      p.jump('jeq', TZSP_ETHERNET, 'tzsp').jump('jeq', TZSP_IP, 'tzsp').goto('outer').label('tzsp');
      skip(12);
      for (let i = 0; i < TZSP_TAGS; i++) {
        // The end and padding are a byte each, other tags have a length.
        p.loadX('b', 0).jump('jeq', 1, `tzsp-end${i}`).jump('jeq', 0, `tzsp-padding${i}`);
        p.loadX('b', 1).alu('add', 2).aluX('add').tax().goto(`tzsp-next${i}`);
        p.label(`tzsp-end${i}`);
        p.goto('tzsp-frame');
        p.label(`tzsp-padding${i}`);
        skip(1).label(`tzsp-next${i}`);
      }
      p.goto('outer').label('tzsp-frame');
      skip(1).fetchA(M_SUM).jump('jeq', TZSP_IP, null, 'tzsp-ethernet');
      p.loadX('b', 0).alu('rsh', 4).jump('jeq', 4, 'tzsp4').goto('inner6').label('tzsp4').goto('inner4');
      p.label('tzsp-ethernet').goto('ethernet');
    },
    jmirror: () => {
      p.loadX('b', 16).alu('rsh', 4).jump('jeq', 4, 'jmirror4').jump('jeq', 6, 'jmirror6').goto('outer');
      p.label('jmirror4');
      skip(16).goto('inner4');
      p.label('jmirror6');
      skip(16).goto('inner6');
    },
    erm: () => skip(20).goto('ethernet'),
  };
  p.loadX('h', 2);
  for (const { kind, port } of udp) p.jump('jeq', port, `to-${kind}`);
  p.goto('outer');
  const kinds = [...new Set(udp.map(({ kind }) => kind))];
  for (const kind of kinds) p.label(`to-${kind}`).goto(`at-${kind}`);
  for (const kind of kinds) {
    p.label(`at-${kind}`);
    nextIs[kind]();
  }
}
