/** IP and what is right behind it, field by field. */
import { u16, u32 } from '../../../../../src/wire/bytes.js';
import { isIpv6Extension } from '../../../../../src/wire/ip/ipv6-extension.js';
import type { Sheet } from './layer.js';
import { icmpWords, ipProtocolWords, trafficClass } from './numbers.js';
import {
  ipv4 as address4,
  ipv6 as address6,
  byte,
  bytesOf,
  count,
  hex16,
  hex32,
  hexBytes,
  named,
  word,
} from './words.js';

/** Extension headers, and options, that are shown of one packet. */
const MOST_LISTED = 40;

export function ipv4(s: Sheet): void {
  const { b, at } = s;
  if (s.has(at, 20)) s.detail = `${address4(b, at + 12)} → ${address4(b, at + 16)}`;
  s.field('version, header', at, 1, (b, o) => `${b[o]! >> 4}, ${bytesOf((b[o]! & 15) * 4)}`);
  s.field('class', at + 1, 1, (b, o) => trafficClass(b[o]!));
  s.field('length', at + 2, 2, word);
  s.field('identification', at + 4, 2, hex16);
  s.field('flags', at + 6, 2, (b, o) => {
    const n = u16(b, o);
    const words = [
      ...((n & 0x4000) !== 0 ? ["don't fragment"] : []),
      ...((n & 0x2000) !== 0 ? ['more fragments'] : []),
      ...((n & 0x1fff) !== 0 ? [`offset ${count((n & 0x1fff) * 8)}`] : []),
    ];
    return words.length === 0 ? 'none' : words.join(', ');
  });
  s.field('ttl', at + 8, 1, byte);
  s.field('protocol', at + 9, 1, (b, o) => ipProtocolWords(b[o]!));
  s.field('checksum', at + 10, 2, hex16);
  s.field('source', at + 12, 4, address4);
  s.field('destination', at + 16, 4, address4);
  if (s.has(at, 1)) options4(s, at + 20, at + (b[at]! & 15) * 4);
}

function options4(s: Sheet, from: number, end: number): void {
  const NAMES: Readonly<Record<number, string>> = {
    7: 'record route',
    68: 'timestamp',
    130: 'security',
    131: 'loose source route',
    137: 'strict source route',
    148: 'router alert',
  };
  let p = from;
  for (let n = 0; p < end && n < MOST_LISTED; n++) {
    if (!s.has(p, 1) || s.b[p] === 0) break;
    if (s.b[p] === 1) {
      p++;
      continue;
    }
    if (!s.has(p, 2) || s.b[p + 1]! < 2) break;
    const length = s.b[p + 1]!;
    s.field('option', p, Math.min(length, end - p), (b, o) => named(NAMES, b[o]!));
    p += length;
  }
  s.upTo(end);
}

export function ipv6(s: Sheet): void {
  const { b, at } = s;
  if (s.has(at, 40)) s.detail = `${address6(b, at + 8)} → ${address6(b, at + 24)}`;
  s.field('version, class', at, 2, (b, o) => `6, ${trafficClass((u16(b, o) >> 4) & 0xff)}`);
  s.field('flow label', at + 1, 3, (b, o) => hexBytes(Uint8Array.of(b[o]! & 15, b[o + 1]!, b[o + 2]!), 0, 3));
  s.field('payload length', at + 4, 2, word);
  s.field('next header', at + 6, 1, (b, o) => ipProtocolWords(b[o]!));
  s.field('hop limit', at + 7, 1, byte);
  s.field('source', at + 8, 16, address6);
  s.field('destination', at + 24, 16, address6);
  if (s.has(at + 6, 1)) extensions(s, at + 40, b[at + 6]!);
}

function extensions(s: Sheet, from: number, first: number): void {
  let [p, kind] = [from, first];
  for (let n = 0; n < MOST_LISTED && isIpv6Extension(kind) && s.has(p, 8); n++) {
    const length = kind === 44 ? 8 : (s.b[p + 1]! + 1) * 8;
    const is = kind;
    if (!s.field(ipProtocolWords(is).replace(/ \(.*/, ''), p, length, (b, o) => extensionWords(b, o, is)))
      break;
    kind = s.b[p]!;
    p += length;
    // What is behind the header of a later fragment is no header.
    if (is === 44 && (u16(s.b, p - 6) & 0xfff8) !== 0) break;
  }
}

function extensionWords(b: Uint8Array, o: number, kind: number): string {
  if (kind === 44) {
    const n = u16(b, o + 2);
    return `offset ${count(n & 0xfff8)}${(n & 1) === 1 ? ', more fragments' : ''}, ${hex32(b, o + 4)}`;
  }
  if (kind === 43) return `type ${b[o + 2]!}, ${b[o + 3]!} left, then ${ipProtocolWords(b[o]!)}`;
  return `then ${ipProtocolWords(b[o]!)}`;
}

export function fragment(s: Sheet): void {
  s.upTo(s.limit);
  s.detail = `${bytesOf(s.limit - s.at)} of a packet that begins in another frame`;
  s.summary = `fragment, ${bytesOf(s.limit - s.at)}`;
}

export function ah(s: Sheet): void {
  s.field('next header', s.at, 1, (b, o) => ipProtocolWords(b[o]!));
  s.field('length', s.at + 1, 1, (b, o) => bytesOf((b[o]! + 2) * 4));
  if (s.field('security parameters', s.at + 4, 4, hex32)) s.detail = hex32(s.b, s.at + 4);
  s.field('sequence', s.at + 8, 4, (b, o) => count(u32(b, o)));
  if (s.has(s.at + 1, 1)) {
    const length = (s.b[s.at + 1]! + 2) * 4;
    s.field('check value', s.at + 12, length - 12, (b, o) => hexBytes(b, o, o + length - 12));
  }
}

export function esp(s: Sheet): void {
  if (s.field('security parameters', s.at, 4, hex32)) s.detail = hex32(s.b, s.at);
  if (s.field('sequence', s.at + 4, 4, (b, o) => count(u32(b, o))))
    s.summary = `ESP ${hex32(s.b, s.at)}, sequence ${count(u32(s.b, s.at + 4))}`;
  s.field('encrypted', s.at + 8, s.limit - s.at - 8, () => bytesOf(s.limit - s.at - 8));
}

export const icmp = (s: Sheet): void => icmpOf(s, 4);
export const icmp6 = (s: Sheet): void => icmpOf(s, 6);

function icmpOf(s: Sheet, version: 4 | 6): void {
  const { b, at } = s;
  if (!s.field('type', at, 1, byte)) return;
  const type = b[at]!;
  s.detail = icmpWords(version, type, s.has(at + 1, 1) ? b[at + 1]! : 0);
  s.field('code', at + 1, 1, byte);
  s.field('checksum', at + 2, 2, hex16);
  const echo = version === 4 ? type === 0 || type === 8 : type === 128 || type === 129;
  if (echo) {
    s.field('identifier', at + 4, 2, word);
    if (s.field('sequence', at + 6, 2, word)) s.detail += `, sequence ${word(b, at + 6)}`;
    s.field('data', at + 8, s.limit - at - 8, () => bytesOf(s.limit - at - 8));
  } else if (version === 6 && type >= 133 && type <= 137) neighbor(s, type);
  else {
    const tooBig = version === 4 ? type === 3 && b[at + 1] === 4 : type === 2;
    if (tooBig && version === 4) s.field('mtu', at + 6, 2, word);
    else if (tooBig) s.field('mtu', at + 4, 4, (b, o) => count(u32(b, o)));
    else if (version === 4 && type === 5) s.field('gateway', at + 4, 4, address4);
    else s.field('rest', at + 4, 4, hex32);
    quoted(s, version, at + 8);
  }
  s.summary = s.detail;
}

/** The packet that an error is about, as far as it is quoted. */
function quoted(s: Sheet, version: 4 | 6, at: number): void {
  const length = version === 4 ? 20 : 40;
  if (s.b[at]! >> 4 !== version || !s.has(at, length)) {
    s.field('data', at, s.limit - at, () => bytesOf(s.limit - at));
    return;
  }
  s.field('about', at, length, (b, o) =>
    version === 4
      ? `${address4(b, o + 12)} → ${address4(b, o + 16)}, ${ipProtocolWords(b[o + 9]!)}`
      : `${address6(b, o + 8)} → ${address6(b, o + 24)}, ${ipProtocolWords(b[o + 6]!)}`,
  );
  const protocol = s.b[version === 4 ? at + 9 : at + 6]!;
  const ports = at + (version === 4 ? (s.b[at]! & 15) * 4 : 40);
  if (protocol === 6 || protocol === 17 || protocol === 132)
    s.field('its ports', ports, 4, (b, o) => `${u16(b, o)} → ${u16(b, o + 2)}`);
  s.upTo(s.limit);
}

function neighbor(s: Sheet, type: number): void {
  const { at } = s;
  s.field('flags', at + 4, 4, hex32);
  let p = at + 8;
  if (type === 134) {
    s.field('reachable time', at + 8, 4, (b, o) => `${count(u32(b, o))} ms`);
    s.field('retransmit timer', at + 12, 4, (b, o) => `${count(u32(b, o))} ms`);
    p = at + 16;
  } else if (type !== 133) {
    if (s.field('target', at + 8, 16, address6)) s.detail += ` ${address6(s.b, at + 8)}`;
    p = at + 24;
    if (type === 137 && s.field('destination', at + 24, 16, address6)) p = at + 40;
  }
  const NAMES: Readonly<Record<number, string>> = {
    1: 'source address',
    2: 'target address',
    3: 'prefix',
    5: 'mtu',
    25: 'name servers',
  };
  for (let n = 0; n < MOST_LISTED && s.has(p, 2) && s.b[p + 1]! > 0; n++) {
    const length = s.b[p + 1]! * 8;
    const kind = s.b[p]!;
    const say = (b: Uint8Array, o: number): string =>
      kind <= 2
        ? hexBytes(b, o + 2, o + 8).replaceAll(' ', ':')
        : kind === 5
          ? count(u32(b, o + 4))
          : bytesOf(length);
    if (!s.field(named(NAMES, kind), p, length, say)) break;
    p += length;
  }
}

export function igmp(s: Sheet): void {
  const TYPES: Readonly<Record<number, string>> = {
    17: 'query',
    18: 'report, version 1',
    22: 'report, version 2',
    23: 'leave',
    34: 'report, version 3',
  };
  if (s.field('type', s.at, 1, (b, o) => named(TYPES, b[o]!))) s.detail = named(TYPES, s.b[s.at]!);
  s.field('longest response', s.at + 1, 1, (b, o) => `${b[o]! / 10} s`);
  s.field('checksum', s.at + 2, 2, hex16);
  if (s.has(s.at, 1) && s.b[s.at] === 0x22) s.field('records', s.at + 6, 2, word);
  else if (s.field('group', s.at + 4, 4, address4)) s.detail += ` ${address4(s.b, s.at + 4)}`;
  s.summary = s.detail;
}

export function ospf(s: Sheet): void {
  const TYPES = ['', 'hello', 'database description', 'request', 'update', 'acknowledgment'];
  s.field('version', s.at, 1, byte);
  if (s.field('type', s.at + 1, 1, (b, o) => TYPES[b[o]!] ?? byte(b, o)))
    s.detail = TYPES[s.b[s.at + 1]!] ?? '';
  s.field('length', s.at + 2, 2, word);
  if (s.field('router', s.at + 4, 4, address4)) s.detail += ` from ${address4(s.b, s.at + 4)}`;
  s.field('area', s.at + 8, 4, address4);
  s.field('checksum', s.at + 12, 2, hex16);
  s.summary = `OSPF ${s.detail}`;
}

export function pim(s: Sheet): void {
  const TYPES = ['hello', 'register', 'register stop', 'join/prune', 'bootstrap', 'assert'];
  if (s.field('version, type', s.at, 1, (b, o) => `${b[o]! >> 4}, ${TYPES[b[o]! & 15] ?? b[o]! & 15}`))
    s.detail = TYPES[s.b[s.at]! & 15] ?? '';
  s.field('checksum', s.at + 2, 2, hex16);
  s.summary = `PIM ${s.detail}`;
}
