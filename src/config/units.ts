/** Amounts as people write them in a configuration: durations, sizes, address prefixes. */
import { isIPv4, isIPv6 } from 'node:net';

const SECONDS: Readonly<Record<string, number>> = {
  ns: 1e-9,
  us: 1e-6,
  ms: 1e-3,
  s: 1,
  m: 60,
  h: 3600,
  d: 86400,
  w: 604800,
};

const BYTES: Readonly<Record<string, number>> = {
  '': 1,
  B: 1,
  kB: 1e3,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  K: 2 ** 10,
  M: 2 ** 20,
  G: 2 ** 30,
  T: 2 ** 40,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};

/** Seconds of `90`, `90s`, `15m`, `1h30m`, `500us`, `30d`; NaN for anything else. */
export function parseDuration(text: string): number {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text);
  let seconds = 0;
  let rest = text;
  while (rest !== '') {
    const part = /^(\d+(?:\.\d+)?)(ns|us|ms|s|m|h|d|w)/.exec(rest);
    if (part === null) return Number.NaN;
    seconds += Number(part[1]) * SECONDS[part[2]];
    rest = rest.slice(part[0].length);
  }
  return text === '' ? Number.NaN : seconds;
}

/** Bytes of `1048576`, `64MiB`, `64M`, `10GB`; NaN for anything else. */
export function parseSize(text: string): number {
  const part = /^(\d+(?:\.\d+)?) ?([A-Za-z]*)$/.exec(text);
  const unit = part === null ? undefined : BYTES[part[2]];
  return part === null || unit === undefined ? Number.NaN : Math.round(Number(part[1]) * unit);
}

/** An address prefix: 16 bytes, IPv4 as ::ffff:a.b.c.d, and how many of their bits count. */
export interface Prefix {
  readonly address: Uint8Array;
  readonly bits: number;
  /** As it was written. */
  readonly text: string;
}

/** The 16 bytes of an address, IPv4 as ::ffff:a.b.c.d; undefined when it is none. */
export function parseAddress(text: string): Uint8Array | undefined {
  const out = new Uint8Array(16);
  if (isIPv4(text)) {
    out.fill(0xff, 10, 12);
    out.set(text.split('.').map(Number), 12);
    return out;
  }
  if (!isIPv6(text) || text.includes('%')) return undefined;
  // The URL parser writes any form of an IPv6 address as groups of hexadecimal digits (RFC 5952).
  const [head, tail] = new URL(`http://[${text}]`).hostname.slice(1, -1).split('::');
  const groups = (s: string | undefined): number[] =>
    s === undefined || s === '' ? [] : s.split(':').map((g) => Number.parseInt(g, 16));
  const first = groups(head);
  const last = groups(tail);
  for (const [i, g] of first.entries()) put(out, i, g);
  for (const [i, g] of last.entries()) put(out, 8 - last.length + i, g);
  return out;
}

function put(out: Uint8Array, group: number, value: number): void {
  out[group * 2] = value >>> 8;
  out[group * 2 + 1] = value;
}

/** A prefix (`10.0.0.0/8`) or a single address; undefined when it is neither. */
export function parsePrefix(text: string): Prefix | undefined {
  const [name, length, more] = text.split('/');
  const address = parseAddress(name);
  if (address === undefined || more !== undefined) return undefined;
  const width = isIPv4(name) ? 32 : 128;
  const bits = length === undefined ? width : /^\d{1,3}$/.test(length) ? Number(length) : Number.NaN;
  if (!(bits <= width)) return undefined;
  return { address, bits: bits + (128 - width), text };
}

/** Whether the 16-byte `address` lies in the prefix. */
export function prefixHolds(prefix: Prefix, address: Uint8Array): boolean {
  const whole = prefix.bits >>> 3;
  for (let i = 0; i < whole; i++) if (address[i] !== prefix.address[i]) return false;
  const left = prefix.bits & 7;
  return left === 0 || (address[whole] ^ prefix.address[whole]) >>> (8 - left) === 0;
}
