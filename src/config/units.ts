/** Parses amounts as people write them in a configuration: durations, sizes, address prefixes. */
import { parseAddress } from '../wire/ip/addresses.js';

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

/** An address prefix: 16 bytes, IPv4 as ::ffff:a.b.c.d, and its length in bits. */
export interface Prefix {
  readonly address: Uint8Array;
  readonly bits: number;
  /** As written. */
  readonly text: string;
}

/** A prefix (`10.0.0.0/8`) or a single address; undefined for anything else. */
export function parsePrefix(text: string): Prefix | undefined {
  const [name, length, more] = text.split('/');
  const address = new Uint8Array(16);
  const version = parseAddress(name, address, 0);
  if (version === 0 || more !== undefined) return undefined;
  const width = version === 4 ? 32 : 128;
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
