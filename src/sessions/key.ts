/** What makes two frames part of the same conversation. */

import type { Mirrored } from '../model/mirrored.js';
import { u32 } from '../wire/bytes.js';
import type { KeyedHash } from '../wire/keyed-hash.js';
import type { Frame } from '../wire/walk/frame.js';
import { NO_VNI } from '../wire/walk/layers.js';
import { Separation } from './separation.js';
import { SLOT_BYTES } from './slot-fields.js';
import { U8, U16, W } from './slot-layout.js';
import { FLAG, SLOT_WORDS, type Slots } from './slots.js';

/**
 * Both addresses; the EtherType of frames that are not IP, or the ports of those that are; and the separator.
 */
const MOST_WORDS = 10;
/** Numbers of 31 bits stay small integers wherever they are stored. */
const HASH_BITS = 0x7fffffff;

/**
 * A frame's key in words, source and destination separately; reused for every frame. Addresses are four words
 * each: IPv4 as ::ffff:a.b.c.d, MACs in the last two words of frames that are not IP.
 */
export class Key {
  /** {@link MirrorPoint.identity}. */
  mirror = 0;
  ipVersion = 0;
  protocol = 0;
  subType = 0;
  /** From {@link Separation}: 0 if nothing separates this conversation from others between its ends. */
  separator = 0;
  readonly source = new Uint32Array(4);
  readonly destination = new Uint32Array(4);
  sourcePort = 0;
  destinationPort = 0;
  /** A hash for places where others may collide with it: 32 bits, signed, the same for both directions. */
  quick = 0;
  /** {@link hash}, -1 before it was computed. */
  private hashed = -1;
  private readonly words = new Int32Array(MOST_WORDS);
  /** Whether the source is the end with the lower number, once its hash was computed. */
  forward = false;

  constructor(
    private readonly hashing: KeyedHash,
    readonly separation = new Separation(hashing),
  ) {}

  /** Reads the key of a mirror point's frame. */
  take(f: Frame, m: Mirrored): void {
    this.hashed = -1;
    this.mirror = m.point.identity;
    this.separator = f.vni === NO_VNI && !this.separation.elaborate ? 0 : this.separation.take(f, m);
    this.ipVersion = f.ipVersion;
    this.protocol = f.protocol;
    this.subType = 0;
    this.sourcePort = f.sourcePort;
    this.destinationPort = f.destinationPort;
    const b = f.bytes;
    const s = this.source;
    const d = this.destination;
    // A frame's bytes are mostly not in the cache of the session table's thread: IPv4 does without them.
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
    this.quick = this.mixQuickly(s[3], d[3]);
  }

  /** Sets a separator that is already known. */
  separate(separator: number): void {
    this.separator = separator;
    this.hashed = -1;
    this.quick = this.mixQuickly(this.source[3], this.destination[3]);
  }

  /** The key's hash under the table's secret: 31 bits, the same for both directions. */
  get hash(): number {
    if (this.hashed < 0) this.hashed = this.mix();
    return this.hashed;
  }

  /** Two hashes of the ends, whichever sends and whoever mirrored it: 32 bits each. */
  conversation(first: KeyedHash, second: KeyedHash, to: Int32Array): void {
    const count = this.ends();
    to[0] = first.words(this.words, count, this.protocol);
    to[1] = second.words(this.words, count, this.protocol);
  }

  /** A key with the same secret. */
  spare(): Key {
    return new Key(this.hashing, this.separation);
  }

  copy(other: Key): void {
    this.mirror = other.mirror;
    this.ipVersion = other.ipVersion;
    this.protocol = other.protocol;
    this.subType = other.subType;
    this.separator = other.separator;
    this.source.set(other.source);
    this.destination.set(other.destination);
    this.sourcePort = other.sourcePort;
    this.destinationPort = other.destinationPort;
    this.quick = other.quick;
    this.hashed = other.hashed;
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

  private mixQuickly(source: number, destination: number): number {
    const ports =
      (this.sourcePort ^ this.destinationPort) +
      ((this.mirror << 16) ^ (this.protocol << 8) ^ this.separator);
    const h =
      Math.imul(source ^ destination, 0x9e3779b1) + Math.imul(ports, 0x85ebca6b) + source + destination;
    return Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  }

  /** Hashes the ends. The presence of a separator gives a message of different length. */
  private mix(): number {
    let count = this.ends();
    const w = this.words;
    if (this.separator !== 0) w[count++] = this.separator;
    return this.hashing.words(w, count, ((this.mirror & 0xffff) << 8) | this.protocol) & HASH_BITS;
  }

  /**
   * Puts the two ends into words in the order of their numbers, whichever sends. Different IP versions give
   * different numbers of them.
   *
   * @returns how many
   */
  private ends(): number {
    const s = this.source;
    const d = this.destination;
    const w = this.words;
    let first = 3;
    while (first > 0 && s[first] === d[first]) first--;
    const forward = s[first] !== d[first] ? s[first] < d[first] : this.sourcePort < this.destinationPort;
    this.forward = forward;
    const low = forward ? s : d;
    const high = forward ? d : s;
    const lowPort = forward ? this.sourcePort : this.destinationPort;
    const highPort = forward ? this.destinationPort : this.sourcePort;
    w[0] = low[3];
    w[1] = high[3];
    let count = 2;
    if (this.ipVersion !== 4) {
      for (let i = this.ipVersion === 6 ? 0 : 2; i < 3; i++) {
        w[count++] = low[i];
        w[count++] = high[i];
      }
    }
    w[count++] = this.ipVersion === 0 ? this.subType : (lowPort << 16) | highPort;
    return count;
  }

  /**
   * The direction of this key's frame in a slot: 0 as its side A sends, 1 as its side B, -1 if it belongs to
   * another session.
   */
  side(s: Slots, slot: number): -1 | 0 | 1 {
    const u32s = s.u32;
    const w = slot * SLOT_WORDS;
    const b = slot * SLOT_BYTES;
    if (
      u32s[w + W.MIRROR] !== this.mirror ||
      s.u8[b + U8.PROTOCOL] !== this.protocol ||
      s.u8[b + U8.IP_VERSION] !== this.ipVersion ||
      u32s[w + W.SUBTYPE] !== this.subType ||
      u32s[w + W.SEPARATOR] !== this.separator ||
      (s.u8[b + U8.FLAGS] & FLAG.USED) === 0
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

  /** Writes the key into a fresh slot, with the source as side A. */
  store(s: Slots, slot: number): void {
    const u32s = s.u32;
    const w = slot * SLOT_WORDS;
    u32s[w + W.HASH] = this.hash;
    u32s[w + W.MIRROR] = this.mirror;
    u32s[w + W.SUBTYPE] = this.subType;
    u32s[w + W.SEPARATOR] = this.separator;
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
