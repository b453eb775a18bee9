/** The ends of conversations. */

export interface Host {
  /** 6 bytes. */
  readonly mac: Uint8Array;
  /** 4 or 16 bytes, network byte order. */
  readonly ip: Uint8Array;
  /** The address as text. */
  readonly address: string;
  /** TTL (hop limit) of its packets at the mirror. */
  readonly ttl: number;
}

/** The bytes of "aa:bb:cc:dd:ee:ff". */
export function macBytes(text: string): Uint8Array {
  return Uint8Array.from(text.split(':'), (part) => Number.parseInt(part, 16));
}

/** The bytes of an IPv4 or IPv6 address: 4 or 16. IPv6 has at most one "::" and no dotted tail. */
export function ipBytes(text: string): Uint8Array {
  if (!text.includes(':')) return Uint8Array.from(text.split('.'), Number);
  const [head, tail] = text.split('::');
  const left = head ? head.split(':') : [];
  const right = tail ? tail.split(':') : [];
  const groups = text.includes('::')
    ? [...left, ...Array<string>(8 - left.length - right.length).fill('0'), ...right]
    : left;
  const b = new Uint8Array(16);
  groups.forEach((group, i) => {
    const value = Number.parseInt(group, 16);
    b[2 * i] = value >>> 8;
    b[2 * i + 1] = value;
  });
  return b;
}

export function host(address: string, mac: string, ttl = 64): Host {
  return { mac: macBytes(mac), ip: ipBytes(address), address, ttl };
}

/** A host behind a router: its packets have the router's MAC address and a TTL some hops lower. */
export function behind(router: Host, address: string, ttl = 52): Host {
  return { mac: router.mac, ip: ipBytes(address), address, ttl };
}
