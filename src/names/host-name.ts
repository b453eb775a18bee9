/** What may be the name of a host, and of which addresses names are kept. */

/** The longest name, as of DNS (RFC 1035, 2.3.4), without a dot at its end. */
export const LONGEST_HOST_NAME = 253;
/** Beyond ASCII: what cannot be seen, or is a space. */
const UNSEEN = /[\p{C}\p{Z}]/u;
const DOT = 0x2e;

/**
 * A name as it is kept: lower case, without a dot at its end; '' for what is no name of a host. Names are
 * what strangers say: characters that cannot be seen make a text none, and so do an address and the names of
 * services (`_http._tcp.local`). Punycode stays as it is.
 */
export function hostName(said: string): string {
  let length = said.length;
  while (length > 0 && said.charCodeAt(length - 1) === DOT) length--;
  if (length === 0 || length > LONGEST_HOST_NAME) return '';
  let isAscii = true;
  /** Whether only digits came since the last dot. */
  let digits = true;
  let dots = 0;
  let before = DOT;
  for (let i = 0; i < length; i++) {
    const c = said.charCodeAt(i);
    if (c <= 0x20 || c === 0x7f || isForeign(c)) return '';
    if (c > 0x7f) isAscii = false;
    if (c === DOT) {
      if (before === DOT) return '';
      dots++;
      digits = true;
    } else {
      if (before === DOT && c === 0x5f) return '';
      if (c < 0x30 || c > 0x39) digits = false;
    }
    before = c;
  }
  // 10.0.0.1 and the like: no top level domain has only digits.
  if (digits && dots > 0) return '';
  const name = (length === said.length ? said : said.slice(0, length)).toLowerCase();
  if (!isAscii && (UNSEEN.test(name) || name.length > LONGEST_HOST_NAME)) return '';
  return isEverybody(name) ? '' : name;
}

/** Characters of URLs, shares and ports: `*`, `/`, `:`, `\`. */
function isForeign(c: number): boolean {
  return c === 0x2a || c === 0x2f || c === 0x3a || c === 0x5c;
}

/** A name that every host gives itself, or that Windows asks every network for. */
function isEverybody(name: string): boolean {
  const dot = name.indexOf('.');
  const first = dot < 0 ? name : name.slice(0, dot);
  return first === 'localhost' || first === 'wpad' || first === 'isatap';
}

/** Whether the address of 16 bytes at `o` may be one host's: not nobody's, a group's, or this host's own. */
export function isOfHost(b: Uint8Array, o: number): boolean {
  if (b[o] === 0xff) return false;
  for (let i = 0; i < 10; i++) if (b[o + i] !== 0) return true;
  if (b[o + 10] === 0xff && b[o + 11] === 0xff) {
    const first = b[o + 12];
    return first !== 0 && first !== 127 && first < 224;
  }
  for (let i = 10; i < 15; i++) if (b[o + i] !== 0) return true;
  return b[o + 15] > 1;
}
