/** Parts of targets and URLs (RFC 3986, 3), without what may be secret: users, queries, fragments. */
import { LONGEST_RESOURCE, type Texts } from '../engine/texts.js';

const COLON = 0x3a;
const SLASH = 0x2f;
const HTTP_PORT = 80;
const LONGEST_PORT = 5;

/** Where the authority of a URL begins, behind `://`; -1 where there is none before a path or query. */
export function authorityAt(b: Uint8Array, at: number, end: number): number {
  for (let i = at; i + 2 < end; i++) {
    if (b[i] === COLON) return b[i + 1] === SLASH && b[i + 2] === SLASH ? i + 3 : -1;
    if (b[i] === SLASH || endsPath(b[i])) return -1;
  }
  return -1;
}

/** Where an authority ends that begins at `at`. */
export function authorityEnd(b: Uint8Array, at: number, end: number): number {
  let q = at;
  while (q < end && b[q] !== SLASH && !endsPath(b[q])) q++;
  return q;
}

/** Where a path ends. */
export function pathEnd(b: Uint8Array, at: number, end: number): number {
  let q = at;
  while (q < end && !endsPath(b[q])) q++;
  return q;
}

/** The host of an authority, in lower case, without user and port. */
export function hostOf(texts: Texts, b: Uint8Array, at: number, end: number): string {
  const from = hostAt(b, at, end);
  let to = end;
  while (to > from && b[to - 1] >= 0x30 && b[to - 1] <= 0x39) to--;
  return texts.lower(b, from, to > from && b[to - 1] === COLON ? to - 1 : end);
}

/** The port of an authority of `http`: 80 where it says none (RFC 9110, 4.2.1); 0 where there is no host. */
export function portOf(b: Uint8Array, at: number, end: number): number {
  if (at >= end) return 0;
  let from = end;
  while (from > at && end - from < LONGEST_PORT && b[from - 1] >= 0x30 && b[from - 1] <= 0x39) from--;
  if (from === at || from === end || b[from - 1] !== COLON) return HTTP_PORT;
  let port = 0;
  for (let i = from; i < end; i++) port = port * 10 + b[i] - 0x30;
  return port;
}

/** A URL, or a reference, without user, query and fragment. */
export function urlOf(texts: Texts, b: Uint8Array, at: number, end: number): string {
  const to = pathEnd(b, at, end);
  const authority = authorityAt(b, at, to);
  texts.begin();
  let rest = at;
  if (authority >= 0) {
    texts.addBytes(b, at, authority);
    rest = hostAt(b, authority, authorityEnd(b, authority, to));
  }
  texts.addBytes(b, rest, to);
  return texts.take(LONGEST_RESOURCE);
}

/** Behind the user information of an authority. */
function hostAt(b: Uint8Array, at: number, end: number): number {
  for (let i = end - 1; i >= at; i--) if (b[i] === 0x40) return i + 1;
  return at;
}

/** `?` or `#` */
function endsPath(c: number): boolean {
  return c === 0x3f || c === 0x23;
}
