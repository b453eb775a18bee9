/** Network interfaces as the kernel lists them: rtnetlink(7), linux/if_link.h, linux/if_tunnel.h. */
import { check, LinuxError } from './errors.js';
import * as libc from './libc.js';
import { closeSocket, openSocket, SOCK_RAW } from './socket.js';

const AF_NETLINK = 16;
const NETLINK_ROUTE = 0;
const RTM_GETLINK = 18;
const NLM_F_REQUEST = 0x1;
const NLM_F_DUMP = 0x300;
const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
/** sizeof(struct nlmsghdr), and of it with a struct ifinfomsg. */
const HEADER = 16;
const MESSAGE = 32;
const IFF_UP = 1;
const NLA_TYPE = 0x3fff;
const [IFLA_IFNAME, IFLA_LINKINFO, IFLA_XDP] = [3, 18, 43];
const [IFLA_INFO_KIND, IFLA_INFO_DATA] = [1, 2];
const [IFLA_XDP_PROG_ID, IFLA_XDP_DRV_PROG_ID, IFLA_XDP_SKB_PROG_ID] = [4, 5, 6];
const [IFLA_GRE_LOCAL, IFLA_GRE_REMOTE] = [6, 7];
/** More than the kernel puts into one datagram of a dump. */
const DATAGRAM = 1 << 16;

export interface Link {
  readonly index: number;
  readonly name: string;
  readonly up: boolean;
  /** `gre`, `vxlan`, …; empty for hardware. */
  readonly kind: string;
  /** The number of an XDP program that is attached to it; 0: none. */
  readonly xdp: number;
  /** Of a GRE device: its addresses, 4 or 16 bytes, zero for any. */
  readonly local: Uint8Array | undefined;
  readonly remote: Uint8Array | undefined;
}

/** The interfaces of this network namespace. @throws LinuxError */
export function links(): Link[] {
  const attempt = 'list network interfaces';
  const fd = openSocket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
  try {
    const request = new Uint8Array(MESSAGE);
    const view = new DataView(request.buffer);
    view.setUint32(0, MESSAGE, true);
    view.setUint16(4, RTM_GETLINK, true);
    view.setUint16(6, NLM_F_REQUEST | NLM_F_DUMP, true);
    check(libc.send(fd, request, request.length, 0), attempt);
    const found: Link[] = [];
    const answer = new Uint8Array(DATAGRAM);
    for (;;) {
      const length = check(libc.recv(fd, answer, answer.length, 0), attempt);
      if (length === 0 || takeLinks(answer.subarray(0, length), found, attempt)) return found;
    }
  } finally {
    closeSocket(fd);
  }
}

/** Reads one datagram of an answer. @returns whether it was the last */
function takeLinks(bytes: Uint8Array, found: Link[], attempt: string): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let o = 0; o + HEADER <= bytes.length; ) {
    const length = view.getUint32(o, true);
    const type = view.getUint16(o + 4, true);
    if (type === NLMSG_DONE || length < HEADER) return true;
    if (type === NLMSG_ERROR) throw new LinuxError(attempt, -view.getInt32(o + HEADER, true));
    const up = (view.getUint32(o + 24, true) & IFF_UP) !== 0;
    found.push(linkOf(view.getInt32(o + 20, true), up, bytes.slice(o + MESSAGE, o + length)));
    o += (length + 3) & ~3;
  }
  return false;
}

function linkOf(index: number, up: boolean, bytes: Uint8Array): Link {
  const of = attributes(bytes);
  const info = attributes(of.get(IFLA_LINKINFO));
  const data = attributes(info.get(IFLA_INFO_DATA));
  const xdp = attributes(of.get(IFLA_XDP));
  const kind = textOf(info.get(IFLA_INFO_KIND));
  const gre = /gre|erspan/.test(kind);
  const programs = [IFLA_XDP_PROG_ID, IFLA_XDP_DRV_PROG_ID, IFLA_XDP_SKB_PROG_ID].map((n) => xdp.get(n));
  const program = programs.find((p) => p !== undefined);
  return {
    index,
    name: textOf(of.get(IFLA_IFNAME)),
    up,
    kind,
    xdp: program === undefined ? 0 : new DataView(program.buffer, program.byteOffset).getUint32(0, true),
    local: gre ? data.get(IFLA_GRE_LOCAL) : undefined,
    remote: gre ? data.get(IFLA_GRE_REMOTE) : undefined,
  };
}

/** The attributes of a message, or those within one of them, by type. */
function attributes(bytes: Uint8Array | undefined): Map<number, Uint8Array> {
  const found = new Map<number, Uint8Array>();
  if (bytes === undefined) return found;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let o = 0; o + 4 <= bytes.length; ) {
    const size = view.getUint16(o, true);
    if (size < 4) break;
    found.set(view.getUint16(o + 2, true) & NLA_TYPE, bytes.subarray(o + 4, o + size));
    o += (size + 3) & ~3;
  }
  return found;
}

function textOf(bytes: Uint8Array | undefined): string {
  return new TextDecoder().decode(bytes).split('\0')[0];
}
