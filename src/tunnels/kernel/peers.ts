/**
 * Locations of the inner addresses of a tunnel without a fixed remote: each inner address, and on a TAP
 * device each MAC address, is at the outer address it was last heard from. The kernel uses its routes and
 * neighbours for that, which a program behind a TUN device cannot.
 */
import { randomBytes } from 'node:crypto';
import { i32, u16 } from '../../wire/bytes.js';
import { HASH_SECRET, KeyedHash } from '../../wire/keyed-hash.js';

const KEY = 16;
/** Offsets in an entry: the inner address, its outer address, and our own address towards it. */
const REMOTE = 16;
const LOCAL = 32;
const ENTRY = 48;
/** Slots examined before the first of them is overwritten: the table is bounded. */
export const PROBES = 8;
/** Addresses remembered. */
export const PEERS = 4096;

export class Peers {
  private readonly entries: Uint8Array;
  private readonly hashing = new KeyedHash(randomBytes(HASH_SECRET));
  private readonly words = new Int32Array(KEY / 4);

  /** @param capacity a power of two; an address without a free slot replaces another. */
  constructor(private readonly capacity = PEERS) {
    this.entries = new Uint8Array(capacity * ENTRY);
  }

  /**
   * Records that the inner address of `length` bytes at `o` is behind the outer address at `remote`, which
   * reaches us at the one at `local`; these have `size` bytes, in `outer`.
   */
  learn(
    b: Uint8Array,
    o: number,
    length: number,
    outer: Uint8Array,
    remote: number,
    local: number,
    size: number,
  ): void {
    const home = this.home(b, o, length);
    let slot = home;
    for (let i = 0; i < PROBES; i++) {
      const at = ((home + i) & (this.capacity - 1)) * ENTRY;
      if (this.matches(at, b, o, length) || this.free(at)) {
        slot = (home + i) & (this.capacity - 1);
        break;
      }
    }
    const at = slot * ENTRY;
    const e = this.entries;
    e.fill(0, at, at + ENTRY);
    for (let i = 0; i < length; i++) e[at + i] = b[o + i];
    for (let i = 0; i < size; i++) {
      e[at + REMOTE + i] = outer[remote + i];
      e[at + LOCAL + i] = outer[local + i];
    }
  }

  /**
   * @returns where in {@link bytes} its remote is, followed 16 bytes later by our own address; -1 if it was
   * never heard from.
   */
  find(b: Uint8Array, o: number, length: number): number {
    const home = this.home(b, o, length);
    for (let i = 0; i < PROBES; i++) {
      const at = ((home + i) & (this.capacity - 1)) * ENTRY;
      if (this.matches(at, b, o, length)) return at + REMOTE;
    }
    return -1;
  }

  get bytes(): Uint8Array {
    return this.entries;
  }

  private home(b: Uint8Array, o: number, length: number): number {
    const count = length >>> 2;
    for (let i = 0; i < count; i++) this.words[i] = i32(b, o + 4 * i);
    // The last two bytes of a MAC address.
    const last = (length & 3) === 0 ? 0 : u16(b, o + 4 * count);
    return this.hashing.words(this.words, count, last) & (this.capacity - 1);
  }

  private matches(at: number, b: Uint8Array, o: number, length: number): boolean {
    const e = this.entries;
    for (let i = 0; i < length; i++) if (e[at + i] !== b[o + i]) return false;
    for (let i = length; i < KEY; i++) if (e[at + i] !== 0) return false;
    return !this.free(at);
  }

  /** An entry without an outer address is free. */
  private free(at: number): boolean {
    for (let i = REMOTE; i < LOCAL; i++) if (this.entries[at + i] !== 0) return false;
    return true;
  }
}
