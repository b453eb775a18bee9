/** The datagrams that are being put together: found by what their fragments have in common, and in the order they began. */
import { randomInt } from 'node:crypto';
import { u32 } from '../wire/bytes.js';
import type { OuterPacket } from '../wire/outer.js';
import type { OuterFragment } from './outer.js';

/** No datagram. */
export const NO_DATAGRAM = -1;
/** Version and protocol, identification, addresses. */
const KEY_WORDS = 10;

export class FragmentTable {
  /** The one that began first, or NO_DATAGRAM. */
  oldest = NO_DATAGRAM;
  private newest = NO_DATAGRAM;
  private free = 0;
  private readonly seed = randomInt(2 ** 32);
  private readonly key = new Uint32Array(KEY_WORDS);
  private readonly keys: Uint32Array;
  private readonly hashes: Uint32Array;
  private readonly heads: Int32Array;
  /** The next of a hash chain, or of the free places. */
  private readonly chain: Int32Array;
  private readonly older: Int32Array;
  private readonly newer: Int32Array;

  constructor(places: number) {
    this.keys = new Uint32Array(places * KEY_WORDS);
    this.hashes = new Uint32Array(places);
    this.heads = new Int32Array(1 << (32 - Math.clz32(places))).fill(NO_DATAGRAM);
    this.chain = Int32Array.from({ length: places }, (_, i) => (i + 1 < places ? i + 1 : NO_DATAGRAM));
    this.older = new Int32Array(places);
    this.newer = new Int32Array(places);
  }

  get full(): boolean {
    return this.free === NO_DATAGRAM;
  }

  /** The datagram that a fragment belongs to, or NO_DATAGRAM; {@link add} then makes one for it. */
  find(packet: OuterPacket, fragment: OuterFragment): number {
    this.readKey(packet, fragment);
    let d = this.heads[this.hash()];
    while (d !== NO_DATAGRAM && !this.sameKey(d)) d = this.chain[d];
    return d;
  }

  /** Gives the datagram looked for last a place. There has to be one: see {@link full}. */
  add(): number {
    const d = this.free;
    const hash = this.hash();
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
    return d;
  }

  remove(d: number): void {
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
    const key = this.key;
    const b = packet.bytes;
    key.fill(0);
    key[0] = packet.ipVersion === 4 ? 0x400 | fragment.protocol : 0x600;
    key[1] = fragment.id;
    const words = packet.ipVersion === 4 ? 1 : 4;
    for (let i = 0; i < words; i++) {
      key[2 + i] = u32(b, packet.source + 4 * i);
      key[6 + i] = u32(b, packet.destination + 4 * i);
    }
  }

  private hash(): number {
    let h = this.seed;
    for (let i = 0; i < KEY_WORDS; i++) {
      h = Math.imul(h ^ this.key[i], 0x85ebca6b);
      h ^= h >>> 15;
    }
    return h & (this.heads.length - 1);
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
