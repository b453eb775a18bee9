/** SQL statements as they are kept: without comments, and never with a literal. */

import { LONGEST_RESOURCE, type Texts } from '../engine/texts.js';
import { isDigit } from '../text.js';
import {
  AMPERSAND,
  AT,
  BACKSLASH,
  BACKTICK,
  BANG,
  BRACE,
  BRACKET,
  BRACKET_END,
  CR,
  DOLLAR,
  DOT,
  DOUBLE,
  HASH,
  LF,
  MINUS,
  OPEN,
  PLUS,
  QUESTION,
  SEMICOLON,
  SINGLE,
  SLASH,
  SPACE,
  STAR,
  TAB,
  UNDERSCORE,
} from './characters.js';
import { Sql } from './dialects.js';

const LONGEST_METHOD = 32;
/** What no character is: behind the end. */
const NONE = -1;

/**
 * Reads a statement in one pass: white space and comments become one space, literals `?`, a last `;` is left
 * out. A literal that is cut off is one as well.
 */
export class Statement {
  /** Its text, at most 1,024 characters; its first word, in upper case, '' if it does not begin with one. */
  text = '';
  word = '';
  private bytes: Uint8Array = new Uint8Array(0);
  private end = 0;
  private step = 1;
  private dialect = 0;
  /** White space, or a semicolon, that stands before the next token if there is one. */
  private isSpaced = false;
  private isEnded = false;
  /** Inside of a comment whose words are executed. */
  private isExecuted = false;
  /** Where the first word begins and ends; NONE while nothing is known of it. */
  private wordAt = 0;
  private wordEnd = 0;

  /** @param dialect bits of Sql */
  read(texts: Texts, b: Uint8Array, o: number, end: number, dialect: number): void {
    this.bytes = b;
    this.step = (dialect & Sql.Wide) !== 0 ? 2 : 1;
    this.end = end - ((end - o) % this.step);
    this.dialect = dialect;
    this.isSpaced = this.isEnded = this.isExecuted = false;
    this.wordAt = this.wordEnd = NONE;
    texts.begin();
    let p = o;
    while (p < this.end && texts.added < LONGEST_RESOURCE) p = this.token(texts, p);
    this.text = texts.take(LONGEST_RESOURCE);
    texts.begin();
    for (let at = this.wordAt; at < this.wordEnd; at += this.step) this.put(texts, upper(this.at(at)));
    this.word = texts.take(LONGEST_METHOD);
  }

  /** Takes one token, or white space. @returns where the next one is */
  private token(texts: Texts, p: number): number {
    const c = this.at(p);
    const next = p + this.step;
    if (c === SPACE || (c >= TAB && c <= CR) || c === 0) {
      this.isSpaced = true;
      return next;
    }
    if (c === SEMICOLON) {
      this.isEnded = true;
      return next;
    }
    const behind = this.comment(c, p);
    if (behind !== p) {
      this.isSpaced = true;
      return behind;
    }
    if (c === SINGLE || (c === DOUBLE && this.has(Sql.DoubleQuotedStrings))) {
      this.literal(texts);
      return this.string(next, c, this.has(Sql.Backslashes));
    }
    if (c === DOUBLE || c === BACKTICK) return this.name(texts, p, c);
    if (c === BRACKET && this.has(Sql.Brackets)) return this.name(texts, p, BRACKET_END);
    if (c === DOLLAR && this.has(Sql.Dollars)) return this.dollar(texts, p);
    // An amount of money begins with a dollar sign.
    if (isDigit(c) || ((c === DOT || c === DOLLAR) && isDigit(this.at(next)))) {
      this.literal(texts);
      return this.number(p);
    }
    if (this.isWord(c)) return this.wordOrPrefix(texts, p);
    this.separate(texts);
    if (c !== OPEN && c !== BRACE) this.noWord();
    this.put(texts, c);
    return next;
  }

  /** @returns where a comment ends that begins at `p`; `p` for none */
  private comment(c: number, p: number): number {
    const { step } = this;
    const second = this.at(p + step);
    const mysql = this.has(Sql.MysqlComments);
    if (c === HASH && mysql) return this.line(p);
    if (c === MINUS && second === MINUS) {
      const third = this.at(p + 2 * step);
      return !mysql || third <= SPACE ? this.line(p) : p;
    }
    if (c === STAR && second === SLASH && this.isExecuted) {
      this.isExecuted = false;
      return p + 2 * step;
    }
    if (c !== SLASH || second !== STAR) return p;
    let at = p + 2 * step;
    // MariaDB has /*M! for what MySQL does not know.
    const mark = this.at(at) === 0x4d ? at + step : at;
    if (mysql && this.at(mark) === BANG) {
      this.isExecuted = true;
      at = mark + step;
      while (isDigit(this.at(at))) at += step;
      return at;
    }
    for (let depth = 1; at < this.end && depth > 0; at += step) {
      const x = this.at(at);
      const y = this.at(at + step);
      if (x === STAR && y === SLASH) depth--;
      else if (x === SLASH && y === STAR && this.has(Sql.NestedComments)) depth++;
      else continue;
      at += step;
    }
    return at;
  }

  private line(p: number): number {
    let at = p;
    while (at < this.end && this.at(at) !== LF && this.at(at) !== CR) at += this.step;
    return at;
  }

  /** @returns where a string ends that begins behind its quote */
  private string(p: number, quote: number, backslashes: boolean): number {
    const { step } = this;
    let at = p;
    for (; at < this.end; at += step) {
      const c = this.at(at);
      if (c === BACKSLASH && backslashes) at += step;
      else if (c === quote) {
        if (this.at(at + step) !== quote) return at + step;
        at += step;
      }
    }
    return at;
  }

  /** A quoted name, as it is. */
  private name(texts: Texts, p: number, quote: number): number {
    const { step } = this;
    this.separate(texts);
    this.noWord();
    this.put(texts, this.at(p));
    let at = p + step;
    for (; at < this.end; at += step) {
      const c = this.at(at);
      this.put(texts, c);
      if (c !== quote) continue;
      if (this.at(at + step) !== quote) return at + step;
      at += step;
      this.put(texts, c);
    }
    return at;
  }

  /** A parameter, or a string between two tags. */
  private dollar(texts: Texts, p: number): number {
    const { step } = this;
    let at = p + step;
    if (!isDigit(this.at(at))) while (this.at(at) !== DOLLAR && this.isWord(this.at(at))) at += step;
    if (this.at(at) !== DOLLAR) {
      this.separate(texts);
      this.noWord();
      this.put(texts, DOLLAR);
      for (at = p + step; isDigit(this.at(at)); at += step) this.put(texts, this.at(at));
      return at;
    }
    this.literal(texts);
    const length = at + step - p;
    for (at += step; at + length <= this.end; at += step) if (this.isSame(p, at, length)) return at + length;
    return this.end;
  }

  private isSame(p: number, at: number, length: number): boolean {
    for (let i = 0; i < length; i++) if (this.bytes[p + i] !== this.bytes[at + i]) return false;
    return true;
  }

  /** Also 0xff, 1.5e-3, 10L. */
  private number(p: number): number {
    const { step } = this;
    const isHex = this.at(p) === 0x30 && (this.at(p + step) | SPACE) === 0x78;
    for (let at = p + step; ; at += step) {
      const c = this.at(at);
      if (isDigit(c) || c === DOT || c === DOLLAR || this.isWord(c)) continue;
      const before = this.at(at - step) | SPACE;
      const isExponent = !isHex && before === 0x65 && (c === PLUS || c === MINUS);
      if (!isExponent || !isDigit(this.at(at + step))) return at;
    }
  }

  /** A word, or the prefix of a string: N'…', E'…', B'…', X'…', U&'…'. */
  private wordOrPrefix(texts: Texts, p: number): number {
    const { step } = this;
    const letter = this.at(p) | SPACE;
    let at = p + step;
    const isUnicode = letter === 0x75 && this.at(at) === AMPERSAND;
    const quote = isUnicode ? at + step : at;
    if (this.at(quote) === SINGLE && (isUnicode || isPrefix(letter))) {
      this.literal(texts);
      const escapes = letter === 0x65 && this.has(Sql.EscapeStrings);
      return this.string(quote + step, SINGLE, escapes || this.has(Sql.Backslashes));
    }
    this.separate(texts);
    this.put(texts, this.at(p));
    for (; at < this.end; at += step) {
      const c = this.at(at);
      if (!isLetter(c) && !isDigit(c) && !this.isWord(c)) break;
      this.put(texts, c);
    }
    if (this.wordAt === NONE) {
      this.wordAt = p;
      this.wordEnd = at;
    }
    return at;
  }

  private literal(texts: Texts): void {
    this.separate(texts);
    this.noWord();
    texts.add(QUESTION);
  }

  /** Sets what comes apart from what was before. */
  private separate(texts: Texts): void {
    if (texts.added > 0) {
      if (this.isEnded) texts.add(SEMICOLON);
      if (this.isSpaced) texts.add(SPACE);
    }
    this.isEnded = this.isSpaced = false;
  }

  /** It does not begin with a word. */
  private noWord(): void {
    if (this.wordAt === NONE) this.wordAt = this.wordEnd = 0;
  }

  private put(texts: Texts, c: number): void {
    if (c <= 0xff) texts.add(c);
    else {
      texts.add(BACKSLASH);
      texts.add(0x75);
      for (let shift = 12; shift >= 0; shift -= 4) texts.add(hexDigit((c >> shift) & 15));
    }
  }

  private at(p: number): number {
    if (p >= this.end) return NONE;
    return this.step === 1 ? this.bytes[p] : this.bytes[p] | (this.bytes[p + 1] << 8);
  }

  /** What words are made of, but for digits. */
  private isWord(c: number): boolean {
    if (c > 0x7f || c === UNDERSCORE || c === AT || c === DOLLAR) return true;
    if (c === HASH) return !this.has(Sql.MysqlComments);
    return isLetter(c);
  }

  private has(bit: number): boolean {
    return (this.dialect & bit) !== 0;
  }
}

function isLetter(c: number): boolean {
  const letter = c | SPACE;
  return letter >= 0x61 && letter <= 0x7a;
}

/** n, e, b, x. */
function isPrefix(letter: number): boolean {
  return letter === 0x6e || letter === 0x65 || letter === 0x62 || letter === 0x78;
}

function upper(c: number): number {
  return c >= 0x61 && c <= 0x7a ? c - 0x20 : c;
}

function hexDigit(n: number): number {
  return n < 10 ? 0x30 + n : 0x57 + n;
}
