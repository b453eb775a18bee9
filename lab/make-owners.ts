/**
 * Writes owners.mmdb of owners.csv: to whom the demo's addresses of the Internet belong. Prefixes and AS
 * numbers are those of documentation (RFC 5737, 3849 and 5398), names are made up.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parse } from 'csv-parse/sync';
import { type MmdbValue, writeMmdb } from './mmdb-writer.js';

type Line = Readonly<Record<'prefix' | 'asn' | 'as_org' | 'country', string>>;

/** The database, as GeoLite2 and others call its fields. */
export function demoOwners(): Uint8Array {
  const lines: Line[] = parse(readFileSync(join(import.meta.dirname, 'owners.csv')), { columns: true });
  const entries = lines.map(({ prefix, asn, as_org, country }): [string, MmdbValue] => [
    prefix,
    {
      autonomous_system_number: Number(asn),
      autonomous_system_organization: as_org,
      country: { iso_code: country },
    },
  ]);
  return writeMmdb(entries, { type: 'Mirrorlake-Demo-Owners' });
}

if (import.meta.url === pathToFileURL(process.argv[1]!).href)
  writeFileSync(join(import.meta.dirname, 'owners.mmdb'), demoOwners());
