/**
 * What the XDP program asks of a packet beside what the ring's programs do (input-filter.ts), in classic BPF
 * too. But for the first, packets start at their network header, and are IPv4 or IPv6.
 */
import { IpProtocol } from '../../wire/ip/ip-protocol.js';
import { IPV6_EXTENSIONS, MAX_OUTER_HEADERS } from '../../wire/ip/ipv6-extension.js';
import { EtherType } from '../../wire/link/ethertypes.js';
import { BpfProgram } from '../bpf.js';
import { MAX_TAGS, VLAN_TPIDS } from '../input-filter.js';

/** Answers of {@link networkHeader}: this bit, and bits of the offset. */
export const DEEP = 0x100;
export const OFFSET = 0xff;
/** Tags that the kernel takes off before a packet socket's program sees a packet (eth_type_vlan). */
const TAKEN_OFF: readonly number[] = [EtherType.Vlan, EtherType.ProviderBridging];

/**
 * Answers where IPv4 or IPv6 starts in an Ethernet frame, 0 for nowhere, with the bit {@link DEEP} behind
 * tags that the fanout's program (fanoutByInnerAddresses) does not see through.
 */
export function networkHeader(): Uint8Array {
  const p = new BpfProgram();
  const answer = (tags: number, seen: boolean): string => `at ${tags} ${seen}`;
  // Whether the fanout's program would see what is behind this tag: only behind one that was taken off.
  const look = (tags: number, seen: boolean): void => {
    p.load('h', 12 + 4 * tags)
      .jump('jeq', EtherType.Ipv4, answer(tags, seen))
      .jump('jeq', EtherType.Ipv6, answer(tags, seen));
  };
  look(0, true);
  for (const tpid of VLAN_TPIDS) p.jump('jeq', tpid, TAKEN_OFF.includes(tpid) ? 'one' : 'other');
  p.answer(0).label('one');
  look(1, true);
  for (const tpid of VLAN_TPIDS) p.jump('jeq', tpid, 'two');
  p.answer(0).label('other');
  look(1, false);
  for (const tpid of VLAN_TPIDS) p.jump('jeq', tpid, 'two');
  p.answer(0).label('two');
  for (let tags = 2; tags <= MAX_TAGS; tags++) {
    look(tags, false);
    if (tags < MAX_TAGS) for (const tpid of VLAN_TPIDS) p.jump('jeq', tpid, `tag${tags + 1}`);
    p.answer(0).label(`tag${tags + 1}`);
  }
  for (let tags = 0; tags <= MAX_TAGS; tags++)
    for (const seen of [true, false]) p.label(answer(tags, seen)).answer((14 + 4 * tags) | (seen ? 0 : DEEP));
  return p.assemble();
}

/** Answers 1 for a fragment, and for what has more extension headers than are looked through; otherwise 0. */
export function isFragment(): Uint8Array {
  const p = new BpfProgram().load('b', 0).alu('rsh', 4).jump('jeq', 6, 'ipv6');
  p.load('h', 6).jump('jset', 0x3fff, 'yes').answer(0);
  // X + 40 is where the next extension header starts; A is its number.
  p.label('ipv6').setX(0).load('b', 6);
  for (let i = 0; i < MAX_OUTER_HEADERS; i++) {
    p.jump('jeq', IpProtocol.Fragment, `fragment${i}`).jump('jeq', IpProtocol.Ah, `ah${i}`);
    for (const option of IPV6_EXTENSIONS)
      if (option !== IpProtocol.Fragment) p.jump('jeq', option, `option${i}`);
    p.answer(0);
    // Offset 0 and no more fragments: a complete packet (RFC 6946).
    p.label(`fragment${i}`).loadX('h', 42).jump('jset', 0xfff9, 'yes');
    p.loadX('b', 40).storeA(0).txa().alu('add', 8).goto(`next${i}`);
    p.label(`ah${i}`).loadX('b', 40).storeA(0).loadX('b', 41).alu('add', 2).alu('lsh', 2).aluX('add');
    p.goto(`next${i}`);
    p.label(`option${i}`).loadX('b', 40).storeA(0).loadX('b', 41).alu('lsh', 3).alu('add', 8).aluX('add');
    p.label(`next${i}`).tax().fetchA(0);
  }
  return p.label('yes').answer(1).assemble();
}

/** Answers the EtherType of a packet, by its version. */
export function etherType(): Uint8Array {
  return new BpfProgram()
    .load('b', 0)
    .alu('rsh', 4)
    .jump('jeq', 6, 'ipv6')
    .answer(EtherType.Ipv4)
    .label('ipv6')
    .answer(EtherType.Ipv6)
    .assemble();
}

/** Slots by which addresses are told apart: a power of two. Others that share one are treated the same. */
export const ADDRESS_SLOTS = 1 << 16;
const MIX = 0x9e3779b1;

/** Answers the slot of a packet's source or target address. */
export function addressSlotOf(which: 'source' | 'target'): Uint8Array {
  const [at4, at6] = which === 'source' ? [12, 8] : [16, 24];
  const p = new BpfProgram().load('b', 0).alu('rsh', 4).jump('jeq', 6, 'ipv6');
  p.load('w', at4).goto('mix').label('ipv6').load('w', at6);
  for (const word of [4, 8, 12])
    p.alu('mul', MIX)
      .tax()
      .load('w', at6 + word)
      .aluX('xor');
  return p.label('mix').alu('mul', MIX).alu('rsh', 16).answerA().assemble();
}

/** The slot of an address of 4 or 16 bytes, as {@link addressSlotOf} answers it. */
export function addressSlot(address: Uint8Array): number {
  const view = new DataView(address.buffer, address.byteOffset);
  let sum = 0;
  for (let at = 0; at < address.length; at += 4) sum = Math.imul(sum ^ view.getUint32(at), MIX);
  return sum >>> 16;
}
