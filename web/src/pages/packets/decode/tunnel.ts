/** Headers of tunnels inside a mirrored frame, field by field. */
import { u16, u24, u32 } from '../../../../../src/wire/bytes.js';
import type { Sheet } from './layer.js';
import { etherTypeWords } from './numbers.js';
import { byte, bytesOf, count, flags, hex, hex16, hex32, hexBytes, named, word } from './words.js';

export function gre(s: Sheet): void {
  const { b, at } = s;
  if (!s.has(at, 4)) return;
  const bits = u16(b, at);
  s.field('flags', at, 2, () =>
    flags(bits, [
      [0x8000, 'checksum'],
      [0x4000, 'routing'],
      [0x2000, 'key'],
      [0x1000, 'sequence'],
      [0x0080, 'acknowledgment'],
    ]),
  );
  s.field('protocol', at + 2, 2, (b, o) => etherTypeWords(u16(b, o)));
  s.detail = etherTypeWords(u16(b, at + 2));
  let p = at + 4;
  const take = (name: string, say: (b: Uint8Array, at: number) => string): void => {
    s.field(name, p, 4, say);
    p += 4;
  };
  if ((bits & 0xc000) !== 0) take('checksum', (b, o) => hex16(b, o));
  if ((bits & 0x2000) !== 0) {
    if ((bits & 7) === 1) take('length, call', (b, o) => `${bytesOf(u16(b, o))}, call ${u16(b, o + 2)}`);
    else take('key', (b, o) => `${count(u32(b, o))} (${hex32(b, o)})`);
  }
  if ((bits & 0x1000) !== 0) take('sequence', (b, o) => count(u32(b, o)));
  if ((bits & 7) === 1 && (bits & 0x80) !== 0) take('acknowledgment', (b, o) => count(u32(b, o)));
}

export function erspan1(s: Sheet): void {
  s.detail = 'no header';
}

function erspanHead(s: Sheet): void {
  const { at } = s;
  s.field('version, VLAN', at, 2, (b, o) => `${b[o]! >> 4}, VLAN ${u16(b, o) & 0xfff}`);
  s.field('session', at + 2, 2, (b, o) => {
    const n = u16(b, o);
    return `${n & 0x3ff}, CoS ${n >> 13}${(n & 0x400) === 0 ? '' : ', truncated'}`;
  });
  if (s.has(at + 2, 2)) s.detail = `session ${u16(s.b, at + 2) & 0x3ff}`;
}

export function erspan2(s: Sheet): void {
  erspanHead(s);
  s.field('port index', s.at + 4, 4, (b, o) => count(u32(b, o) & 0xfffff));
}

export function erspan3(s: Sheet): void {
  const { at } = s;
  erspanHead(s);
  s.field('timestamp', at + 4, 4, (b, o) => count(u32(b, o)));
  s.field('security group', at + 8, 2, word);
  s.field('type, hardware', at + 10, 2, (b, o) => {
    const n = u16(b, o);
    const said = named({ 0: 'Ethernet', 2: 'IP' }, (n >> 10) & 0x1f);
    return `${said}, hardware ${(n >> 4) & 0x3f}, ${(n & 8) === 0 ? 'ingress' : 'egress'}`;
  });
  if (s.has(at + 10, 2) && (s.b[at + 11]! & 1) === 1)
    s.field('platform', at + 12, 8, (b, o) => `${b[o]! >> 2}: ${hexBytes(b, o, o + 8)}`);
}

export function vxlan(s: Sheet): void {
  s.field('flags', s.at, 1, (b, o) => hex(b[o]!, 2));
  s.field('group', s.at + 2, 2, word);
  if (s.field('network', s.at + 4, 3, (b, o) => count(u24(b, o)))) s.detail = `VNI ${u24(s.b, s.at + 4)}`;
  s.field('reserved', s.at + 7, 1, byte);
}

const NEXT: Readonly<Record<number, string>> = { 1: 'IPv4', 2: 'IPv6', 3: 'Ethernet', 4: 'NSH', 5: 'MPLS' };

export function vxlanGpe(s: Sheet): void {
  s.field('flags', s.at, 1, (b, o) => hex(b[o]!, 2));
  s.field('next', s.at + 3, 1, (b, o) => named(NEXT, b[o]!));
  if (s.field('network', s.at + 4, 3, (b, o) => count(u24(b, o)))) s.detail = `VNI ${u24(s.b, s.at + 4)}`;
}

export function geneve(s: Sheet): void {
  const { at } = s;
  s.field('options', at, 1, (b, o) => bytesOf((b[o]! & 0x3f) * 4));
  s.field('flags', at + 1, 1, (b, o) =>
    flags(b[o]!, [
      [0x80, 'control'],
      [0x40, 'critical options'],
    ]),
  );
  s.field('protocol', at + 2, 2, (b, o) => etherTypeWords(u16(b, o)));
  if (s.field('network', at + 4, 3, (b, o) => count(u24(b, o)))) s.detail = `VNI ${u24(s.b, at + 4)}`;
  if (!s.has(at, 1)) return;
  const end = at + 8 + (s.b[at]! & 0x3f) * 4;
  for (let p = at + 8; p + 4 <= end && s.has(p, 4); ) {
    const length = 4 + (s.b[p + 3]! & 0x1f) * 4;
    s.field('option', p, Math.min(length, end - p), (b, o) => {
      const data = hexBytes(b, o + 4, Math.min(o + length, end));
      return `class ${hex16(b, o)}, type ${hex(b[o + 2]!, 2)}: ${data}`;
    });
    p += length;
  }
}

export function gtpu(s: Sheet): void {
  const { at } = s;
  s.field('flags', at, 1, (b, o) => hex(b[o]!, 2));
  s.field('message', at + 1, 1, (b, o) =>
    named({ 1: 'echo', 2: 'echo reply', 26: 'error', 255: 'packet' }, b[o]!),
  );
  s.field('length', at + 2, 2, word);
  if (s.field('tunnel', at + 4, 4, hex32)) s.detail = `tunnel ${hex32(s.b, at + 4)}`;
  if (!s.has(at, 1) || (s.b[at]! & 7) === 0) return;
  s.field('sequence', at + 8, 2, word);
  s.field('N-PDU', at + 10, 1, byte);
  s.field('next extension', at + 11, 1, (b, o) => hex(b[o]!, 2));
}

export function nsh(s: Sheet): void {
  const { at } = s;
  s.field('ttl, length', at, 2, (b, o) => {
    const n = u16(b, o);
    return `${(n >> 6) & 0x3f}, ${bytesOf((n & 0x3f) * 4)}`;
  });
  s.field('metadata', at + 2, 1, (b, o) => `type ${b[o]! & 15}`);
  s.field('next', at + 3, 1, (b, o) => named(NEXT, b[o]!));
  if (s.field('path', at + 4, 3, (b, o) => count(u24(b, o)))) s.detail = `path ${u24(s.b, at + 4)}`;
  s.field('index', at + 7, 1, byte);
}

export function mellanox(s: Sheet): void {
  s.field('header', s.at, 22, (b, o) => hexBytes(b, o, o + 22, 22));
}

export function wccp(s: Sheet): void {
  s.field('flags', s.at, 1, (b, o) => hex(b[o]!, 2));
  if (s.field('service', s.at + 1, 1, byte)) s.detail = `service ${byte(s.b, s.at + 1)}`;
  s.field('buckets', s.at + 2, 2, (b, o) => `${b[o]!} and ${b[o + 1]!}`);
}

export function etherIp(s: Sheet): void {
  s.field('version', s.at, 2, (b, o) => String(b[o]! >> 4));
}
