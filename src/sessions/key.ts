/** What makes two frames parts of the same conversation. */
import { u32 } from '../wire/bytes.js';
import type { Frame } from '../wire/frame.js';
import { SLOT_BYTES, SLOT_WORDS, type Slots, U8, U16, W } from './slots.js';

/**
 * A frame's key in words, its source and destination apart; reused from frame to frame. Addresses are four
 * words each: IPv4 as ::ffff:a.b.c.d, MACs in the last two words of frames that are not IP.
 */
export class Key {
  mirror = 0;
  ipVersion = 0;
  protocol = 0;
  subType = 0;
  readonly source = new Uint32Array(4);
  readonly destination = new Uint32Array(4);
  sourcePort = 0;
  destinationPort = 0;
  /** The same for both directions. */
  hash = 0;

  constructor(private readonly seed: number) {}

  /** Takes the key out of a frame of a mirror point. */
  take(f: Frame, mirror: number): void {
    this.mirror = mirror;
    this.ipVersion = f.ipVersion;
    this.protocol = f.protocol;
    this.subType = 0;
    this.sourcePort = f.sourcePort;
    this.destinationPort = f.destinationPort;
    const b = f.bytes;
    const s = this.source;
    const d = this.destination;
    // A frame's bytes are mostly not in the cache of the thread that has the sessions: IPv4 does without them.
    s[3] = f.sourceWord;
    d[3] = f.destinationWord;
    if (f.ipVersion === 6) {
      for (let i = 0; i < 3; i++) {
        s[i] = u32(b, f.source + i * 4);
        d[i] = u32(b, f.destination + i * 4);
      }
    } else {
      s[0] = s[1] = d[0] = d[1] = 0;
      if (f.ipVersion === 4) {
        s[2] = d[2] = 0xffff;
      } else {
        this.takeLink(f);
      }
    }
    this.hash = this.mix();
  }

  copy(other: Key): void {
    this.mirror = other.mirror;
    this.ipVersion = other.ipVersion;
    this.protocol = other.protocol;
    this.subType = other.subType;
    this.source.set(other.source);
    this.destination.set(other.destination);
    this.sourcePort = other.sourcePort;
    this.destinationPort = other.destinationPort;
    this.hash = other.hash;
  }

  private takeLink(f: Frame): void {
    const b = f.bytes;
    const s = this.source;
    const d = this.destination;
    this.protocol = 0;
    this.subType = ((f.etherType << 16) | f.subType) >>> 0;
    if (f.mac < 0) {
      s[2] = s[3] = d[2] = d[3] = 0;
      return;
    }
    d[2] = (b[f.mac] << 8) | b[f.mac + 1];
    d[3] = u32(b, f.mac + 2);
    s[2] = (b[f.macSource] << 8) | b[f.macSource + 1];
    s[3] = u32(b, f.macSource + 2);
  }

  private mix(): number {
    const s = this.source;
    const d = this.destination;
    let a = Math.imul(s[3] ^ this.seed, 0x9e3779b1) ^ Math.imul(this.sourcePort + 1, 0x85ebca6b);
    let b = Math.imul(d[3] ^ this.seed, 0x9e3779b1) ^ Math.imul(this.destinationPort + 1, 0x85ebca6b);
    if (this.ipVersion === 6) {
      a ^= Math.imul(s[0] ^ Math.imul(s[1], 0xc2b2ae35) ^ Math.imul(s[2], 0x27d4eb2f), 0x165667b1);
      b ^= Math.imul(d[0] ^ Math.imul(d[1], 0xc2b2ae35) ^ Math.imul(d[2], 0x27d4eb2f), 0x165667b1);
    } else if (this.ipVersion === 0) {
      a ^= Math.imul(s[2], 0xc2b2ae35);
      b ^= Math.imul(d[2], 0xc2b2ae35);
    }
    a = Math.imul(a ^ (a >>> 15), 0x2c1b3c6d);
    b = Math.imul(b ^ (b >>> 15), 0x2c1b3c6d);
    let h = (a ^ (a >>> 12)) + (b ^ (b >>> 12));
    h ^= Math.imul(this.mirror + 1, 0x297a2d39) ^ (this.protocol << 3) ^ this.subType ^ this.seed;
    h = Math.imul(h ^ (h >>> 16), 0x7feb352d);
    h = Math.imul(h ^ (h >>> 15), 0x846ca68b);
    return (h ^ (h >>> 16)) >>> 0;
  }

  /** Which way a frame of this key goes in a slot: 0 as its side A sends, 1 as its side B, -1 not of it at all. */
  side(s: Slots, slot: number): -1 | 0 | 1 {
    const u32s = s.u32;
    const w = slot * SLOT_WORDS;
    const b = slot * SLOT_BYTES;
    if (
      u32s[w + W.HASH] !== this.hash ||
      u32s[w + W.MIRROR] !== this.mirror ||
      s.u8[b + U8.PROTOCOL] !== this.protocol ||
      s.u8[b + U8.IP_VERSION] !== this.ipVersion ||
      u32s[w + W.SUBTYPE] !== this.subType
    )
      return -1;
    const portA = s.u16[slot * (SLOT_BYTES / 2) + U16.PORT_A];
    const portB = s.u16[slot * (SLOT_BYTES / 2) + U16.PORT_B];
    const addressA = w + W.ADDRESS_A;
    const addressB = w + W.ADDRESS_B;
    if (
      portA === this.sourcePort &&
      portB === this.destinationPort &&
      same(u32s, addressA, this.source) &&
      same(u32s, addressB, this.destination)
    )
      return 0;
    if (
      portB === this.sourcePort &&
      portA === this.destinationPort &&
      same(u32s, addressB, this.source) &&
      same(u32s, addressA, this.destination)
    )
      return 1;
    return -1;
  }

  /** Writes the key into a fresh slot: the source as side A. */
  store(s: Slots, slot: number): void {
    const u32s = s.u32;
    const w = slot * SLOT_WORDS;
    u32s[w + W.HASH] = this.hash;
    u32s[w + W.MIRROR] = this.mirror;
    u32s[w + W.SUBTYPE] = this.subType;
    s.u8[slot * SLOT_BYTES + U8.PROTOCOL] = this.protocol;
    s.u8[slot * SLOT_BYTES + U8.IP_VERSION] = this.ipVersion;
    s.u16[slot * (SLOT_BYTES / 2) + U16.PORT_A] = this.sourcePort;
    s.u16[slot * (SLOT_BYTES / 2) + U16.PORT_B] = this.destinationPort;
    for (let i = 0; i < 4; i++) {
      u32s[w + W.ADDRESS_A + i] = this.source[i];
      u32s[w + W.ADDRESS_B + i] = this.destination[i];
    }
  }
}

function same(words: Uint32Array, at: number, address: Uint32Array): boolean {
  return (
    words[at + 3] === address[3] &&
    words[at + 2] === address[2] &&
    words[at + 1] === address[1] &&
    words[at] === address[0]
  );
}
