/**
 * phpIPAM's export of subnets, an XLS workbook whose sheet was saved as CSV (phpIPAM 1.8,
 * app/admin/import-export/export-subnets.php), and that of a search, which has the mask in its own column
 * (app/tools/search/search-results-export.php).
 */
import { parsePrefix } from '../config/units.js';
import { HIGHEST_VLAN, HIGHEST_VNI, parseCount, shown, tidied } from './fields.js';
import { mistake } from './file-bytes.js';
import { NetworkList } from './network-list.js';
import { clearHostBits, parseMasked } from './prefix-text.js';
import {
  countRow,
  exportedFile,
  firstOf,
  type Header,
  type NetworkFile,
  type TableReader,
} from './table-reader.js';

const TELLING = ['section', 'description', 'vlan', 'vlan domain', 'vrf', 'master subnet', 'requests', 'mask'];
/** Folders have no addresses. */
const FOLDER = /(?: \(folder\)|^folder)$/i;

/** Whether a header is that of subnets in phpIPAM. Columns that were not chosen are absent. */
export function isPhpipam(header: Header): boolean {
  return header.has('subnet') && !header.has('ip address') && header.count(TELLING) > 0;
}

/** Whether it is of addresses, alone or below their subnets. */
export function isPhpipamAddresses(header: Header): boolean {
  return header.has('ip address') && (header.has('hostname') || header.has('subnet') || header.has('mac'));
}

export class PhpipamTable implements TableReader {
  private readonly list: NetworkList;
  private readonly passedOver = new Map<string, number>();
  private readonly subnet: readonly number[];
  private readonly mask: readonly number[];
  private readonly name: readonly number[];
  private readonly site: readonly number[];
  private readonly role: readonly number[];
  private readonly tenant: readonly number[];
  private readonly vlan: readonly number[];
  private readonly vni: readonly number[];

  constructor(
    header: Header,
    private readonly file: string,
  ) {
    this.list = new NetworkList(file);
    this.subnet = header.places('subnet');
    this.mask = header.places('mask');
    this.name = header.places('description');
    // Custom fields are columns of phpIPAM's database, whose names begin with custom_.
    const custom = (...names: string[]): number[] =>
      header.places(...names.flatMap((n) => [`custom_${n}`, n]));
    this.site = custom('site', 'location');
    this.role = custom('role');
    this.tenant = [...custom('tenant', 'customer'), ...header.places('vrf', 'section')];
    this.vlan = header.places('vlan');
    this.vni = custom('vni');
  }

  take(fields: readonly string[], line: number): void {
    const subnet = firstOf(fields, this.subnet).trim();
    const mask = firstOf(fields, this.mask).trim();
    if (FOLDER.test(subnet)) {
      countRow(this.passedOver, 'folder');
      return;
    }
    const prefix = mask === '' ? parsePrefix(subnet) : parseMasked(subnet, mask);
    if (prefix === undefined)
      throw mistake(this.file, line, `${shown(subnet)} is no subnet: is this phpIPAM's export of subnets?`);
    clearHostBits(prefix);
    const words = {
      name: tidied(firstOf(fields, this.name)),
      site: tidied(firstOf(fields, this.site)),
      role: tidied(firstOf(fields, this.role)),
      tenant: tidied(firstOf(fields, this.tenant)),
      vlan: parseCount(firstOf(fields, this.vlan).trim(), 1, HIGHEST_VLAN),
      vni: parseCount(firstOf(fields, this.vni).trim(), 0, HIGHEST_VNI),
    };
    this.list.add(prefix, words, line);
  }

  finish(): NetworkFile {
    return exportedFile(this.list, this.passedOver, 'phpipam');
  }
}
