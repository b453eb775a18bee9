/** What conditions on either side of a conversation are called. */
import type { Answer } from '../../../../src/console/contract.js';
import type { Pickable } from '../../parts/pick.js';

/** Conditions that name no column. */
export const MORE: readonly Pickable[] = [
  { value: 'host', label: 'Host', more: 'The address of either side, or a network: 10.20.0.0/24.' },
  { value: 'port', label: 'Port', more: 'The port of either side.' },
  { value: 'mac', label: 'MAC', more: 'The MAC address of either side.' },
];
/** Those of what is known of both sides: offered where anything is. */
const KNOWN: readonly (Pickable & { readonly of: keyof Known })[] = [
  { of: 'networks', value: 'network', label: 'Network', more: 'The network (name) of either side.' },
  { of: 'roles', value: 'role', label: 'Role', more: 'The role of either side.' },
  { of: 'sites', value: 'host_site', label: 'Site of a side', more: 'The site of either side.' },
  {
    of: 'owners',
    value: 'as',
    label: 'AS',
    more: 'Of either side: AS64496, or a part of its name: Example*.',
  },
  { of: 'owners', value: 'country', label: 'Country', more: 'The country of either side: two letters.' },
];
export type Known = Answer<'about'>['known'];

/** What conditions that name no column are called. */
export const EITHER_LABELS: ReadonlyMap<string, string> = new Map(
  [...MORE, ...KNOWN].map(({ value, label }) => [value, label]),
);
/** Words for what is known of either side, where anything is. */
export function knownWords(known: Known | undefined): readonly Pickable[] {
  return KNOWN.filter(({ of }) => known?.[of] === true);
}
