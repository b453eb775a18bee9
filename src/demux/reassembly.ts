/**
 * Reassembles outer fragments (Linux: ip_fragment.c, inet_fragment.c, ipv6/reassembly.c).
 *
 * As in the kernel, for IPv4 and IPv6 alike: a fragment whose bytes have all been seen is ignored; one that
 * partly overlaps others discards the whole datagram (RFC 5722; for IPv4 since Linux 4.20); and a datagram
 * that is incomplete at the timeout after its first fragment is given up. When memory or places run out, the
 * oldest datagram is given up; when a source has its share, its own oldest.
 */
import { REASSEMBLY_DEFAULTS } from '../model/defaults.js';
import type { OuterPacket } from '../model/outer-packet.js';
import { setU16 } from '../wire/bytes.js';
import { setIpv4Checksum } from '../wire/ip/ipv4.js';
import { bufferSize, FragmentBuffers, LARGEST_BUFFER } from './fragment-buffers.js';
import { copy, FragmentRuns, HEADER_ROOM } from './fragment-runs.js';
import { FragmentSources } from './fragment-sources.js';
import { FragmentTable, NO_DATAGRAM } from './fragment-table.js';
import { FragmentUnits } from './fragment-units.js';
import type { OuterFragment } from './outer.js';

export interface ReassemblyLimits {
  /** Bytes of buffers. */
  memory?: number;
  /** Datagrams in reassembly at the same time. */
  datagrams?: number;
  /** Seconds of packet time a datagram waits for its missing fragments. */
  timeout?: number;
}

/**
 * One source address may hold a quarter of memory and places, but at least one datagram of any size, and this
 * many datagrams.
 */
export const SHARE = 4;
export const LEAST_SHARE = 16;

/**
 * Takes the beginning of an incomplete datagram as a packet that was cut: from its IP header at `ip` to
 * `end`; on the wire it reached at least to `wireEnd`. The bytes are valid until it returns; the time is that
 * of the fragment that arrived first.
 *
 * @returns whether it was of use
 */
export type TakeIncomplete = (
  bytes: Uint8Array,
  ip: number,
  end: number,
  wireEnd: number,
  sec: number,
  nsec: number,
) => boolean;

/** Datagrams given up, by reason; ignored fragments. */
export class ReassemblyCounters {
  fragments = 0;
  reassembled = 0;
  /** Fragments whose bytes had all been seen. */
  duplicates = 0;
  overlaps = 0;
  timeouts = 0;
  /** The oldest datagram was given up for lack of memory or places. */
  noMemory = 0;
  noPlace = 0;
  /** The oldest datagram of a source with a full share was given up for another of its own. */
  share = 0;
  /**
   * Impossible fragments: an end beyond 65535 bytes, beyond the last fragment's, or not on an 8-byte
   * boundary.
   */
  invalid = 0;
  /** Contradicting ECN marks (RFC 3168 section 5.3; Linux: ip_frag_ecn_table). */
  ecn = 0;
  /** Still incomplete when the capture ended. */
  unfinished = 0;
  /** Those given up whose beginning was of use. */
  begun = 0;

  /** Datagrams given up because fragments were missing or late. */
  get incomplete(): number {
    return this.timeouts + this.noMemory + this.noPlace + this.share + this.unfinished;
  }
}

/** Results of {@link Reassembly.take}. */
export const FRAGMENT_REFUSED = -1;
export const FRAGMENT_KEPT = 0;
export const REASSEMBLED = 1;

const MAX_LENGTH = 65535;
const NOT_ECT = 1;
const CE = 8;
const FIRST = 1;
const LAST = 2;

export class Reassembly {
  readonly counters = new ReassemblyCounters();
  private readonly timeout: number;
  private readonly shareOfPlaces: number;
  private readonly shareOfMemory: number;
  private readonly buffers: FragmentBuffers;
  private readonly runs: FragmentRuns;
  private readonly table: FragmentTable;
  private readonly sources: FragmentSources;
  private readonly seen: FragmentUnits;
  private readonly since: Float64Array;
  private readonly sinceNsec: Uint32Array;
  private readonly units: Uint16Array;
  private readonly flags: Uint8Array;
  private readonly ecn: Uint8Array;
  /**
   * Payload bytes up to the last fragment's end, or the furthest so far; and up to where the captured bytes
   * are complete.
   */
  private readonly length: Uint32Array;
  private readonly captured: Uint32Array;
  private readonly header: Uint16Array;
  private done: Uint8Array | undefined;

  /**
   * @param incomplete takes the beginnings of datagrams that are given up
   * @param secret of the hash table; random by default
   */
  constructor(
    limits: ReassemblyLimits = {},
    private readonly incomplete: TakeIncomplete = () => false,
    secret?: Uint8Array,
  ) {
    const places = limits.datagrams ?? REASSEMBLY_DEFAULTS.datagrams;
    const memory = limits.memory ?? REASSEMBLY_DEFAULTS.memory;
    this.timeout = limits.timeout ?? REASSEMBLY_DEFAULTS.timeout;
    this.shareOfPlaces = Math.max(Math.floor(places / SHARE), LEAST_SHARE);
    this.shareOfMemory = Math.max(memory / SHARE, LARGEST_BUFFER);
    this.buffers = new FragmentBuffers(memory);
    this.runs = new FragmentRuns(places);
    this.table = new FragmentTable(places, secret);
    this.sources = new FragmentSources(places);
    this.seen = new FragmentUnits(places);
    this.since = new Float64Array(places);
    this.sinceNsec = new Uint32Array(places);
    this.units = new Uint16Array(places);
    this.flags = new Uint8Array(places);
    this.ecn = new Uint8Array(places);
    this.length = new Uint32Array(places);
    this.captured = new Uint32Array(places);
    this.header = new Uint16Array(places);
  }

  /**
   * Takes a fragment; timeouts go by `packet.sec`.
   *
   * @returns REASSEMBLED if it completed its datagram: `packet.bytes`, `ip`, `end` and `wireEnd` are then
   * those of the whole packet, to be parsed again from its IP header, and valid until the next fragment is
   * taken; FRAGMENT_KEPT; FRAGMENT_REFUSED if it is impossible: its datagram is discarded
   */
  take(packet: OuterPacket, fragment: OuterFragment): number {
    this.giveBack();
    this.counters.fragments++;
    this.expire(packet.sec);
    let d = this.table.find(packet, fragment);
    const length = usefulLength(packet, fragment);
    const end = fragment.offset + length;
    if (!this.valid(d, packet, fragment, length)) {
      this.counters.invalid++;
      if (d !== NO_DATAGRAM) this.remove(d);
      return FRAGMENT_REFUSED;
    }
    if (d === NO_DATAGRAM) d = this.open(packet);
    const first = fragment.offset >>> 3;
    const last = (end + 7) >>> 3;
    const seen = this.seen.seen(d, first, last);
    if (seen > 0) return this.seenBefore(d, seen, last - first);
    const captured = Math.min(Math.max(packet.end - fragment.payload, 0), length);
    const buffer = this.room(d, this.runs.size(d, fragment.offset, captured));
    if (buffer === undefined) return FRAGMENT_KEPT;
    this.seen.mark(d, first, last);
    this.units[d] += last - first;
    this.runs.add(d, packet.bytes, fragment.payload, fragment.offset, captured);
    this.note(d, packet, fragment, captured, end);
    if (fragment.offset === 0) this.storeHeader(d, buffer, packet, fragment);
    const whole = this.flags[d] === (FIRST | LAST) && this.units[d] === (this.length[d] + 7) >>> 3;
    return whole ? this.complete(d, packet) : FRAGMENT_KEPT;
  }

  /**
   * Gives up datagrams whose first fragment is older than the timeout, or as far in the future: from a wrong
   * clock, which would hold up those behind it.
   *
   * @param now seconds
   */
  expire(now: number): void {
    const { table, since, timeout } = this;
    while (table.oldest !== NO_DATAGRAM && Math.abs(now - since[table.oldest]) > timeout) {
      this.counters.timeouts++;
      this.giveUp(table.oldest);
    }
  }

  /** Gives up everything incomplete: the capture has ended. */
  finish(): void {
    this.giveBack();
    while (this.table.oldest !== NO_DATAGRAM) {
      this.counters.unfinished++;
      this.giveUp(this.table.oldest);
    }
  }

  /** Linux: the checks at the head of ip_frag_queue and ip6_frag_queue. */
  private valid(d: number, packet: OuterPacket, fragment: OuterFragment, length: number): boolean {
    const end = fragment.offset + length;
    if (length <= 0 || fragment.payload - packet.ip > HEADER_ROOM) return false;
    if (end + (packet.ipVersion === 4 ? fragment.payload - packet.ip : 0) > MAX_LENGTH) return false;
    if (fragment.more && (length & 7) !== 0) return false;
    if (d === NO_DATAGRAM) return true;
    const last = (this.flags[d] & LAST) !== 0;
    if (fragment.more) return !last || end <= this.length[d];
    return last ? end === this.length[d] : end >= this.length[d];
  }

  /** Linux: inet_frag_queue_insert returning IPFRAG_DUP or IPFRAG_OVERLAP. */
  private seenBefore(d: number, seen: number, units: number): number {
    if (seen === units) {
      this.counters.duplicates++;
      return FRAGMENT_KEPT;
    }
    this.counters.overlaps++;
    this.remove(d);
    return FRAGMENT_REFUSED;
  }

  /**
   * The datagram's buffer, with room for `size` bytes; undefined if the datagram itself was given up for lack
   * of memory.
   */
  private room(d: number, size: number): Uint8Array | undefined {
    const old = this.runs.buffers[d];
    if (old !== undefined && old.length >= size) return old;
    const had = old === undefined ? 0 : old.length;
    const source = this.sources.of(d);
    while (this.sources.bytes[source] - had + bufferSize(size) > this.shareOfMemory) {
      this.counters.share++;
      if (this.giveUp(this.sources.oldest[source]) === d) return undefined;
    }
    let buffer = this.buffers.take(size);
    while (buffer === undefined) {
      this.counters.noMemory++;
      if (this.giveUp(this.table.oldest) === d) return undefined;
      buffer = this.buffers.take(size);
    }
    if (old !== undefined) {
      buffer.set(old);
      this.buffers.give(old);
    }
    this.runs.buffers[d] = buffer;
    this.sources.bytes[source] += buffer.length - had;
    return buffer;
  }

  /** Records what a fragment says about its datagram. */
  private note(d: number, packet: OuterPacket, fragment: OuterFragment, captured: number, end: number): void {
    if (packet.end < packet.wireEnd && fragment.offset + captured < this.captured[d]) {
      this.captured[d] = fragment.offset + captured;
    }
    if (end > this.length[d]) this.length[d] = end;
    if (!fragment.more) this.flags[d] |= LAST;
    this.ecn[d] |= 1 << (packet.tos & 3);
  }

  /** Puts the first fragment's headers before the payload, without the fragment header. */
  private storeHeader(d: number, buffer: Uint8Array, packet: OuterPacket, fragment: OuterFragment): void {
    const headerEnd = packet.ipVersion === 4 ? fragment.payload : fragment.header;
    const length = headerEnd - packet.ip;
    const at = HEADER_ROOM - length;
    copy(packet.bytes, packet.ip, buffer, at, length);
    if (packet.ipVersion === 6) buffer[at + fragment.announced - packet.ip] = fragment.protocol;
    this.header[d] = length;
    this.flags[d] |= FIRST;
  }

  private complete(d: number, packet: OuterPacket): number {
    const ecn = this.ecn[d];
    if ((ecn & NOT_ECT) !== 0 && ecn !== NOT_ECT) {
      this.counters.ecn++;
      this.remove(d);
      return FRAGMENT_REFUSED;
    }
    const buffer = this.runs.inOrder(d);
    const at = HEADER_ROOM - this.header[d];
    const length = this.length[d];
    if ((ecn & CE) !== 0) buffer[at + 1] |= buffer[at] >>> 4 === 4 ? 3 : 0x30;
    this.setLength(buffer, at, length);
    packet.bytes = buffer;
    packet.ip = at;
    packet.wireEnd = HEADER_ROOM + length;
    packet.end = HEADER_ROOM + Math.min(this.captured[d], length);
    this.counters.reassembled++;
    this.done = this.detach(d);
    this.remove(d);
    return REASSEMBLED;
  }

  private giveBack(): void {
    if (this.done === undefined) return;
    this.buffers.give(this.done);
    this.done = undefined;
  }

  private open(packet: OuterPacket): number {
    const { table, sources } = this;
    const source = sources.find(packet);
    if (sources.count[source] >= this.shareOfPlaces) {
      this.counters.share++;
      this.giveUp(sources.oldest[source]);
    }
    if (table.crowded !== NO_DATAGRAM || table.full) {
      this.counters.noPlace++;
      this.giveUp(table.crowded !== NO_DATAGRAM ? table.crowded : table.oldest);
    }
    const d = table.add();
    sources.enter(d, source);
    this.runs.begin(d);
    this.seen.clear(d);
    this.since[d] = packet.sec;
    this.sinceNsec[d] = packet.nsec;
    this.units[d] = 0;
    this.flags[d] = 0;
    this.ecn[d] = 0;
    this.length[d] = 0;
    this.captured[d] = MAX_LENGTH;
    return d;
  }

  /** Gives a datagram up, and hands on its beginning. @returns the datagram */
  private giveUp(d: number): number {
    if ((this.flags[d] & FIRST) !== 0) this.handOver(d);
    this.remove(d);
    return d;
  }

  private handOver(d: number): void {
    const there = Math.min(this.seen.leading(d) << 3, this.length[d]);
    // Without the last fragment the length is unknown: more than what has arrived.
    const length = (this.flags[d] & LAST) !== 0 ? this.length[d] : Math.max(this.length[d], there) + 8;
    const buffer = this.runs.inOrder(d);
    const at = HEADER_ROOM - this.header[d];
    this.setLength(buffer, at, Math.min(length, MAX_LENGTH - this.header[d]));
    const end = HEADER_ROOM + Math.min(this.captured[d], there);
    const wireEnd = Math.max(end, HEADER_ROOM + length);
    if (this.incomplete(buffer, at, end, wireEnd, this.since[d], this.sinceNsec[d])) this.counters.begun++;
  }

  /** Makes the IP header at `at` that of an unfragmented packet with this many bytes of payload. */
  private setLength(buffer: Uint8Array, at: number, length: number): void {
    const headerLength = HEADER_ROOM - at;
    if (buffer[at] >>> 4 === 4) {
      setU16(buffer, at + 2, headerLength + length);
      setU16(buffer, at + 6, 0);
      setIpv4Checksum(buffer, at);
    } else setU16(buffer, at + 4, headerLength - 40 + length);
  }

  private remove(d: number): void {
    const buffer = this.detach(d);
    if (buffer !== undefined) this.buffers.give(buffer);
    this.sources.leave(d);
    this.table.remove(d);
  }

  /** Detaches a datagram's buffer. */
  private detach(d: number): Uint8Array | undefined {
    const buffer = this.runs.buffers[d];
    if (buffer === undefined) return undefined;
    this.sources.bytes[this.sources.of(d)] -= buffer.length;
    this.runs.buffers[d] = undefined;
    return buffer;
  }
}

/**
 * Payload bytes of a fragment. For IPv4, all but the last are cut to a multiple of 8 (Linux: ip_frag_queue).
 */
function usefulLength(packet: OuterPacket, fragment: OuterFragment): number {
  const length = packet.wireEnd - fragment.payload;
  return fragment.more && packet.ipVersion === 4 ? length & ~7 : length;
}
