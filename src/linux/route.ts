/** The route to an address, asked through a connected UDP socket, which sends nothing. */
import { AF_INET, AF_INET6, sockaddrIn, sockaddrIn6 } from './address.js';
import * as libc from './libc.js';
import {
  bindToDevice,
  closeSocket,
  IPPROTO_IP,
  IPPROTO_IPV6,
  openSocket,
  SO_MARK,
  SOCK_DGRAM,
  SOL_SOCKET,
  setIntOption,
} from './socket.js';

const IP_MTU = 14;
const IPV6_MTU = 24;
/** Any port will do: nothing is sent. */
const DISCARD = 9;

/**
 * Which route is asked for: addresses of 4 or 16 bytes, `local` zero for any; the interface and the mark, if
 * there is one.
 */
export interface RouteQuery {
  readonly remote: Uint8Array;
  readonly local: Uint8Array;
  readonly dev: string | null;
  readonly fwmark: number;
}

/**
 * Asks the kernel for the way to an address.
 *
 * @param source gets our address on it, 4 or 16 bytes.
 * @returns the path's MTU, bytes; 0 when the kernel does not tell it; -errno when there is no route.
 * @throws LinuxError when it cannot be asked.
 */
export function askRoute({ remote, local, dev, fwmark }: RouteQuery, source: Uint8Array): number {
  const six = remote.length === 16;
  const fd = openSocket(six ? AF_INET6 : AF_INET, SOCK_DGRAM, 0);
  try {
    if (dev !== null) bindToDevice(fd, dev);
    if (fwmark !== 0) setIntOption(fd, SOL_SOCKET, SO_MARK, fwmark, 'the mark');
    const from = six ? sockaddrIn6(local) : sockaddrIn(local);
    const to = six ? sockaddrIn6(remote, 0, DISCARD) : sockaddrIn(remote, 0, DISCARD);
    if (libc.bind(fd, from, from.length) < 0 || libc.connect(fd, to, to.length) < 0) return -libc.errno();
    const name = new Uint8Array(28);
    libc.getsockname(fd, name, new Uint32Array([28]));
    source.set(six ? name.subarray(8, 24) : name.subarray(4, 8));
    const value = new Int32Array(1);
    const [level, option] = six ? [IPPROTO_IPV6, IPV6_MTU] : [IPPROTO_IP, IP_MTU];
    const bytes = new Uint8Array(value.buffer);
    return libc.getsockopt(fd, level, option, bytes, new Uint32Array([4])) < 0 ? 0 : value[0];
  } finally {
    closeSocket(fd);
  }
}
