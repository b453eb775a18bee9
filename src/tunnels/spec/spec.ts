/**
 * Parses tunnels in the words of `ip tunnel add` and `ip link add … type gre|gretap|erspan`, in any order
 * after the name:
 *
 *     Tunnel-1 mode gre remote 10.9.0.2 local 10.9.0.1 key 42 csum seq ttl 64 tos inherit
 *
 * The command itself (`ip tunnel add`) may precede it. Words beyond iproute2's: keepalive SECONDS RETRIES,
 * mtu, address, observe, persist.
 */
import { isMulticast, parseAddress } from './address.js';
import {
  checkTunnel,
  defaultTunnel,
  isIpv6Mode,
  TUNNEL_MODES,
  type TunnelConfig,
  TunnelConfigError,
  type TunnelMode,
} from './config.js';

type Draft = { -readonly [K in keyof TunnelConfig]: TunnelConfig[K] };

/** The remaining words, and the one at fault in an error. */
class Words {
  private at = 0;
  readonly all: readonly string[];
  tunnel = '';

  constructor(spec: string) {
    this.all = spec.trim().split(/\s+/).filter(Boolean);
  }

  get done(): boolean {
    return this.at >= this.all.length;
  }

  peek(): string | undefined {
    return this.all[this.at];
  }

  next(): string {
    return this.all[this.at++];
  }

  /** The word after `word`. */
  value(word: string, what: string): string {
    if (this.done) this.fail(word, `"${word}" is the last word; ${what} belongs behind it`);
    return this.next();
  }

  number(word: string, least: number, most: number): number {
    const what = `a number from ${least} to ${most}`;
    const text = this.value(word, what);
    const value = /^(0[xX][0-9a-fA-F]+|\d+)$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= least && value <= most)) this.fail(word, `"${word} ${text}": ${word} takes ${what}`);
    return value;
  }

  fail(word: string, message: string): never {
    throw new TunnelConfigError(
      word,
      `tunnel ${this.tunnel === '' ? `"${this.all.join(' ')}"` : this.tunnel}: ${message}`,
    );
  }
}

/**
 * Reads one specification.
 *
 * @throws TunnelConfigError naming the word.
 */
export function parseTunnelSpec(spec: string): TunnelConfig {
  const words = new Words(spec);
  skipCommand(words);
  if (words.done) {
    words.fail(
      'name',
      "a tunnel begins with its device's name: NAME mode gre remote ADDRESS local ADDRESS …",
    );
  }
  words.tunnel = words.next();
  const t: Draft = defaultTunnel(words.tunnel, findMode(words));
  while (!words.done) word(words.next(), words, t);
  if (!isIpv6Mode(t.mode) && isMulticast(t.remote)) {
    // As in iproute2: without its own key, a group's tunnel gets the group as key.
    const group = new DataView(t.remote.buffer, t.remote.byteOffset).getUint32(0);
    t.ikey ??= group;
    t.okey ??= group;
  }
  checkTunnel(t);
  return t;
}

/** A tunnel in the configuration file: a specification, alone or with the device's keys. */
export type TunnelEntry =
  | string
  | {
      readonly tunnel: string;
      readonly addresses?: readonly string[];
      readonly routes?: readonly string[];
      readonly mtu?: number | undefined;
      readonly observe?: boolean;
      readonly persist?: boolean;
    };

/**
 * The tunnel of an entry of the configuration file.
 *
 * @throws TunnelConfigError naming the word.
 */
export function tunnelOfEntry(entry: TunnelEntry): TunnelConfig {
  if (typeof entry === 'string') return parseTunnelSpec(entry);
  const t = parseTunnelSpec(entry.tunnel);
  return {
    ...t,
    addresses: [...t.addresses, ...(entry.addresses ?? [])],
    routes: [...t.routes, ...(entry.routes ?? [])],
    mtu: entry.mtu ?? t.mtu,
    observe: t.observe || entry.observe === true,
    persist: t.persist || entry.persist === true,
  };
}

function skipCommand(words: Words): void {
  if (words.peek() === 'ip') words.next();
  while (['-4', '-6', 'tunnel', 'link', 'add'].includes(words.peek() ?? '')) words.next();
  if (words.all.length > 1 && ['name', 'dev'].includes(words.peek() ?? '')) words.next();
}

/** The mode determines the meaning of other words, so it is found first. */
function findMode(words: Words): TunnelMode {
  const at = words.all.findIndex((word) => word === 'mode' || word === 'type');
  const text = at < 0 ? undefined : words.all[at + 1];
  if (text === undefined) words.fail('mode', `it has no mode; say mode ${TUNNEL_MODES.join('|')}`);
  const mode = text === 'gre/ipv6' || text === 'gre6' ? 'ip6gre' : text === 'gre/ip' ? 'gre' : text;
  const known = TUNNEL_MODES.find((m) => m === mode);
  return known ?? words.fail('mode', `"mode ${text}" is not one of ${TUNNEL_MODES.join(', ')}`);
}

/** Words without a value, and what they change. */
const FLAGS: Readonly<Record<string, Partial<Draft>>> = {
  csum: { icsum: true, ocsum: true },
  icsum: { icsum: true },
  ocsum: { ocsum: true },
  nocsum: { icsum: false, ocsum: false },
  noicsum: { icsum: false },
  noocsum: { ocsum: false },
  seq: { iseq: true, oseq: true },
  iseq: { iseq: true },
  oseq: { oseq: true },
  noseq: { iseq: false, oseq: false },
  noiseq: { iseq: false },
  nooseq: { oseq: false },
  nokey: { ikey: null, okey: null },
  noikey: { ikey: null },
  nookey: { okey: null },
  pmtudisc: { pmtudisc: true },
  nopmtudisc: { pmtudisc: false },
  'ignore-df': { ignoreDf: true },
  'noignore-df': { ignoreDf: false },
  observe: { observe: true },
  persist: { persist: true },
};

function word(w: string, words: Words, t: Draft): void {
  const flag = FLAGS[w];
  if (flag !== undefined) {
    Object.assign(t, flag);
    return;
  }
  switch (w) {
    case 'mode':
    case 'type':
      words.next();
      return;
    case 'remote':
    case 'local':
      t[w] = address(w, words, t.mode);
      return;
    case 'key':
      t.ikey = key(w, words);
      t.okey = t.ikey;
      return;
    case 'ikey':
    case 'okey':
      t[w] = key(w, words);
      return;
    case 'dev':
      t.dev = words.value(w, 'an interface');
      return;
    case 'ttl':
    case 'hoplimit':
    case 'hlim':
      if (words.peek() === 'inherit') {
        words.next();
        t.ttl = 0;
      } else t.ttl = words.number(w, 0, 255);
      return;
    case 'tos':
    case 'dsfield':
    case 'tclass':
      tos(w, words, t);
      return;
    case 'flowlabel':
      if (words.peek() === 'inherit') {
        words.next();
        t.flowLabelInherit = true;
      } else t.flowLabel = hex(w, words, 0xfffff);
      return;
    case 'encaplimit':
      if (words.peek() === 'none') {
        words.next();
        t.encapLimit = null;
      } else t.encapLimit = words.number(w, 0, 255);
      return;
    case 'dscp':
      if (words.value(w, '"inherit"') !== 'inherit') words.fail(w, 'dscp takes only "inherit"');
      t.dscpInherit = true;
      return;
    case 'fwmark':
      t.fwmark = words.number(w, 0, 0xffffffff);
      return;
    case 'erspan_ver':
      t.erspanVersion = words.number(w, 0, 2) as 0 | 1 | 2;
      return;
    case 'erspan':
      t.erspanIndex = words.number(w, 0, 0xfffff);
      return;
    case 'erspan_dir':
      t.erspanDirection = direction(w, words);
      return;
    case 'erspan_hwid':
      t.erspanHardware = words.number(w, 0, 63);
      return;
    case 'keepalive':
      t.keepalive = { seconds: words.number(w, 1, 32767), retries: words.number(w, 1, 255) };
      return;
    case 'mtu':
      t.mtu = words.number(w, 68, 65535);
      return;
    case 'address':
      t.addresses = [...t.addresses, words.value(w, 'ADDRESS/PREFIX')];
      return;
    case 'external':
    case 'encap':
    case 'ttl-inherit':
      words.fail(w, `"${w}" is not something mirrorlake's tunnels do`);
      return;
    default:
      words.fail(
        w,
        `"${w}" is not a word of ip tunnel add; see docs/reference/tunnels.md for those it takes`,
      );
  }
}

function address(w: string, words: Words, mode: TunnelMode): Uint8Array {
  const text = words.value(w, 'an address or "any"');
  const length = isIpv6Mode(mode) ? 16 : 4;
  if (text === 'any' || text === '0' || text === '0.0.0.0' || text === '::') return new Uint8Array(length);
  const bytes = parseAddress(text);
  if (bytes === null || bytes.length !== length) {
    words.fail(
      w,
      `"${w} ${text}": ${w} takes an IPv${length === 4 ? 4 : 6} address or "any" with mode ${mode}`,
    );
  }
  return bytes;
}

/** A number, or a dotted quad (iproute2: tnl_parse_key). */
function key(w: string, words: Words): number {
  const next = words.peek();
  const quad = next?.includes('.') ? parseAddress(next) : null;
  if (quad === null) return words.number(w, 0, 0xffffffff);
  words.next();
  return new DataView(quad.buffer).getUint32(0);
}

/** `inherit`, `inherit/HEX` or HEX, as iproute2 reads a DS field. */
function tos(w: string, words: Words, t: Draft): void {
  const next = words.peek() ?? '';
  if (next === 'inherit' || next.startsWith('inherit/')) {
    words.next();
    t.tosInherit = true;
    const rest = next.slice('inherit/'.length);
    t.tos = rest === '' ? 0 : hexNumber(w, rest, 0xff, words);
  } else {
    t.tosInherit = false;
    t.tos = hex(w, words, 0xff);
  }
}

function hex(w: string, words: Words, most: number): number {
  return hexNumber(w, words.value(w, 'a hexadecimal number'), most, words);
}

function hexNumber(w: string, text: string, most: number, words: Words): number {
  const value = /^(0[xX])?[0-9a-fA-F]+$/.test(text) ? Number.parseInt(text, 16) : Number.NaN;
  if (!(value <= most))
    words.fail(w, `"${w} ${text}": ${w} takes a hexadecimal number up to ${most.toString(16)}`);
  return value;
}

function direction(w: string, words: Words): 0 | 1 {
  const text = words.value(w, 'ingress or egress');
  if (text === 'ingress' || text === '0') return 0;
  if (text === 'egress' || text === '1') return 1;
  return words.fail(w, `"${w} ${text}": ${w} takes ingress or egress`);
}
