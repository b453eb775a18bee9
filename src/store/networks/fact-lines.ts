/**
 * What is known of addresses, as lines of JSON: address, VNI (-1: none), VLAN ids as a text (`[1,2]`, or ''
 * where they make no difference), network, role, site, AS number, AS organisation, country.
 */
import { UsageError } from '../../model/errors.js';
import { parseAddress } from '../../wire/ip/addresses.js';
import { LONGEST_TEXT } from './network-lines.js';

export type FactLine = readonly [
  address: string,
  vni: number,
  vlans: string,
  network: string,
  role: string,
  site: string,
  asn: number,
  asOrg: string,
  country: string,
];

const FIELDS = 9;
const VLANS = /^(?:\[(?:\d{1,5}(?:,\d{1,5}){0,15})?\])?$/;
const UNPRINTABLE = /[\p{Cc}\p{Cs}\p{Bidi_Control}\u2028\u2029]/u;

/** Parses a line that anybody may have written. @throws UsageError unless it is of an address */
export function givenFact(line: string): FactLine {
  let fields: unknown;
  try {
    fields = JSON.parse(line);
  } catch {
    // Refused below.
  }
  if (!Array.isArray(fields) || fields.length !== FIELDS)
    throw new UsageError(`facts: a line has ${FIELDS} values`);
  const [address, vni, vlans, network, role, site, asn, asOrg, country] = fields as unknown[];
  const right =
    typeof address === 'string' &&
    parseAddress(address, new Uint8Array(16), 0) !== 0 &&
    isInteger(vni, -1, 0xffff_ffff) &&
    typeof vlans === 'string' &&
    VLANS.test(vlans) &&
    isInteger(asn, 0, 0xffff_ffff) &&
    [network, role, site, asOrg, country].every(isText);
  if (!right) throw new UsageError('facts: a line that says nothing of an address');
  return fields as unknown as FactLine;
}

function isInteger(value: unknown, least: number, most: number): boolean {
  return Number.isInteger(value) && (value as number) >= least && (value as number) <= most;
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && !UNPRINTABLE.test(value) && Buffer.byteLength(value) <= LONGEST_TEXT;
}
