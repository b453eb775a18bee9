/** Parses `nft -j list ruleset` and `nft -a list ruleset` (libnftables-json(5)) into tables of chains. */
import { type Judgement, onRule } from './judgement.js';
import { isObject, type Json, NftConditions, NftSets } from './nft-conditions.js';
import type { Packet } from './packet.js';
import type { Action, Branch, Chain, Hook, Rule, Table, Verdict } from './ruleset.js';
import { HOOKS } from './ruleset.js';

const FAMILIES = ['ip', 'ip6', 'inet', 'netdev', 'bridge'] as const;
/** Statements that neither end a rule nor stop its evaluation. */
const WITHOUT_VERDICT = [
  'counter',
  'log',
  'mangle',
  'notrack',
  'set',
  'masquerade',
  'snat',
  'tproxy',
  'dup',
  'flow',
  'synproxy',
  'last',
  'secmark',
  'ct helper',
  'ct timeout',
  'ct expectation',
  'continue',
  'meter',
];
/** Targets of iptables' kernel extensions (`xt`) that drop; the others only act. */
const XT_DROPS = ['REJECT', 'DROP', 'STEAL'];
const XT_DIVERTS = ['DNAT', 'REDIRECT', 'NETMAP'];

/**
 * @param json output of `nft -j list ruleset`
 * @param text output of `nft -a list ruleset`: rules as text, and the devices of chains, which some versions
 * leave out of the JSON
 */
export function nftTables(json: string, text: string): Table[] {
  const { nftables } = JSON.parse(json) as { nftables: Record<string, Record<string, Json>>[] };
  const words = new Words(text);
  const sets = new NftSets();
  const tables = new Map<string, { table: Table; chains: Map<string, Chain & { rules: Rule[] }> }>();
  const key = (o: Record<string, Json>, name: Json): string => `${o.family} ${name}`;
  for (const entry of nftables) {
    const { table, chain, rule } = entry;
    const set = entry.set ?? entry.map;
    if (table !== undefined && FAMILIES.some((f) => f === table.family)) {
      const family = table.family as Table['family'];
      const chains = new Map<string, Chain & { rules: Rule[] }>();
      const name = String(table.name);
      tables.set(key(table, name), { table: { tool: 'nft', family, name, chains }, chains });
    } else if (set !== undefined) {
      sets.add(key(set, set.table), String(set.name), set.elem);
    } else if (chain !== undefined) {
      const name = String(chain.name);
      const base = baseOf(chain, words.devices(key(chain, chain.table), name));
      tables.get(key(chain, chain.table))?.chains.set(name, { name, rules: [], base });
    } else if (rule !== undefined) {
      const at = key(rule, rule.table);
      const chain = tables.get(at)?.chains.get(String(rule.chain));
      const said = words.rule(at, String(rule.chain), Number(rule.handle));
      chain?.rules.push(ruleOf(rule.expr, said, sets.of(at)));
    }
  }
  return [...tables.values()].map((t) => t.table);
}

function baseOf(chain: Record<string, Json>, devices: readonly string[]): Chain['base'] {
  const hook = HOOKS.find((h) => h === chain.hook);
  if (hook === undefined) return undefined;
  const dev = chain.dev === undefined ? devices : [chain.dev].flat().map(String);
  return {
    hook: hook as Hook,
    priority: Number(chain.prio),
    policy: chain.policy === 'drop' ? 'drop' : 'accept',
    devices: dev,
  };
}

/** @param expr the rule's statements, in order */
function ruleOf(expr: Json, text: string, sets: ReadonlyMap<string, readonly Json[]>): Rule {
  const statements = (Array.isArray(expr) ? expr : []) as Json[];
  return {
    text,
    branches: (packet) => branchesOf(statements, packet, sets),
  };
}

function branchesOf(
  statements: readonly Json[],
  packet: Packet,
  sets: ReadonlyMap<string, readonly Json[]>,
): Branch[] {
  const conditions = new NftConditions(packet, sets);
  for (const s of statements) {
    if (!isObject(s)) {
      conditions.and(onRule('a statement that this nft does not tell'));
      continue;
    }
    const [name, argument] = Object.entries(s)[0];
    if (name === 'match') conditions.match(argument);
    else if (name === 'vmap') {
      const when = conditions.judgement;
      return conditions.map(argument).flatMap(([held, verdict]) => {
        const action = actionOf(verdict);
        return action === undefined ? [] : [{ when: both(when, held), action }];
      });
    } else if (name === 'xt') {
      const { type, name: extension } = isObject(argument) ? argument : {};
      if (type === 'target') {
        const verdict = xtVerdict(String(extension));
        if (verdict !== undefined)
          return [{ when: conditions.judgement, action: { kind: 'verdict', verdict } }];
      } else conditions.and(onRule(`iptables' match ${extension ?? ''}`.trim()));
    } else {
      const action = actionOf(s);
      if (action !== undefined) return [{ when: conditions.judgement, action }];
      if (!WITHOUT_VERDICT.includes(name) || hasLimit(argument)) conditions.and(onRule(`"${name}"`));
    }
  }
  return [];
}

function both(a: Judgement, b: Judgement): Judgement {
  if (a === false || b === false) return false;
  if (a === true) return b;
  return b !== true && b.of === 'rule' ? b : a;
}

function actionOf(statement: Json): Action | undefined {
  if (!isObject(statement)) return undefined;
  const [name, argument] = Object.entries(statement)[0];
  const target = isObject(argument) ? String(argument.target) : '';
  const ends = (verdict: Verdict): Action => ({ kind: 'verdict', verdict });
  switch (name) {
    case 'accept':
      return ends('accept');
    case 'drop':
    case 'reject':
      return ends('drop');
    case 'queue':
      return ends('queue');
    case 'dnat':
    case 'redirect':
    case 'fwd':
      return ends('divert');
    case 'return':
      return { kind: 'return' };
    case 'jump':
    case 'goto':
      return { kind: name, chain: target };
    default:
      return undefined;
  }
}

function xtVerdict(target: string): Verdict | undefined {
  if (XT_DROPS.includes(target)) return 'drop';
  if (XT_DIVERTS.includes(target)) return 'divert';
  return target === 'NFQUEUE' ? 'queue' : undefined;
}

/** Whether a set or meter statement contains a statement that can stop the rule's evaluation. */
function hasLimit(argument: Json): boolean {
  return isObject(argument) && /"(limit|quota|ct count)"/.test(JSON.stringify(argument.stmt ?? null));
}

/** The listing as text: rules by table, chain and handle. */
class Words {
  private readonly rules = new Map<string, string>();
  private readonly device = new Map<string, string[]>();

  constructor(text: string) {
    let table = '';
    let chain: string | undefined;
    let rule = '';
    for (const raw of text.split('\n')) {
      const line = raw.trim();
      const opens = OPENS.exec(line);
      if (opens !== null && rule === '') {
        if (opens[2] !== undefined) table = opens[2];
        chain = opens[3];
      } else if (line === '}' && rule === '') chain = undefined;
      else if (chain !== undefined) {
        const devices = /hook ingress devices?(?: =)? (?:"([^"]+)"|([^\s{]+)|\{ ([^}]+) \})/.exec(line);
        if (devices !== null) {
          const names = (devices[1] ?? devices[2] ?? devices[3]).split(',');
          this.device.set(
            `${table} ${chain}`,
            names.map((n) => n.trim().replaceAll('"', '')),
          );
        }
        // A long set continues on the lines below.
        rule = `${rule} ${line}`.trim();
        const handle = / # handle (\d+)$/.exec(rule);
        if (handle !== null)
          this.rules.set(`${table} ${chain} ${handle[1]}`, rule.slice(0, handle.index).replace(COUNTS, ''));
        if (handle !== null || /;$/.test(line) || line === '') rule = '';
      }
    }
  }

  rule(table: string, chain: string, handle: number): string {
    return this.rules.get(`${table} ${chain} ${handle}`) ?? `the rule with handle ${handle}`;
  }

  devices(table: string, chain: string): string[] {
    return this.device.get(`${table} ${chain}`) ?? [];
  }
}

/** The first line of a table, a chain or another object. */
const OPENS = new RegExp(
  String.raw`^(table (\S+ \S+)|chain (\S+)|set|map|flowtable|ct|counter|quota|limit|synproxy)\b` +
    String.raw`.*\{( # handle \d+)?$`,
);

/** A counter's values are no part of the rule. */
const COUNTS = /(?<=\bcounter) packets \d+ bytes \d+/g;
