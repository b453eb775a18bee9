/**
 * NTLMSSP messages (MS-NLMP 2.2.1): NEGOTIATE, CHALLENGE, AUTHENTICATE. They stand in SMB, HTTP, LDAP and
 * DCE-RPC, alone or in SPNEGO (RFC 4178). Only names are read, neither challenges nor responses.
 */
import { LONGEST_NAME, type Texts } from '../engine/texts.js';
import { u16le, u32le } from '../little-endian.js';
import { decodeBase64 } from './base64.js';

/** MessageType. */
export const NtlmType = { None: 0, Negotiate: 1, Challenge: 2, Authenticate: 3 } as const;
export type NtlmType = (typeof NtlmType)[keyof typeof NtlmType];

/** `NTLMSSP\0` */
const SIGNATURE = [0x4e, 0x54, 0x4c, 0x4d, 0x53, 0x53, 0x50, 0];
/** How far from a token's beginning a message is looked for: SPNEGO's mechanisms come before it. */
const FARTHEST = 512;
/** The longest token that is decoded from base64. */
const LONGEST_TOKEN = 2048;
const NEGOTIATE_UNICODE = 1;

/** What a message says. The object is reused. */
export class Ntlm {
  type: NtlmType = NtlmType.None;
  /** Of an AUTHENTICATE message: `DOMAIN\user`, `user` without a domain; '' of an anonymous one. */
  user = '';
  /** The client's name, of an AUTHENTICATE message. */
  workstation = '';
  private readonly decoded = new Uint8Array(LONGEST_TOKEN);

  /**
   * Looks for a message in a token, bytes `o` to `end`: NTLMSSP itself, or SPNEGO with it.
   *
   * @returns whether there is one
   */
  find(texts: Texts, b: Uint8Array, o: number, end: number): boolean {
    this.type = NtlmType.None;
    this.user = this.workstation = '';
    const last = Math.min(end - 12, o + FARTHEST);
    for (let i = o; i <= last; i++)
      if (b[i] === 0x4e && isSignature(b, i)) return this.read(texts, b, i, end);
    return false;
  }

  /** Likewise of a token in base64, as behind `Authorization: NTLM` and `Negotiate` (RFC 4559). */
  findBase64(texts: Texts, b: Uint8Array, o: number, end: number): boolean {
    return this.find(texts, this.decoded, 0, decodeBase64(b, o, end, this.decoded));
  }

  /** Reads the message that begins at `o`, of which 12 bytes are there. */
  private read(texts: Texts, b: Uint8Array, o: number, end: number): boolean {
    const type = u32le(b, o + 8);
    if (type !== NtlmType.Negotiate && type !== NtlmType.Challenge && type !== NtlmType.Authenticate)
      return false;
    this.type = type;
    if (type === NtlmType.Authenticate && o + 52 <= end) this.readNames(texts, b, o, end);
    return true;
  }

  /** Fields: length (2 bytes), space (2), offset from the message (4), low byte first. */
  private readNames(texts: Texts, b: Uint8Array, o: number, end: number): void {
    const isWide = isUnicode(b, o, end);
    const domain = this.text(texts, b, o, o + 28, end, isWide);
    const left = LONGEST_NAME - 1 - (domain?.length ?? 0);
    const user = this.text(texts, b, o, o + 36, end, isWide, left);
    this.workstation = this.text(texts, b, o, o + 44, end, isWide) ?? '';
    if (domain === undefined || user === undefined || user === '') return;
    this.user = domain === '' ? user : `${domain}\\${user}`;
  }

  /** A field's text; undefined if its bytes are not all there. */
  private text(
    texts: Texts,
    b: Uint8Array,
    o: number,
    field: number,
    end: number,
    isWide: boolean,
    most = LONGEST_NAME,
  ): string | undefined {
    const length = u16le(b, field);
    if (length === 0) return '';
    const from = o + u32le(b, field + 4);
    if (from + length > end) return undefined;
    return isWide ? texts.utf16(b, from, from + length, most) : texts.ascii(b, from, from + length, most);
  }
}

/**
 * Whether names are in UTF-16: the flags say so. Old clients leave the flags out, and put names in their
 * place: then it is seen by the user's second byte.
 */
function isUnicode(b: Uint8Array, o: number, end: number): boolean {
  let payload = end - o;
  for (let field = 12; field <= 44; field += 8)
    if (u16le(b, o + field) !== 0) payload = Math.min(payload, u32le(b, o + field + 4));
  if (payload >= 64) return (b[o + 60] & NEGOTIATE_UNICODE) !== 0;
  const user = o + u32le(b, o + 40);
  return user + 1 < end && b[user + 1] === 0;
}

function isSignature(b: Uint8Array, o: number): boolean {
  for (let i = 0; i < SIGNATURE.length; i++) if (b[o + i] !== SIGNATURE[i]) return false;
  return true;
}
