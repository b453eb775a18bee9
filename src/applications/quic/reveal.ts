import { u16 } from '../../wire/bytes.js';
import { Extension, HANDSHAKE_HEADER } from '../tls/hello.js';
import type { CryptoStream } from './crypto-stream.js';

/** Extensions that no reader looks into: the longest ones. Padding is RFC 7685's. */
const KEY_SHARE = 51;
const PADDING = 21;
/** Shorter ones cost no more when they are decrypted. */
const LONG = 32;
/** Bytes of legacy_version and random. */
const RANDOM_END = HANDSHAKE_HEADER + 34;
/** The high byte of legacy_version, but in drafts of TLS 1.3. */
const VERSION = 3;

/**
 * Decrypts the hello at hand, as far as it is there, for a reader of {@link Extension}: all but what is in
 * extensions that nobody looks into.
 */
export function reveal(stream: CryptoStream, isClient: boolean): void {
  const { bytes, from, have } = stream;
  const whole = stream.end();
  const end = whole === 0 ? have : Math.min(have, whole);
  let p = from + RANDOM_END;
  stream.reveal(Math.min(end, p + 1));
  if (p < end && bytes[from + HANDSHAKE_HEADER] === VERSION) {
    p += 1 + bytes[p];
    if (isClient) {
      // Cipher suites, and ways to compress; of a server's there is one each.
      stream.reveal(Math.min(end, p + 2));
      if (p + 2 <= end) p += 2 + u16(bytes, p);
      stream.reveal(Math.min(end, p + 1));
      if (p < end) p += 1 + bytes[p];
    } else p += 3;
    for (p += 2; p + 4 <= end; ) {
      stream.reveal(p + 4);
      const type = u16(bytes, p);
      const length = u16(bytes, p + 2);
      p += 4;
      if (length > LONG && isUnread(type)) stream.passOver(Math.min(end, p + length));
      p += length;
    }
  }
  stream.reveal(end);
}

function isUnread(type: number): boolean {
  return type === KEY_SHARE || type === PADDING || type === Extension.Ech || type === Extension.PreSharedKey;
}
