/** Evaluates the conditions of nft's rules (libnftables-json(5): match, vmap) for the packet of a mirror. */
import { agreed, all, any, type Judgement, not, onRule, onSender } from './judgement.js';
import { comesBy, fromPrefix, type Packet, prefixIn, protocolWords, toPrefix } from './packet.js';
import { type Prefix, rangeOf } from './prefix.js';

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
type JsonObject = { readonly [key: string]: Json };

export function isObject(j: Json | undefined): j is JsonObject {
  return typeof j === 'object' && j !== null && !Array.isArray(j);
}

/** Named sets and maps of tables. */
export class NftSets {
  private readonly tables = new Map<string, Map<string, readonly Json[]>>();

  add(table: string, name: string, elements: Json | undefined): void {
    const sets = this.of(table);
    sets.set(name, Array.isArray(elements) ? (elements as Json[]) : []);
  }

  of(table: string): Map<string, readonly Json[]> {
    const sets = this.tables.get(table) ?? new Map<string, readonly Json[]>();
    this.tables.set(table, sets);
    return sets;
  }
}

/** Whether the left side of a condition equals, or is in, an element of the right side. */
type Tester = (element: Json) => Judgement;

/**
 * Layers that neither GRE nor UDP is: a condition on one of them is a condition on the protocol. Of UDP it is
 * not known what lies in it.
 */
const OTHER_LAYERS = ['tcp', 'udplite', 'dccp', 'sctp', 'icmp', 'icmpv6', 'igmp', 'ah', 'esp', 'comp', 'arp'];
const ONLY_IN_UDP = ['udp', 'vxlan', 'geneve'];
const ONLY_IN_GRE = ['gre', 'gretap'];
/** Conditions that the packet does not meet: `socket` concerns connections, and transparent proxies. */
const NEVER_THERE = ['tcp option', 'ip option', 'sctp chunk', 'dccp option', 'osf', 'socket'];

const equals =
  (...values: Json[]): Tester =>
  (e) =>
    values.includes(e);
const never: Tester = () => false;
const doubtful =
  (j: Judgement): Tester =>
  () =>
    j;

export class NftConditions {
  private met: Judgement = true;

  constructor(
    private readonly packet: Packet,
    private readonly sets: ReadonlyMap<string, readonly Json[]>,
  ) {}

  /** Whether all conditions so far are met. */
  get judgement(): Judgement {
    return this.met;
  }

  and(j: Judgement): void {
    this.met = all([this.met, j]);
  }

  /** Evaluates the argument of a match statement. */
  match(argument: Json): void {
    this.and(isObject(argument) ? this.matched(argument) : onRule('a match that this nft does not tell'));
  }

  private matched({ op, left, right }: JsonObject): Judgement {
    if (!isObject(left)) return onRule(`"${JSON.stringify(left)}"`);
    const kind = Object.keys(left)[0];
    // Nothing matches a missing layer, not even "is not".
    if (kind === 'payload' && this.absent(left.payload)) return false;
    if (NEVER_THERE.includes(kind)) return right === false;
    if (kind === 'exthdr') return right === false;
    const tester = this.tester(left);
    switch (op) {
      case '==':
      case 'in':
        return this.holds(tester, right);
      case '!=':
        return not(this.holds(tester, right));
      default:
        return onRule(`"${kind} ${op}"`);
    }
  }

  /** The verdicts of a vmap statement's argument, each with its condition. */
  map(argument: Json): [Judgement, Json][] {
    if (!isObject(argument) || !isObject(argument.key)) return [[onRule('a verdict map'), { accept: null }]];
    const { key, data } = argument;
    if (isObject(key.payload) && this.absent(key.payload)) return [];
    const tester = this.tester(key as JsonObject);
    const pairs = this.elements(data).filter((p): p is readonly Json[] => Array.isArray(p));
    // The default element comes last.
    const others = pairs.filter(([k]) => bare(k) === '*');
    const named = pairs.filter((p) => !others.includes(p));
    return [
      ...named.map(([k, verdict]): [Judgement, Json] => [tester(bare(k)), verdict]),
      ...others.map(([, verdict]): [Judgement, Json] => [true, verdict]),
    ];
  }

  private holds(tester: Tester, right: Json): Judgement {
    if (typeof right === 'string' && right.startsWith('@')) {
      return any(this.elements(right).map((e) => tester(bare(e))));
    }
    if (isObject(right) && right.set !== undefined) {
      return any(this.elements(right).map((e) => tester(bare(e))));
    }
    // Flags, any of which suffices.
    if (Array.isArray(right)) return any((right as Json[]).map((e) => tester(bare(e))));
    if (isObject(right) && Array.isArray(right['|']))
      return any((right['|'] as Json[]).map((e) => tester(bare(e))));
    return tester(bare(right));
  }

  private elements(from: Json): readonly Json[] {
    if (typeof from === 'string') return this.sets.get(from.replace(/^@/, '')) ?? [];
    if (!isObject(from)) return [];
    const { set } = from;
    return Array.isArray(set) ? (set as Json[]) : set === undefined ? [] : [set];
  }

  /** Whether a payload expression is for a layer that this packet does not have. */
  private absent(payload: Json): boolean {
    if (!isObject(payload) || typeof payload.protocol !== 'string') return false;
    const { protocol } = payload;
    if (protocol === 'ip' || protocol === 'ip6') return protocol !== this.packet.family;
    const others = this.packet.carrier.protocol === 'gre' ? ONLY_IN_UDP : ONLY_IN_GRE;
    return OTHER_LAYERS.includes(protocol) || others.includes(protocol);
  }

  private tester(left: JsonObject): Tester {
    const [kind, argument] = Object.entries(left)[0];
    const a = isObject(argument) ? argument : {};
    switch (kind) {
      case 'meta':
        return this.meta(String(a.key));
      case 'payload':
        return this.payload(a);
      case 'ct':
        return this.conntrack(String(a.key));
      case 'fib':
        return this.fib(a);
      case 'concat': {
        const parts = (Array.isArray(argument) ? (argument as Json[]) : []).map((p): Tester => {
          if (!isObject(p)) return doubtful(onRule('"concat"'));
          return isObject(p.payload) && this.absent(p.payload) ? never : this.tester(p);
        });
        return (element) => {
          const values = isObject(element) && Array.isArray(element.concat) ? (element.concat as Json[]) : [];
          return all(parts.map((t, i) => t(bare(values[i] ?? null))));
        };
      }
      case 'rt':
      case 'ipsec':
        return equals(false);
      default:
        return doubtful(onRule(`"${kind}"`));
    }
  }

  private meta(key: string): Tester {
    const { packet } = this;
    const v4 = packet.family === 'ip';
    switch (key) {
      case 'l4proto':
        return equals(...protocolWords(packet.carrier));
      case 'nfproto':
        return v4 ? equals('ipv4', 2) : equals('ipv6', 10);
      case 'protocol':
        return v4 ? equals('ip', 0x0800, '0x0800') : equals('ip6', 0x86dd, '0x86dd');
      case 'iif':
      case 'iifname':
        return (e) => (typeof e === 'string' ? comesBy(packet, e, '*') : onSender(`the interface ${e}`));
      case 'oif':
      case 'oifname':
        // The packet is not forwarded, so it has no output interface.
        return equals('');
      case 'pkttype':
        return equals('host', 'unicast', 0);
      case 'secpath':
      case 'ipsec':
        return equals(false, 'missing', 0);
      case 'length':
      case 'iiftype':
      case 'iifgroup':
        return doubtful(onSender(`its ${key}`));
      default:
        return doubtful(onRule(`"meta ${key}"`));
    }
  }

  private payload({ protocol, field }: JsonObject): Tester {
    const { packet } = this;
    if (protocol === 'ip' || protocol === 'ip6') {
      switch (field) {
        case 'saddr':
          return this.address((p) => fromPrefix(packet, p));
        case 'daddr':
          return this.address((p) => toPrefix(packet, p));
        case 'protocol':
        case 'nexthdr':
          return equals(...protocolWords(packet.carrier));
        case 'version':
          return equals(protocol === 'ip' ? 4 : 6);
        case 'frag-off':
          return equals(0);
        default:
          return doubtful(onSender(`its ${field}`));
      }
    }
    if (packet.carrier.protocol === 'udp' && (protocol === 'udp' || protocol === 'th'))
      return field === 'dport' ? this.port() : doubtful(onSender(`its ${protocol} ${field}`));
    if (protocol === 'ether' && field === 'type')
      return packet.family === 'ip' ? equals('ip', 0x0800) : equals('ip6', 0x86dd);
    if (protocol === 'ether' || protocol === 'vlan' || protocol === 'gre')
      return doubtful(onSender(`its ${protocol} ${field}`));
    return doubtful(onRule(protocol === undefined ? 'bytes of the packet' : `"${protocol} ${field}"`));
  }

  private address(within: (prefix: Prefix) => Judgement): Tester {
    const { family } = this.packet;
    return (element) => {
      let prefix: Prefix | undefined;
      if (typeof element === 'string') prefix = prefixIn(family, element);
      else if (isObject(element) && isObject(element.prefix))
        prefix = prefixIn(family, `${element.prefix.addr}/${element.prefix.len}`);
      else if (isObject(element) && Array.isArray(element.range)) {
        const [from, to] = element.range as Json[];
        prefix = rangeOf(String(from), String(to));
      }
      return prefix === undefined ? onSender(JSON.stringify(element)) : within(prefix);
    };
  }

  private port(): Tester {
    const { port } = this.packet.carrier;
    return (element) => {
      if (typeof element === 'number') return element === port;
      if (!isObject(element) || !Array.isArray(element.range)) return onRule(JSON.stringify(element));
      const [from, to] = (element.range as Json[]).map(Number);
      return port >= from && port <= to;
    };
  }

  /** Of a connection that nobody has answered. */
  private conntrack(key: string): Tester {
    switch (key) {
      case 'state':
        return equals('new', 8);
      case 'status':
        return never;
      case 'direction':
        return equals('original', 0);
      case 'helper':
        return never;
      case 'l3proto':
        return this.packet.family === 'ip' ? equals('ipv4', 2) : equals('ipv6', 10);
      case 'protocol':
        return equals(...protocolWords(this.packet.carrier));
      default:
        return doubtful(onRule(`"ct ${key}"`));
    }
  }

  /** Routes: `fib saddr . iif oif missing` is a reverse path filter. */
  private fib({ result, flags }: JsonObject): Tester {
    const { packet } = this;
    const words = [flags].flat().map(String);
    if (result === 'type') return words.includes('daddr') ? equals('local') : equals('unicast');
    const found = words.includes('saddr')
      ? words.includes('iif')
        ? packet.routedBack
        : packet.routed
      : undefined;
    return (element) => {
      if (typeof element !== 'boolean' || found === undefined)
        return onSender('the route back to the sender');
      return agreed([found === element], '');
    };
  }
}

/** An element without its comment and timeout. */
function bare(element: Json): Json {
  return isObject(element) && isObject(element.elem) && element.elem.val !== undefined
    ? element.elem.val
    : element;
}
