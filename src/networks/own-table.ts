/** Our own CSV: a header with some of seven names, in any order. */

import { shown } from './fields.js';
import { mistake } from './file-bytes.js';
import { NetworkList } from './network-list.js';
import { addNetwork, COLUMNS, type Column } from './own-format.js';
import type { Header, NetworkFile, TableReader } from './table-reader.js';

/** Columns of a mistake that it repeats. */
const MOST_SHOWN = 5;

export class OwnTable implements TableReader {
  private readonly list: NetworkList;
  /** The column of each place. */
  private readonly columns: readonly Column[];

  /** @throws UsageError that names the columns which are not known, missing or there twice */
  constructor(
    header: Header,
    private readonly file: string,
    line: number,
  ) {
    this.list = new NetworkList(file);
    const names = header.names;
    const unknown = names.filter((name) => !(COLUMNS as readonly string[]).includes(name));
    const all = COLUMNS.join(',');
    // Without a header, no field of the first line is the name of a column.
    if (unknown.length === names.length)
      throw mistake(file, line, `is no header line: write ${all}, or some of them, above the networks`);
    if (unknown.length > 0) {
      const some = unknown.slice(0, MOST_SHOWN).map(shown).join(', ');
      throw mistake(file, line, `unknown columns ${some}: write some of ${all}`);
    }
    const twice = names.find((name, i) => names.indexOf(name) !== i);
    if (twice !== undefined) throw mistake(file, line, `the column ${twice} is there twice: write it once`);
    if (!header.has('prefix')) throw mistake(file, line, 'has no column prefix: write one');
    this.columns = names as readonly Column[];
  }

  take(fields: readonly string[], line: number): void {
    const { columns } = this;
    if (fields.length !== columns.length) {
      const counts = `${fields.length} fields, and the header has ${columns.length}`;
      throw mistake(this.file, line, `has ${counts}: write as many, empty ones too`);
    }
    const texts = { prefix: '', name: '', site: '', role: '', tenant: '', vlan: '', vni: '' };
    for (let i = 0; i < columns.length; i++) texts[columns[i]] = fields[i].trim();
    addNetwork(this.list, texts, this.file, line);
  }

  finish(): NetworkFile {
    return { networks: this.list.own(), passedOver: new Map(), kind: 'csv' };
  }
}
