/** The doctor's findings about this host's packet filters. */
import { bad, type Finding, good, poor } from '../finding.js';
import type { Network } from '../network.js';
import { packetOf, placeOf, type Ruling, rulingsOn, type WayIn, waysIn } from './judge.js';
import { type Carrier, carrierWords, type Family, portsOf } from './packet.js';
import type { Unread } from './read.js';
import type { Table } from './ruleset.js';

/** The packet path in question. */
export interface Path {
  /** Whether sockets receive (of the raw receiver or of tunnels); otherwise only rings do. */
  readonly raw: boolean;
  /** What they receive; without them, what rings do. */
  readonly carriers: readonly Carrier[];
}

export interface FirewallQuestion {
  readonly path: Path;
  readonly network: Network | undefined;
  /** The interfaces by which mirrors may arrive; and whether somebody named them. */
  readonly interfaces: readonly string[];
  readonly named: boolean;
  /** Known senders: addresses and prefixes. */
  readonly sources: readonly string[];
}

const SUBJECT = 'firewall';

/** What keeps mirrors out on the ways by which they may arrive. @param tables from readRules (read.ts) */
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
    const first =
      groups[0] === undefined ? `no rule drops ${carrierWords(path.carriers)}` : wordsOf(groups[0]);
    return [good(SUBJECT, `${first}; the ring receives before it`)];
  }
  const ways = waysOf(question);
  const all = [
    ...groups.map((group) => findingOf(group, ways, named)),
    ...unread.map((u) => poor(SUBJECT, `cannot be judged: ${u.why}`, u.fix)),
  ];
  return all.length > 0
    ? all
    : [good(SUBJECT, `nothing drops ${carrierWords(path.carriers)} on the way in; ${BY_RULES}`)];
}

const BY_RULES = 'judged by the rules';

function waysOf({ path, network, interfaces, sources }: FirewallQuestion): WayIn[] {
  const families: Family[] = network?.has(6) === true ? ['ip', 'ip6'] : ['ip'];
  return waysIn(families, interfaces, sources, path.carriers);
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
  const words = `${wordsOf(group)}${whereOf(group, ways)}`;
  const what = carrierWords(group.map((r) => r.way.carrier));
  if (first.doubts.length > 0) {
    const doubts = [...new Set(first.doubts.map((d) => d.what))].slice(0, MOST_DOUBTS).join(', ');
    if (first.doubts.every((d) => d.of === 'sender'))
      return good(SUBJECT, `${words}: whether ${what} comes in depends on ${doubts}; ${BY_RULES}`);
    return poor(SUBJECT, `${words}: it may keep ${what} out; ${doubts} cannot be judged here`, mendOf(group));
  }
  const elsewhere = ways.filter((w) => !group.some((r) => r.way === w));
  // A rule that names its IP version is deliberate, as in docs/how-to/secure-it.md.
  if (
    /\bnfproto\b/.test(first.ending.rule?.text ?? '') &&
    elsewhere.some((w) => w.family !== first.way.family)
  )
    return good(SUBJECT, `${words}: that version is kept out; ${BY_RULES}`);
  const who = group.some((r) => r.way.carrier.protocol === 'udp') ? 'sockets' : 'raw sockets and tunnels';
  const missed = `${words}: ${who} will not see ${what} (${BY_RULES})`;
  // Nobody said that GRE arrives by all of these interfaces.
  const guessed = !named && elsewhere.some((w) => group.every((r) => r.way.by !== w.by));
  return guessed ? poor(SUBJECT, missed, mendOf(group)) : bad(SUBJECT, missed, mendOf(group));
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

/** What keeps mirrors out, in words. @param group rulings by the same rule or policy */
export function wordsOf(group: readonly Ruling[]): string {
  const [{ table, base, ending }] = group;
  const where =
    table.tool === 'nft'
      ? `nft's ${table.family} ${table.name} ${ending.chain}`
      : `${table.tool}${table.name === 'filter' ? '' : ` -t ${table.name}`}`;
  if (ending.rule !== undefined) return `${where} has "${ending.rule.text}"`;
  const chain = table.tool === 'nft' ? where : `${where}'s ${base.name}`;
  const what = carrierWords(group.map((r) => r.way.carrier));
  return `${chain} drops what it does not accept, and accepts no ${what}`;
}

/**
 * The commands that let mirrors in now, and what to tell the program that will rewrite these rules.
 *
 * @param group rulings by the same rule or policy
 */
export function mendOf(group: readonly Ruling[]): string {
  const [{ table, base }] = group;
  const carriers = group.map((r) => r.way.carrier);
  const gre = carriers.some((c) => c.protocol === 'gre');
  const ports = portsOf(carriers);
  const names = [...table.chains.keys()];
  const kept = names.some((c) => /^ufw6?-/.test(c))
    ? [...(gre ? ['ufw allow proto gre from any'] : []), ...ports.map((port) => `ufw allow ${port}/udp`)]
    : table.name === 'firewalld' || names.includes('INPUT_ZONES')
      ? [
          `firewall-cmd --permanent${gre ? ' --add-protocol=gre' : ''}` +
            ports.map((port) => ` --add-port=${port}/udp`).join(''),
        ]
      : [];
  const keep = kept.length === 0 ? '' : ` (to keep it: ${kept.join('; ')})`;
  const other = table.name === 'filter' ? '' : `-t ${table.name} `;
  const commands =
    table.tool === 'nft'
      ? [
          ...(gre ? ['meta l4proto gre'] : []),
          ...(ports.length > 0 ? [`udp dport ${nftSet(ports)}`] : []),
        ].map((match) => `nft insert rule ${table.family} ${table.name} ${base.name} ${match} accept`)
      : [...(gre ? ['-p gre'] : []), ...(ports.length > 0 ? [`-p udp ${iptablesPorts(ports)}`] : [])].map(
          (match) => `${table.tool} ${other}-I ${base.name} ${match} -j ACCEPT`,
        );
  return `${commands.join('; ')}${keep}`;
}

function nftSet(ports: readonly number[]): string {
  return ports.length === 1 ? String(ports[0]) : `'{ ${ports.join(', ')} }'`;
}

function iptablesPorts(ports: readonly number[]): string {
  return ports.length === 1 ? `--dport ${ports[0]}` : `-m multiport --dports ${ports.join(',')}`;
}
