/** Names of header fields (RFC 9110, 5.1), found without making texts of them. */

/** Header fields that are read. */
export const Field = {
  Host: 0,
  UserAgent: 1,
  Referer: 2,
  XForwardedFor: 3,
  Authorization: 4,
  ProxyAuthorization: 5,
  ContentType: 6,
  ContentLength: 7,
  TransferEncoding: 8,
  Location: 9,
  Server: 10,
  Upgrade: 11,
} as const;
export type Field = (typeof Field)[keyof typeof Field];

/** By Field. */
const NAMES = [
  'host',
  'user-agent',
  'referer',
  'x-forwarded-for',
  'authorization',
  'proxy-authorization',
  'content-type',
  'content-length',
  'transfer-encoding',
  'location',
  'server',
  'upgrade',
];
export const FIELD_COUNT = NAMES.length;
export const LONGEST_FIELD = 19;
/** Letters that names begin with, as bits. */
const FIRST_LETTERS = NAMES.reduce((letters, name) => letters | (1 << (name.charCodeAt(0) & 31)), 0);
/** Whether a field that is read may begin with this character. */
export function mayBegin(c: number): boolean {
  return ((FIRST_LETTERS >> (c & 31)) & 1) !== 0;
}

/** The field whose name stands at `at`; -1 for others. */
export function fieldOf(b: Uint8Array, at: number, length: number): number {
  const field = ofLength(length, b[at] | 0x20);
  return field >= 0 && isWord(b, at, NAMES[field]) ? field : -1;
}

/** The field whose name has this length and, where there are two, this first letter. */
function ofLength(length: number, first: number): number {
  switch (length) {
    case 4:
      return Field.Host;
    case 6:
      return Field.Server;
    case 7:
      return first === 0x72 ? Field.Referer : Field.Upgrade;
    case 8:
      return Field.Location;
    case 10:
      return Field.UserAgent;
    case 12:
      return Field.ContentType;
    case 13:
      return Field.Authorization;
    case 14:
      return Field.ContentLength;
    case 15:
      return Field.XForwardedFor;
    case 17:
      return Field.TransferEncoding;
    case 19:
      return Field.ProxyAuthorization;
    default:
      return -1;
  }
}

/** Whether a word in lower case stands at `at`, where so many bytes are, whatever the case of its letters. */
export function isWord(b: Uint8Array, at: number, word: string): boolean {
  for (let i = 0; i < word.length; i++) {
    const c = b[at + i];
    if ((c >= 0x41 && c <= 0x5a ? c | 0x20 : c) !== word.charCodeAt(i)) return false;
  }
  return true;
}
