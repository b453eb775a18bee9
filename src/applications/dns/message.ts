import { u16, u32 } from '../../wire/bytes.js';
import type { Texts } from '../engine/texts.js';
import { addName, NAME_BAD, NAME_SHORT, skipName } from './name.js';
import { Type } from './words.js';

/** The most records of a message that are looked at. */
export const MOST_RECORDS = 64;
const HEADER_BYTES = 12;
const RECORD_PARTS = 4;

/** What became of reading a message. */
export const Whole = { Yes: 0, Short: 1, Malformed: 2, Limit: 3 } as const;
export type Whole = (typeof Whole)[keyof typeof Whole];

/** A message of RFC 1035, 4: header, first question, and where its records are. The object is reused. */
export class Message {
  id = 0;
  isResponse = false;
  opcode = 0;
  /** With the upper bits of EDNS. */
  rcode = 0;
  questions = 0;
  /** Of the first question; '' and 0 where there is none. A name that is not all there is kept in part. */
  name = '';
  type = 0;
  class = 0;
  /** Whether the first question is all there, or there is none. */
  hasQuestion = true;
  whole: Whole = Whole.Yes;
  /** Records that are all there, of which the first `answers` are in the answer section. */
  records = 0;
  answers = 0;
  /** Of each record its type, and where its name begins, its data, and where that ends. */
  private readonly parts = new Uint32Array(MOST_RECORDS * RECORD_PARTS);
  /** Which of them is OPT (RFC 6891); -1 for none. */
  opt = -1;

  /** Reads the message from `o` to `end`. @returns whether its header is there */
  read(texts: Texts, b: Uint8Array, o: number, end: number): boolean {
    this.name = '';
    this.type = this.class = this.records = this.answers = 0;
    this.opt = -1;
    this.hasQuestion = true;
    this.whole = Whole.Yes;
    if (o + HEADER_BYTES > end) return false;
    this.id = u16(b, o);
    this.isResponse = (b[o + 2] & 0x80) !== 0;
    this.opcode = (b[o + 2] >> 3) & 15;
    this.rcode = b[o + 3] & 15;
    this.questions = u16(b, o + 4);
    const at = this.readQuestions(texts, b, o, end);
    if (at >= 0) this.readRecords(b, o, at, end);
    return true;
  }

  /** @returns where the records begin; -1 if that is not known */
  private readQuestions(texts: Texts, b: Uint8Array, o: number, end: number): number {
    let p = o + HEADER_BYTES;
    const count = Math.min(this.questions, MOST_RECORDS);
    for (let i = 0; i < count; i++) {
      if (i === 0) texts.begin();
      const n = i === 0 ? addName(texts, b, o, p, end) : skipName(b, p, end);
      if (i === 0) this.name = texts.take();
      if (n < 0 || p + n + 4 > end) {
        if (i === 0) this.hasQuestion = false;
        return this.stop(n === NAME_BAD ? NAME_BAD : NAME_SHORT);
      }
      p += n;
      if (i === 0) {
        this.type = u16(b, p);
        this.class = u16(b, p + 2);
      }
      p += 4;
    }
    return count < this.questions ? this.stop(MOST_RECORDS) : p;
  }

  private readRecords(b: Uint8Array, o: number, at: number, end: number): void {
    const answers = u16(b, o + 6);
    const all = answers + u16(b, o + 8) + u16(b, o + 10);
    let p = at;
    for (let i = 0; i < all; i++) {
      if (i === MOST_RECORDS) {
        this.whole = Whole.Limit;
        return;
      }
      const n = skipName(b, p, end);
      if (n < 0 || p + n + 10 > end) {
        this.stop(n);
        return;
      }
      const fixed = p + n;
      const dataEnd = fixed + 10 + u16(b, fixed + 8);
      if (dataEnd > end) {
        this.stop(NAME_SHORT);
        return;
      }
      const type = u16(b, fixed);
      const part = i * RECORD_PARTS;
      this.parts[part] = type;
      this.parts[part + 1] = p;
      this.parts[part + 2] = fixed + 10;
      this.parts[part + 3] = dataEnd;
      this.records = i + 1;
      if (i < answers) this.answers = i + 1;
      else if (type === Type.Opt && this.opt < 0) {
        this.opt = i;
        this.rcode |= b[fixed + 4] << 4;
      }
      p = dataEnd;
    }
  }

  private stop(why: number): -1 {
    this.whole = why === NAME_BAD ? Whole.Malformed : why === MOST_RECORDS ? Whole.Limit : Whole.Short;
    return -1;
  }

  typeOf(i: number): number {
    return this.parts[i * RECORD_PARTS];
  }

  /** Where the name of record `i` begins. */
  nameAt(i: number): number {
    return this.parts[i * RECORD_PARTS + 1];
  }

  /** Where its data begin, behind type, class, TTL and length; and where they end. */
  dataAt(i: number): number {
    return this.parts[i * RECORD_PARTS + 2];
  }

  dataEnd(i: number): number {
    return this.parts[i * RECORD_PARTS + 3];
  }

  /** The time to live of record `i`, in seconds; 0 where its top bit is set (RFC 2181, 8). */
  ttl(b: Uint8Array, i: number): number {
    const ttl = u32(b, this.dataAt(i) - 6);
    return ttl > 0x7fffffff ? 0 : ttl;
  }
}
