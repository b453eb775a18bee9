/**
 * The way to a tunnel's remote, as the kernel's routes have it: our address on it and its MTU, which ICMP
 * errors about our packets lower (over IPv4 the kernel keeps that per destination; over IPv6 it does so for
 * connected sockets alone, rawv6_err, so it is kept here).
 */
import { errnoName } from '../../linux/errors.js';

export const DEFAULT_MTU = 1500;
const IPV6_MIN_MTU = 1280;
/** How long an MTU that a router reported is believed, ms (Linux: net.ipv6.route.mtu_expires). */
const MTU_EXPIRES = 600_000;

export class Path {
  /** Path MTU in bytes. */
  mtu = DEFAULT_MTU;
  /** Our address towards the remote: 4 or 16 bytes. */
  readonly source: Uint8Array;
  /** Why there is no route, as an error name; null if there is one. */
  noRoute: string | null = null;
  /** From an ICMPv6 error, and until when it is valid. */
  private learned = 0;
  private learnedUntil = 0;

  /**
   * @param size bytes of an address, 4 or 16.
   * @param route asks for the route: puts our address in `source` and returns the MTU, 0 when that is not
   *   known, and -errno when there is no route (linux/route.ts).
   * @param now the time, ms.
   */
  constructor(
    size: number,
    private readonly route: (source: Uint8Array) => number,
    private readonly now: () => number,
  ) {
    this.source = new Uint8Array(size);
    this.ask();
  }

  /** Applies a "packet too big" (Linux: __ip6_rt_update_pmtu): it can lower the MTU, not raise it. */
  learn(mtu: number): void {
    if (mtu < IPV6_MIN_MTU || mtu >= this.mtu) return;
    this.learned = mtu;
    this.learnedUntil = this.now() + MTU_EXPIRES;
  }

  /** Queries again. @returns whether the MTU changed. */
  ask(): boolean {
    const told = this.route(this.source);
    this.noRoute = told < 0 ? errnoName(-told) : null;
    if (told <= 0) return false;
    const mtu = this.now() < this.learnedUntil ? Math.min(told, this.learned) : told;
    if (mtu === this.mtu) return false;
    this.mtu = mtu;
    return true;
  }
}
