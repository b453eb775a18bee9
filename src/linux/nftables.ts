/**
 * The tables of nftables in this network namespace, from the kernel (linux/netfilter/nf_tables.h,
 * netlink(7)).
 */
import { check, LinuxError } from './errors.js';
import * as libc from './libc.js';
import { closeSocket, openSocket, SOCK_RAW } from './socket.js';

const AF_NETLINK = 16;
const NETLINK_NETFILTER = 12;
const NFNL_SUBSYS_NFTABLES = 10;
const NFT_MSG_GETTABLE = 1;
const NFTA_TABLE_NAME = 1;
const NLM_F_REQUEST = 0x1;
const NLM_F_DUMP = 0x300;
const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
/** sizeof(struct nlmsghdr), and of it with a struct nfgenmsg. */
const HEADER = 16;
const MESSAGE = 20;
/** More than the kernel puts into one datagram of a dump. */
const DATAGRAM = 1 << 16;
/** Families by their numbers (NFPROTO_). */
const FAMILIES = new Map([
  [1, 'inet'],
  [2, 'ip'],
  [3, 'arp'],
  [5, 'netdev'],
  [7, 'bridge'],
  [10, 'ip6'],
]);

/**
 * The tables of all families.
 *
 * @returns `inet filter`, …; empty also if the kernel has no nftables
 * @throws LinuxError EPERM without CAP_NET_ADMIN
 */
export function nftablesTables(): string[] {
  const attempt = "ask for nftables' tables";
  let fd: number;
  try {
    fd = openSocket(AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER);
  } catch (e) {
    if (e instanceof LinuxError && (e.code === 'EPROTONOSUPPORT' || e.code === 'EAFNOSUPPORT')) return [];
    throw e;
  }
  try {
    const request = new Uint8Array(MESSAGE);
    const view = new DataView(request.buffer);
    view.setUint32(0, MESSAGE, true);
    view.setUint16(4, (NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_GETTABLE, true);
    view.setUint16(6, NLM_F_REQUEST | NLM_F_DUMP, true);
    check(libc.send(fd, request, request.length, 0), attempt);
    const tables: string[] = [];
    const answer = new Uint8Array(DATAGRAM);
    for (;;) {
      const length = check(libc.recv(fd, answer, answer.length, 0), attempt);
      if (length === 0 || takeTables(answer.subarray(0, length), tables, attempt)) return tables;
    }
  } finally {
    closeSocket(fd);
  }
}

/** Reads one datagram of an answer. @returns whether it was the last */
function takeTables(bytes: Uint8Array, tables: string[], attempt: string): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let o = 0; o + HEADER <= bytes.length; ) {
    const length = view.getUint32(o, true);
    const type = view.getUint16(o + 4, true);
    if (type === NLMSG_DONE || length < HEADER) return true;
    if (type === NLMSG_ERROR) {
      const error = -view.getInt32(o + HEADER, true);
      // The kernel has no nftables.
      if (error === libc.ERRNO.EINVAL || error === libc.ERRNO.EOPNOTSUPP) return true;
      throw new LinuxError(attempt, error);
    }
    const family = FAMILIES.get(bytes[o + HEADER]) ?? `family ${bytes[o + HEADER]}`;
    for (let a = o + MESSAGE; a + 4 <= o + length; ) {
      const size = view.getUint16(a, true);
      if (size < 4) break;
      if (view.getUint16(a + 2, true) === NFTA_TABLE_NAME)
        tables.push(`${family} ${new TextDecoder().decode(bytes.subarray(a + 4, a + size - 1))}`);
      a += align(size);
    }
    o += align(length);
  }
  return false;
}

/** NLMSG_ALIGN, NLA_ALIGN. */
function align(length: number): number {
  return (length + 3) & ~3;
}
