/** Prints networks. */
import { UsageError } from '../../model/errors.js';
import type { Network } from '../../model/network.js';
import { formatPrefix } from '../../networks/prefix-text.js';
import { parseAddress } from '../../wire/ip/addresses.js';
import { findStore } from '../find-store.js';
import { table, terminalColumns } from '../terminal.js';
import { networksInEffect } from './in-effect.js';
import type { ShowOptions } from './options.js';

const HEAD = ['PREFIX', 'NAME', 'SITE', 'ROLE', 'TENANT', 'VLAN', 'VNI'];
/** Rows that are written at once. */
const AT_ONCE = 1000;

export async function show(addresses: string[], options: ShowOptions): Promise<void> {
  const asked = addresses.map((text) => ({ text, address: addressOf(text) }));
  const { networks, file } = await networksInEffect(await findStore(options), options);
  const from = file === undefined ? '' : ` (those of ${file})`;
  if (file !== undefined && asked.length === 0) process.stderr.write(`these are the networks of ${file}\n`);
  if (networks.length === 0)
    process.stderr.write(`there are no networks${from}: mirrorlake networks load FILE\n`);
  if (asked.length === 0) return print(HEAD, networks.map(rowOf));
  const { NetworkTable, networkTable } = await import('../../networks/network-table.js');
  const found = new NetworkTable(networkTable(networks));
  const vlans = Uint16Array.from(options.vlan === undefined ? [] : [options.vlan]);
  const rows = asked.map(({ text, address }) => {
    const at = found.find(address, vlans, vlans.length, options.vni ?? null);
    return [text, ...(at < 0 ? HEAD.map(() => '-') : rowOf(networks[at]))];
  });
  print(['ADDRESS', ...HEAD], rows);
}

/** @throws UsageError for a text that is no address */
function addressOf(text: string): Uint8Array {
  const address = new Uint8Array(16);
  if (parseAddress(text, address, 0) === 0)
    throw new UsageError(`networks: ${text} is no address: write 10.0.0.1 or 2001:db8::1`);
  return address;
}

function rowOf({ address, bits, name, site, role, tenant, vlan, vni }: Network): string[] {
  return [formatPrefix(address, bits), name, site, role, tenant, `${vlan ?? ''}`, `${vni ?? ''}`];
}

/** As a table on a terminal, elsewhere separated by tabs. */
function print(head: readonly string[], rows: readonly (readonly string[])[]): void {
  const columns = terminalColumns(process.stdout);
  const lines =
    columns === undefined || rows.length === 0
      ? rows.map((row) => row.join('\t'))
      : table(head, rows, columns);
  for (let i = 0; i < lines.length; i += AT_ONCE)
    process.stdout.write(`${lines.slice(i, i + AT_ONCE).join('\n')}\n`);
}
