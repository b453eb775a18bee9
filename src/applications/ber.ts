/** ASN.1's basic encoding (ITU-T X.690), as far as a message's beginning is told by it. */

/** Octets of a BER length below 2^32 (section 8.1.3); -1 for others. */
function lengthOctets(b: Uint8Array, o: number): number {
  if (b[o] < 0x80) return 1;
  return b[o] >= 0x81 && b[o] <= 0x84 ? 1 + (b[o] & 7) : -1;
}

/** The offset of the content behind a BER length at `o`; -1 if the length is not valid, or not here. */
export function afterLength(b: Uint8Array, o: number, end: number): number {
  if (o >= end) return -1;
  const octets = lengthOctets(b, o);
  return octets < 0 || o + octets >= end ? -1 : o + octets;
}

/** The number that a BER length at `o` says; `afterLength` was asked before. */
export function berLength(b: Uint8Array, o: number): number {
  if (b[o] < 0x80) return b[o];
  let length = 0;
  for (let i = 1; i < lengthOctets(b, o); i++) length = length * 256 + b[o + i];
  return length;
}
