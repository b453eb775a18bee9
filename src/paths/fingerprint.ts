/**
 * The fingerprint of a packet: a keyed hash of what no router changes. It says whether the packet is sampled,
 * so that every place samples the same ones (RFC 5475, hash-based selection), and which packet elsewhere is
 * the same.
 *
 * In it are: the IPv4 identification unless it is 0, the place in a fragmented datagram, the protocol, TCP's
 * numbers and its flags SYN, ACK, RST and URG, ICMP's type, code and number, the first bytes of payload
 * ({@link PRINT_BYTES}), the addresses and ports. Not in it are TTL, DSCP, ECN, DF, checksums and TCP
 * options, which routers change; nor the length, FIN and PSH, which differ between a packet and the first of
 * those that it is split into, so that both are recognised as the same one.
 */
import { createHash } from 'node:crypto';
import { i32, u16 } from '../wire/bytes.js';
import { HASH_SECRET, KeyedHash } from '../wire/keyed-hash.js';
import type { Frame } from '../wire/walk/frame.js';
import { O, ObservationKind } from './observation.js';

/** Bytes of payload in a fingerprint; of TCP, whose numbers tell packets apart, fewer do. */
export const PRINT_BYTES = 32;
export const TCP_PRINT_BYTES = 8;
/** The largest packet that Ethernet carries without jumbo frames: larger ones may have been merged. */
const ETHERNET_MTU = 1500;
const TCP = 6;
const UDP = 17;
const ICMP = 1;
const ICMPV6 = 58;
/** SYN, RST, ACK, URG. */
const LASTING_FLAGS = 0x36;
const ICMP_NUMBER = 6;
const MOST_WORDS = 24;
const TWO_32 = 2 ** 32;
/** Secret numbers of the cheap hash that selects packets. */
const SELECTORS = 8;

/** A key of any length, as two: places with one key sample the same packets. */
export interface PathKey {
  readonly print: Uint8Array;
  readonly selection: Uint8Array;
}

/** The keys derived from a secret. */
export function pathKey(secret: Uint8Array): PathKey {
  const of = (what: string): Buffer => createHash('sha256').update(what).update(secret).digest();
  return { print: of('path print').subarray(0, HASH_SECRET), selection: of('path selection') };
}

export class Fingerprint {
  private readonly hash: KeyedHash;
  private readonly words = new Int32Array(MOST_WORDS);
  private readonly secrets: Int32Array;
  private readonly threshold: number;

  /** @param sample one packet in so many is sampled, 1: each */
  constructor(
    key: PathKey,
    private readonly sample: number,
  ) {
    this.hash = new KeyedHash(key.print);
    const view = new DataView(key.selection.buffer, key.selection.byteOffset, SELECTORS * 4);
    this.secrets = Int32Array.from({ length: SELECTORS }, (_, i) => view.getInt32(i * 4) | 1);
    this.threshold = Math.floor(TWO_32 / sample);
  }

  /**
   * Observes a frame, if it is sampled.
   *
   * @param place the number of the place where it was seen
   * @param bare whether a pair with NAT needs the fingerprint without addresses and ports
   * @param o where the observation is written, from `at` on
   * @returns whether there is one
   */
  take(f: Frame, place: number, bare: boolean, o: Int32Array, at: number): boolean {
    if (f.ip < 0) return false;
    const id = f.ipVersion === 4 ? u16(f.bytes, f.ip + 4) : 0;
    if (this.sample > 1 && !this.isSampled(f, id)) return this.takeLarge(f, place, o, at);
    const content = contentOf(f);
    const length = f.protocol === TCP || f.protocol === UDP ? f.payloadLength : contentLength(f, content);
    const read = Math.min(length, f.protocol === TCP ? TCP_PRINT_BYTES : PRINT_BYTES);
    const there = content < 0 ? -1 : Math.max(0, f.end - content);
    if (there < read || isHeaderless(f)) {
      this.write(f, ObservationKind.Cut, place, Math.min(there, PRINT_BYTES), o, at);
      return true;
    }
    const { words, hash } = this;
    let n = 0;
    words[n++] = (id << 16) | (f.fragmentOffset >>> 3);
    if (f.ipVersion === 6 && f.fragmentId !== 0) words[n++] = f.fragmentId;
    let last = f.protocol;
    if (f.fragmentOffset === 0) {
      if (f.protocol === TCP) {
        words[n++] = f.tcpSequence;
        words[n++] = f.tcpAcknowledgment;
        last |= (f.tcpFlags & LASTING_FLAGS) << 8;
      } else if (isIcmp(f)) words[n++] = (f.icmpType << 8) | f.icmpCode;
    }
    n = copy(f.bytes, content, read, words, n);
    if (bare) {
      o[at + O.BARE_PRINT] = hash.twice(words, n, last);
      o[at + O.BARE_PRINT + 1] = hash.other;
    }
    words[n++] = (f.sourcePort << 16) | f.destinationPort;
    if (isIcmp(f)) words[n - 1] = f.transport >= 0 ? u16(f.bytes, f.transport + 4) : 0;
    words[n++] = f.sourceWord;
    words[n++] = f.destinationWord;
    if (f.ipVersion === 6) {
      for (let i = 0; i < 12; i += 4) {
        words[n++] = i32(f.bytes, f.source + i);
        words[n++] = i32(f.bytes, f.destination + i);
      }
    }
    o[at + O.PRINT] = hash.twice(words, n, last | 0x800000);
    o[at + O.PRINT + 1] = hash.other;
    const kind = f.fragmentOffset === 0 ? ObservationKind.Whole : ObservationKind.Fragment;
    this.write(f, kind, place, length, o, at);
    return true;
  }

  /** Whether every place samples this packet: a few words decide, so that the others cost little. */
  private isSampled(f: Frame, id: number): boolean {
    const s = this.secrets;
    let a = (id << 16) | (f.fragmentOffset << 3) | f.protocol;
    let b = f.tcpSequence;
    let c = f.tcpAcknowledgment;
    if (f.protocol !== TCP || f.fragmentOffset > 0) {
      const content = contentOf(f);
      const { bytes, end } = f;
      b = content >= 0 && content + 4 <= end ? i32(bytes, content) : 0;
      c = content >= 0 && content + 8 <= end ? i32(bytes, content + 4) : 0;
      a ^= f.icmpType;
    }
    let h = Math.imul(a ^ s[0], s[1]) + Math.imul(b ^ s[2], s[3]) + Math.imul(c ^ s[4], s[5]);
    h = Math.imul(h ^ (h >>> 16), s[6]);
    h = Math.imul(h ^ (h >>> 15), s[7]);
    return (h ^ (h >>> 16)) >>> 0 < this.threshold;
  }

  private takeLarge(f: Frame, place: number, o: Int32Array, at: number): boolean {
    if (f.ipLength <= ETHERNET_MTU || f.protocol !== TCP || f.fragmentOffset > 0) return false;
    this.write(f, ObservationKind.Large, place, f.payloadLength, o, at);
    return true;
  }

  private write(
    f: Frame,
    kind: ObservationKind,
    place: number,
    length: number,
    o: Int32Array,
    at: number,
  ): void {
    o[at + O.KIND] = kind | (place << 8);
    o[at + O.PROTOCOL] = f.protocol | (f.ipVersion << 8) | (f.ttl << 16) | (f.tcpFlags << 24);
    o[at + O.PORTS] = (f.sourcePort << 16) | f.destinationPort;
    // The first fragment of a datagram is as long as the whole only if its length says which of both it is.
    o[at + O.LENGTH] = (length << 1) | (f.moreFragments ? 1 : 0);
    o[at + O.SEC] = f.sec;
    o[at + O.NSEC] = f.nsec;
    o[at + O.SEQUENCE] = f.tcpSequence;
    o[at + O.SOURCE + 3] = f.sourceWord;
    o[at + O.DESTINATION + 3] = f.destinationWord;
    const isIpv6 = f.ipVersion === 6;
    for (let i = 0; i < 3; i++) {
      o[at + O.SOURCE + i] = isIpv6 ? i32(f.bytes, f.source + i * 4) : 0;
      o[at + O.DESTINATION + i] = isIpv6 ? i32(f.bytes, f.destination + i * 4) : 0;
    }
  }
}

function isIcmp(f: Frame): boolean {
  return f.protocol === ICMP || f.protocol === ICMPV6;
}

/** Whether a transport header that the fingerprint needs was cut off. */
function isHeaderless(f: Frame): boolean {
  return f.transport < 0 && f.fragmentOffset === 0 && (f.protocol === TCP || f.protocol === UDP || isIcmp(f));
}

/** Where the payload begins: behind TCP's and UDP's header, behind ICMP's id; -1 if it is not known. */
function contentOf(f: Frame): number {
  if (f.fragmentOffset === 0 && isIcmp(f)) return f.transport < 0 ? -1 : f.transport + ICMP_NUMBER;
  if (f.payload >= 0) return f.payload;
  if (f.transport >= 0) return f.transport;
  return f.ipVersion === 4 ? f.ip + (f.bytes[f.ip] & 15) * 4 : -1;
}

/** Bytes from there to the packet's end, by its IP header. */
function contentLength(f: Frame, content: number): number {
  return content < 0 ? 1 : Math.max(0, f.ip + f.ipLength - content);
}

/** Copies bytes into words, the last one filled up with zeros. @returns the index after the last word */
function copy(bytes: Uint8Array, from: number, count: number, words: Int32Array, at: number): number {
  let n = at;
  let i = from;
  const end = from + count;
  for (; i + 4 <= end; i += 4) words[n++] = i32(bytes, i);
  if (i === end) return n;
  let rest = end - i;
  for (let shift = 24; i < end; i++, shift -= 8) rest |= bytes[i] << shift;
  words[n++] = rest;
  return n;
}
