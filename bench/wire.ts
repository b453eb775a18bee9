/**
 * How long decodeFrame takes per frame, for several kinds of frames: `npx tsx bench/wire.ts`. The frames fill
 * a megabyte, one after another, so that they come from the cache like packets from a ring or a file, not
 * from registers.
 */

import { GRE_SEQ } from '../src/wire/tunnel/gre.js';
import { decodeFrame, Frame, FrameKind, KNOWN_TUNNEL_PORTS, Walk } from '../src/wire/walk/frame.js';
import { hex } from '../test/support/hex.js';
import { ethernet, gre, ipv4, ipv6, join, mpls, tcp, udp, vlan } from '../test/support/stack.js';

const walk = new Walk(KNOWN_TUNNEL_PORTS);

const PAYLOAD = new Uint8Array(64);
const TCP4 = ethernet(0x0800, ipv4(6, tcp(PAYLOAD, { headerLength: 32 })));
const FRAMES: [string, Uint8Array][] = [
  ['Ethernet, IPv4, TCP', TCP4],
  ['Ethernet, IPv6, TCP', ethernet(0x86dd, ipv6(6, tcp(PAYLOAD, { headerLength: 32 })))],
  ['802.1Q, IPv4, UDP', ethernet(0x8100, vlan(10, 0x0800, ipv4(17, udp(53, PAYLOAD))))],
  ['MPLS, IPv4, TCP', ethernet(0x8847, mpls(100, 1, ipv4(6, tcp(PAYLOAD))))],
  ['VXLAN, IPv4, TCP', ethernet(0x0800, ipv4(17, udp(4789, join(hex('0800000000006400'), TCP4))))],
  [
    'GRE, ERSPAN II, IPv4, TCP',
    ethernet(0x0800, ipv4(47, gre(0x88be, join(hex('1000001e0000007b'), TCP4), { flags: GRE_SEQ }))),
  ],
  ['ARP', ethernet(0x0806, hex('0001080006040001 020000000001 0a000001 000000000000 0a000002'))],
];
const SPACE = 1 << 20;
const ROUNDS = 20;
const REPEAT = 200;

const frame = new Frame();

/** Decodes the copies of a frame `REPEAT` times. @returns nanoseconds per frame. */
function measure(bytes: Uint8Array): number {
  const stride = (bytes.length + 15) & ~15;
  const count = Math.floor(SPACE / stride);
  const space = new Uint8Array(count * stride);
  for (let i = 0; i < count; i++) space.set(bytes, i * stride);
  const start = process.hrtime.bigint();
  for (let r = 0; r < REPEAT; r++) {
    for (let o = 0; o < space.length; o += stride) {
      const end = o + bytes.length;
      decodeFrame(walk, FrameKind.Ethernet, 0, space, o, end, end, frame);
    }
  }
  return Number(process.hrtime.bigint() - start) / (count * REPEAT);
}

// Rounds alternate between the frames: the code is warm for all of them, and a busy moment affects all alike.
const best = new Map<string, number>();
for (let round = 0; round < ROUNDS; round++) {
  for (const [name, bytes] of FRAMES) {
    best.set(name, Math.min(measure(bytes), best.get(name) ?? Number.POSITIVE_INFINITY));
  }
}
for (const [name, ns] of best) console.log(`${name.padEnd(28)} ${ns.toFixed(0).padStart(5)} ns`);
