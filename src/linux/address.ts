/** Socket addresses: struct sockaddr_in, sockaddr_in6, sockaddr_ll (ip(7), ipv6(7), packet(7)). */

export const AF_INET = 2;
export const AF_INET6 = 10;
export const AF_PACKET = 17;
export const AF_XDP = 44;

/** struct sockaddr_in for 4 address bytes at `o`. A raw socket's port is 0. */
export function sockaddrIn(address: Uint8Array, o = 0, port = 0): Uint8Array {
  const s = new Uint8Array(16);
  putFamily(s, AF_INET);
  s[2] = port >>> 8;
  s[3] = port;
  s.set(address.subarray(o, o + 4), 4);
  return s;
}

/**
 * struct sockaddr_in6 for 16 address bytes at `o`; `scope` is the interface index of a link-local address.
 */
export function sockaddrIn6(address: Uint8Array, o = 0, port = 0, scope = 0): Uint8Array {
  const s = new Uint8Array(28);
  putFamily(s, AF_INET6);
  s[2] = port >>> 8;
  s[3] = port;
  s.set(address.subarray(o, o + 16), 8);
  new DataView(s.buffer).setUint32(24, scope, true);
  return s;
}

/** struct sockaddr_ll: every packet of EtherType `protocol` (0: none yet) on interface `index` (0: all). */
export function sockaddrLl(protocol: number, index: number): Uint8Array {
  const s = new Uint8Array(20);
  putFamily(s, AF_PACKET);
  s[2] = protocol >>> 8;
  s[3] = protocol;
  new DataView(s.buffer).setInt32(4, index, true);
  return s;
}

function putFamily(s: Uint8Array, family: number): void {
  s[0] = family;
  s[1] = family >>> 8;
}
