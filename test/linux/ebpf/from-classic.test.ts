import fc from 'fast-check';
import { expect, it } from 'vitest';
import { BpfProgram } from '../../../src/linux/bpf.js';
import { ANSWER, addClassic, END, PROTOCOL, START } from '../../../src/linux/ebpf/from-classic.js';
import { copy, EbpfProgram, EXIT, R0, R1, R2, R10, set, store64 } from '../../../src/linux/ebpf/program.js';
import { fanoutByInnerAddresses, inputFilter } from '../../../src/linux/input-filter.js';
import { addressSlotOf, etherType, isFragment, networkHeader } from '../../../src/linux/xdp/questions.js';
import { runBpf } from '../../support/bpf-machine.js';
import { run } from '../../support/ebpf-machine.js';
import { bytes, erspan2, ethernet, ipv4, ipv6, ipv6Fragment, udp } from '../../support/frames.js';

const AT = 0x4000n;
const ETHER_TYPE = 0x0800;

/** The answer of a classic program, translated. Packets start at r1 and end at r2. */
function translated(classic: Uint8Array, packet: Uint8Array): number {
  const p = new EbpfProgram();
  p.do(copy(START, R1), copy(END, R2), set(R1, ETHER_TYPE), store64(R10, R1, PROTOCOL));
  addClassic(p, classic, 'all');
  const program = p.do(copy(R0, ANSWER), EXIT).assemble();
  const answer = run(program, [{ at: AT, bytes: packet }], [0n, AT, AT + BigInt(packet.length)]);
  return Number(BigInt.asUintN(32, answer));
}

const inner = ethernet(0x0800, ipv4('10.0.0.1', '10.0.0.2', 17, udp(1, 2, new Uint8Array(30))));
const mirrored = erspan2(1, 1, inner);
const options = (next: number, length = 0): Uint8Array =>
  bytes([next, length], new Uint8Array(6 + 8 * length));
const four = (next: number, payload: Uint8Array, o = {}): Uint8Array =>
  ipv4('198.51.100.1', '198.51.100.2', next, payload, o);
const six = (next: number, payload: Uint8Array): Uint8Array =>
  ipv6('2001:db8::1', '2001:db8::2', next, payload);
const PACKETS = [
  four(47, mirrored),
  four(47, mirrored, { fragment: [16, true] }),
  four(17, udp(5, 4789, mirrored)),
  four(17, udp(5, 53, mirrored)),
  six(47, mirrored),
  six(0, bytes(options(60, 3), options(47, 1), mirrored)),
  six(44, ipv6Fragment(47, 16, false, 1, mirrored)),
  six(60, bytes(options(17), udp(5, 4789, mirrored))),
];
const FRAMES = PACKETS.map((packet) => ethernet((packet[0] ?? 0) >> 4 === 6 ? 0x86dd : 0x0800, packet));

const PROGRAMS: [string, Uint8Array, Uint8Array[]][] = [
  ['the filter, behind a link header', inputFilter(true, { gre: true, udp: [4789] }), FRAMES],
  ['the filter', inputFilter(false, { gre: true, udp: [4789, 6081] }), PACKETS],
  ['the filter without GRE', inputFilter(false, { gre: false, udp: [4789] }), PACKETS],
  ['the fanout', fanoutByInnerAddresses(false, [{ kind: 'vxlan', port: 4789 }]), PACKETS],
  ['where the network header is', networkHeader(), FRAMES],
  ['whether it is a fragment', isFragment(), PACKETS],
  ['the EtherType', etherType(), PACKETS],
  ['the slot of the source', addressSlotOf('source'), PACKETS],
  ['the slot of the target', addressSlotOf('target'), PACKETS],
];

it.each(PROGRAMS)('translates %s', (_, classic, packets) => {
  for (const packet of packets) expect(translated(classic, packet)).toBe(runBpf(classic, packet, ETHER_TYPE));
  // Whatever stands in its first bytes, and wherever it ends.
  const changes = fc.array(fc.tuple(fc.nat(79), fc.nat(255)), { maxLength: 4 });
  fc.assert(
    fc.property(fc.constantFrom(...packets), changes, fc.nat(200), (packet, changed, length) => {
      const bytesOf = packet.slice(0, length);
      for (const [at, value] of changed) if (at < bytesOf.length) bytesOf[at] = value;
      expect(translated(classic, bytesOf)).toBe(runBpf(classic, bytesOf, ETHER_TYPE));
    }),
    { numRuns: 300 },
  );
});

it('answers 0 where an index lies beyond what headers take', () => {
  const classic = new BpfProgram().setX(4096).loadX('b', 0).answerA().assemble();
  expect(translated(classic, new Uint8Array(5000).fill(7))).toBe(0);
});

it('refuses instructions that no program of ours has', () => {
  const p = new EbpfProgram();
  // ld #len
  const length = new Uint8Array([0x80, 0, 0, 0, 0, 0, 0, 0]);
  expect(() => addClassic(p, length, 'len')).toThrow('classic BPF 0x80 is new here');
});
