/** Reads a file of networks of one's own: our CSV and YAML, and exports of NetBox, Infoblox and phpIPAM. */
import { eachRecord } from './csv.js';
import { mistake, readText } from './file-bytes.js';
import { InfobloxTable, isInfoblox } from './infoblox-table.js';
import { isNetbox, NetboxTable, otherNetboxList } from './netbox-table.js';
import { OwnTable } from './own-table.js';
import { readOwnYaml } from './own-yaml.js';
import { isPhpipam, isPhpipamAddresses, PhpipamTable } from './phpipam-table.js';
import { Header, type NetworkFile, type TableReader } from './table-reader.js';

export type { FileKind, NetworkFile } from './table-reader.js';

/** Bytes of a file: some two million networks, which are {@link MOST_NETWORKS} too. */
export const LARGEST_CSV = 256 << 20;
export const LARGEST_YAML = 4 << 20;

/**
 * The networks of a file, which is YAML if its name ends in `.yaml` or `.yml`, and CSV otherwise.
 *
 * @throws UsageError `FILE:LINE: what is wrong: what to write`; the file is refused whole
 */
export function readNetworks(file: string): NetworkFile {
  if (/\.ya?ml$/i.test(file)) return readOwnYaml(readText(file, LARGEST_YAML).toString('utf8'), file);
  return readCsv(readText(file, LARGEST_CSV), file);
}

/** How YAML and JSON begin. */
const NO_CSV = /^\s*(?:---|- |\[|\{|networks:)/;

function readCsv(bytes: Buffer, file: string): NetworkFile {
  if (NO_CSV.test(bytes.toString('utf8', 0, 64)))
    throw mistake(file, 1, 'is no CSV: give a file of YAML a name that ends in .yaml');
  let table: TableReader | undefined;
  eachRecord(bytes, file, (fields, line) => {
    if (table === undefined) table = tableOf(fields, file, line);
    else table.take(fields, line);
  });
  // A file that is being written may be empty for a moment: it does not mean that there are no networks.
  if (table === undefined)
    throw mistake(file, 1, 'is empty: write a header line such as prefix,name,site,role,tenant');
  return table.finish();
}

/** The reader of a layout, by the first record. */
function tableOf(fields: readonly string[], file: string, line: number): TableReader {
  if (isInfoblox(fields)) {
    const table = new InfobloxTable(file);
    table.take(fields, line);
    return table;
  }
  const header = new Header(fields);
  if (isNetbox(header)) return new NetboxTable(header, file);
  if (isPhpipam(header)) return new PhpipamTable(header, file);
  if (isPhpipamAddresses(header))
    throw mistake(
      file,
      line,
      "is phpIPAM's list of addresses: export Subnets; names_file takes its hosts file",
    );
  const other = otherNetboxList(header);
  if (other !== undefined)
    throw mistake(file, line, `is NetBox's list of ${other}: export IPAM > Prefixes > Prefixes`);
  return new OwnTable(header, file, line);
}
