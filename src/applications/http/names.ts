/** Names of header fields (RFC 9110, 5.1), found without making texts of them. */

import { bytesOf, LOWER_CASE } from '../text.js';

const COLON = 0x3a;

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
/** Names in lower case, as bytes. */
const NAME_BYTES = NAMES.map(bytesOf);
/** By a name's first byte, whatever its case: the field + 1, 0 for none; and by field, another one of it. */
const FIRST = new Uint8Array(256);
const ANOTHER = new Uint8Array(FIELD_COUNT);
fillTables();

function fillTables(): void {
  for (const [field, [first]] of NAME_BYTES.entries()) {
    ANOTHER[field] = FIRST[first];
    FIRST[first] = FIRST[first - 0x20] = field + 1;
  }
}

/** The field whose name and a colon stand at `at`; -1 for others. */
export function fieldOf(b: Uint8Array, at: number, end: number): number {
  for (let next = FIRST[b[at]]; next > 0; next = ANOTHER[next - 1]) {
    const name = NAME_BYTES[next - 1];
    const colon = at + name.length;
    if (colon < end && b[colon] === COLON && isName(b, at, name)) return next - 1;
  }
  return -1;
}

/** How long a field's name is. */
export function nameLength(field: number): number {
  return NAME_BYTES[field].length;
}

function isName(b: Uint8Array, at: number, name: readonly number[]): boolean {
  for (let i = 0; i < name.length; i++) if (LOWER_CASE[b[at + i]] !== name[i]) return false;
  return true;
}

/** Whether a word in lower case stands at `at`, where so many bytes are, whatever the case of its letters. */
export function isWord(b: Uint8Array, at: number, word: string): boolean {
  for (let i = 0; i < word.length; i++) if (LOWER_CASE[b[at + i]] !== word.charCodeAt(i)) return false;
  return true;
}
