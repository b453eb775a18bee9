/**
 * Community ID flow hashing, version 1, seed 0 (github.com/corelight/community-id-spec): a name for a
 * conversation that Zeek, Suricata and others compute too.
 */
import type { SessionRecord } from '../../model/session-record.js';
import type { TransactionRecord } from '../../model/transaction-record.js';
import { isMapped } from '../../wire/ip/addresses.js';
import { isIcmpReply } from '../../wire/ip/icmp.js';
import { isIcmp6Reply } from '../../wire/ip/icmp6.js';
import { IpProtocol } from '../../wire/ip/ip-protocol.js';
import { sha1 } from './sha1.js';

const ICMP = 1;
const TCP = 6;
const UDP = 17;
const ICMP6 = 58;
const SCTP = 132;

/** By ICMP type: the type of its answer or question; other types are one-way. */
const ICMP_COUNTERPART = new Map([
  [8, 0], // echo
  [0, 8],
  [13, 14], // timestamp
  [14, 13],
  [15, 16], // information
  [16, 15],
  [10, 9], // router solicitation, advertisement
  [9, 10],
  [17, 18], // address mask
  [18, 17],
]);
const ICMP6_COUNTERPART = new Map([
  [128, 129], // echo
  [129, 128],
  [130, 131], // multicast listener query, report
  [131, 130],
  [133, 134], // router solicitation, advertisement
  [134, 133],
  [135, 136], // neighbor solicitation, advertisement
  [136, 135],
  [139, 140], // node information
  [140, 139],
  [144, 145], // home agent address discovery
  [145, 144],
]);

/** Seed, two addresses, protocol, padding, two ports; also as words, in which it is compared. */
const INPUT_BYTES = 2 + 16 + 16 + 2 + 4;
const INPUT_WORDS = INPUT_BYTES / 4;
const input = new Uint8Array(INPUT_BYTES);
const inputWords = new Int32Array(input.buffer);
const digest = new Int32Array(5);
/**
 * The Community IDs made last, at places that their inputs give: a session's transactions and parts have the
 * same one. Of each the bytes of its input, and its text in as many bytes as are copied at once. 75 KiB.
 */
const PLACES = 1024;
const TEXT_BYTES = 32;
const madeLengths = new Uint8Array(PLACES);
const madeWords = new Int32Array(PLACES * INPUT_WORDS);
const madeTexts = new Uint8Array(PLACES * TEXT_BYTES);
const made = new DataView(madeTexts.buffer);
/** The characters of base64 (RFC 4648). */
const BASE64 = Uint8Array.from(
  'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/',
  (character) => character.charCodeAt(0),
);
/** Characters of a Community ID. */
const LENGTH = 30;
const ONE = 0x31;
const COLON = 0x3a;
const EQUALS = 0x3d;

/**
 * Writes the Community ID of a conversation to `to` from `o` on: 30 characters, or none if it is not IP. Two
 * more bytes are written, of no meaning.
 *
 * @param ipVersion 4, 6 or 0
 * @param source 16 bytes; IPv4 as ::ffff:a.b.c.d
 * @param protocol IP protocol
 * @param sourcePort a port; for ICMP the type of a message from `source`
 * @param destinationPort a port; for ICMP the code of that message
 * @returns where it ends
 */
export function writeCommunityId(
  to: DataView,
  o: number,
  ipVersion: number,
  source: Uint8Array,
  destination: Uint8Array,
  protocol: number,
  sourcePort: number,
  destinationPort: number,
): number {
  if (ipVersion === 0) return o;
  const sport = sourcePort;
  let dport = destinationPort;
  let oneWay = false;
  if (protocol === ICMP || protocol === ICMP6) {
    const counterpart = (protocol === ICMP ? ICMP_COUNTERPART : ICMP6_COUNTERPART).get(sport);
    if (counterpart === undefined) oneWay = true;
    else dport = counterpart;
  }
  const first = ipVersion === 4 ? 12 : 0;
  let order = 0;
  for (let i = first; i < 16 && order === 0; i++) order = source[i] - destination[i];
  if (order === 0) order = sport - dport;
  const flip = !oneWay && order > 0;
  const low = flip ? destination : source;
  const high = flip ? source : destination;
  let n = 2;
  for (let i = first; i < 16; i++) input[n++] = low[i];
  for (let i = first; i < 16; i++) input[n++] = high[i];
  input[n++] = protocol;
  input[n++] = 0;
  if (protocol === TCP || protocol === UDP || protocol === SCTP || protocol === ICMP || protocol === ICMP6) {
    const a = flip ? dport : sport;
    const b = flip ? sport : dport;
    input[n++] = a >>> 8;
    input[n++] = a;
    input[n++] = b >>> 8;
    input[n++] = b;
  }
  const from = placeOf(n) * TEXT_BYTES;
  for (let i = 0; i < TEXT_BYTES; i += 8) to.setFloat64(o + i, made.getFloat64(from + i, true), true);
  return o + LENGTH;
}

/** The place in `made` of the Community ID of the input's first `n` bytes. */
function placeOf(n: number): number {
  const words = n / 4;
  let mixed = words;
  for (let i = 0; i < words; i++) mixed = Math.imul(mixed ^ inputWords[i], 0x9e3779b1);
  const place = (mixed ^ (mixed >>> 15)) & (PLACES - 1);
  const w = place * INPUT_WORDS;
  let known = madeLengths[place] === n;
  for (let i = 0; i < words && known; i++) known = madeWords[w + i] === inputWords[i];
  if (known) return place;
  madeLengths[place] = n;
  for (let i = 0; i < words; i++) madeWords[w + i] = inputWords[i];
  sha1(input, n, digest);
  let at = place * TEXT_BYTES;
  madeTexts[at++] = ONE;
  madeTexts[at++] = COLON;
  base64(at);
  return place;
}

/** Writes the digest in base64 to `at` of the texts. */
function base64(at: number): void {
  let o = at;
  // Six bits a character: `bits` of the word before are left for the first one of each word.
  let bits = 0;
  let held = 0;
  for (let i = 0; i < 5; i++) {
    const word = digest[i];
    madeTexts[o++] = BASE64[((held << (6 - bits)) | (word >>> (26 + bits))) & 63];
    let left = 26 + bits;
    for (; left >= 6; left -= 6) madeTexts[o++] = BASE64[(word >>> (left - 6)) & 63];
    held = word;
    bits = left;
  }
  madeTexts[o++] = BASE64[(held << (6 - bits)) & 63];
  madeTexts[o] = EQUALS;
}

/** Writes the Community ID of a session. @returns where it ends */
export function communityIdOf(r: SessionRecord, to: DataView, o: number): number {
  const { ipVersion, clientIp, serverIp, protocol, icmpType, icmpCode } = r;
  if (protocol !== IpProtocol.Icmp && protocol !== IpProtocol.Icmp6)
    return writeCommunityId(to, o, ipVersion, clientIp, serverIp, protocol, r.clientPort, r.serverPort);
  // The type is that of the first message. If that answers another, the server sent it; a message to a group
  // was sent to the server.
  const fromServer =
    protocol === IpProtocol.Icmp ? isIcmpReply(icmpType) : isIcmp6Reply(icmpType, serverIp[0]);
  return fromServer
    ? writeCommunityId(to, o, ipVersion, serverIp, clientIp, protocol, icmpType, icmpCode)
    : writeCommunityId(to, o, ipVersion, clientIp, serverIp, protocol, icmpType, icmpCode);
}

/** Writes the Community ID of a transaction's conversation, which has ports. @returns where it ends */
export function communityIdOfTransaction(r: TransactionRecord, to: DataView, o: number): number {
  const ipVersion = isMapped(r.clientIp, 0) && isMapped(r.serverIp, 0) ? 4 : 6;
  return writeCommunityId(to, o, ipVersion, r.clientIp, r.serverIp, r.protocol, r.clientPort, r.serverPort);
}
