/** The datagrams in reassembly: found by the fields that their fragments share, and in order of age. */
import { randomBytes } from 'node:crypto';
import type { OuterPacket } from '../model/outer-packet.js';
import { i32 } from '../wire/bytes.js';
import { HASH_SECRET, KeyedHash } from '../wire/keyed-hash.js';
import type { OuterFragment } from './outer.js';

/** No datagram. */
export const NO_DATAGRAM = -1;
/**
 * The key: identification, version and protocol, source and destination word by word. For IPv4 the other
 * words of the addresses are 0.
 */
const ID = 0;
const VERSION = 1;
const SOURCE = 2;
const DESTINATION = 3;
const ADDRESS_STEP = 2;
const KEY_WORDS = 10;
const KEY_WORDS_IPV4 = 4;
/**
 * Datagrams per hash chain. There are more chains than datagrams: as many in one come about only by design.
 */
export const LONGEST_CHAIN = 32;

export class FragmentTable {
  /** The oldest one, or NO_DATAGRAM. */
  oldest = NO_DATAGRAM;
  /**
   * The oldest one in the chain of the last {@link find}, if the chain has its longest length; otherwise
   * NO_DATAGRAM.
   */
  crowded = NO_DATAGRAM;
  /** The datagram found or added last, NO_DATAGRAM if there is none or it is gone. */
  private last = NO_DATAGRAM;
  private newest = NO_DATAGRAM;
  private free = 0;
  private readonly hashing: KeyedHash;
  private readonly key = new Int32Array(KEY_WORDS);
  /** The hash of the key. */
  private hash = 0;
  private readonly keys: Int32Array;
  private readonly hashes: Uint32Array;
  private readonly heads: Int32Array;
  /** The next, older one in a hash chain, or the next free place. */
  private readonly chain: Int32Array;
  private readonly older: Int32Array;
  private readonly newer: Int32Array;

  constructor(places: number, secret: Uint8Array = randomBytes(HASH_SECRET)) {
    this.hashing = new KeyedHash(secret);
    this.keys = new Int32Array(places * KEY_WORDS);
    this.hashes = new Uint32Array(places);
    this.heads = new Int32Array(1 << (32 - Math.clz32(places))).fill(NO_DATAGRAM);
    this.chain = new Int32Array(places).fill(NO_DATAGRAM);
    for (let i = 1; i < places; i++) this.chain[i - 1] = i;
    this.older = new Int32Array(places);
    this.newer = new Int32Array(places);
  }

  get full(): boolean {
    return this.free === NO_DATAGRAM;
  }

  /** The datagram of a fragment, or NO_DATAGRAM; {@link add} then creates it. */
  find(packet: OuterPacket, fragment: OuterFragment): number {
    this.readKey(packet, fragment);
    this.crowded = NO_DATAGRAM;
    // Most fragments follow another one of their datagram.
    if (this.last !== NO_DATAGRAM && this.sameKey(this.last)) return this.last;
    const words = packet.ipVersion === 4 ? KEY_WORDS_IPV4 : KEY_WORDS;
    this.hash = this.hashing.words(this.key, words, 0) & (this.heads.length - 1);
    let d = this.heads[this.hash];
    for (let n = 1; d !== NO_DATAGRAM && !this.sameKey(d); n++) {
      if (n === LONGEST_CHAIN) this.crowded = d;
      d = this.chain[d];
    }
    this.last = d;
    return d;
  }

  /** Creates the datagram looked for last. There must be a place: see {@link full} and {@link crowded}. */
  add(): number {
    const d = this.free;
    const hash = this.hash;
    this.free = this.chain[d];
    this.chain[d] = this.heads[hash];
    this.heads[hash] = d;
    this.keys.set(this.key, d * KEY_WORDS);
    this.hashes[d] = hash;
    this.older[d] = this.newest;
    this.newer[d] = NO_DATAGRAM;
    if (this.newest === NO_DATAGRAM) this.oldest = d;
    else this.newer[this.newest] = d;
    this.newest = d;
    this.last = d;
    return d;
  }

  remove(d: number): void {
    if (d === this.crowded) this.crowded = NO_DATAGRAM;
    if (d === this.last) this.last = NO_DATAGRAM;
    this.unchain(d);
    const older = this.older[d];
    const newer = this.newer[d];
    if (older === NO_DATAGRAM) this.oldest = newer;
    else this.newer[older] = newer;
    if (newer === NO_DATAGRAM) this.newest = older;
    else this.older[newer] = older;
    this.chain[d] = this.free;
    this.free = d;
  }

  private readKey(packet: OuterPacket, fragment: OuterFragment): void {
    const { key } = this;
    const b = packet.bytes;
    const v4 = packet.ipVersion === 4;
    key[ID] = fragment.id;
    // Fragments of an IPv6 packet may name different next headers (RFC 8200 section 4.5).
    key[VERSION] = v4 ? 0x400 | fragment.protocol : 0x600;
    key[SOURCE] = i32(b, packet.source);
    key[DESTINATION] = i32(b, packet.destination);
    for (let i = 1; i < 4; i++) {
      key[SOURCE + ADDRESS_STEP * i] = v4 ? 0 : i32(b, packet.source + 4 * i);
      key[DESTINATION + ADDRESS_STEP * i] = v4 ? 0 : i32(b, packet.destination + 4 * i);
    }
  }

  private sameKey(d: number): boolean {
    const base = d * KEY_WORDS;
    for (let i = 0; i < KEY_WORDS; i++) if (this.keys[base + i] !== this.key[i]) return false;
    return true;
  }

  private unchain(d: number): void {
    const hash = this.hashes[d];
    if (this.heads[hash] === d) {
      this.heads[hash] = this.chain[d];
      return;
    }
    let before = this.heads[hash];
    while (this.chain[before] !== d) before = this.chain[before];
    this.chain[before] = this.chain[d];
  }
}
