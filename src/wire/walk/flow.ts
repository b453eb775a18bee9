import { KNOWN_TUNNEL_PORTS } from '../tunnel/tunnel-ports.js';
import { addressSum } from './address-sum.js';
import { Frame } from './frame-fields.js';
import { decodeFrame } from './walk.js';
import { Walk } from './walk-state.js';

/**
 * The hashes of a frame's innermost addresses and ports: the same for both directions. What sends frames on
 * spreads by them, and so may routers and network cards on their way.
 */
export class Flow {
  /** Of the addresses, 32 bits: also the same for all fragments of a packet. */
  pair = 0;
  /** Of addresses, protocol and ports, 32 bits; fragments have no ports. */
  flow = 0;
  private readonly walk = new Walk(KNOWN_TUNNEL_PORTS);
  private readonly frame = new Frame();

  /** Reads the frame from `o` up to `end`, which had `wireLength` bytes; `kind`, `type` as in decodeFrame. */
  read(b: Uint8Array, o: number, end: number, wireLength: number, kind: number, type: number): void {
    const { frame: f } = this;
    decodeFrame(this.walk, kind, type, b, o, end, o + wireLength, f);
    this.pair = mix(addressSum(f));
    if (f.ipVersion === 0) {
      this.flow = mix(this.pair ^ f.etherType);
      return;
    }
    const ports = f.moreFragments ? 0 : f.sourcePort + f.destinationPort;
    this.flow = mix(this.pair ^ Math.imul(ports, GOLDEN) ^ f.protocol);
  }
}

/** Of the dynamic range, as RFC 7348 section 5, RFC 8926 section 3.3 and RFC 8086 section 3.2.1 recommend. */
export const FIRST_FLOW_PORT = 49152;
const FLOW_PORTS = 65536 - FIRST_FLOW_PORT;

/** The UDP source port of a tunnel for a {@link Flow.flow}. */
export function flowPort(flow: number): number {
  return FIRST_FLOW_PORT + (flow & (FLOW_PORTS - 1));
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
