import { ACCEPT, BpfProgram } from '../linux/bpf.js';
import { u32 } from '../wire/bytes.js';
import { IpProtocol } from '../wire/ip/ip-protocol.js';
import { EtherType } from '../wire/link/ethertypes.js';

const VLAN_TYPES = [EtherType.Vlan, EtherType.ProviderBridging, EtherType.Vlan9100];
/** VLAN tags skipped. */
const MAX_TAGS = 2;

/**
 * A socket filter that drops GRE packets to the collector, and their fragments, and passes all others: a
 * mirror of the interface it sends through would mirror its own packets endlessly.
 *
 * @param to the collector's address, 4 or 16 bytes
 * @param linkHeader whether packets start with an Ethernet header; otherwise with IP
 */
export function passAllButGreTo(to: Uint8Array, linkHeader: boolean): Uint8Array {
  const p = new BpfProgram();
  const type = to.length === 4 ? EtherType.Ipv4 : EtherType.Ipv6;
  if (linkHeader) {
    for (let tag = 0; tag <= MAX_TAGS; tag++) {
      p.setX(14 + 4 * tag).load('h', 12 + 4 * tag);
      p.jump('jeq', type, 'ip');
      if (tag < MAX_TAGS) for (const tpid of VLAN_TYPES) p.jump('jeq', tpid, `tag${tag + 1}`);
      p.goto('pass').label(`tag${tag + 1}`);
    }
  } else {
    p.setX(0)
      .load('b', 0)
      .alu('rsh', 4)
      .jump('jeq', to.length === 4 ? 4 : 6, 'ip', 'pass');
  }
  p.label('ip');
  if (to.length === 4) {
    p.loadX('b', 9).jump('jeq', IpProtocol.Gre, null, 'pass');
    p.loadX('w', 16).jump('jeq', u32(to, 0), 'drop', 'pass');
  } else {
    p.loadX('b', 6).jump('jeq', IpProtocol.Gre, 'address').jump('jeq', IpProtocol.Fragment, null, 'pass');
    p.loadX('b', 40).jump('jeq', IpProtocol.Gre, 'address', 'pass');
    p.label('address');
    for (let i = 0; i < 16; i += 4) {
      p.loadX('w', 24 + i).jump('jeq', u32(to, i), i === 12 ? 'drop' : null, 'pass');
    }
  }
  p.label('drop').answer(0);
  p.label('pass').answer(ACCEPT);
  return p.assemble();
}
