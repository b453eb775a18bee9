/**
 * NetBox's export of IPAM > Prefixes, "Current View" or "All Data (CSV)": NetBox 3.7 to 4.6, where a prefix
 * has a site up to 4.1 and a scope from 4.2 (ipam/tables/ip.py: PrefixTable), and NetBox 2 (csv_headers of
 * Prefix).
 */
import { parsePrefix } from '../config/units.js';
import { HIGHEST_VLAN, parseCount, shown, tidied } from './fields.js';
import { mistake } from './file-bytes.js';
import { NetworkList } from './network-list.js';
import { clearHostBits } from './prefix-text.js';
import { exportedFile, firstOf, type Header, type NetworkFile, type TableReader } from './table-reader.js';

const PREFIX = ['prefix', 'prefix (flat)'];
/** Columns that a file of our own has not. */
const TELLING = [
  'status',
  'children',
  'vrf',
  'utilization',
  'scope',
  'scope type',
  'vlan group',
  'vlan_group',
];
/** First columns of NetBox's other lists of addresses, and what they are of. */
const OTHER_LISTS: readonly (readonly [string, string])[] = [
  ['start address', 'IP ranges'],
  ['ip address', 'IP addresses'],
  ['aggregate', 'aggregates'],
];

/** Whether a header is that of prefixes in NetBox. A file of our own with a column too many is not. */
export function isNetbox(header: Header): boolean {
  if (header.count(PREFIX) === 0) return false;
  const telling = header.count(TELLING);
  return header.has('name') ? telling > 1 : telling > 0 || header.has('description');
}

/** What NetBox lists, if it is a list that has no prefixes; undefined for anything else. */
export function otherNetboxList(header: Header): string | undefined {
  if (header.count(['status', 'vrf', 'tenant', 'rir']) === 0) return undefined;
  return OTHER_LISTS.find(([column]) => header.has(column))?.[1];
}

export class NetboxTable implements TableReader {
  private readonly list: NetworkList;
  private readonly prefix: readonly number[];
  private readonly name: readonly number[];
  private readonly site: readonly number[];
  private readonly role: readonly number[];
  private readonly tenant: readonly number[];
  private readonly vrf: readonly number[];
  private readonly vlan: readonly number[];

  constructor(
    header: Header,
    private readonly file: string,
  ) {
    this.list = new NetworkList(file);
    this.prefix = header.places(...PREFIX);
    // A custom field, if it is called so.
    this.name = header.places('name', 'description');
    this.site = header.places('scope', 'site');
    this.role = header.places('role');
    this.tenant = header.places('tenant');
    this.vrf = header.places('vrf');
    this.vlan = header.places('vlan');
  }

  take(fields: readonly string[], line: number): void {
    const text = firstOf(fields, this.prefix).trim();
    const prefix = parsePrefix(text);
    if (prefix === undefined)
      throw mistake(this.file, line, `${shown(text)} is no prefix: is this NetBox's list of prefixes?`);
    clearHostBits(prefix);
    const vlan = vlanOf(tidied(firstOf(fields, this.vlan)));
    const words = {
      name: tidied(firstOf(fields, this.name)) || vlan.name,
      site: tidied(firstOf(fields, this.site)),
      role: tidied(firstOf(fields, this.role)),
      tenant: tidied(firstOf(fields, this.tenant)) || vrfName(tidied(firstOf(fields, this.vrf))),
      vlan: vlan.id,
      vni: undefined,
    };
    this.list.add(prefix, words, line);
  }

  finish(): NetworkFile {
    return exportedFile(this.list, new Map(), 'netbox');
  }
}

/** `Accounting (20)`, of NetBox 2 `20`. */
function vlanOf(text: string): { name: string; id: number | undefined } {
  const [, name = '', id = text] = /^(.*) \((\d+)\)$/.exec(text) ?? [];
  return { name, id: parseCount(id, 1, HIGHEST_VLAN) };
}

/** The name alone of `Customer A (65000:1)`. Prefixes without a VRF have `Global`. */
function vrfName(text: string): string {
  const name = text.replace(/ \([^()]*:[^()]*\)$/, '');
  return name === 'Global' ? '' : name;
}
