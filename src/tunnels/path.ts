/**
 * The way to a tunnel's remote, as the kernel's routes have it: our address on it and its MTU, which ICMP errors
 * about our packets lower (the kernel keeps that per destination). Asked through a connected UDP socket, which sends
 * nothing.
 */
import { AF_INET, AF_INET6, sockaddrIn, sockaddrIn6 } from '../linux/address.js';
import { errnoName } from '../linux/errors.js';
import * as libc from '../linux/libc.js';
import {
  bindToDevice,
  closeSocket,
  openSocket,
  SO_MARK,
  SOCK_DGRAM,
  SOL_SOCKET,
  setIntOption,
} from '../linux/socket.js';

const IPPROTO_IP = 0;
const IPPROTO_IPV6 = 41;
const IP_MTU = 14;
const IPV6_MTU = 24;
/** Any port will do: nothing is sent. */
const DISCARD = 9;
export const DEFAULT_MTU = 1500;

export class Path {
  /** Path MTU in bytes. */
  mtu = DEFAULT_MTU;
  /** Our address towards the remote: 4 or 16 bytes. */
  readonly source: Uint8Array;
  /** Why there is no route, by the error's name; null when there is one. */
  noRoute: string | null = null;

  constructor(
    private readonly remote: Uint8Array,
    private readonly local: Uint8Array,
    private readonly dev: string | null,
    private readonly fwmark: number,
  ) {
    this.source = new Uint8Array(remote.length);
    this.ask();
  }

  /** Asks again. @returns whether the MTU changed. */
  ask(): boolean {
    const six = this.remote.length === 16;
    const fd = openSocket(six ? AF_INET6 : AF_INET, SOCK_DGRAM, 0);
    try {
      if (this.dev !== null) bindToDevice(fd, this.dev);
      if (this.fwmark !== 0) setIntOption(fd, SOL_SOCKET, SO_MARK, this.fwmark, 'the mark');
      const local = six ? sockaddrIn6(this.local) : sockaddrIn(this.local);
      const remote = six ? sockaddrIn6(this.remote, 0, DISCARD) : sockaddrIn(this.remote, 0, DISCARD);
      if (libc.bind(fd, local, local.length) < 0 || libc.connect(fd, remote, remote.length) < 0) {
        this.noRoute = errnoName(libc.errno());
        return false;
      }
      this.noRoute = null;
      const name = new Uint8Array(28);
      libc.getsockname(fd, name, new Uint32Array([28]));
      this.source.set(six ? name.subarray(8, 24) : name.subarray(4, 8));
      const value = new Int32Array(1);
      const level = six ? IPPROTO_IPV6 : IPPROTO_IP;
      const asked = libc.getsockopt(
        fd,
        level,
        six ? IPV6_MTU : IP_MTU,
        new Uint8Array(value.buffer),
        new Uint32Array([4]),
      );
      if (asked < 0 || value[0] === this.mtu) return false;
      this.mtu = value[0];
      return true;
    } finally {
      closeSocket(fd);
    }
  }
}
