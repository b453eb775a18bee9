/** Certificates as servers show them (RFC 5280), without keys that would work. */
import { ascii, concat, hex } from './payloads.js';

/** A DER value (ITU-T X.690) of a tag. */
function der(tag: number, ...parts: Uint8Array[]): Uint8Array {
  const body = concat(...parts);
  const n = body.length;
  const length = n < 0x80 ? [n] : n < 0x100 ? [0x81, n] : [0x82, n >> 8, n & 0xff];
  return concat(Uint8Array.of(tag, ...length), body);
}

const SEQUENCE = 0x30;
const SET = 0x31;

/** A name of one common name. */
function commonName(name: string): Uint8Array {
  return der(SEQUENCE, der(SET, der(SEQUENCE, hex('0603550403'), der(0x0c, ascii(name)))));
}

/** A public key and a signature: bytes of the right lengths that mean nothing. */
const KEY = new Uint8Array(256).fill(0xa7);
const SIGNATURE = new Uint8Array(256).fill(0x5c);
const RSA_SIGNATURE = der(SEQUENCE, hex('06092a864886f70d01010b 0500'));

/** A certificate for a server's name, valid from 2025 on, of an RSA key of 2,048 bits. */
export function certificate(
  name: string,
  { issuer = 'Example Issuing CA 1', until = '261231235959Z' } = {},
): Uint8Array {
  const key = der(
    SEQUENCE,
    der(SEQUENCE, hex('06092a864886f70d010101 0500')),
    der(0x03, hex('00'), der(SEQUENCE, der(0x02, hex('00'), KEY), hex('0203010001'))),
  );
  const names = der(
    0xa3,
    der(SEQUENCE, der(SEQUENCE, hex('0603551d11'), der(0x04, der(SEQUENCE, der(0x82, ascii(name)))))),
  );
  const validity = der(SEQUENCE, der(0x17, ascii('250101000000Z')), der(0x17, ascii(until)));
  const toBeSigned = der(
    SEQUENCE,
    hex('a003020102 02020c5e'),
    RSA_SIGNATURE,
    commonName(issuer),
    validity,
    commonName(name),
    key,
    names,
  );
  return der(SEQUENCE, toBeSigned, RSA_SIGNATURE, der(0x03, hex('00'), SIGNATURE));
}
