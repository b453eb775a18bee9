/** Parses the output of `iptables-save` and its variants (iptables-extensions(8)) into tables of chains. */
import { all, any, type Judgement, not, onRule, onSender } from './judgement.js';
import {
  comesBy,
  type Family,
  fromPrefix,
  type Packet,
  prefixIn,
  protocolWords,
  toPrefix,
} from './packet.js';
import { rangeOf } from './prefix.js';
import type { Action, Chain, Hook, Rule, Table, Verdict } from './ruleset.js';

/** The priorities of the kernel's own chains (enum nf_ip_hook_priorities). */
const PRIORITIES: Readonly<Record<string, number>> = {
  raw: -300,
  mangle: -150,
  nat: -100,
  filter: 0,
  security: 50,
};
const NAT_INPUT = 100;

const VERDICTS: Readonly<Record<string, Verdict>> = {
  ACCEPT: 'accept',
  DROP: 'drop',
  REJECT: 'drop',
  STEAL: 'drop',
  QUEUE: 'queue',
  NFQUEUE: 'queue',
  DNAT: 'divert',
  REDIRECT: 'divert',
  NETMAP: 'divert',
};
/** Matches for another protocol than GRE and UDP, which the rule names. */
const OF_A_PROTOCOL = [
  'tcp',
  'udplite',
  'sctp',
  'dccp',
  'icmp',
  'icmp6',
  'icmpv6',
  'ah',
  'esp',
  'tcpmss',
  'ecn',
];
/** Matches on fields that the sender chooses. */
const ON_THE_SENDER = ['mac', 'ttl', 'hl', 'tos', 'dscp', 'length', 'geoip'];

/** @param text the output for all tables */
export function savedTables(tool: Table['tool'], text: string): Table[] {
  const family: Family = tool.startsWith('ip6') ? 'ip6' : 'ip';
  const tables: Table[] = [];
  let chains = new Map<string, Chain & { rules: Rule[] }>();
  let table = '';
  for (const line of text.split('\n')) {
    if (line.startsWith('*')) {
      table = line.slice(1).trim();
      chains = new Map();
      tables.push({ tool, family, name: table, chains });
    } else if (line.startsWith(':')) {
      const [name, policy] = line.slice(1).split(' ');
      chains.set(name, { name, rules: [], base: baseOf(table, name, policy) });
    } else if (line.startsWith('-A ') || line.startsWith('[')) {
      const at = line.indexOf('-A ');
      const words = wordsOf(line.slice(at));
      chains.get(words[1])?.rules.push(ruleOf(line.slice(at), words.slice(2)));
    }
  }
  return tables;
}

function baseOf(table: string, name: string, policy: string): Chain['base'] {
  const hook: Hook | undefined =
    name === 'PREROUTING' ? 'prerouting' : name === 'INPUT' ? 'input' : undefined;
  if (hook === undefined || policy === '-') return undefined;
  const priority = table === 'nat' && hook === 'input' ? NAT_INPUT : (PRIORITIES[table] ?? 0);
  return { hook, priority, policy: policy === 'DROP' ? 'drop' : 'accept' };
}

/** The words of a line; quoted ones whole. */
function wordsOf(line: string): string[] {
  return [...line.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)].map((m) => m[2] ?? m[1].replace(/\\(.)/g, '$1'));
}

type Condition = (packet: Packet) => Judgement;

/** @param words what follows the chain's name: conditions, matches and the target with their options */
function ruleOf(text: string, words: readonly string[]): Rule {
  const conditions: Condition[] = [];
  let action: Action | undefined;
  let i = 0;
  while (i < words.length && action === undefined) {
    const inverted = words[i] === '!';
    if (inverted) i++;
    const option = words[i++];
    const add = (c: Condition): void => {
      conditions.push(inverted ? (p) => not(c(p)) : c);
    };
    if (option === '-j' || option === '-g') {
      action = actionOf(option, words[i]);
      if (action === undefined) break;
    } else if (option === '-m') {
      const end = endOfMatch(words, i + 1);
      conditions.push(matchOf(words[i], words.slice(i + 1, end)));
      i = end;
    } else if (option === '-f') add(() => false);
    else add(conditionOf(option, words[i++]));
  }
  return {
    text,
    branches: (packet) =>
      action === undefined ? [] : [{ when: all(conditions.map((c) => c(packet))), action }],
  };
}

/** Where a match's options end: at the next match or the target. */
function endOfMatch(words: readonly string[], from: number): number {
  let i = from;
  while (i < words.length && !/^-[mjgpsdiof]$/.test(words[i])) i++;
  // A "!" before a match or an address option belongs to it.
  return words[i - 1] === '!' && i < words.length ? i - 1 : i;
}

function actionOf(option: string, target: string): Action | undefined {
  if (option === '-g') return { kind: 'goto', chain: target };
  if (target === 'RETURN') return { kind: 'return' };
  if (VERDICTS[target] !== undefined) return { kind: 'verdict', verdict: VERDICTS[target] };
  // A chain, or a kernel target that only acts: it is no chain of the table, and changes nothing.
  return { kind: 'jump', chain: target };
}

function conditionOf(option: string, value: string): Condition {
  switch (option) {
    case '-p':
      return (p) => ['all', '0', ...protocolWords(p.carrier).map(String)].includes(value);
    case '-s':
    case '-d':
      return (p) => {
        const prefix = prefixIn(p.family, value);
        if (prefix === undefined) return onSender(`${option} ${value}`);
        return option === '-s' ? fromPrefix(p, prefix) : toPrefix(p, prefix);
      };
    case '-i':
      return (p) => comesBy(p, value, '+');
    case '-o':
      return () => false;
    default:
      return () => onRule(`"${option}"`);
  }
}

/** @param options of the match `name`, each possibly preceded by "!" */
function matchOf(name: string, options: readonly string[]): Condition {
  const value = (option: string): string | undefined => {
    const at = options.indexOf(option);
    return at < 0 ? undefined : options[at + 1];
  };
  const inverted = (option: string): boolean => options[options.indexOf(option) - 1] === '!';
  /** For an option with a list: whether any element holds. */
  const listed = (option: string, holds: (word: string) => Judgement): Judgement => {
    const list = value(option);
    if (list === undefined) return true;
    const held = any(list.split(',').map(holds));
    return inverted(option) ? not(held) : held;
  };
  if (name === 'comment' || name === 'gre' || OF_A_PROTOCOL.includes(name)) return () => true;
  if (ON_THE_SENDER.includes(name)) return () => onSender(`its ${name}`);
  switch (name) {
    case 'udp':
    case 'multiport':
      // The rule names the protocol, which GRE is not.
      return (p) =>
        all([
          listed('--dport', (ports) => hasPort(ports, p)),
          listed('--dports', (ports) => hasPort(ports, p)),
          options.some((o) => o === '--sport' || o === '--sports' || o === '--ports')
            ? onSender('its source port')
            : true,
        ]);
    case 'conntrack': {
      const known = ['--ctstate', '--ctstatus', '--ctdir'];
      const other = options.find((o) => o.startsWith('--') && !known.includes(o));
      const direction = value('--ctdir');
      return () =>
        all([
          listed('--ctstate', (s) => s === 'NEW'),
          listed('--ctstatus', (s) => s === 'NONE'),
          direction === undefined || direction === 'ORIGINAL',
          other === undefined || onRule(`"${other}"`),
        ]);
    }
    case 'state':
      return () => listed('--state', (s) => s === 'NEW');
    case 'addrtype':
      return () =>
        all([listed('--dst-type', (t) => t === 'LOCAL'), listed('--src-type', (t) => t === 'UNICAST')]);
    case 'pkttype':
      return () => listed('--pkt-type', (t) => t === 'unicast' || t === 'host');
    case 'policy':
      return () => listed('--pol', (t) => t === 'none');
    case 'iprange':
      return (p) =>
        all(
          (['--src-range', '--dst-range'] as const).map((option) =>
            listed(option, (text) => {
              const range = rangeOf(text.split('-')[0], text.split('-')[1] ?? text.split('-')[0]);
              if (range === undefined) return onSender(text);
              return option === '--src-range' ? fromPrefix(p, range) : toPrefix(p, range);
            }),
          ),
        );
    case 'rpfilter':
      return (p) => {
        const found = options.includes('--loose') ? p.routed : p.routedBack;
        if (found === undefined) return onSender('the route back to the sender');
        return options.includes('--invert') ? !found : found;
      };
    case 'set':
      return () => onSender(`the set ${value('--match-set') ?? ''}`);
    case 'socket':
      return () => false;
    default:
      return () => onRule(`-m ${name}`);
  }
}

/** Whether the destination port is in `4789`, `4789:6081` or `:1024`. */
function hasPort(ports: string, { carrier }: Packet): boolean {
  const [from, to = from] = ports.split(':');
  return carrier.port >= Number(from || 0) && carrier.port <= Number(to || 65535);
}
