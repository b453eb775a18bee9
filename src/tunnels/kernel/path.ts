/**
 * The way to a tunnel's remote, as the kernel's routes have it: our address on it and its MTU, which ICMP errors
 * about our packets lower (over IPv4 the kernel keeps that per destination; over IPv6 it does so for connected sockets
 * alone, rawv6_err, so it is kept here). Asked through a connected UDP socket, which sends nothing.
 */
import { AF_INET, AF_INET6, sockaddrIn, sockaddrIn6 } from '../../linux/address.js';
import { errnoName } from '../../linux/errors.js';
import * as libc from '../../linux/libc.js';
import {
  bindToDevice,
  closeSocket,
  openSocket,
  SO_MARK,
  SOCK_DGRAM,
  SOL_SOCKET,
  setIntOption,
} from '../../linux/socket.js';

const IPPROTO_IP = 0;
const IPPROTO_IPV6 = 41;
const IP_MTU = 14;
const IPV6_MTU = 24;
/** Any port will do: nothing is sent. */
const DISCARD = 9;
export const DEFAULT_MTU = 1500;
const IPV6_MIN_MTU = 1280;
/** How long what a router has said of an MTU is believed, ms (Linux: net.ipv6.route.mtu_expires). */
const MTU_EXPIRES = 600_000;

export class Path {
  /** Path MTU in bytes. */
  mtu = DEFAULT_MTU;
  /** Our address towards the remote: 4 or 16 bytes. */
  readonly source: Uint8Array;
  /** Why there is no route, by the error's name; null when there is one. */
  noRoute: string | null = null;
  /** By an ICMPv6 error, and until when. */
  private learned = 0;
  private learnedUntil = 0;

  constructor(
    private readonly remote: Uint8Array,
    private readonly local: Uint8Array,
    private readonly dev: string | null,
    private readonly fwmark: number,
  ) {
    this.source = new Uint8Array(remote.length);
    this.ask();
  }

  /** Takes what a "packet too big" says of the path (Linux: __ip6_rt_update_pmtu): lower it does, raise it not. */
  learn(mtu: number): void {
    if (mtu < IPV6_MIN_MTU || mtu >= this.mtu) return;
    this.learned = mtu;
    this.learnedUntil = Date.now() + MTU_EXPIRES;
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
      if (asked < 0) return false;
      const mtu = Date.now() < this.learnedUntil ? Math.min(value[0], this.learned) : value[0];
      if (mtu === this.mtu) return false;
      this.mtu = mtu;
      return true;
    } finally {
      closeSocket(fd);
    }
  }
}
