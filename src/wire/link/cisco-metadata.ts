/**
 * Cisco metadata (EtherType 0x8909, draft-smith-kandula-sxp): version (1), length in units of 4 bytes of the
 * options (1), options of option length(3) type(13) and value (2), the first of them the security group tag;
 * and the EtherType of the payload. In an Ethernet frame the EtherType follows the metadata, in GRE it
 * precedes it. An EtherType is at least 0x0600 and a version is 1, so the first two bytes show which.
 */
import { BAD, SHORT, setU16, u16 } from '../bytes.js';
import { ETHERTYPE_MIN } from './ethertypes.js';

export const CISCO_METADATA_VERSION = 1;
export const CISCO_METADATA_OPTION_SGT = 1;

export class CiscoMetadata {
  /** 1 if the EtherType comes first (in GRE). */
  typeFirst = 0;
  /** Number of 4-byte options, at least 1. */
  options = 1;
  /** Length(3) and type(13) of the first option, unchanged. */
  optionType = CISCO_METADATA_OPTION_SGT;
  /** Security group tag: the first option's value. */
  securityGroup = 0;
  /** EtherType of what follows. */
  type = 0;
}

/** @returns bytes up to what follows; SHORT; BAD for another version or no options. */
export function parseCiscoMetadata(b: Uint8Array, o: number, end: number, h: CiscoMetadata): number {
  if (end - o < 8) return SHORT;
  h.typeFirst = u16(b, o) >= ETHERTYPE_MIN ? 1 : 0;
  const p = o + 2 * h.typeFirst;
  h.options = b[p + 1];
  if (b[p] !== CISCO_METADATA_VERSION || h.options === 0) return BAD;
  const length = 4 + 4 * h.options;
  if (end - o < length) return SHORT;
  h.optionType = u16(b, p + 2);
  h.securityGroup = u16(b, p + 4);
  h.type = u16(b, h.typeFirst === 1 ? o : o + length - 2);
  return length;
}

/**
 * Writes EtherType, version, length and the first option; the caller writes the others. @returns bytes in
 * all.
 */
export function emitCiscoMetadata(h: CiscoMetadata, b: Uint8Array, o: number): number {
  const length = 4 + 4 * h.options;
  const p = o + 2 * h.typeFirst;
  setU16(b, h.typeFirst === 1 ? o : o + length - 2, h.type);
  b[p] = CISCO_METADATA_VERSION;
  b[p + 1] = h.options;
  setU16(b, p + 2, h.optionType);
  setU16(b, p + 4, h.securityGroup);
  return length;
}
