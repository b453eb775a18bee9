/** One tunnel at work: its device, the way to its remote, and what it keeps between packets. */
import { LinuxError } from '../../linux/errors.js';
import { Mapping } from '../../linux/memory.js';
import { type Memory, Pieces } from '../../linux/pieces.js';
import { VNET_HDR } from '../../linux/tun.js';
import { Counter } from '../kernel/counters.js';
import { emitIcmpError, ICMP_ERROR_BYTES } from '../kernel/icmp.js';
import { DEFAULT_MTU, Path } from '../kernel/path.js';
import { Peers } from '../kernel/peers.js';
import { State } from '../kernel/state.js';
import type { Tunnel } from '../kernel/tunnel.js';
import { OuterLayout } from '../packet/encapsulate.js';
import { GroWriter } from '../packet/gro.js';
import { ETH_HLEN, type InnerPacket } from '../packet/inner-packet.js';
import type { Device, Host, Sender } from './host.js';

/** Linux: IPV4_MIN_MTU, IPV6_MIN_MTU. */
const IPV4_MIN_MTU = 68;
const IPV6_MIN_MTU = 1280;
/** Linux: IPTUNNEL_ERR_TIMEO. */
const ERR_TIMEO = 30_000;
/**
 * Packets that wait while this thread waits for a processor, as of the kernel's devices; a TUN device has
 * 500.
 */
export const QUEUE_LENGTH = 1000;
/** The most ICMP errors per second that a device receives (compare Linux' icmp_msgs_per_sec). */
const ICMP_PER_SECOND = 1000;

export class Endpoint {
  readonly layout: OuterLayout;
  readonly gro: GroWriter;
  /** null where there is no one remote. */
  readonly path: Path | null;
  readonly peers: Peers | null;
  /** Packets wait in {@link gro}. */
  dirty = false;
  /** Keepalives since the last answer, and when the next is due, ms. */
  unanswered = 0;
  nextKeepalive = 0;
  private carrier = true;
  private isGone = false;
  private mtu = 0;
  /** For a wildcard tunnel: the MTU of its interface, or the usual one. */
  private readonly underlayMtu: number;
  private icmpSecond = 0;
  private icmpSent = 0;
  private readonly icmp = Mapping.anonymous(ICMP_ERROR_BYTES);
  private readonly error = new Pieces(this.icmp, 1, VNET_HDR);

  /**
   * @param device new, or that of a tunnel which this one replaces: see {@link begin} and {@link
   *   reconfigure}.
   * @param received where received packets lie.
   * @throws LinuxError when the route cannot be asked for. Device and sender are then the caller's to close.
   */
  constructor(
    readonly tunnel: Tunnel,
    readonly device: Device,
    readonly sender: Sender,
    private readonly host: Host,
    received: Memory,
  ) {
    const { remote, dev } = tunnel.config;
    this.layout = new OuterLayout(tunnel);
    this.path = tunnel.remoteAny
      ? null
      : new Path(
          remote.length,
          (source) => sender.route(source),
          () => host.now(),
        );
    this.underlayMtu = dev === null ? DEFAULT_MTU : host.interfaceMtu(dev);
    this.peers = tunnel.remoteAny ? new Peers() : null;
    this.gro = new GroWriter(
      device,
      received,
      tunnel.ethernet,
      () => this.mtu,
      () => Math.max(DEFAULT_MTU, this.mtu, this.path?.mtu ?? this.underlayMtu),
    );
    this.setCarrier(true);
    if (this.path !== null) tunnel.counters[State.noRoute] = this.path.noRoute === null ? 0 : 1;
  }

  /** Sets a new device up. @throws LinuxError, TunnelConfigError */
  begin(): void {
    this.updateMtu(true);
    this.device.setUp(QUEUE_LENGTH);
    this.host.configureDevice(this.tunnel.config);
  }

  /** Brings the device of the tunnel that this one replaces to the new configuration. */
  reconfigure(): void {
    this.device.setCarrier(true);
    this.device.setPersistent(this.tunnel.config.persist);
    this.updateMtu(true);
    this.host.configureDevice(this.tunnel.config);
  }

  /** Bytes GRE may carry on the path as it is, Ethernet header included. */
  room(): number {
    return (this.path?.mtu ?? this.underlayMtu) - this.layout.total;
  }

  /**
   * Sets the device's MTU to the path's less the headers (Linux: ip_tunnel_bind_dev,
   * ip6gre_tnl_link_config_route), unless the configuration or somebody else has set it.
   */
  updateMtu(first = false): void {
    const t = this.tunnel.config;
    const least = this.tunnel.ipv6 ? IPV6_MIN_MTU : IPV4_MIN_MTU;
    const mtu = t.mtu ?? Math.max(least, this.room() - (this.tunnel.ethernet ? ETH_HLEN : 0));
    if (!first) {
      const now = this.device.mtu();
      if (t.mtu !== null || now !== this.mtu || now === mtu) return;
    }
    this.device.setMtu(mtu);
    this.mtu = mtu;
    this.tunnel.counters[State.mtu] = mtu;
  }

  setCarrier(up: boolean): void {
    if (this.isGone) return;
    this.tunnel.counters[State.carrier] = up ? 1 : 0;
    if (up === this.carrier) return;
    this.device.setCarrier(up);
    this.carrier = up;
  }

  /** Queries the path to the remote again, and follows its MTU. */
  askPath(): void {
    try {
      if (this.path === null) return;
      const changed = this.path.ask();
      this.tunnel.counters[State.noRoute] = this.path.noRoute === null ? 0 : 1;
      if (changed) this.updateMtu();
    } catch (e) {
      // The device, or the right to change it, is gone: senders are told packet by packet then.
      if (!(e instanceof LinuxError)) throw e;
    }
  }

  /** Somebody has removed the device (`ip link del`): it carries no more packets. */
  get gone(): boolean {
    return this.isGone;
  }
  lose(): void {
    this.isGone = true;
    this.carrier = false;
    this.tunnel.counters[State.carrier] = 0;
    this.tunnel.counters[State.mtu] = 0;
  }

  /** Whether to tell senders of errors from the path (Linux: ip_tunnel_xmit's use of err_count). */
  takeError(now: number): boolean {
    const t = this.tunnel;
    if (t.errCount === 0) return false;
    if (now - t.errTime >= ERR_TIMEO) {
      t.errCount = 0;
      return false;
    }
    t.errCount--;
    return true;
  }

  /** Counts an ICMP error from the path (Linux: gre_err). */
  noteError(now: number, unreachable: boolean): void {
    const t = this.tunnel;
    t.counters[State.icmpErrors]++;
    if (!unreachable) return;
    t.errCount = now - t.errTime < ERR_TIMEO ? t.errCount + 1 : 1;
    t.errTime = now;
  }

  /**
   * Tells the sender of an inner packet that it is too big for the path (`mtu` > 0) or cannot get there (0).
   */
  tell(inner: InnerPacket, mtu: number, now: number): void {
    const second = Math.floor(now / 1000);
    if (second !== this.icmpSecond) {
      this.icmpSecond = second;
      this.icmpSent = 0;
    }
    if (this.icmpSent++ >= ICMP_PER_SECOND) return;
    const length = emitIcmpError(inner, mtu, this.icmp.bytes);
    if (length === 0) return;
    this.error.set(0, 0, length);
    this.device.write(this.error, 1);
  }

  /** Writes waiting packets to the device. */
  flush(): void {
    this.dirty = false;
    this.gro.flush();
    if (this.gro.dropped > 0) {
      this.tunnel.counters[Counter.rxDropped] += this.gro.dropped;
      this.gro.dropped = 0;
    }
  }

  /** @param device whether to close the device too; otherwise another endpoint has taken it over. */
  close(device: boolean): void {
    this.sender.close();
    this.gro.close();
    this.error.unmap();
    this.icmp.unmap();
    if (device) this.device.close();
  }
}
