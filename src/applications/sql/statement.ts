/** SQL statements as they are kept: without comments, and never with a literal. */

import { LONGEST_RESOURCE, type Texts } from '../engine/texts.js';
import { isDigit } from '../text.js';
import {
  AMPERSAND,
  BACKSLASH,
  BACKTICK,
  BANG,
  BRACKET,
  BRACKET_END,
  CR,
  DOLLAR,
  DOT,
  DOUBLE,
  HASH,
  LF,
  MINUS,
  PLUS,
  QUESTION,
  SEMICOLON,
  SINGLE,
  SLASH,
  SPACE,
  STAR,
} from './characters.js';
import { Class, classesOf } from './classes.js';
import { Sql } from './dialects.js';
import { Remembered } from './remembered.js';

/** What no character is: behind the end. */
const NONE = -1;
/** What a character of UTF-16 is read as that is none of Latin-1: one beyond ASCII, as all of them. */
const BEYOND_LATIN = 0xff;

/** What stands before the next token, if there is one, as bits. */
const SPACED = 1;
const ENDED = 2;

/**
 * Reads a statement in one pass: white space and comments become one space, literals `?`, a last `;` is left
 * out. A literal that is cut off is one as well.
 */
export class Statement {
  private readonly remembered = new Remembered();
  /** What is written, and how much of it while a token is read that is not a plain word. */
  private readonly out = this.remembered.bytes;
  private length = 0;
  private bytes: Uint8Array = new Uint8Array(0);
  private end = 0;
  private dialect = -1;
  private classes: Uint8Array = new Uint8Array(0);
  /** UTF-16: the bytes themselves, where their first one is, and what `bytes` are then. */
  private wide: Uint8Array = new Uint8Array(0);
  private wideAt = 0;
  private narrow: Uint8Array = new Uint8Array(0);
  /** Inside of a comment whose words are executed. */
  private isExecuted = false;

  /** Its text, at most 1,024 characters. */
  get text(): string {
    return this.remembered.text;
  }

  /** Its first word, in upper case, '' if it does not begin with one. */
  get word(): string {
    return this.remembered.word;
  }

  /** @param dialect bits of Sql */
  read(texts: Texts, b: Uint8Array, o: number, end: number, dialect: number): void {
    if (dialect !== this.dialect) {
      this.dialect = dialect;
      this.classes = classesOf(dialect);
    }
    this.isExecuted = false;
    if (this.has(Sql.Wide)) this.readTokens(texts, this.narrowed(b, o, end), 0, (end - o) >> 1);
    else this.readTokens(texts, b, o, end);
  }

  /** UTF-16, low byte first, as one byte per character. */
  private narrowed(b: Uint8Array, o: number, end: number): Uint8Array {
    this.wide = b;
    this.wideAt = o;
    if (2 * this.narrow.length < end - o) this.narrow = new Uint8Array(end - o);
    const { narrow } = this;
    for (let i = 0, p = o; p + 1 < end; i++, p += 2) narrow[i] = b[p + 1] === 0 ? b[p] : BEYOND_LATIN;
    return narrow;
  }

  /** Words, numbers and operators are read here, what is less frequent by methods of their own. */
  private readTokens(texts: Texts, bytes: Uint8Array, o: number, end: number): void {
    this.bytes = bytes;
    this.end = end;
    const { classes, out } = this;
    const { Blank, Digit, Dollar, Dot, High, Mark, Open, Plain, Remark, Semicolon } = Class;
    let n = 0;
    let before = 0;
    let wordAt = 0;
    let wordEnd = 0;
    let isBeginning = true;
    let p = o;
    while (p < end && n < LONGEST_RESOURCE) {
      const c = bytes[p];
      let kind = classes[c];
      if (kind === Blank || kind === Semicolon) {
        before |= kind === Blank ? SPACED : ENDED;
        p++;
        continue;
      }
      if (kind === Dot) kind = p + 1 < end && classes[bytes[p + 1]] === Digit ? Digit : Plain;
      else if (kind === Dollar) kind = this.dollarAt(p);
      else if (kind === Remark) {
        const behind = this.comment(c, p);
        if (behind !== p) {
          before |= SPACED;
          p = behind;
          continue;
        }
        kind = Plain;
      }
      if (before !== 0 && n > 0) {
        if ((before & ENDED) !== 0) out[n++] = SEMICOLON;
        if ((before & SPACED) !== 0) out[n++] = SPACE;
      }
      before = 0;
      if (kind === Plain || kind === Open) {
        out[n++] = c;
        p++;
      } else if (kind === Digit) {
        out[n++] = QUESTION;
        p = this.number(p);
      } else if (kind === Mark) {
        this.length = n;
        p = this.marked(c, p);
        n = this.length;
      } else {
        const from = n;
        let last = p + Remembered.MOST - n;
        if (last > end) last = end;
        while (p < last && classes[bytes[p]] <= Dollar) out[n++] = bytes[p++];
        if (n === from + 1 && this.isPrefix(p)) {
          out[from] = QUESTION;
          p = this.prefixed(p);
          kind = Digit;
        } else if (p < last && classes[bytes[p]] === High) {
          this.length = n;
          p = this.wordOn(p);
          n = this.length;
        }
        if (isBeginning && kind !== Digit) {
          wordAt = from;
          wordEnd = n;
        }
      }
      if (kind !== Open) isBeginning = false;
    }
    this.remembered.take(texts, n, wordAt, wordEnd);
  }

  /** What a dollar sign begins: a parameter or a string, an amount of money, or a word. */
  private dollarAt(p: number): number {
    if (this.has(Sql.Dollars)) return Class.Mark;
    return isDigit(this.at(p + 1)) ? Class.Digit : Class.Letter;
  }

  /** Takes what begins with a character that has a meaning, or needs to be escaped. @returns where it ends */
  private marked(c: number, p: number): number {
    if (c === SINGLE || (c === DOUBLE && this.has(Sql.DoubleQuotedStrings))) {
      this.out[this.length++] = QUESTION;
      return this.string(p + 1, c, this.has(Sql.Backslashes));
    }
    if (c === DOUBLE || c === BACKTICK) return this.name(p, c);
    if (c === BRACKET) return this.name(p, BRACKET_END);
    if (c === DOLLAR) return this.dollar(p);
    this.put(p);
    return p + 1;
  }

  /** @returns where a comment ends that begins at `p`; `p` for none */
  private comment(c: number, p: number): number {
    const second = this.at(p + 1);
    const mysql = this.has(Sql.MysqlComments);
    if (c === HASH) return this.line(p);
    if (c === MINUS && second === MINUS) return !mysql || this.at(p + 2) <= SPACE ? this.line(p) : p;
    if (c === STAR && second === SLASH && this.isExecuted) {
      this.isExecuted = false;
      return p + 2;
    }
    if (c !== SLASH || second !== STAR) return p;
    let at = p + 2;
    // MariaDB has /*M! for what MySQL does not know.
    const mark = this.at(at) === 0x4d ? at + 1 : at;
    if (mysql && this.at(mark) === BANG) {
      this.isExecuted = true;
      at = mark + 1;
      while (isDigit(this.at(at))) at++;
      return at;
    }
    for (let depth = 1; at < this.end && depth > 0; at++) {
      const x = this.at(at);
      const y = this.at(at + 1);
      if (x === STAR && y === SLASH) depth--;
      else if (x === SLASH && y === STAR && this.has(Sql.NestedComments)) depth++;
      else continue;
      at++;
    }
    return at;
  }

  private line(p: number): number {
    const { bytes, end } = this;
    let at = p;
    while (at < end && bytes[at] !== LF && bytes[at] !== CR) at++;
    return at;
  }

  /** @returns where a string ends that begins behind its quote */
  private string(p: number, quote: number, backslashes: boolean): number {
    const { bytes, end } = this;
    let at = p;
    for (; at < end; at++) {
      const c = bytes[at];
      if (c === BACKSLASH && backslashes) at++;
      else if (c === quote) {
        if (this.at(at + 1) !== quote) return at + 1;
        at++;
      }
    }
    return at;
  }

  /** A quoted name, as it is. */
  private name(p: number, quote: number): number {
    const { bytes, end } = this;
    this.put(p);
    let at = p + 1;
    for (; at < end && this.length < LONGEST_RESOURCE; at++) {
      this.put(at);
      if (bytes[at] !== quote) continue;
      if (this.at(at + 1) !== quote) return at + 1;
      this.put(++at);
    }
    return at;
  }

  /** A parameter, or a string between two tags. */
  private dollar(p: number): number {
    const { bytes, classes, end } = this;
    let at = p + 1;
    if (!isDigit(this.at(at)))
      while (at < end && classes[bytes[at]] <= Class.High && bytes[at] !== DOLLAR) at++;
    if (this.at(at) !== DOLLAR) {
      this.put(p);
      for (at = p + 1; isDigit(this.at(at)) && this.length < LONGEST_RESOURCE; at++) this.put(at);
      return at;
    }
    this.out[this.length++] = QUESTION;
    const length = at + 1 - p;
    for (at++; at + length <= end; at++) if (this.isSame(p, at, length)) return at + length;
    return end;
  }

  private isSame(p: number, at: number, length: number): boolean {
    for (let i = 0; i < length; i++) if (this.bytes[p + i] !== this.bytes[at + i]) return false;
    return true;
  }

  /** Also 0xff, 1.5e-3, 10L. */
  private number(p: number): number {
    const { bytes, classes, end } = this;
    let at = p + 1;
    for (;;) {
      while (at < end && (classes[bytes[at]] <= Class.High || bytes[at] === DOT)) at++;
      // The sign of an exponent.
      const sign = this.at(at);
      if ((sign !== PLUS && sign !== MINUS) || (bytes[at - 1] | SPACE) !== 0x65 || !isDigit(this.at(at + 1)))
        return at;
      if (bytes[p] === 0x30 && (bytes[p + 1] | SPACE) === 0x78) return at;
      at++;
    }
  }

  /** Whether the letter before `p` is the prefix of a string: N'…', E'…', B'…', X'…', U&'…'. */
  private isPrefix(p: number): boolean {
    const c = this.at(p);
    if (c !== SINGLE && c !== AMPERSAND) return false;
    const letter = this.bytes[p - 1] | SPACE;
    if (c === AMPERSAND) return letter === 0x75 && this.at(p + 1) === SINGLE;
    return letter === 0x6e || letter === 0x65 || letter === 0x62 || letter === 0x78;
  }

  /** @returns where the string ends whose prefix stands before `p` */
  private prefixed(p: number): number {
    const escapes = (this.bytes[p - 1] | SPACE) === 0x65 && this.has(Sql.EscapeStrings);
    const quote = this.bytes[p] === SINGLE ? p : p + 1;
    return this.string(quote + 1, SINGLE, escapes || this.has(Sql.Backslashes));
  }

  /** Goes on with a word, at a character beyond ASCII. */
  private wordOn(p: number): number {
    const { bytes, classes, end } = this;
    let at = p;
    while (at < end && this.length < Remembered.MOST && classes[bytes[at]] <= Class.High) this.put(at++);
    return at;
  }

  /** Writes the character at `p`, escaped if it is none of printable ASCII. */
  private put(p: number): void {
    const { out } = this;
    const c = this.bytes[p];
    if (c >= SPACE && c <= 0x7e) {
      out[this.length++] = c;
      return;
    }
    const at = this.wideAt + 2 * p;
    const code = this.has(Sql.Wide) ? this.wide[at] | (this.wide[at + 1] << 8) : c;
    out[this.length++] = BACKSLASH;
    out[this.length++] = code > 0xff ? 0x75 : 0x78;
    for (let shift = code > 0xff ? 12 : 4; shift >= 0; shift -= 4)
      out[this.length++] = hexDigit((code >> shift) & 15);
  }

  private at(p: number): number {
    return p < this.end ? this.bytes[p] : NONE;
  }

  private has(bit: number): boolean {
    return (this.dialect & bit) !== 0;
  }
}

function hexDigit(n: number): number {
  return n < 10 ? 0x30 + n : 0x57 + n;
}
