import { ACCEPT, BpfProgram } from '../linux/bpf.js';
import { u32 } from '../wire/bytes.js';
import { IpProtocol } from '../wire/ip/ip-protocol.js';
import { EtherType } from '../wire/link/ethertypes.js';

const VLAN_TYPES = [EtherType.Vlan, EtherType.ProviderBridging, EtherType.Vlan9100];
/** VLAN tags skipped. */
const MAX_TAGS = 2;

/** What a mirror sends. */
export interface OwnOutput {
  /** 4 or 16 bytes each. */
  readonly addresses: readonly Uint8Array[];
  /** The UDP destination port; undefined for GRE. */
  readonly port: number | undefined;
}

/**
 * A socket filter that drops what the mirror sends, and its fragments, and passes everything else: a mirror
 * of the interface it sends through would mirror its own packets endlessly. Fragments of UDP but the first
 * have no port, so all those to a collector are dropped.
 *
 * @param linkHeader whether packets start with an Ethernet header; otherwise with IP
 */
export function passAllButOwn(own: OwnOutput, linkHeader: boolean): Uint8Array {
  const p = new BpfProgram();
  if (linkHeader) {
    for (let tag = 0; tag <= MAX_TAGS; tag++) {
      p.setX(14 + 4 * tag).load('h', 12 + 4 * tag);
      p.jump('jeq', EtherType.Ipv4, 'ipv4').jump('jeq', EtherType.Ipv6, 'ipv6');
      if (tag < MAX_TAGS) for (const tpid of VLAN_TYPES) p.jump('jeq', tpid, `tag${tag + 1}`);
      p.answer(ACCEPT).label(`tag${tag + 1}`);
    }
  } else {
    p.setX(0).load('b', 0).alu('rsh', 4).jump('jeq', 4, 'ipv4').jump('jeq', 6, 'ipv6').answer(ACCEPT);
  }
  ipv4(p, own);
  ipv6(p, own);
  return p.assemble();
}

/** X is where IP starts, here and below. */
const M_IP = 0;

function ipv4(p: BpfProgram, { addresses, port }: OwnOutput): void {
  const protocol = port === undefined ? IpProtocol.Gre : IpProtocol.Udp;
  p.label('ipv4').loadX('b', 9).jump('jeq', protocol, null, 'pass4');
  if (port !== undefined) {
    p.loadX('h', 6).jump('jset', 0x1fff, 'address4').storeX(M_IP);
    p.loadX('b', 0).alu('and', 15).alu('lsh', 2).aluX('add').tax();
    p.loadX('h', 2).jump('jeq', port, null, 'pass4').fetchX(M_IP);
  }
  p.label('address4').loadX('w', 16);
  for (const address of addresses) if (address.length === 4) p.jump('jeq', u32(address, 0), 'drop4');
  p.label('pass4').answer(ACCEPT).label('drop4').answer(0);
}

function ipv6(p: BpfProgram, { addresses, port }: OwnOutput): void {
  const protocol = port === undefined ? IpProtocol.Gre : IpProtocol.Udp;
  p.label('ipv6')
    .loadX('b', 6)
    .jump('jeq', protocol, 'whole6')
    .jump('jeq', IpProtocol.Fragment, null, 'pass6');
  p.loadX('b', 40).jump('jeq', protocol, null, 'pass6');
  if (port !== undefined) {
    p.loadX('h', 42).jump('jset', 0xfff8, 'address6');
    p.loadX('h', 50).jump('jeq', port, 'address6', 'pass6');
    p.label('whole6').loadX('h', 42).jump('jeq', port, 'address6', 'pass6');
  } else p.label('whole6').goto('address6');
  p.label('pass6').answer(ACCEPT);
  p.label('address6');
  addresses.forEach((address, n) => {
    if (address.length === 4) return;
    for (let i = 0; i < 16; i += 4) p.loadX('w', 24 + i).jump('jeq', u32(address, i), null, `not${n}`);
    p.answer(0).label(`not${n}`);
  });
  p.answer(ACCEPT);
}
