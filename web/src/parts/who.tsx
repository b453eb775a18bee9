/** Who an address is, beside it: its network, role and site, or its owner and country. */
import type { Answer } from '../../../src/console/contract.js';
import { printable } from '../format/text.js';

type Row = Answer<'hosts'>['rows'][number];
export type Who = Pick<Row, 'network' | 'role' | 'site' | 'asn' | 'as_org' | 'country'>;

/** `AS64496 Example`; '' where nobody says. */
export function systemText({ asn, as_org }: Pick<Who, 'asn' | 'as_org'>): string {
  return asn === 0 ? as_org : `AS${asn} ${as_org}`.trim();
}

/** All that is known, the name first: a text to be searched and read aloud. */
export function whoText(who: Who): string {
  const { network, role, site, country } = who;
  return [network, role, site, systemText(who), country].filter(Boolean).join(' · ');
}

/** The same, its name in full and the rest in grey. */
export function WhoIs({ who }: { readonly who: Who }) {
  const [first, ...rest] = whoText(who).split(' · ');
  if (first === undefined || first === '') return <span className="faint">–</span>;
  return (
    <span title={whoText(who)}>
      {printable(first)}
      {rest.length > 0 && <span className="muted"> · {printable(rest.join(' · '))}</span>}
    </span>
  );
}
