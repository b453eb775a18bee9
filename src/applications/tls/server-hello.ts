/** What a server of TLS, DTLS or QUIC takes of what its client can (RFC 8446, 4.1.3; RFC 9147, 5.4). */
import { u16, u24 } from '../../wire/bytes.js';
import { Extension, HANDSHAKE_HEADER } from './hello.js';
import { isDatagramVersion, Version } from './versions.js';

/** SHA-256 of `HelloRetryRequest`: the random of a ServerHello that is one (RFC 8446, 4.1.3). */
const RETRY = [
  0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2,
  0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
];
/** Cipher suites of TLS 1.3 and of no other version (RFC 8446, B.4). */
const FIRST_OF_13 = 0x1301;
const LAST_OF_13 = 0x13ff;

/** A server's hello, as far as it is there. The object is reused: it holds places in `bytes`. */
export class ServerHello {
  bytes: Uint8Array = new Uint8Array(0);
  isWhole = false;
  /** Whether it only asks for another hello of the client. */
  isRetry = false;
  /** The version chosen; 0 where too little of it is there to tell. */
  version = 0;
  /** Whether `version` is TLS 1.3, DTLS 1.3 or a draft of them. */
  isTls13 = false;
  /** -1 where it is not there. */
  cipher = -1;
  sessionAt = 0;
  sessionEnd = 0;
  /** The protocol chosen; in TLS 1.3 it is encrypted. */
  alpnAt = 0;
  alpnEnd = 0;
  hasPreSharedKey = false;

  /**
   * Reads a handshake message of type 2, from its header at `o` (one byte type, three bytes length) to its
   * end, or as far as it is there.
   *
   * @returns false if its lengths contradict each other
   */
  read(b: Uint8Array, o: number, end: number): boolean {
    this.reset(b);
    if (o + HANDSHAKE_HEADER > end) return true;
    const whole = o + HANDSHAKE_HEADER + u24(b, o + 1);
    const there = Math.min(end, whole);
    let p = o + HANDSHAKE_HEADER;
    if (p + 35 > there) return p + 35 <= whole;
    const legacy = u16(b, p);
    this.isRetry = isRetry(b, p + 2);
    p += 34;
    if (!isEarlyDraft(legacy)) {
      this.sessionAt = p + 1;
      p += 1 + b[p];
      this.sessionEnd = p;
    }
    const fixed = isEarlyDraft(legacy) ? 2 : 3;
    if (p + fixed > whole) return false;
    if (p + 2 > there) return true;
    const cipher = u16(b, p);
    this.cipher = cipher;
    p += fixed;
    let sound = true;
    if (p === whole) this.isWhole = end >= whole;
    else sound = this.readExtensions(b, p, there, whole);
    this.isTls13 = (cipher >= FIRST_OF_13 && cipher <= LAST_OF_13) || this.isRetry;
    // Where supported_versions is not there, the suite tells what it would.
    if (this.version === 0) this.version = this.isTls13 && !this.isWhole ? tls13(legacy) : legacy;
    return sound;
  }

  private readExtensions(b: Uint8Array, o: number, there: number, whole: number): boolean {
    if (o + 2 > there) return o + 2 <= whole;
    const end = o + 2 + u16(b, o);
    if (end > whole) return false;
    let p = o + 2;
    while (p + 4 <= there && p < end) {
      const type = u16(b, p);
      const from = p + 4;
      p = from + u16(b, p + 2);
      if (p > end) return false;
      if (p > there) break;
      if (type === Extension.SupportedVersions && p - from >= 2) this.version = u16(b, from);
      else if (type === Extension.PreSharedKey) this.hasPreSharedKey = true;
      else if (type === Extension.Alpn && from + 3 <= p && this.alpnEnd === 0) {
        this.alpnAt = from + 3;
        this.alpnEnd = Math.min(p, from + 3 + b[from + 2]);
      }
    }
    this.isWhole = p === end && end <= there;
    return p === end || there < end;
  }

  private reset(b: Uint8Array): void {
    this.bytes = b;
    this.isWhole = this.isRetry = this.isTls13 = this.hasPreSharedKey = false;
    this.version = this.sessionAt = this.sessionEnd = this.alpnAt = this.alpnEnd = 0;
    this.cipher = -1;
  }
}

/** Drafts of TLS 1.3 before 22: no session id, no compression. */
function isEarlyDraft(version: number): boolean {
  return version >> 8 === 0x7f;
}

function tls13(legacy: number): number {
  return isDatagramVersion(legacy) ? Version.Dtls13 : Version.Tls13;
}

function isRetry(b: Uint8Array, o: number): boolean {
  for (let i = 0; i < RETRY.length; i++) if (b[o + i] !== RETRY[i]) return false;
  return true;
}
