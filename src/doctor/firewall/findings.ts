/** The doctor's findings about this host's packet filters. */
import { bad, type Finding, good, poor } from '../finding.js';
import type { Network } from '../network.js';
import { packetOf, placeOf, type Ruling, rulingsOn, type WayIn, waysIn } from './judge.js';
import type { Family } from './packet.js';
import type { Unread } from './read.js';
import type { Table } from './ruleset.js';

/** The packet path in question. */
export interface Path {
  /** Whether raw sockets receive (of the raw receiver or of tunnels); otherwise only rings do. */
  readonly raw: boolean;
}

export interface FirewallQuestion {
  readonly path: Path;
  readonly network: Network | undefined;
  /** The interfaces by which GRE may arrive; and whether somebody named them. */
  readonly interfaces: readonly string[];
  readonly named: boolean;
  /** Known senders: addresses and prefixes. */
  readonly sources: readonly string[];
}

const SUBJECT = 'firewall';

/** What keeps GRE out on the ways by which it may arrive. @param tables from readRules (read.ts) */
export function firewallRulings(question: FirewallQuestion, tables: readonly Table[]): Ruling[] {
  const { network } = question;
  return waysOf(question).flatMap((way) =>
    rulingsOn(tables, way, packetOf(way, network), placeOf(way.by, network)),
  );
}

/** @param rulings from {@link firewallRulings} for the same question */
export function firewallFindings(
  question: FirewallQuestion,
  rulings: readonly Ruling[],
  unread: readonly Unread[],
): Finding[] {
  const { path, named } = question;
  const groups = grouped(rulings);
  if (!path.raw) {
    const first = groups[0] === undefined ? 'no rule drops GRE' : wordsOf(groups[0][0]);
    return [good(SUBJECT, `${first}; the ring receives before it`)];
  }
  const ways = waysOf(question);
  const all = [
    ...groups.map((group) => findingOf(group, ways, named)),
    ...unread.map((u) => poor(SUBJECT, `cannot be judged: ${u.why}`, u.fix)),
  ];
  return all.length > 0 ? all : [good(SUBJECT, `nothing drops protocol 47 on its way in; ${BY_RULES}`)];
}

const BY_RULES = 'judged by the rules';

function waysOf({ network, interfaces, sources }: FirewallQuestion): WayIn[] {
  const families: Family[] = network?.has(6) === true ? ['ip', 'ip6'] : ['ip'];
  return waysIn(families, interfaces, sources);
}

/** Rulings by the same rule or policy, and with the same certainty. */
function grouped(rulings: readonly Ruling[]): Ruling[][] {
  const groups = new Map<string, Ruling[]>();
  for (const r of rulings) {
    const { table, base, ending } = r;
    const sure = r.doubts.length === 0 ? 'sure' : r.doubts.map((d) => d.what).join();
    const key = [table.tool, table.family, table.name, base.name, ending.chain, ending.rule?.text, sure].join(
      '\n',
    );
    groups.set(key, [...(groups.get(key) ?? []), r]);
  }
  return [...groups.values()];
}

function findingOf(group: readonly Ruling[], ways: readonly WayIn[], named: boolean): Finding {
  const [first] = group;
  const words = `${wordsOf(first)}${whereOf(group, ways)}`;
  if (first.doubts.length > 0) {
    const doubts = [...new Set(first.doubts.map((d) => d.what))].slice(0, MOST_DOUBTS).join(', ');
    if (first.doubts.every((d) => d.of === 'sender'))
      return good(SUBJECT, `${words}: whether GRE comes in depends on ${doubts}; ${BY_RULES}`);
    return poor(SUBJECT, `${words}: it may keep GRE out; ${doubts} cannot be judged here`, mendOf(first));
  }
  const elsewhere = ways.filter((w) => !group.some((r) => r.way === w));
  // A rule that names its IP version is deliberate, as in docs/how-to/secure-it.md.
  if (
    /\bnfproto\b/.test(first.ending.rule?.text ?? '') &&
    elsewhere.some((w) => w.family !== first.way.family)
  )
    return good(SUBJECT, `${words}: that version is kept out; ${BY_RULES}`);
  const missed = `${words}: raw sockets and tunnels will not see GRE (${BY_RULES})`;
  // Nobody said that GRE arrives by all of these interfaces.
  const guessed = !named && elsewhere.some((w) => group.every((r) => r.way.by !== w.by));
  return guessed ? poor(SUBJECT, missed, mendOf(first)) : bad(SUBJECT, missed, mendOf(first));
}

const MOST_DOUBTS = 3;

/** The ways that a finding is about, if not all. */
function whereOf(group: readonly Ruling[], ways: readonly WayIn[]): string {
  const of = (pick: (w: WayIn) => string | undefined, label: (s: string) => string): string => {
    const all = new Set(ways.map(pick));
    const here = [...new Set(group.map((r) => pick(r.way)))];
    if (here.length === all.size) return '';
    return ` ${here.map((h) => label(h ?? '')).join(', ')}`;
  };
  const family = of(
    (w) => w.family,
    (f) => (f === 'ip' ? 'over IPv4' : 'over IPv6'),
  );
  const by = of(
    (w) => w.by,
    (name) => `on ${name}`,
  );
  const from = of(
    (w) => w.from,
    (source) => `from ${source}`,
  );
  return `${family}${by}${from}`;
}

/** What keeps GRE out, in words. */
export function wordsOf({ table, base, ending }: Ruling): string {
  const where =
    table.tool === 'nft'
      ? `nft's ${table.family} ${table.name} ${ending.chain}`
      : `${table.tool}${table.name === 'filter' ? '' : ` -t ${table.name}`}`;
  if (ending.rule !== undefined) return `${where} has "${ending.rule.text}"`;
  const chain = table.tool === 'nft' ? where : `${where}'s ${base.name}`;
  return `${chain} drops what it does not accept, and accepts no GRE`;
}

/** The command that lets GRE in now, and what to tell the program that will rewrite these rules. */
export function mendOf({ table, base }: Ruling): string {
  const names = [...table.chains.keys()];
  const keep = names.some((c) => /^ufw6?-/.test(c))
    ? ' (to keep it: ufw allow proto gre from any)'
    : table.name === 'firewalld' || names.includes('INPUT_ZONES')
      ? ' (to keep it: firewall-cmd --permanent --add-protocol=gre)'
      : '';
  if (table.tool === 'nft')
    return `nft insert rule ${table.family} ${table.name} ${base.name} meta l4proto gre accept${keep}`;
  const other = table.name === 'filter' ? '' : `-t ${table.name} `;
  return `${table.tool} ${other}-I ${base.name} -p gre -j ACCEPT${keep}`;
}
