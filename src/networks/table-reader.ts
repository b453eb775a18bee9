/** What reads the records of a CSV file, one class per layout. */
import type { Network } from '../model/network.js';
import type { NetworkList } from './network-list.js';

export type FileKind = 'csv' | 'yaml' | 'netbox' | 'infoblox' | 'phpipam';

export interface NetworkFile {
  readonly networks: readonly Network[];
  /** Rows of an export that are no networks, by their type. */
  readonly passedOver: ReadonlyMap<string, number>;
  readonly kind: FileKind;
}

export interface TableReader {
  /** A record behind the header. @throws UsageError that names file and line */
  take(fields: readonly string[], line: number): void;
  /** @throws UsageError that names file and line */
  finish(): NetworkFile;
}

/** Where the columns of a header are. Case and white space around a name do not count. */
export class Header {
  readonly names: readonly string[];

  constructor(fields: readonly string[]) {
    this.names = fields.map((field) => field.trim().toLowerCase());
  }

  has(name: string): boolean {
    return this.names.includes(name);
  }

  /** How many of the names there are. */
  count(names: readonly string[]): number {
    return names.filter((name) => this.has(name)).length;
  }

  /** The places of those names that there are, in the order of the names. */
  places(...names: readonly string[]): number[] {
    return names.map((name) => this.names.indexOf(name)).filter((place) => place >= 0);
  }
}

/** The first of the fields that says something, in the order of the places; '' if none does. */
export function firstOf(fields: readonly string[], places: readonly number[]): string {
  for (const place of places) {
    const value = fields[place] ?? '';
    if (value !== '') return value;
  }
  return '';
}

/** Counts one more row of a type. */
export function countRow(rows: Map<string, number>, type: string): void {
  rows.set(type, (rows.get(type) ?? 0) + 1);
}

/** What to do about an export that has a prefix twice. */
const OVERLAP_ADVICE =
  'export one tenant, or write a file of your own with vlan or vni (docs/how-to/networks-of-your-own.md)';

/** The networks of an export. @throws UsageError that names file and line */
export function exportedFile(
  list: NetworkList,
  passedOver: Map<string, number>,
  kind: FileKind,
): NetworkFile {
  const { networks, copies } = list.exported(OVERLAP_ADVICE);
  if (copies > 0) passedOver.set('repeated', copies);
  return { networks, passedOver, kind };
}
