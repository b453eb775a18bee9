/**
 * AS number, AS organisation and country from a value of a MaxMind DB file, whoever made it:
 *
 * | database | fields |
 * |---|---|
 * | GeoLite2-ASN, DB-IP ASN Lite, ip-location-db | `autonomous_system_number`, `…_organization` |
 * | GeoLite2-Country, -City, DB-IP Country, City Lite | `country.iso_code`, `registered_country.iso_code` |
 * | GeoIP2 Enterprise, DB-IP ISP | the same, and `traits.autonomous_system_…` |
 * | IPinfo Lite, Core, Plus | `asn` ("AS15169"), `as_name`, `as_domain`, `country_code` |
 * | IPinfo country_asn (before 2025) | the same, with the code in `country`, which is a name in the others |
 * | IPinfo ASN | `asn`, `name`, `domain`, `country` |
 * | IPLocate | `asn`, `org`, `name`, `country_code` |
 * | ip-location-db, countries | `country_code` |
 */

/** Who an address belongs to, as far as files know. */
export interface Owner {
  /** 0: unknown. */
  asn: number;
  /** Without control characters, 256 bytes of UTF-8 at most; '': unknown. */
  asOrg: string;
  /** Two capital letters (ISO 3166-1); '': unknown. */
  country: string;
}

/** Names are not ours, and kept in every row. */
export const LONGEST_ORGANISATION = 256;
const LARGEST_ASN = 2 ** 32 - 1;

const scratch = new Uint8Array(LONGEST_ORGANISATION);
const encoder = new TextEncoder();

/**
 * Fills `to` with what the value says.
 *
 * @param value as the library decodes it
 * @returns the field that has another type than in any of the databases; undefined: none
 */
export function readOwner(value: unknown, to: Owner): string | undefined {
  to.asn = 0;
  to.asOrg = '';
  to.country = '';
  if (!isMap(value)) return undefined;
  const traits = mapOf(value, 'traits');
  return readSystem(value, traits, to) ?? readCountry(value, to);
}

function readSystem(value: Fields, traits: Fields | undefined, to: Owner): string | undefined {
  for (const [fields, key] of [
    [value, 'autonomous_system_number'],
    [value, 'asn'],
    [traits, 'autonomous_system_number'],
  ] as const) {
    const asn = field(fields, key);
    if (asn === undefined) continue;
    if (typeof asn !== 'number' && typeof asn !== 'bigint' && typeof asn !== 'string') return key;
    to.asn ||= asNumber(asn);
  }
  // Beside a number, these are the AS's; in other databases they are of a company, a place or a person.
  const more = to.asn === 0 ? [] : ['org', 'name', 'as_domain', 'domain'];
  for (const [fields, keys] of [
    [value, ['autonomous_system_organization', 'as_name']],
    [traits, ['autonomous_system_organization']],
    [value, more],
  ] as const)
    for (const key of keys) {
      const name = field(fields, key);
      if (name === undefined) continue;
      if (typeof name !== 'string') return key;
      to.asOrg ||= organisation(name);
    }
  return undefined;
}

function readCountry(value: Fields, to: Owner): string | undefined {
  for (const [fields, key, name] of [
    [value, 'country_code', 'country_code'],
    [mapOf(value, 'country'), 'iso_code', 'country.iso_code'],
    [value, 'country', 'country'],
    [mapOf(value, 'registered_country'), 'iso_code', 'registered_country.iso_code'],
  ] as const) {
    const country = field(fields, key);
    if (country === undefined || (key === 'country' && isMap(country))) continue;
    if (typeof country !== 'string') return name;
    if (/^[A-Za-z]{2}$/.test(country)) to.country ||= country.toUpperCase();
  }
  return undefined;
}

/** `AS15169`, `15169`; 0 for what is none. */
function asNumber(asn: string | number | bigint): number {
  const text = String(asn);
  const number = /^(?:AS)?\d{1,10}$/i.test(text) ? Number(text.replace(/^AS/i, '')) : 0;
  return number <= LARGEST_ASN ? number : 0;
}

function organisation(text: string): string {
  const clean = text.replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, '').trim();
  // A character has 3 bytes at most for each of its UTF-16 units.
  if (clean.length * 3 <= LONGEST_ORGANISATION) return clean;
  return clean.slice(0, encoder.encodeInto(clean, scratch).read);
}

type Fields = Readonly<Record<string, unknown>>;

function isMap(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);
}

/** An own property: `__proto__` is a key like any other in a file, and the library assigns it. */
function field(fields: Fields | undefined, key: string): unknown {
  return fields !== undefined && Object.hasOwn(fields, key) ? fields[key] : undefined;
}

function mapOf(fields: Fields, key: string): Fields | undefined {
  const value = field(fields, key);
  return isMap(value) ? value : undefined;
}
