/** Headers below IP, field by field. What a field is, src/wire/link says beside each codec. */
import { u16, u24, u32 } from '../../../../../src/wire/bytes.js';
import type { Sheet } from './layer.js';
import { etherTypeWords, typeOrLength } from './numbers.js';
import { byte, bytesOf, count, flags, hex, hex16, hexBytes, ipv4, mac, named, word } from './words.js';

const tci = (b: Uint8Array, at: number): string => {
  const n = u16(b, at);
  return `VLAN ${n & 0xfff}, priority ${n >> 13}${(n & 0x1000) === 0 ? '' : ', may be dropped'}`;
};
const type = (b: Uint8Array, at: number): string => typeOrLength(u16(b, at));

export function ethernet(s: Sheet): void {
  const { b, at } = s;
  if (s.has(at, 12)) s.detail = `${mac(b, at + 6)} → ${mac(b, at)}`;
  s.field('destination', at, 6, (b, o) => `${mac(b, o)}${(b[o]! & 1) === 1 ? ' (group)' : ''}`);
  s.field('source', at + 6, 6, mac);
  s.field('type', at + 12, 2, type);
}

export function vlan(s: Sheet): void {
  if (s.has(s.at, 2)) s.detail = `VLAN ${u16(s.b, s.at) & 0xfff}`;
  s.field('tag', s.at, 2, tci);
  s.field('type', s.at + 2, 2, type);
}

export function llc(s: Sheet): void {
  const { b, at } = s;
  const SAPS: Readonly<Record<number, string>> = {
    6: 'IP',
    66: 'spanning tree',
    170: 'SNAP',
    224: 'IPX',
    240: 'NetBIOS',
    254: 'IS-IS, CLNP',
  };
  const sap = (b: Uint8Array, o: number): string => {
    const name = SAPS[b[o]! & 0xfe];
    return name === undefined ? hex(b[o]!, 2) : `${name} (${hex(b[o]!, 2)})`;
  };
  if (s.has(at, 1)) s.detail = SAPS[b[at]! & 0xfe] ?? '';
  s.field('destination', at, 1, sap);
  s.field('source', at + 1, 1, sap);
  if (s.has(at + 2, 1))
    s.field('control', at + 2, (b[at + 2]! & 3) === 3 ? 1 : 2, (b, o) =>
      (b[o]! & 3) === 3 ? hex(b[o]!, 2) : hex16(b, o),
    );
}

export function snap(s: Sheet): void {
  s.field('organization', s.at, 3, (b, o) => hex(u24(b, o), 6));
  s.field('protocol', s.at + 3, 2, (b, o) => etherTypeWords(u16(b, o)));
}

export function mpls(s: Sheet): void {
  const labels: string[] = [];
  for (let p = s.at; s.has(p, 4); p += 4) {
    const entry = u32(s.b, p);
    const label = String(entry >>> 12);
    labels.push(label);
    const bottom = ((entry >>> 8) & 1) === 1;
    s.field(
      'label',
      p,
      4,
      () => `${label}, class ${(entry >>> 9) & 7}, ttl ${entry & 0xff}${bottom ? ', the last' : ''}`,
    );
    if (bottom) break;
  }
  s.detail = `label ${labels.join(', ')}`;
  // Between the labels and an Ethernet frame.
  s.field('control word', s.end, 4, (b, o) => hexBytes(b, o, o + 4));
}

export function ppp(s: Sheet): void {
  const PROTOCOLS: Readonly<Record<number, string>> = {
    33: 'IPv4',
    87: 'IPv6',
    641: 'MPLS',
    32801: 'IPCP',
    32855: 'IPv6CP',
    49185: 'LCP',
    49187: 'PAP',
    49699: 'CHAP',
  };
  const said = (n: number): string => `${named(PROTOCOLS, n)} (${hex(n, 4)})`;
  let { at } = s;
  if (s.has(at, 2) && u16(s.b, at) === 0xff03) {
    s.field('address, control', at, 2, hex16);
    at += 2;
  }
  if (!s.has(at, 1)) return;
  const length = (s.b[at]! & 1) === 1 ? 1 : 2;
  s.field('protocol', at, length, (b, o) => said(length === 1 ? b[o]! : u16(b, o)));
  s.detail = s.fields.at(-1)?.value ?? '';
}

export function pppoe(s: Sheet): void {
  const CODES: Readonly<Record<number, string>> = {
    0: 'session',
    7: 'offer',
    9: 'initiation',
    25: 'request',
    101: 'confirmation',
    167: 'termination',
  };
  s.field('version', s.at, 1, (b, o) => `${b[o]! >> 4}, type ${b[o]! & 15}`);
  s.field('code', s.at + 1, 1, (b, o) => named(CODES, b[o]!));
  if (s.field('session', s.at + 2, 2, word)) s.detail = `session ${word(s.b, s.at + 2)}`;
  s.field('length', s.at + 4, 2, word);
}

export function arp(s: Sheet): void {
  const { b, at } = s;
  const OPERATIONS: Readonly<Record<number, string>> = {
    1: 'request',
    2: 'reply',
    3: 'reverse request',
    4: 'reverse reply',
  };
  s.field('hardware', at, 2, (b, o) => named({ 1: 'Ethernet' }, u16(b, o)));
  s.field('protocol', at + 2, 2, (b, o) => etherTypeWords(u16(b, o)));
  s.field('lengths', at + 4, 2, (b, o) => `${b[o]!} and ${b[o + 1]!} bytes`);
  if (!s.field('operation', at + 6, 2, (b, o) => named(OPERATIONS, u16(b, o)))) return;
  const [h, p] = [b[at + 4]!, b[at + 5]!];
  const hardware = (b: Uint8Array, o: number): string => (h === 6 ? mac(b, o) : hexBytes(b, o, o + h));
  const protocol = (b: Uint8Array, o: number): string => (p === 4 ? ipv4(b, o) : hexBytes(b, o, o + p));
  s.field('sender', at + 8, h, hardware);
  s.field('sender address', at + 8 + h, p, protocol);
  s.field('target', at + 8 + h + p, h, hardware);
  s.field('target address', at + 8 + 2 * h + p, p, protocol);
  if (p !== 4 || !s.has(at + 8, 2 * (h + p))) return;
  const [from, to] = [ipv4(b, at + 8 + h), ipv4(b, at + 8 + 2 * h + p)];
  const operation = u16(b, at + 6);
  s.detail =
    operation === 1
      ? `who has ${to}? ${from} asks`
      : operation === 2
        ? `${from} is at ${hardware(b, at + 8)}`
        : '';
  s.summary = s.detail;
}

export function ieee80211(s: Sheet): void {
  const { b, at } = s;
  const TYPES = ['management', 'control', 'data', 'extension'];
  const control = (b: Uint8Array, o: number): string => {
    const set = flags(b[o + 1]!, [
      [0x01, 'to the distribution system'],
      [0x02, 'from it'],
      [0x40, 'protected'],
      [0x80, '+HTC'],
    ]);
    return `${TYPES[(b[o]! >> 2) & 3]!}, subtype ${b[o]! >> 4}; ${set}`;
  };
  if (s.field('frame control', at, 2, control)) s.detail = TYPES[(b[at]! >> 2) & 3]!;
  const little = (b: Uint8Array, o: number): string => count(b[o]! | (b[o + 1]! << 8));
  s.field('duration', at + 2, 2, little);
  s.field('receiver', at + 4, 6, mac);
  s.field('transmitter', at + 10, 6, mac);
  s.field('address 3', at + 16, 6, mac);
  s.field('sequence', at + 22, 2, little);
}

export function vnTag(s: Sheet): void {
  s.field('tag', s.at, 4, (b, o) => {
    const n = u32(b, o);
    return `interface ${n & 0xfff} → ${(n >>> 16) & 0x3fff}${n >>> 31 === 1 ? ', to the extender' : ''}`;
  });
  s.detail = s.fields.at(-1)?.value ?? '';
  s.field('type', s.at + 4, 2, type);
}

export function eTag(s: Sheet): void {
  s.field('tag', s.at, 2, (b, o) => `priority ${b[o]! >> 5}, ingress ${u16(b, o) & 0xfff}`);
  s.field('channel', s.at + 2, 2, (b, o) => `${u16(b, o) & 0xfff}, group ${(b[o]! >> 4) & 3}`);
  s.field('extensions', s.at + 4, 2, (b, o) => `${b[o]!} and ${b[o + 1]!}`);
  s.field('type', s.at + 6, 2, type);
}

export function tTag(s: Sheet): void {
  s.field('clock', s.at, 6, (b, o) => count(u16(b, o) * 2 ** 32 + u32(b, o + 2)));
  s.detail = s.fields.at(-1)?.value ?? '';
  s.field('type', s.at + 6, 2, type);
}

export function hsr(s: Sheet): void {
  s.field('path, size', s.at, 2, (b, o) => `${b[o]! >> 4}, ${bytesOf(u16(b, o) & 0xfff)}`);
  if (s.field('sequence', s.at + 2, 2, word)) s.detail = `sequence ${word(s.b, s.at + 2)}`;
  s.field('type', s.at + 4, 2, type);
}

export function rTag(s: Sheet): void {
  s.field('reserved', s.at, 2, hex16);
  if (s.field('sequence', s.at + 2, 2, word)) s.detail = `sequence ${word(s.b, s.at + 2)}`;
  s.field('type', s.at + 4, 2, type);
}

export function aristaTimestamp(s: Sheet): void {
  const { at } = s;
  s.field('subtype', at, 2, word);
  s.field('timescale', at + 2, 1, (b, o) => named({ 0: 'TAI', 1: 'UTC' }, b[o]!));
  if (!s.field('format', at + 3, 1, (b, o) => `${b[o]! >> 4}, hardware ${b[o]! & 15}`)) return;
  const long = s.b[at + 3]! >> 4 === 1;
  s.field('seconds', at + 4, long ? 4 : 2, (b, o) => count(long ? u32(b, o) : u16(b, o)));
  s.field('nanoseconds', at + (long ? 8 : 6), 4, (b, o) => count(u32(b, o)));
  s.field('type', at + (long ? 12 : 10), 2, type);
}

export function ciscoMetadata(s: Sheet): void {
  const { at } = s;
  const first = s.has(at, 2) && u16(s.b, at) >= 0x600;
  if (first) s.field('type', at, 2, type);
  const p = first ? at + 2 : at;
  s.field('version', p, 1, byte);
  s.field('options', p + 1, 1, byte);
  s.field('option', p + 2, 2, hex16);
  if (s.field('security group', p + 4, 2, word)) s.detail = `security group ${word(s.b, p + 4)}`;
  if (!first && s.has(p, 2)) s.field('type', at + 2 + 4 * s.b[p + 1]!, 2, type);
}

export function macsec(s: Sheet): void {
  const { at } = s;
  s.field('flags', at, 1, (b, o) =>
    flags(b[o]!, [
      [0x20, 'with its channel'],
      [0x08, 'encrypted'],
      [0x04, 'changed'],
    ]),
  );
  s.detail = s.has(at, 1) && (s.b[at]! & 0x0c) !== 0 ? 'encrypted' : 'signed';
  s.field('short length', at + 1, 1, byte);
  s.field('packet', at + 2, 4, (b, o) => count(u32(b, o)));
  if (s.has(at, 1) && (s.b[at]! & 0x20) !== 0)
    s.field('channel', at + 6, 8, (b, o) => `${mac(b, o)}, port ${word(b, o + 6)}`);
}

export function pbb(s: Sheet): void {
  s.field('priority', s.at, 1, (b, o) => String(b[o]! >> 5));
  if (s.field('service', s.at + 1, 3, (b, o) => count(u24(b, o))))
    s.detail = `service ${count(u24(s.b, s.at + 1))}`;
}

export function fabricPath(s: Sheet): void {
  s.field('tag', s.at, 2, (b, o) => `forwarding tag ${u16(b, o) >> 6}, ttl ${b[o + 1]! & 0x3f}`);
  s.detail = s.fields.at(-1)?.value ?? '';
}
