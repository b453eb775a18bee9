/** Who asks, of Authorization and Proxy-Authorization (RFC 9110, 11.6). Only the name is kept. */
import type { Texts } from '../engine/texts.js';
import { decodeBase64 } from '../ntlm/base64.js';
import { Ntlm } from '../ntlm/ntlm.js';
import { isWord } from './names.js';

const LONGEST_USER = 255;
const SPACE = 0x20;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const EQUALS = 0x3d;
const COMMA = 0x2c;

export class Users {
  /** The computer that the value read last says it is from, of NTLM. */
  workstation = '';
  private readonly ntlm = new Ntlm();
  private readonly scratch = new Uint8Array(LONGEST_USER + 1);

  /** The user of a field's value; '' where it says none. */
  of(texts: Texts, b: Uint8Array, at: number, end: number): string {
    this.workstation = '';
    let p = at;
    while (p < end && b[p] !== SPACE) p++;
    const scheme = p - at;
    while (p < end && b[p] === SPACE) p++;
    if (scheme === 5 && isWord(b, at, 'basic')) return this.basic(texts, b, p, end);
    if (scheme === 6 && isWord(b, at, 'digest')) return this.digest(texts, b, p, end);
    if ((scheme === 4 && isWord(b, at, 'ntlm')) || (scheme === 9 && isWord(b, at, 'negotiate')))
      return this.fromToken(texts, b, p, end);
    return '';
  }

  private fromToken(texts: Texts, b: Uint8Array, at: number, end: number): string {
    const { ntlm } = this;
    if (!ntlm.findBase64(texts, b, at, end)) return '';
    this.workstation = ntlm.workstation;
    return ntlm.user;
  }

  /** `user:password` in base64 (RFC 7617, 2). */
  private basic(texts: Texts, b: Uint8Array, at: number, end: number): string {
    const n = decodeBase64(b, at, end, this.scratch);
    let colon = 0;
    while (colon < n && this.scratch[colon] !== COLON) colon++;
    const user = colon < n ? texts.utf8(this.scratch, 0, colon) : '';
    this.scratch.fill(0, 0, n);
    return user;
  }

  /** `username="…"` or `username*=UTF-8''…` among parameters (RFC 7616, 3.4). */
  private digest(texts: Texts, b: Uint8Array, at: number, end: number): string {
    for (let p = at; p < end; ) {
      while (p < end && (b[p] === SPACE || b[p] === COMMA)) p++;
      const name = p;
      while (p < end && b[p] !== EQUALS) p++;
      const length = p++ - name;
      const value = p;
      p = valueEnd(b, value, end);
      if (length === 8 && isWord(b, name, 'username')) return this.quoted(texts, b, value, p);
      if (length === 9 && isWord(b, name, 'username*')) return this.extended(texts, b, value, p);
    }
    return '';
  }

  private quoted(texts: Texts, b: Uint8Array, at: number, end: number): string {
    let n = 0;
    const isQuoted = at < end && b[at] === QUOTE;
    for (let i = isQuoted ? at + 1 : at; i < end && n < LONGEST_USER; i++) {
      if (isQuoted && b[i] === QUOTE) break;
      if (isQuoted && b[i] === BACKSLASH && i + 1 < end) i++;
      this.scratch[n++] = b[i];
    }
    return texts.utf8(this.scratch, 0, n);
  }

  /** Charset, language and text, with `'` between and bytes as `%NN` (RFC 8187, 3.2.1). */
  private extended(texts: Texts, b: Uint8Array, at: number, end: number): string {
    let n = 0;
    let marks = 0;
    for (let i = at; i < end && n < LONGEST_USER; i++) {
      if (marks < 2) {
        if (b[i] === 0x27) marks++;
        continue;
      }
      const high = b[i] === 0x25 && i + 2 < end ? hexOf(b[i + 1]) : -1;
      const low = high < 0 ? -1 : hexOf(b[i + 2]);
      this.scratch[n++] = low < 0 ? b[i] : (high << 4) | low;
      if (low >= 0) i += 2;
    }
    return texts.utf8(this.scratch, 0, n);
  }
}

/** Where a parameter's value ends: behind its closing quote, or before a comma. */
function valueEnd(b: Uint8Array, at: number, end: number): number {
  let p = at;
  if (p < end && b[p] === QUOTE) {
    p++;
    while (p < end && b[p] !== QUOTE) p += b[p] === BACKSLASH ? 2 : 1;
    return Math.min(p + 1, end);
  }
  while (p < end && b[p] !== COMMA) p++;
  return p;
}

function hexOf(c: number): number {
  if (c >= 0x30 && c <= 0x39) return c - 0x30;
  const lower = c | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}
