/** Single packets, built from small pieces, outer layers first: for tests of what one exact packet does. */
import { checksum } from '../../src/wire/checksum.js';

export function bytes(...parts: (Uint8Array | readonly number[])[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let o = 0;
  for (const p of parts) {
    out.set(p, o);
    o += p.length;
  }
  return out;
}

const be16 = (v: number): number[] => [(v >>> 8) & 255, v & 255];
const be32 = (v: number): number[] => [...be16(v >>> 16), ...be16(v & 0xffff)];
const dotted = (a: string): number[] => a.split('.').map(Number);

/** The 16 bytes of an IPv6 address, written as `2001:db8::1` or with all groups. */
export function ipv6Bytes(a: string): number[] {
  const [head, tail] = a.split('::') as [string, string | undefined];
  const groups = (s: string): number[] => (s === '' ? [] : s.split(':').map((g) => Number.parseInt(g, 16)));
  const h = groups(head);
  const t = tail === undefined ? [] : groups(tail);
  return [...h, ...new Array<number>(8 - h.length - t.length).fill(0), ...t].flatMap(be16);
}

/** An Ethernet header with tags (TPID, VLAN id), outermost first. */
export function ethernet(
  type: number,
  payload: Uint8Array,
  tags: readonly [number, number][] = [],
): Uint8Array {
  const macs = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1];
  return bytes(
    macs,
    tags.flatMap(([tpid, id]) => [...be16(tpid), ...be16(id)]),
    be16(type),
    payload,
  );
}

export interface IpOptions {
  readonly id?: number;
  /** Offset of a fragment in bytes, and the more-fragments flag. */
  readonly fragment?: readonly [number, boolean];
  readonly tos?: number;
}

export function ipv4(
  source: string,
  destination: string,
  protocol: number,
  payload: Uint8Array,
  o: IpOptions = {},
): Uint8Array {
  const [offset, more] = o.fragment ?? [0, false];
  const h = bytes(
    [
      0x45,
      o.tos ?? 0,
      ...be16(20 + payload.length),
      ...be16(o.id ?? 1),
      ...be16((offset >>> 3) | (more ? 0x2000 : 0)),
    ],
    [64, protocol, 0, 0],
    dotted(source),
    dotted(destination),
  );
  const sum = checksum(h, 0, 20);
  h[10] = sum >>> 8;
  h[11] = sum;
  return bytes(h, payload);
}

/** IPv6 with `next` as its next header; the bytes of an extension header belong to the payload. */
export function ipv6(source: string, destination: string, next: number, payload: Uint8Array): Uint8Array {
  return bytes(
    [0x60, 0, 0, 0, ...be16(payload.length), next, 64],
    ipv6Bytes(source),
    ipv6Bytes(destination),
    payload,
  );
}

export function ipv6Fragment(
  next: number,
  offset: number,
  more: boolean,
  id: number,
  payload: Uint8Array,
): Uint8Array {
  return bytes([next, 0, ...be16(offset | (more ? 1 : 0)), ...be32(id)], payload);
}

export interface GreOptions {
  readonly key?: number;
  readonly sequence?: number;
  readonly checksum?: boolean;
}

export function gre(protocol: number, payload: Uint8Array, o: GreOptions = {}): Uint8Array {
  const flags =
    (o.checksum ? 0x8000 : 0) | (o.key === undefined ? 0 : 0x2000) | (o.sequence === undefined ? 0 : 0x1000);
  const g = bytes(
    [...be16(flags), ...be16(protocol)],
    o.checksum ? [0, 0, 0, 0] : [],
    o.key === undefined ? [] : be32(o.key),
    o.sequence === undefined ? [] : be32(o.sequence),
    payload,
  );
  if (o.checksum) {
    const sum = checksum(g, 0, g.length);
    g[4] = sum >>> 8;
    g[5] = sum;
  }
  return g;
}

export function erspan1(frame: Uint8Array): Uint8Array {
  return gre(0x88be, frame);
}

export function erspan2(session: number, sequence: number, frame: Uint8Array, index = 0): Uint8Array {
  return gre(0x88be, bytes([0x10, 0, ...be16(session), ...be32(index)], frame), { sequence });
}

/** Has a platform subheader if `platform` is given. `frameType` 0 is Ethernet, 2 bare IP. */
export function erspan3(
  session: number,
  sequence: number,
  frame: Uint8Array,
  frameType = 0,
  platform?: Uint8Array,
): Uint8Array {
  const word = (frameType << 10) | (platform ? 1 : 0);
  return gre(
    0x22eb,
    bytes([0x20, 0, ...be16(session), ...be32(1000)], be16(0), be16(word), platform ?? [], frame),
    { sequence },
  );
}

/** A mirror of a Spectrum switch; the meaning of its 22 bytes is unknown. */
export function mellanox(frame: Uint8Array, o: GreOptions = {}): Uint8Array {
  return gre(0x8949, bytes(new Uint8Array(22).fill(0x45), frame), o);
}

export function udp(sourcePort: number, destinationPort: number, payload: Uint8Array): Uint8Array {
  return bytes([...be16(sourcePort), ...be16(destinationPort), ...be16(8 + payload.length), 0, 0], payload);
}

/** `flags` as on the wire: SYN 2, ACK 16, … */
export function tcp(
  sourcePort: number,
  destinationPort: number,
  flags: number,
  sequence = 1,
  payload = new Uint8Array(0),
): Uint8Array {
  return bytes(
    [
      ...be16(sourcePort),
      ...be16(destinationPort),
      ...be32(sequence),
      ...be32(0),
      0x50,
      flags,
      ...be16(0xffff),
      0,
      0,
      0,
      0,
    ],
    payload,
  );
}
