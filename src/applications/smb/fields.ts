/** Fields of requests and responses, behind the header (MS-SMB2 2.2.3 to 2.2.39), low bytes first. */
import { LONGEST_NAME, LONGEST_RESOURCE, type Texts } from '../engine/texts.js';
import { u16le } from '../little-endian.js';
import { Command, HEADER_BYTES, type SmbHeader } from './header.js';

/** Of a SESSION_SETUP's token: NTLMSSP is not longer. */
const TOKEN_BYTES = 2048;
export const FILE_ID_BYTES = 16;
/** Where a CREATE response has the FileId, and a NEGOTIATE response its dialect. */
export const CREATED_ID_AT = HEADER_BYTES + 64;
const DIALECT_AT = HEADER_BYTES + 4;

/** Where the offset (2 bytes, from the header) and the length (2) of a request's text or token are. */
function rangeAt(command: number): number {
  switch (command) {
    case Command.SessionSetup:
      return HEADER_BYTES + 12;
    case Command.TreeConnect:
      return HEADER_BYTES + 4;
    case Command.Create:
      return HEADER_BYTES + 44;
    default:
      return 0;
  }
}

/** Bytes of a message of `size`, from its header at `h` on, that have what is told of it. */
export function bytesNeeded(header: SmbHeader, b: Uint8Array, h: number, end: number, size: number): number {
  let need = HEADER_BYTES;
  if (header.isResponse) {
    if (header.command === Command.Create) need = CREATED_ID_AT + FILE_ID_BYTES;
    if (header.command === Command.Negotiate) need = DIALECT_AT + 2;
    return Math.min(need, size);
  }
  const range = rangeAt(header.command);
  if (range > 0) {
    need = range + 4;
    if (h + need <= end) {
      const length = u16le(b, h + range + 2);
      need = Math.max(need, u16le(b, h + range) + Math.min(length, TOKEN_BYTES));
    }
  } else if (header.fileIdAt > 0) need = HEADER_BYTES + header.fileIdAt + FILE_ID_BYTES;
  return Math.min(need, size);
}

/** Where the text or token of a request begins; `end` if there is none. */
export function textStart(command: number, b: Uint8Array, h: number, end: number): number {
  const range = h + rangeAt(command);
  return range + 4 > end ? end : Math.min(end, h + u16le(b, range));
}

/** Where it ends; where its bytes do if these are not all there. */
export function textEnd(command: number, b: Uint8Array, h: number, end: number): number {
  const range = h + rangeAt(command);
  return range + 4 > end ? end : Math.min(end, h + u16le(b, range) + u16le(b, range + 2));
}

/** The share of a TREE_CONNECT, `\\server\share`, or the file of a CREATE; '' if it is not all there. */
export function nameOf(texts: Texts, command: number, b: Uint8Array, h: number, end: number): string {
  const range = h + rangeAt(command);
  if (range + 4 > end) return '';
  const from = h + u16le(b, range);
  const to = from + u16le(b, range + 2);
  if (to > end) return '';
  return texts.utf16(b, from, to, command === Command.Create ? LONGEST_RESOURCE : LONGEST_NAME);
}

/** The dialect that a NEGOTIATE response chose, `3.1.1`. */
export function dialectOf(b: Uint8Array, h: number, end: number): string {
  if (h + DIALECT_AT + 2 > end) return '';
  const dialect = u16le(b, h + DIALECT_AT);
  switch (dialect) {
    case 0x0202:
      return '2.0.2';
    case 0x0210:
      return '2.1';
    case 0x02ff:
      return '2.???';
    case 0x0300:
      return '3.0';
    case 0x0302:
      return '3.0.2';
    case 0x0311:
      return '3.1.1';
    default:
      return `0x${dialect.toString(16).padStart(4, '0')}`;
  }
}
