/** Conditions of the address, `f=server:10.0.0.1`: read, written, added to others. */

export interface Condition {
  readonly name: string;
  readonly negated: boolean;
  readonly values: readonly string[];
}

/** The parts of a condition; of a text that is none, all of it as a name. */
export function readCondition(text: string): Condition {
  const parts = /^([a-z_][a-z0-9_]*):(!?)([\s\S]*)$/.exec(text);
  if (parts === null) return { name: text, negated: false, values: [] };
  const [, name = '', not, given = ''] = parts;
  const values: string[] = [];
  const value = /(?:"((?:[^"]|"")*)"|([^,]*))(,|$)/gy;
  for (let more = true; more; ) {
    const found = value.exec(given);
    values.push(found?.[1]?.replaceAll('""', '"') ?? found?.[2] ?? '');
    more = found?.[3] === ',';
  }
  return { name, negated: not === '!', values };
}

export function writeCondition({ name, negated, values }: Condition): string {
  const quoted = values.map((v) => (/[",]/.test(v) ? `"${v.replaceAll('"', '""')}"` : v));
  return `${name}:${negated ? '!' : ''}${quoted.join(',')}`;
}

/** Whether a value is a comparison rather than one of several alternatives. */
function compares(value: string): boolean {
  return /^[<>]|^\d+\.\.\d+$|\*/.test(value);
}

/**
 * Conditions with one more: another value of a column widens the condition that there is, since no row has
 * both; of columns with several values, and for comparisons, it narrows.
 */
export function withCondition(given: readonly string[], text: string): string[] {
  const added = readCondition(text);
  const mergeable = added.values.every((v) => !compares(v)) && !SEVERAL.has(added.name);
  const at = given.findIndex((one) => {
    const { name, negated, values } = readCondition(one);
    return name === added.name && negated === added.negated && !values.some(compares);
  });
  const known = given[at];
  if (!mergeable || known === undefined) return given.includes(text) ? [...given] : [...given, text];
  const { values } = readCondition(known);
  const both = writeCondition({ ...added, values: [...new Set([...values, ...added.values])] });
  return given.map((one, i) => (i === at ? both : one));
}

/** What is met by either side of a conversation, and is no column. */
export const EITHER: ReadonlySet<string> = new Set([
  'host',
  'port',
  'mac',
  'network',
  'role',
  'host_site',
  'as',
  'country',
]);

/** Columns of which a row has several values, or either of two. */
const SEVERAL: ReadonlySet<string> = new Set(['vlan_ids', 'answers', ...EITHER]);

/** The opposite. */
export function negated(text: string): string {
  const condition = readCondition(text);
  return writeCondition({ ...condition, negated: !condition.negated });
}
