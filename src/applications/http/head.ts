import { LONGEST_NAME, type Texts } from '../engine/texts.js';
import { isCapital, isDigit } from '../text.js';
import { FIELD_COUNT, type Field, fieldOf, nameLength } from './names.js';

/** The longest method: there are none of IANA's beyond 17. */
const LONGEST_METHOD = 32;

/** What bytes are found to be. */
export const Found = { Nothing: 0, Incomplete: 1, Request: 2, Response: 3 } as const;
export type Found = (typeof Found)[keyof typeof Found];

const CR = 0x0d;
const LF = 0x0a;
const SPACE = 0x20;
const TAB = 0x09;
/** By byte, whether it is a character of methods: of a token (RFC 9110, 5.6.2), those that are used. */
const IS_TOKEN = Uint8Array.from({ length: 256 }, (_, c) => (isToken(c) ? 1 : 0));

/**
 * Where the parts of a request's or response's head are (RFC 9112, 2 to 5): lines that end in CRLF, or LF
 * alone. The object is reused.
 */
export class Head {
  /** Behind the empty line; where the bytes end if that is not there. */
  end = 0;
  /** Whether the empty line is there. */
  isWhole = false;
  /** Method and target of a request. */
  methodAt = 0;
  methodEnd = 0;
  targetAt = 0;
  targetEnd = 0;
  /** Of a response. */
  status = 0;
  /** Fields that are there, as bits; and by Field, where the value begins and ends. */
  private found = 0;
  private readonly from = new Uint32Array(FIELD_COUNT);
  private readonly to = new Uint32Array(FIELD_COUNT);
  private isFolded = false;

  /** @param isLast nothing more will come: reads as far as the bytes go */
  find(b: Uint8Array, o: number, end: number, isLast: boolean): Found {
    this.found = 0;
    this.isFolded = this.isWhole = false;
    this.end = end;
    const p = o + lineEndsAt(b, o, end);
    const isResponse = isVersion(b, p, Math.min(p + 5, end));
    if (isResponse && p + 5 > end) return isLast ? Found.Nothing : Found.Incomplete;
    if (!isResponse) {
      const found = this.method(b, p, end);
      if (found !== Found.Request) return found === Found.Incomplete && isLast ? Found.Nothing : found;
    }
    const line = lineFeedAt(b, p, end);
    const isWholeLine = line < end;
    if (!isWholeLine && !isLast) return Found.Incomplete;
    const lineEnd = isWholeLine && b[line - 1] === CR ? line - 1 : line;
    if (isResponse ? !this.statusLine(b, p, lineEnd) : !this.target(b, lineEnd, isWholeLine))
      return Found.Nothing;
    if (isWholeLine && !this.fields(b, line + 1, end, isLast)) return Found.Incomplete;
    return isResponse ? Found.Response : Found.Request;
  }

  has(field: Field): boolean {
    return (this.found & (1 << field)) !== 0;
  }

  /** Where a field's value begins, without white space around it; it ends there too if it is not there. */
  valueAt(field: Field): number {
    return this.has(field) ? this.from[field] : 0;
  }

  valueEnd(field: Field): number {
    return this.has(field) ? this.to[field] : 0;
  }

  /** The text of a field's value, '' if it is not there. Lines that it is folded into become one. */
  value(texts: Texts, b: Uint8Array, field: Field, most = LONGEST_NAME): string {
    const to = this.valueEnd(field);
    if (!this.isFolded) return texts.ascii(b, this.valueAt(field), to, most);
    texts.begin();
    for (let i = this.valueAt(field); i < to; i++) {
      if (b[i] !== CR && b[i] !== LF) texts.add(b[i]);
      else {
        while (i + 1 < to && (b[i + 1] <= SPACE || b[i + 1] === CR)) i++;
        texts.add(SPACE);
      }
    }
    return texts.take(most);
  }

  private method(b: Uint8Array, p: number, end: number): Found {
    let q = p;
    while (q < end && IS_TOKEN[b[q]] !== 0) q++;
    if (q === end) return q - p > LONGEST_METHOD ? Found.Nothing : Found.Incomplete;
    if (b[q] !== SPACE || q === p || q - p > LONGEST_METHOD) return Found.Nothing;
    this.methodAt = p;
    this.methodEnd = q;
    return Found.Request;
  }

  /** The target, up to the first space, and the version at the end of the line. */
  private target(b: Uint8Array, lineEnd: number, isWholeLine: boolean): boolean {
    const at = this.methodEnd + 1;
    let q = at;
    while (q < lineEnd && b[q] !== SPACE) q++;
    this.targetAt = at;
    this.targetEnd = q;
    if (!isWholeLine) return q > at;
    let last = lineEnd;
    while (last > q && (b[last - 1] === SPACE || b[last - 1] === TAB)) last--;
    return q > at && last - 9 >= q && b[last - 9] === SPACE && isVersion(b, last - 8, last - 3);
  }

  /** `HTTP/1.1 200 …` */
  private statusLine(b: Uint8Array, p: number, lineEnd: number): boolean {
    if (p + 12 > lineEnd || b[p + 8] !== SPACE) return false;
    this.status = 0;
    for (let i = p + 9; i < p + 12; i++) {
      if (b[i] < 0x30 || b[i] > 0x39) return false;
      this.status = this.status * 10 + b[i] - 0x30;
    }
    return this.status >= 100;
  }

  /** @returns false if the head goes on, and may come */
  private fields(b: Uint8Array, at: number, end: number, isLast: boolean): boolean {
    let field = -1;
    for (let p = at; p < end; ) {
      const named = fieldOf(b, p, end);
      const value = named < 0 ? p : p + nameLength(named) + 1;
      const q = lineFeedAt(b, value, end);
      if (q === end && !isLast) return false;
      const lineEnd = q < end && q > p && b[q - 1] === CR ? q - 1 : q;
      if (named >= 0) field = this.field(named, b, value, lineEnd);
      else if (lineEnd === p && q < end) {
        this.end = q + 1;
        this.isWhole = true;
        return true;
      } else if (b[p] === SPACE || b[p] === TAB) {
        // Folded (RFC 9112, 5.2).
        if (field >= 0) this.to[field] = trimmed(b, p, lineEnd);
        this.isFolded = true;
      } else field = -1;
      p = q + 1;
    }
    return isLast;
  }

  /** @returns the field that a line is, if it is the first of its name; else -1 */
  private field(field: number, b: Uint8Array, at: number, lineEnd: number): number {
    const bit = 1 << field;
    if ((this.found & bit) !== 0) return -1;
    let v = at;
    while (v < lineEnd && (b[v] === SPACE || b[v] === TAB)) v++;
    this.found |= bit;
    this.from[field] = v;
    this.to[field] = trimmed(b, v, lineEnd);
    return field;
  }
}

/** How many characters of line ends are before a head: some end a body with one more (RFC 9112, 2.2). */
export function lineEndsAt(b: Uint8Array, o: number, end: number): number {
  let p = o;
  while (p < end && (b[p] === CR || b[p] === LF)) p++;
  return p - o;
}

/** Where the next LF is; `end` if there is none. */
function lineFeedAt(b: Uint8Array, o: number, end: number): number {
  let q = o;
  while (q < end && b[q] !== LF) q++;
  return q;
}

/** @returns `end` without white space before it */
function trimmed(b: Uint8Array, at: number, end: number): number {
  let q = end;
  while (q > at && (b[q - 1] === SPACE || b[q - 1] === TAB)) q--;
  return q;
}

/** Whether bytes `p` to `end`, at most 5, begin `HTTP/`. */
function isVersion(b: Uint8Array, p: number, end: number): boolean {
  if (p >= end) return false;
  for (let i = p; i < end; i++) if (b[i] !== 'HTTP/'.charCodeAt(i - p)) return false;
  return true;
}

function isToken(c: number): boolean {
  return isCapital(c) || isCapital(c - 0x20) || c === 0x2d || c === 0x5f || isDigit(c);
}
