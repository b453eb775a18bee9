/** A network in our own format, whether CSV or YAML: what its seven fields may say. */
import { parsePrefix } from '../config/units.js';
import { HIGHEST_VLAN, HIGHEST_VNI, parseCount, shown, wrongWords } from './fields.js';
import { mistake } from './file-bytes.js';
import type { NetworkList } from './network-list.js';
import { clearHostBits, formatPrefix } from './prefix-text.js';

export const COLUMNS = ['prefix', 'name', 'site', 'role', 'tenant', 'vlan', 'vni'] as const;
export type Column = (typeof COLUMNS)[number];

/** '' where a field is absent. */
export type Texts = Readonly<Record<Column, string>>;

/** @throws UsageError for a field that is wrong */
export function addNetwork(list: NetworkList, texts: Texts, file: string, line: number): void {
  const prefix = parsePrefix(texts.prefix);
  if (texts.prefix === '') throw mistake(file, line, 'has no prefix: write one, such as 10.1.0.0/16');
  if (prefix === undefined) {
    const example = 'write 10.1.0.0/16, 2001:db8::/32 or a single address';
    throw mistake(file, line, `${shown(texts.prefix)} is no prefix: ${example}`);
  }
  if (clearHostBits(prefix)) {
    const whole = formatPrefix(prefix.address, prefix.bits);
    const address = texts.prefix.replace(/\/.*/, '');
    const what = `${texts.prefix} has bits set behind its length`;
    throw mistake(file, line, `${what}: write ${whole}, or ${address} for that address alone`);
  }
  for (const column of ['name', 'site', 'role', 'tenant'] as const) {
    const wrong = wrongWords(column, texts[column]);
    if (wrong !== undefined) throw mistake(file, line, wrong);
  }
  const { name, site, role, tenant } = texts;
  const vlan = key('vlan', texts.vlan, 1, HIGHEST_VLAN, file, line);
  const vni = key('vni', texts.vni, 0, HIGHEST_VNI, file, line);
  list.add(prefix, { name, site, role, tenant, vlan, vni }, line);
}

function key(
  column: Column,
  text: string,
  least: number,
  most: number,
  file: string,
  line: number,
): number | undefined {
  if (text === '') return undefined;
  const value = parseCount(text, least, most);
  if (value !== undefined) return value;
  throw mistake(file, line, `${column} ${shown(text)} is wrong: write ${least} to ${most}, or nothing`);
}
