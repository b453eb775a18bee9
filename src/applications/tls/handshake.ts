/** Handshake messages, and the records that carry them (RFC 8446, 5.1). */
import { u16, u24 } from '../../wire/bytes.js';
import { HANDSHAKE_HEADER } from './hello.js';

/** A record's type, version and length. */
export const RECORD_HEADER = 5;
/** The longest fragment that any version allows: 2^14 + 2048 (RFC 5246, 6.2.3). */
const LONGEST_RECORD = 18_432;
/** The longest message that is put together. */
const MOST_TOGETHER = 16_384;

export const ContentType = {
  ChangeCipherSpec: 20,
  Alert: 21,
  Handshake: 22,
  Data: 23,
  Heartbeat: 24,
} as const;

/** Whether five bytes at `o` can be a record's header. */
export function isRecord(b: Uint8Array, o: number): boolean {
  return (
    b[o] >= ContentType.ChangeCipherSpec &&
    b[o] <= ContentType.Heartbeat &&
    b[o + 1] === 3 &&
    b[o + 2] <= 4 &&
    u16(b, o + 3) <= LONGEST_RECORD
  );
}

/**
 * Finds a handshake message. Where it is whole in one record, its bytes are left where they are; where it
 * goes on in others, what they carry is put together. The object is reused.
 */
export class HandshakeMessage {
  /** The message, from its header on, as far as it is there. */
  bytes: Uint8Array = new Uint8Array(0);
  start = 0;
  end = 0;
  /** Whether all of it is there; whether it breaks off as something else than a handshake record follows. */
  isWhole = false;
  isBroken = false;
  /** Whether it does not go beyond the record it begins in. */
  isInRecord = false;
  /**
   * Where the message ends, and how much of its last record is left behind it. Where that is not known, the
   * end of the last record.
   */
  next = 0;
  left = 0;
  private readonly together = new Uint8Array(MOST_TOGETHER);

  /**
   * Looks at the message that begins at `o`.
   *
   * @param left bytes left of the record at hand; 0 if a record's header is at `o`
   */
  find(b: Uint8Array, o: number, end: number, left: number): void {
    this.bytes = b;
    this.isWhole = this.isBroken = this.isInRecord = false;
    let p = o;
    if (left === 0) {
      p += RECORD_HEADER;
      left = u16(b, o + 3);
    }
    this.start = p;
    this.end = Math.min(end, p + left);
    this.next = p + left;
    this.left = 0;
    const there = this.end - p;
    if (left >= HANDSHAKE_HEADER) {
      if (there < HANDSHAKE_HEADER) return;
      const length = HANDSHAKE_HEADER + u24(b, p + 1);
      if (length <= left) {
        this.isInRecord = true;
        this.isWhole = length <= there;
        this.end = Math.min(end, p + length);
        this.next = p + length;
        this.left = left - length;
        return;
      }
    }
    if (there === left) this.gather(b, p, end, left);
  }

  /** Puts together what this record, all of it there, and those behind it carry. */
  private gather(b: Uint8Array, o: number, end: number, left: number): void {
    const { together } = this;
    let have = 0;
    let p = o;
    for (;;) {
      const wanted = have >= HANDSHAKE_HEADER ? HANDSHAKE_HEADER + u24(together, 1) : HANDSHAKE_HEADER;
      const take = Math.min(wanted - have, left, end - p, together.length - have);
      for (let i = 0; i < take; i++) together[have + i] = b[p + i];
      have += take;
      p += take;
      left -= take;
      this.next = p + left;
      if (have >= HANDSHAKE_HEADER && have === HANDSHAKE_HEADER + u24(together, 1)) {
        this.isWhole = true;
        this.next = p;
        this.left = left;
        break;
      }
      if (have === together.length) {
        this.isBroken = true;
        break;
      }
      if (left > 0) {
        if (p === end) break;
        continue;
      }
      if (p + RECORD_HEADER > end) break;
      if (b[p] !== ContentType.Handshake || !isRecord(b, p)) {
        this.isBroken = true;
        break;
      }
      left = u16(b, p + 3);
      p += RECORD_HEADER;
      this.next = p + left;
    }
    this.bytes = together;
    this.start = 0;
    this.end = have;
  }
}
