import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Network } from '../../src/model/network.js';
import { formatPrefix } from '../../src/networks/prefix-text.js';

let directory: string | undefined;

/** A file for the test that is running. */
export function fileOf(content: string | Uint8Array, name = 'networks.csv'): string {
  directory ??= mkdtempSync(join(tmpdir(), 'networks-'));
  const file = join(directory, name);
  writeFileSync(file, content);
  return file;
}

export function removeFiles(): void {
  if (directory !== undefined) rmSync(directory, { recursive: true });
  directory = undefined;
}

/** One line per network: `PREFIX NAME|SITE|ROLE|TENANT vlan N vni N`. */
export function rows(networks: readonly Network[]): string[] {
  return networks.map(({ address, bits, name, site, role, tenant, vlan, vni }) => {
    const keys = (vlan === undefined ? '' : ` vlan ${vlan}`) + (vni === undefined ? '' : ` vni ${vni}`);
    return `${formatPrefix(address, bits)} ${name}|${site}|${role}|${tenant}${keys}`;
  });
}
