/**
 * Messages that begin with a line of text. The whole line must match the protocol, not only its first word,
 * which several protocols share.
 */

/** The longest first line that is read completely. */
const LONGEST_LINE = 1024;
const LONGEST_METHOD = 16;

const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const DASH = 0x2d;

/** By byte, the same with its letters in lower case. */
export const LOWER_CASE = Uint8Array.from({ length: 256 }, (_, c) => (isCapital(c) ? c | SPACE : c));

/** What requests may begin with: the methods' capitals. */
export const CAPITALS: readonly number[] = Array.from({ length: 26 }, (_, i) => 0x41 + i);

/** The bytes of characters, as `firstBytes` wants them. */
export function bytesOf(characters: string): readonly number[] {
  return Array.from(characters, (c) => c.charCodeAt(0));
}

export function isDigit(c: number): boolean {
  return c >= 0x30 && c <= 0x39;
}

export function isCapital(c: number): boolean {
  return c >= 0x41 && c <= 0x5a;
}

/** Letters, digits and punctuation. */
export function isPrintable(c: number): boolean {
  return c >= SPACE && c < 0x7f;
}

/** Whether all bytes are printable, tabs or line ends; of at most the first 256. */
export function isText(b: Uint8Array, o: number, end: number): boolean {
  const last = Math.min(end, o + 256);
  for (let i = o; i < last; i++) if (!isPrintable(b[i]) && !(b[i] >= 9 && b[i] <= CR)) return false;
  return true;
}

/** The end of the first line, without its terminator; -1 if it was not captured, or is far away. */
export function lineEnd(b: Uint8Array, o: number, end: number): number {
  const last = Math.min(end, o + LONGEST_LINE);
  for (let i = o; i < last; i++) if (b[i] === CR || b[i] === LF) return i;
  return -1;
}

export function startsWith(b: Uint8Array, o: number, end: number, word: string): boolean {
  if (end - o < word.length) return false;
  for (let i = 0; i < word.length; i++) if (b[o + i] !== word.charCodeAt(i)) return false;
  return true;
}

/** Whether bytes start with a word of capitals, whatever their case. */
export function startsWithWord(b: Uint8Array, o: number, end: number, word: string): boolean {
  if (end - o < word.length) return false;
  for (let i = 0; i < word.length; i++) if (capital(b[o + i]) !== word.charCodeAt(i)) return false;
  return true;
}

/** Whether bytes start with one of these words of capitals, whatever their case. */
export function startsWithOneOf(b: Uint8Array, o: number, end: number, words: readonly string[]): boolean {
  for (const word of words) if (startsWithWord(b, o, end, word)) return true;
  return false;
}

/**
 * Whether bytes start with one of these words of capitals, whatever their case, behind which a space or the
 * line's end stands.
 */
export function isCommand(b: Uint8Array, o: number, end: number, words: readonly string[]): boolean {
  for (const word of words) {
    if (!startsWithWord(b, o, end, word)) continue;
    const p = o + word.length;
    if (p < end && (b[p] === SPACE || b[p] === CR || b[p] === LF)) return true;
  }
  return false;
}

/** Whether the first 256 bytes contain a word. */
export function contains(b: Uint8Array, o: number, end: number, word: string): boolean {
  const last = Math.min(end, o + 256) - word.length;
  for (let i = o; i <= last; i++) {
    let j = 0;
    while (j < word.length && b[i + j] === word.charCodeAt(j)) j++;
    if (j === word.length) return true;
  }
  return false;
}

/** A version and a status code of three digits, as in HTTP (RFC 9112 section 4). */
export function isStatus(b: Uint8Array, o: number, end: number, version: string): boolean {
  if (!startsWith(b, o, end, version)) return false;
  const p = o + version.length;
  return (
    p + 7 <= end &&
    isVersion(b, p) &&
    b[p + 3] === SPACE &&
    isDigit(b[p + 4]) &&
    isDigit(b[p + 5]) &&
    isDigit(b[p + 6])
  );
}

/** Where a request's target begins, behind its method (RFC 9112 section 3); -1 if it is no request. */
export function requestTarget(b: Uint8Array, o: number, end: number): number {
  let p = o;
  while (p < end && p - o <= LONGEST_METHOD && isMethod(b[p])) p++;
  return p - o < 3 || p + 1 >= end || b[p] !== SPACE || b[p + 1] === SPACE ? -1 : p + 1;
}

/** Whether the line from a request's target on ends with a version, as ` HTTP/` and digits. */
export function endsWithVersion(b: Uint8Array, target: number, line: number, version: string): boolean {
  const at = line - version.length - 3;
  return at > target && startsWith(b, at, line, version) && isVersion(b, line - 3);
}

/**
 * A method, a target and a version, as in HTTP. If the end of the line was not captured: a method and a
 * target of the scheme.
 */
export function isRequest(b: Uint8Array, o: number, end: number, version: string, scheme: string): boolean {
  const target = requestTarget(b, o, end);
  if (target < 0) return false;
  const line = lineEnd(b, target, end);
  return line < 0 ? startsWith(b, target, end, scheme) : endsWithVersion(b, target, line, version);
}

/** A line that begins with this code, alone or the first of several (RFC 5321 section 4.2). */
export function isReply(b: Uint8Array, o: number, end: number, code: string): boolean {
  return o + 3 < end && startsWith(b, o, end, code) && (b[o + 3] === SPACE || b[o + 3] === DASH);
}

/** The last line of an answer with this code. */
export function isLastReply(b: Uint8Array, o: number, end: number, code: string): boolean {
  return startsWith(b, o, end, code) && (o + 3 === end || b[o + 3] === SPACE);
}

/** Digit, point, digit. */
function isVersion(b: Uint8Array, o: number): boolean {
  return isDigit(b[o]) && b[o + 1] === 0x2e && isDigit(b[o + 2]);
}

/** Characters of methods: capitals, and in some of RTSP's and SSDP's an underscore or a dash. */
function isMethod(c: number): boolean {
  return isCapital(c) || c === 0x5f || c === DASH;
}

function capital(c: number): number {
  return c >= 0x61 && c <= 0x7a ? c - SPACE : c;
}

/** Where the line at `o` ends, at its LF; -1 if that is not here. */
export function endOfLine(b: Uint8Array, o: number, end: number): number {
  for (let i = o; i < end; i++) if (b[i] === LF) return i;
  return -1;
}
