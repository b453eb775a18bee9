/**
 * Infoblox NIOS, "Export data in Infoblox CSV Import format" and WAPI's csv_export (CSV Import Reference of
 * NIOS 9.0): a line `header-TYPE` names the columns of the lines that begin with TYPE, and a file has many
 * types.
 */
import { type Prefix, parsePrefix } from '../config/units.js';
import { HIGHEST_VLAN, HIGHEST_VNI, parseCount, shown, tidied } from './fields.js';
import { mistake } from './file-bytes.js';
import { NetworkList } from './network-list.js';
import { clearHostBits, parseMasked } from './prefix-text.js';
import {
  countRow,
  exportedFile,
  firstOf,
  Header,
  type NetworkFile,
  type TableReader,
} from './table-reader.js';

const HEADER = /^header-/i;
const NETWORK_TYPES = ['network', 'networkcontainer', 'ipv6network', 'ipv6networkcontainer'];
/** What stands for a list without entries. */
const EMPTY = '<empty>';

interface Columns {
  readonly address: readonly number[];
  readonly netmask: readonly number[];
  readonly name: readonly number[];
  readonly site: readonly number[];
  readonly role: readonly number[];
  readonly tenant: readonly number[];
  readonly view: readonly number[];
  readonly vlan: readonly number[];
  readonly vni: readonly number[];
}

export function isInfoblox(fields: readonly string[]): boolean {
  return HEADER.test(fields[0].trim());
}

export class InfobloxTable implements TableReader {
  private readonly list: NetworkList;
  private readonly passedOver = new Map<string, number>();
  private readonly columns = new Map<string, Columns>();

  constructor(private readonly file: string) {
    this.list = new NetworkList(file);
  }

  take(fields: readonly string[], line: number): void {
    const type = fields[0].trim().toLowerCase();
    if (HEADER.test(type)) this.begin(type.replace(HEADER, ''), fields, line);
    else if (NETWORK_TYPES.includes(type)) this.add(type, fields, line);
    else countRow(this.passedOver, tidied(type) || 'no type');
  }

  finish(): NetworkFile {
    return exportedFile(this.list, this.passedOver, 'infoblox');
  }

  private begin(type: string, fields: readonly string[], line: number): void {
    if (!NETWORK_TYPES.includes(type)) return;
    // Fields that an import needs have an asterisk.
    const header = new Header(fields.map((field) => field.replace('*', '')));
    const columns = {
      address: header.places('address'),
      netmask: header.places('netmask', 'cidr'),
      name: header.places('ea-network name', 'ea-name', 'comment'),
      site: header.places('ea-site', 'ea-location', 'ea-building'),
      role: header.places('ea-role', 'ea-function', 'ea-purpose'),
      tenant: header.places('ea-tenant', 'ea-tenant name', 'ea-customer', 'ea-tenant id'),
      view: header.places('network_view'),
      vlan: header.places('vlans', 'ea-vlan'),
      vni: header.places('ea-vni'),
    };
    if (columns.address.length === 0 || columns.netmask.length === 0)
      throw mistake(this.file, line, 'has no columns address* and netmask* (cidr*): export it again, whole');
    this.columns.set(type, columns);
  }

  private add(type: string, fields: readonly string[], line: number): void {
    const columns = this.columns.get(type);
    if (columns === undefined)
      throw mistake(this.file, line, `no line header-${type} comes before it: export it again, whole`);
    const field = (places: readonly number[]): string => {
      const value = tidied(firstOf(fields, places));
      return value === EMPTY ? '' : value;
    };
    const [address, netmask] = [field(columns.address), field(columns.netmask)];
    const prefix = prefixOf(address, netmask);
    if (prefix === undefined) {
      const example = 'write 10.1.0.0 and 255.255.0.0, or 2001:db8:: and 32';
      throw mistake(
        this.file,
        line,
        `${shown(`${address} ${netmask}`)} is no address and netmask: ${example}`,
      );
    }
    clearHostBits(prefix);
    const view = field(columns.view);
    const words = {
      name: field(columns.name),
      site: field(columns.site),
      role: field(columns.role),
      tenant: field(columns.tenant) || (view.toLowerCase() === 'default' ? '' : view),
      vlan: vlanOf(field(columns.vlan)),
      vni: parseCount(field(columns.vni), 0, HIGHEST_VNI),
    };
    this.list.add(prefix, words, line);
  }
}

function prefixOf(address: string, netmask: string): Prefix | undefined {
  return netmask === ''
    ? address.includes('/')
      ? parsePrefix(address)
      : undefined
    : parseMasked(address, netmask);
}

/** The id of one VLAN, `VIEW/FIRST/LAST/ID` or `ID`; undefined where there are none, or several. */
function vlanOf(text: string): number | undefined {
  if (text.includes(',')) return undefined;
  return parseCount(text.slice(text.lastIndexOf('/') + 1), 1, HIGHEST_VLAN);
}
