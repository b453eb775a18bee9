import { KNOWN_TUNNEL_PORTS } from '../wire/tunnel/tunnel-ports.js';
import { addressSum } from '../wire/walk/address-sum.js';
import { Frame } from '../wire/walk/frame-fields.js';
import { FrameKind } from '../wire/walk/layers.js';
import { decodeFrame } from '../wire/walk/walk.js';
import { Walk } from '../wire/walk/walk-state.js';

/**
 * The hashes of a frame's innermost addresses and ports: the same for both directions. A mirror's own output
 * spreads by them, and so may routers and network cards on its way.
 */
export class Flow {
  /** Of the addresses, 32 bits: also the same for all fragments of a packet. */
  pair = 0;
  /** Of addresses, protocol and ports, 32 bits; fragments have no ports. */
  flow = 0;
  private readonly walk = new Walk(KNOWN_TUNNEL_PORTS);
  private readonly frame = new Frame();

  /** Reads the Ethernet frame from `o` up to `end` of `b`, which had `wireLength` bytes. */
  read(b: Uint8Array, o: number, end: number, wireLength: number): void {
    const { frame: f } = this;
    decodeFrame(this.walk, FrameKind.Ethernet, 0, b, o, end, o + wireLength, f);
    this.pair = mix(addressSum(f));
    if (f.ipVersion === 0) {
      this.flow = mix(this.pair ^ f.etherType);
      return;
    }
    const ports = f.moreFragments ? 0 : f.sourcePort + f.destinationPort;
    this.flow = mix(this.pair ^ Math.imul(ports, GOLDEN) ^ f.protocol);
  }
}

/** 2^32 divided by the golden ratio, odd: Fibonacci hashing. */
const GOLDEN = 0x9e3779b1;

/**
 * Spreads 32 bits over 32 bits, one to one, so that every bit depends on all others: the end of MurmurHash3
 * (fmix32). A larger number counts modulo 2^32.
 */
export function mix(value: number): number {
  let h = value | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
