/**
 * Random tunnels, and random GRE packets that match them, almost match, or do not. They serve to compare the
 * receive path with the Linux kernel. The same seed yields the same.
 */

import { setU16, setU32 } from '../../src/wire/bytes.js';
import { checksum } from '../../src/wire/checksum.js';

/** The destination of every packet. */
export const ORACLE_LOCAL4 = '10.210.0.2';
export const ORACLE_LOCAL6 = 'fd00:210::2';

export interface OracleTunnel {
  readonly name: string;
  readonly mode: string;
  readonly local: string;
  readonly remote: string;
  readonly key: number | null;
  readonly csum: boolean;
  readonly seq: boolean;
  readonly erspanVersion: number;
}

/** mulberry32: a small random generator with a 32-bit state. */
export function random(seed: number): () => number {
  let s = seed >>> 0;
  return () => {
    s = (s + 0x6d2b79f5) >>> 0;
    let t = Math.imul(s ^ (s >>> 15), 1 | s);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

type Random = () => number;
const below = (r: Random, n: number) => Math.floor(r() * n);
const pick = <T>(r: Random, from: readonly T[]): T => from[below(r, from.length)];

const KEYS = [null, 1, 2, 0, 0x7fffffff, 0xffffffff];

export function oracleTunnels(seed: number): OracleTunnel[] {
  const r = random(seed);
  const tunnels: OracleTunnel[] = [];
  const taken = new Set<string>();
  const add = (
    mode: string,
    local: string,
    remote: string,
    key: number | null,
    csum = false,
    seq = false,
    version = 1,
  ) => {
    // Over IPv6, the kernel distinguishes tunnels by the number of the key alone, and does not distinguish
    // erspan from gretap.
    const kind = mode.startsWith('ip6') ? (mode === 'ip6gre' ? 'ip' : 'ethernet') : mode;
    const identity = [kind, local, remote, mode.startsWith('ip6') ? (key ?? 0) : key].join();
    if (taken.has(identity)) return;
    taken.add(identity);
    tunnels.push({ name: `t${tunnels.length}`, mode, local, remote, key, csum, seq, erspanVersion: version });
  };
  for (const six of [false, true]) {
    const [prefix, here, p] = six ? ['fd00:210::', ORACLE_LOCAL6, 'ip6'] : ['10.210.0.', ORACLE_LOCAL4, ''];
    for (let host = 11; host <= 16; host++) {
      for (let n = 1 + below(r, 3); n > 0; n--) {
        const mode = p + pick(r, ['gre', 'gretap']);
        add(mode, pick(r, [here, 'any']), prefix + host, pick(r, KEYS), r() < 0.4, r() < 0.4);
      }
    }
    add(`${p}gre`, here, 'any', 77, r() < 0.3);
    add(`${p}gre`, 'any', 'any', 88);
    add(`${p}gretap`, here, 'any', 99);
    // Without a key, this is the kernel's own fallback device.
    if (!six) add('gre', 'any', 'any', 0, r() < 0.3);
    add(`${p}erspan`, here, `${prefix}17`, 30, false, true, 1);
    add(`${p}erspan`, here, `${prefix}17`, 31, false, true, 2);
    add(`${p}erspan`, pick(r, [here, 'any']), `${prefix}18`, 32, false, true, 1 + below(r, 2));
    if (!six) add('erspan', here, `${prefix}11`, null, false, false, 0);
  }
  return tunnels;
}

/** `count` outer IP packets. */
export function oraclePackets(seed: number, tunnels: readonly OracleTunnel[], count: number): Uint8Array[] {
  const r = random(seed ^ 0x5bd1e995);
  const sequences = new Map<string, number>();
  return Array.from({ length: count }, () => onePacket(r, pick(r, tunnels), sequences));
}

function onePacket(r: Random, t: OracleTunnel, sequences: Map<string, number>): Uint8Array {
  const six = t.mode.startsWith('ip6');
  const erspan = t.mode.endsWith('erspan');
  const kind = t.mode.replace('ip6', '');
  let key = t.key;
  if (r() < 0.08) key = pick(r, KEYS);
  const csum = r() < 0.08 ? !t.csum : t.csum;
  const withSeq = r() < 0.06 ? !t.seq : t.seq;
  let flags = csum ? 0x8000 : 0;
  if (withSeq) flags |= 0x1000;
  if (key !== null && !erspan) flags |= 0x2000;
  if (r() < 0.02) flags |= 0x4000;
  if (r() < 0.02) flags |= pick(r, [1, 2, 7, 8, 0x80]);

  let protocol: number;
  let inner: Uint8Array;
  if (erspan) {
    const version = r() < 0.05 ? below(r, 4) : t.erspanVersion;
    protocol = r() < 0.95 ? (version === 2 ? 0x22eb : 0x88be) : 0x88be;
    const session = r() < 0.05 ? below(r, 1024) : (t.key ?? 0);
    inner = concat(erspanHeader(r, version, session), ethernetFrame(r));
  } else if (kind === 'gretap' ? r() < 0.95 : r() < 0.04) {
    protocol = 0x6558;
    inner = ethernetFrame(r);
  } else {
    protocol = r() < 0.6 ? 0x0800 : 0x86dd;
    inner = protocol === 0x0800 ? ipv4Inner(r) : ipv6Inner(r);
    if (r() < 0.03) protocol = pick(r, [0x883e, 0x880b, 0x1234, 0, 0x8847]);
    if (protocol === 0x883e && r() < 0.5) inner = concat(new Uint8Array([0x11, 0, 0, 0]), inner);
  }

  const running = sequences.get(t.name) ?? (r() < 0.3 ? 0xfffffffa : below(r, 1000));
  let sequence = running;
  if (r() < 0.08) sequence = (running + pick(r, [-1, -20, 5, 0x7fffffff, 0x80000000])) >>> 0;
  if (withSeq)
    sequences.set(t.name, (Math.max(sequence, running) === sequence ? sequence + 1 : running) >>> 0);

  let gre = greHeader(flags, protocol, key ?? 0, sequence, inner);
  if (csum && r() < 0.05) gre[5] ^= 1 + below(r, 255);
  if (r() < 0.04) {
    gre = gre.slice(0, below(r, Math.min(gre.length, 80)));
    if (csum && gre.length >= 8) putChecksum(gre);
  }
  let source = t.remote === 'any' ? address(six, 20 + below(r, 5)) : t.remote;
  if (r() < 0.02) source = address(six, 200);
  const tos = r() < 0.5 ? 0 : below(r, 256);
  return six ? ipv6(tos, source, ORACLE_LOCAL6, gre) : ipv4(tos, source, ORACLE_LOCAL4, gre);
}

function address(six: boolean, host: number): string {
  return six ? `fd00:210::${host}` : `10.210.0.${host}`;
}

function concat(...parts: Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

function greHeader(
  flags: number,
  protocol: number,
  key: number,
  sequence: number,
  inner: Uint8Array,
): Uint8Array {
  const words: number[] = [];
  if ((flags & 0x8000) !== 0) words.push(0);
  if ((flags & 0x2000) !== 0) words.push(key);
  if ((flags & 0x1000) !== 0) words.push(sequence);
  const gre = new Uint8Array(4 + words.length * 4 + inner.length);
  setU16(gre, 0, flags);
  setU16(gre, 2, protocol);
  for (let i = 0; i < words.length; i++) setU32(gre, 4 + i * 4, words[i]);
  gre.set(inner, 4 + words.length * 4);
  if ((flags & 0x8000) !== 0) putChecksum(gre);
  return gre;
}

function putChecksum(gre: Uint8Array): void {
  setU16(gre, 4, 0);
  setU16(gre, 4, checksum(gre, 0, gre.length));
}

function erspanHeader(r: Random, version: number, session: number): Uint8Array {
  if (version === 0) return new Uint8Array(0);
  const header = new Uint8Array(version === 1 ? 8 : 12);
  setU16(header, 0, (version << 12) | below(r, 4096));
  setU16(header, 2, (below(r, 8) << 13) | session);
  for (let i = 4; i < header.length; i++) header[i] = below(r, 256);
  return header;
}

function ethernetFrame(r: Random): Uint8Array {
  const macs = new Uint8Array([2, 0, 0, 0, 0, below(r, 256), 2, 0, 0, 0, 1, 1]);
  const type = (value: number) => new Uint8Array([value >>> 8, value & 0xff]);
  const tag = () => concat(type(pick(r, [0x8100, 0x88a8])), new Uint8Array([below(r, 16), below(r, 256)]));
  const tags = r() < 0.12 ? concat(...Array.from({ length: 1 + below(r, 2) }, tag)) : new Uint8Array(0);
  const what = r();
  if (what < 0.5) return concat(macs, tags, type(0x0800), ipv4Inner(r));
  if (what < 0.8) return concat(macs, tags, type(0x86dd), ipv6Inner(r));
  if (what < 0.9) return concat(macs, tags, type(0x0806), new Uint8Array(28));
  return concat(macs, type(30), new Uint8Array(30));
}

function ipv4Inner(r: Random): Uint8Array {
  return ipv4(
    r() < 0.5 ? below(r, 4) : below(r, 256),
    '172.31.0.9',
    '172.31.0.10',
    new Uint8Array(8 + below(r, 120)),
    17,
  );
}

function ipv6Inner(r: Random): Uint8Array {
  return ipv6(
    r() < 0.5 ? below(r, 4) : below(r, 256),
    'fd00:31::9',
    'fd00:31::10',
    new Uint8Array(8 + below(r, 120)),
    17,
  );
}

function ipv4(
  tos: number,
  source: string,
  destination: string,
  payload: Uint8Array,
  protocol = 47,
): Uint8Array {
  const p = new Uint8Array(20 + payload.length);
  p[0] = 0x45;
  p[1] = tos;
  setU16(p, 2, p.length);
  p[8] = 64;
  p[9] = protocol;
  p.set(source.split('.').map(Number), 12);
  p.set(destination.split('.').map(Number), 16);
  setU16(p, 10, checksum(p, 0, 20));
  p.set(payload, 20);
  return p;
}

function ipv6(
  tclass: number,
  source: string,
  destination: string,
  payload: Uint8Array,
  protocol = 47,
): Uint8Array {
  const p = new Uint8Array(40 + payload.length);
  setU32(p, 0, 0x60000000 | (tclass << 20));
  setU16(p, 4, payload.length);
  p[6] = protocol;
  p[7] = 64;
  for (const [text, at] of [
    [source, 8],
    [destination, 24],
  ] as const) {
    const [head, tail] = text.split('::');
    head.split(':').forEach((word, i) => {
      setU16(p, at + i * 2, Number.parseInt(word, 16));
    });
    setU16(p, at + 14, Number.parseInt(tail, 16));
  }
  p.set(payload, 40);
  return p;
}
