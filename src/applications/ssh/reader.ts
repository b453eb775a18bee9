/** SSH: what both sides say of themselves before their words are encrypted (RFC 4253, 4.2 and 7.1). */
import { Told } from '../../model/told.js';
import { u32 } from '../../wire/bytes.js';
import { MD5_BYTES, Md5 } from '../crypto/md5.js';
import type { Dialogue, Reader } from '../engine/dialogue.js';
import type { Texts } from '../engine/texts.js';
import { KnownBytes } from '../known-bytes.js';
import { Read, type State } from '../read.js';
import { addHex } from '../words.js';

/** Bytes of a line, of a banner at most 255 (RFC 4253, 4.2); some send more before it. */
const LONGEST_LINE = 1024;
/** Lines before a server's banner. */
const MOST_LINES = 32;
/** Packets before KEXINIT that are passed over. */
const MOST_PACKETS = 8;
/** The longest packet that begins a connection: RFC 4253, 6.1 asks for 35,000 bytes. */
const LONGEST_PACKET = 262_144;
/** A packet's length and that of its padding. */
const PACKET_HEADER = 5;
const KEXINIT = 20;
const COOKIE = 16;
/** Name lists of a KEXINIT that the fingerprint is made of: of the client, of the server. */
const KEX = 0;
const CLIENT_LISTS = [KEX, 2, 4, 6];
const SERVER_LISTS = [KEX, 3, 5, 7];
const LISTS = 8;
/** KEXINITs that are remembered, 2 to the power of this, and the most bytes of one's lists. */
const PLACE_BITS = 7;
const LONGEST_KNOWN = 4096;
const SEMICOLON = 0x3b;
const LF = 0x0a;
const CR = 0x0d;

class End {
  hasBanner = false;
  /** Lines before the banner, then packets before KEXINIT. */
  passed = 0;

  reset(): void {
    this.hasBanner = false;
    this.passed = 0;
  }
}

class SshState implements State {
  /** By the side of the conversation. */
  readonly ends: readonly [End, End] = [new End(), new End()];

  reset(): void {
    for (const end of this.ends) end.reset();
  }
}

/** HASSH of algorithms, sent by a client and by a server; '' where nobody asked. */
class Hashes {
  client = '';
  server = '';
}

export class SshReader implements Reader {
  readonly most = [8192, 8192] as const;
  /** Programs of one kind send the same algorithms each time. */
  private readonly known = new KnownBytes(PLACE_BITS, LONGEST_KNOWN, () => new Hashes());
  private readonly md5 = new Md5();
  private readonly digest = new Uint8Array(MD5_BYTES);
  /** Where the lists of the KEXINIT at hand begin and end. */
  private readonly from = new Int32Array(LISTS);
  private readonly to = new Int32Array(LISTS);

  newState(): SshState {
    return new SshState();
  }

  stream(d: Dialogue, b: Uint8Array, o: number, end: number): number {
    const e = (d.state as SshState).ends[d.side];
    return e.hasBanner ? this.packet(d, e, b, o, end) : line(d, e, b, o, end);
  }

  /** A binary packet: four bytes length, one byte length of the padding, the message, the padding. */
  private packet(d: Dialogue, e: End, b: Uint8Array, o: number, end: number): number {
    if (o + PACKET_HEADER >= end) return d.ending === '' ? Read.More : Read.Turn;
    const length = u32(b, o);
    if (length < 2 || length > LONGEST_PACKET || b[o + 4] >= length) return Read.Done;
    const next = o + 4 + length;
    if (b[o + PACKET_HEADER] !== KEXINIT) return ++e.passed > MOST_PACKETS ? Read.Done : next - o;
    if (next > end && d.ending === '') return Read.More;
    this.kexinit(d, b, o + PACKET_HEADER + 1 + COOKIE, Math.min(end, next - b[o + 4]));
    return Read.Done;
  }

  /**
   * The lists of algorithms, each with four bytes length before it: kex, host keys, then ciphers, MACs and
   * compression, from client to server before from server to client.
   */
  private kexinit(d: Dialogue, b: Uint8Array, o: number, end: number): void {
    const { from, to } = this;
    let p = o;
    for (let i = 0; i < LISTS; i++) {
      if (p + 4 > end) return;
      from[i] = p + 4;
      p += 4 + u32(b, p);
      if (p > end) return;
      to[i] = p;
    }
    const hashes = this.known.find(b, o, p);
    if (this.known.isNew) hashes.client = hashes.server = '';
    if (d.fromClient) {
      if (hashes.client === '') hashes.client = this.hassh(d.texts, b, CLIENT_LISTS);
      d.tell(Told.Hassh, hashes.client);
    } else {
      if (hashes.server === '') hashes.server = this.hassh(d.texts, b, SERVER_LISTS);
      d.tell(Told.HasshServer, hashes.server);
    }
  }

  /** MD5 of lists, with semicolons between them (https://github.com/salesforce/hassh). */
  private hassh(texts: Texts, b: Uint8Array, lists: readonly number[]): string {
    const { from, to, md5, digest } = this;
    md5.begin();
    for (const i of lists) {
      if (i !== KEX) md5.add(SEMICOLON);
      md5.update(b, from[i], to[i]);
    }
    md5.finish(digest, 0);
    texts.begin();
    for (let i = 0; i < MD5_BYTES; i++) addHex(texts, digest[i]);
    return texts.take();
  }
}

/** A banner, `SSH-`, or a line before it. */
function line(d: Dialogue, e: End, b: Uint8Array, o: number, end: number): number {
  const last = Math.min(end, o + LONGEST_LINE);
  let p = o;
  while (p < last && b[p] !== LF) p++;
  const isWhole = p < last;
  if (!isWhole && last === end && d.ending === '') return Read.More;
  if (isBanner(b, o, p)) {
    if (!isWhole) return Read.Turn;
    e.hasBanner = true;
    e.passed = 0;
    const textEnd = b[p - 1] === CR ? p - 1 : p;
    d.tell(d.fromClient ? Told.ClientSoftware : Told.ServerSoftware, d.texts.ascii(b, o, textEnd));
    return isSsh1(b, o, textEnd) ? Read.Done : p + 1 - o;
  }
  if (!isWhole) return Read.Turn;
  return ++e.passed > MOST_LINES ? Read.Done : p + 1 - o;
}

function isBanner(b: Uint8Array, o: number, end: number): boolean {
  return o + 4 <= end && b[o] === 0x53 && b[o + 1] === 0x53 && b[o + 2] === 0x48 && b[o + 3] === 0x2d;
}

/** `SSH-1.5-` and the like, but for `SSH-1.99-`, which can do version 2 too (RFC 4253, 5.1). */
function isSsh1(b: Uint8Array, o: number, end: number): boolean {
  return o + 7 < end && b[o + 4] === 0x31 && !(b[o + 6] === 0x39 && b[o + 7] === 0x39);
}
