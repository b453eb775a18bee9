import { parsePrefix } from '../config/units.js';
import { type Asks, objects, type QuestionOptions } from './questions.js';
import { addressLiteral } from './statements/conditions.js';
import type { Range } from './statements/scope.js';
import { type Who, whoStatement } from './statements/who.js';

/**
 * How far back from the end of a range it is looked for an address, seconds: most addresses are in the last
 * hour, and few are left for the days before.
 */
const BACK = [3600, 86_400];
/** Addresses of one question. */
export const MOST_ASKED = 1000;

/** Who nobody knows. */
export const NOBODY: Who = { network: '', role: '', site: '', asn: 0, as_org: '', country: '' };

/**
 * What the newest rows of a range say of addresses.
 *
 * @param addresses as people write them; what is none is left out, as MAC addresses are
 */
export async function whoOf(
  addresses: readonly string[],
  { from, to }: Range,
  { questions, prefix }: { readonly questions: Asks; readonly prefix: string },
  options: QuestionOptions,
): Promise<ReadonlyMap<string, Who>> {
  const wanted = new Map<string, string>();
  for (const address of addresses) {
    if (wanted.size === MOST_ASKED) break;
    const parsed = address.includes('/') ? undefined : parsePrefix(address);
    if (parsed !== undefined) wanted.set(address, addressLiteral(parsed.address));
  }
  const found = new Map<string, Who>();
  let end = to;
  for (const seconds of [...BACK, undefined]) {
    if (wanted.size === 0 || end <= from) break;
    const back = seconds === undefined ? from : to - BigInt(seconds) * 1_000_000_000n;
    const begin = back > from ? back : from;
    const statement = whoStatement([...wanted.values()], { from: begin, to: end }, prefix);
    for (const { address, ...who } of objects<Who & { address: string }>(
      await questions.ask(statement, options),
    )) {
      found.set(address, who);
      wanted.delete(address);
    }
    end = begin;
  }
  return found;
}

/** The system that announces an address, in words: `AS64496 Example Cloud`; '' where nobody says. */
export function systemWords({ asn, as_org }: Pick<Who, 'asn' | 'as_org'>): string {
  return asn === 0 ? as_org : `AS${asn} ${as_org}`.trim();
}
