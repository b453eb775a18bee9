import { NameRecord, type NameSink } from '../model/name-record.js';
import type { NameSource } from '../model/name-source.js';
import type { KeyedHash } from '../wire/keyed-hash.js';
import { LONGEST_HOST_NAME } from './host-name.js';

/** Rows handed on at one tick, so that one packet does not wait for all of them. */
export const MOST_AT_ONCE = 4096;
const DAY = 86_400;
const ADDRESS_BYTES = 16;
/** Words of a key before its name: the address, vni, source, day. */
const KEY_WORDS = 7;

/**
 * Names seen, counted by address, vni, day, name and source until they become rows of `names`: after some
 * seconds, or when the place is needed. Strangers choose names: places are found by a keyed hash.
 *
 * Places are a ring in the order in which names came, so the one that was there longest is the first to go.
 */
export class SeenNames {
  /** Rows handed on, and those handed on before their time because the place was needed. */
  rows = 0;
  early = 0;
  private readonly record = new NameRecord();
  private readonly mask: number;
  /** First place of a bucket and the next one of a place, both plus 1; 0: none. */
  private readonly buckets: Uint32Array;
  private readonly next: Uint32Array;
  private readonly hashes: Int32Array;
  private readonly addresses: Uint8Array;
  /** VNI plus 1; 0: none. */
  private readonly vnis: Float64Array;
  private readonly sources: Uint8Array;
  private readonly days: Uint16Array;
  private readonly names: string[];
  private readonly counts: Float64Array;
  /** First second and nanosecond, last second and nanosecond. */
  private readonly times: Uint32Array;
  /** When a name came here, by the clock of {@link tick}. */
  private readonly since: Uint32Array;
  private readonly words = new Int32Array(KEY_WORDS + Math.ceil(LONGEST_HOST_NAME / 2));
  private readonly key = new DataView(this.words.buffer);
  private first = 0;
  private used = 0;
  private now = 0;

  /**
   * @param capacity names held at once, a power of two
   * @param seconds how long one is held
   */
  constructor(
    private readonly sink: NameSink,
    private readonly hash: KeyedHash,
    private readonly capacity: number,
    private readonly seconds: number,
  ) {
    this.mask = capacity - 1;
    this.buckets = new Uint32Array(capacity);
    this.next = new Uint32Array(capacity);
    this.hashes = new Int32Array(capacity);
    this.addresses = new Uint8Array(capacity * ADDRESS_BYTES);
    this.vnis = new Float64Array(capacity);
    this.sources = new Uint8Array(capacity);
    this.days = new Uint16Array(capacity);
    this.names = new Array<string>(capacity).fill('');
    this.counts = new Float64Array(capacity);
    this.times = new Uint32Array(capacity * 4);
    this.since = new Uint32Array(capacity);
  }

  /** Names held now. */
  get held(): number {
    return this.used;
  }

  /**
   * Counts a name once, on the day when it was seen last.
   *
   * @param address 16 bytes at `o`, IPv4 as ::ffff:a.b.c.d
   * @param name as `hostName` returns it
   */
  add(
    address: Uint8Array,
    o: number,
    vni: number | null,
    name: string,
    source: NameSource,
    firstSec: number,
    firstNsec: number,
    lastSec: number,
    lastNsec: number,
  ): void {
    const day = Math.floor(lastSec / DAY);
    const midnight = day * DAY;
    const isOfDay = firstSec >= midnight;
    const sec = isOfDay ? firstSec : midnight;
    const nsec = isOfDay ? firstNsec : 0;
    const network = vni === null ? 0 : vni + 1;
    const hash = this.hashOf(address, o, network, name, source, day);
    const place = this.find(hash, address, o, network, name, source, day);
    if (place < 0) {
      this.open(hash, address, o, network, name, source, day, sec, nsec, lastSec, lastNsec);
      return;
    }
    this.counts[place]++;
    const { times } = this;
    const t = place * 4;
    if (sec < times[t] || (sec === times[t] && nsec < times[t + 1])) {
      times[t] = sec;
      times[t + 1] = nsec;
    }
    if (lastSec > times[t + 2] || (lastSec === times[t + 2] && lastNsec > times[t + 3])) {
      times[t + 2] = lastSec;
      times[t + 3] = lastNsec;
    }
  }

  /** Hands on what was here for long enough, or came at a time that the clock was set back from. */
  tick(sec: number): void {
    this.now = sec;
    for (let n = 0; n < MOST_AT_ONCE && this.used > 0; n++) {
      const since = this.since[this.first];
      if (since <= sec && since + this.seconds > sec) return;
      this.handOn();
    }
  }

  /** Hands on everything. */
  flush(): void {
    while (this.used > 0) this.handOn();
  }

  private find(
    hash: number,
    address: Uint8Array,
    o: number,
    network: number,
    name: string,
    source: number,
    day: number,
  ): number {
    for (let p = this.buckets[hash & this.mask] - 1; p >= 0; p = this.next[p] - 1)
      if (
        this.hashes[p] === hash &&
        this.days[p] === day &&
        this.sources[p] === source &&
        this.vnis[p] === network &&
        this.names[p] === name &&
        this.isAt(p, address, o)
      )
        return p;
    return -1;
  }

  private open(
    hash: number,
    address: Uint8Array,
    o: number,
    network: number,
    name: string,
    source: number,
    day: number,
    sec: number,
    nsec: number,
    lastSec: number,
    lastNsec: number,
  ): void {
    if (this.used === this.capacity) {
      this.early++;
      this.handOn();
    }
    const place = (this.first + this.used++) & this.mask;
    const bucket = hash & this.mask;
    this.next[place] = this.buckets[bucket];
    this.buckets[bucket] = place + 1;
    this.hashes[place] = hash;
    copyAddress(address, o, this.addresses, place * ADDRESS_BYTES);
    this.vnis[place] = network;
    this.sources[place] = source;
    this.days[place] = day;
    this.names[place] = name;
    this.counts[place] = 1;
    this.times[place * 4] = sec;
    this.times[place * 4 + 1] = nsec;
    this.times[place * 4 + 2] = lastSec;
    this.times[place * 4 + 3] = lastNsec;
    this.since[place] = this.now;
  }

  /** Hands on the name that was here longest. */
  private handOn(): void {
    const place = this.first;
    this.unlink(place);
    const r = this.record;
    const t = place * 4;
    r.day = this.days[place];
    copyAddress(this.addresses, place * ADDRESS_BYTES, r.address, 0);
    r.vni = this.vnis[place] === 0 ? null : this.vnis[place] - 1;
    r.name = this.names[place];
    r.source = this.sources[place] as NameSource;
    r.firstSeenSec = this.times[t];
    r.firstSeenNsec = this.times[t + 1];
    r.lastSeenSec = this.times[t + 2];
    r.lastSeenNsec = this.times[t + 3];
    r.count = this.counts[place];
    this.names[place] = '';
    this.first = (place + 1) & this.mask;
    this.used--;
    this.rows++;
    this.sink.name(r);
  }

  /** Takes a place out of its bucket. */
  private unlink(place: number): void {
    const bucket = this.hashes[place] & this.mask;
    const behind = this.next[place];
    let p = this.buckets[bucket] - 1;
    if (p === place) {
      this.buckets[bucket] = behind;
      return;
    }
    while (this.next[p] - 1 !== place) p = this.next[p] - 1;
    this.next[p] = behind;
  }

  private isAt(place: number, address: Uint8Array, o: number): boolean {
    const a = place * ADDRESS_BYTES;
    for (let i = ADDRESS_BYTES - 1; i >= 0; i--) if (this.addresses[a + i] !== address[o + i]) return false;
    return true;
  }

  private hashOf(
    address: Uint8Array,
    o: number,
    network: number,
    name: string,
    source: number,
    day: number,
  ): number {
    const { words, key } = this;
    for (let i = 0; i < ADDRESS_BYTES; i++) key.setUint8(i, address[o + i]);
    words[4] = network;
    words[5] = source;
    words[6] = day;
    const { length } = name;
    let w = KEY_WORDS;
    for (let i = 0; i + 1 < length; i += 2) words[w++] = name.charCodeAt(i) | (name.charCodeAt(i + 1) << 16);
    return this.hash.words(words, w, (length & 1) === 0 ? 0 : name.charCodeAt(length - 1) | 0x10000);
  }
}

function copyAddress(from: Uint8Array, o: number, to: Uint8Array, at: number): void {
  for (let i = 0; i < ADDRESS_BYTES; i++) to[at + i] = from[o + i];
}
