/** One tunnel at work: its device, the way to its remote, and what it keeps between packets. */
import { AF_INET, AF_INET6 } from '../../linux/address.js';
import { LinuxError } from '../../linux/errors.js';
import {
  interfaceMtu,
  setInterfaceMtu,
  setInterfaceQueueLength,
  setInterfaceUp,
} from '../../linux/interface.js';
import { writev } from '../../linux/libc.js';
import { Mapping } from '../../linux/memory.js';
import {
  bindToDevice,
  closeSocket,
  IPPROTO_RAW,
  openSocket,
  SO_MARK,
  SO_SNDBUFFORCE,
  SOCK_RAW,
  SOL_SOCKET,
  setIntOption,
} from '../../linux/socket.js';
import { TunDevice, VNET_HDR } from '../../linux/tun.js';
import { Counter } from '../kernel/counters.js';
import { emitIcmpError, ICMP_ERROR_BYTES } from '../kernel/icmp.js';
import { DEFAULT_MTU, Path } from '../kernel/path.js';
import { Peers } from '../kernel/peers.js';
import { State } from '../kernel/state.js';
import type { Tunnel } from '../kernel/tunnel.js';
import { OuterLayout } from '../packet/encapsulate.js';
import { GroWriter } from '../packet/gro.js';
import { ETH_HLEN, type InnerPacket } from '../packet/inner-packet.js';
import { setupDevice } from './device.js';

/** Linux: IPV4_MIN_MTU, IPV6_MIN_MTU. */
const IPV4_MIN_MTU = 68;
const IPV6_MIN_MTU = 1280;
/** Linux: IPTUNNEL_ERR_TIMEO. */
const ERR_TIMEO = 30_000;
const SEND_BUFFER = 4 << 20;
/** Packets that wait while this thread waits for a processor, as of the kernel's devices; a TUN device has 500. */
export const QUEUE_LENGTH = 1000;
/** ICMP errors a second that a device is told at most (Linux limits icmp_msgs_per_sec likewise). */
const ICMP_PER_SECOND = 1000;

export class Endpoint {
  readonly layout: OuterLayout;
  readonly tun: TunDevice;
  readonly gro: GroWriter;
  readonly sendFd: number;
  /** null where there is no one remote. */
  readonly path: Path | null;
  readonly peers: Peers | null;
  /** Packets wait in {@link gro}. */
  dirty = false;
  /** Keepalives sent since the last answer, and when the next is due, ms. */
  unanswered = 0;
  nextKeepalive = 0;
  private carrier = true;
  private isGone = false;
  private mtu = 0;
  /** Of a wildcard tunnel: its interface's, or the usual one. */
  private readonly underlayMtu: number;
  private icmpSecond = 0;
  private icmpSent = 0;
  private readonly icmp = Mapping.anonymous(32 + VNET_HDR + ICMP_ERROR_BYTES);

  /**
   * @param tun the device of a tunnel that this one replaces, or null to make it.
   * @param rxBase the address of the bytes that received packets lie in.
   */
  constructor(
    readonly tunnel: Tunnel,
    tun: TunDevice | null,
    rxBase: number,
  ) {
    const t = tunnel.config;
    this.layout = new OuterLayout(tunnel);
    this.path = tunnel.remoteAny ? null : new Path(t.remote, t.local, t.dev, t.fwmark);
    this.underlayMtu = t.dev === null ? DEFAULT_MTU : interfaceMtu(t.dev);
    this.peers = tunnel.remoteAny ? new Peers() : null;
    this.tun =
      tun ??
      TunDevice.open(t.name, {
        ethernet: tunnel.ethernet,
        persist: t.persist,
        // A mirror's frames are sent as they are, so they must come as they are.
        offload: !tunnel.erspan,
      });
    try {
      this.sendFd = openSender(tunnel);
    } catch (e) {
      if (tun === null) this.tun.close();
      throw e;
    }
    this.gro = new GroWriter(
      this.tun.fd,
      rxBase,
      tunnel.ethernet,
      this.tun.udpSegmentation,
      () => this.mtu,
      () => Math.max(DEFAULT_MTU, this.mtu, this.path?.mtu ?? this.underlayMtu),
    );
    if (tun === null) {
      try {
        this.updateMtu(true);
        setInterfaceQueueLength(t.name, QUEUE_LENGTH);
        setInterfaceUp(t.name, true);
        setupDevice(t);
      } catch (e) {
        this.close(true);
        throw e;
      }
    }
    this.setCarrier(true);
    if (this.path !== null) tunnel.counters[State.noRoute] = this.path.noRoute === null ? 0 : 1;
  }

  /** Bytes GRE may carry on the path as it is, Ethernet header included. */
  room(): number {
    return (this.path?.mtu ?? this.underlayMtu) - this.layout.total;
  }

  /**
   * Makes the device's MTU what the path leaves room for (Linux: ip_tunnel_bind_dev, ip6gre_tnl_link_config_route),
   * unless the configuration or somebody else has set it.
   */
  updateMtu(first = false): void {
    const t = this.tunnel.config;
    const least = this.tunnel.ipv6 ? IPV6_MIN_MTU : IPV4_MIN_MTU;
    const mtu = t.mtu ?? Math.max(least, this.room() - (this.tunnel.ethernet ? ETH_HLEN : 0));
    if (!first) {
      const now = interfaceMtu(t.name);
      if (t.mtu !== null || now !== this.mtu || now === mtu) return;
    }
    setInterfaceMtu(t.name, mtu);
    this.mtu = mtu;
    this.tunnel.counters[State.mtu] = mtu;
  }

  setCarrier(up: boolean): void {
    if (this.isGone) return;
    this.tunnel.counters[State.carrier] = up ? 1 : 0;
    if (up === this.carrier) return;
    this.tun.setCarrier(up);
    this.carrier = up;
  }

  /** Asks the way to the remote again, and follows its MTU. */
  askPath(): void {
    try {
      if (this.path === null) return;
      const changed = this.path.ask();
      this.tunnel.counters[State.noRoute] = this.path.noRoute === null ? 0 : 1;
      if (changed) this.updateMtu();
    } catch (e) {
      // The device was taken away, or the rights to change it were: senders are told packet by packet then.
      if (!(e instanceof LinuxError)) throw e;
    }
  }

  /** Somebody has removed the device (`ip link del`): nothing more comes from it or goes to it. */
  get gone(): boolean {
    return this.isGone;
  }
  lose(): void {
    this.isGone = true;
    this.carrier = false;
    this.tunnel.counters[State.carrier] = 0;
    this.tunnel.counters[State.mtu] = 0;
  }

  /** Whether senders are to be told of errors from the path (Linux: ip_tunnel_xmit's use of err_count). */
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

  /** Counts an ICMP error that the path has sent (Linux: gre_err). */
  noteError(now: number, unreachable: boolean): void {
    const t = this.tunnel;
    t.counters[State.icmpErrors]++;
    if (!unreachable) return;
    t.errCount = now - t.errTime < ERR_TIMEO ? t.errCount + 1 : 1;
    t.errTime = now;
  }

  /** Brings the device it took over to the new configuration. */
  reconfigure(): void {
    this.tun.setCarrier(true);
    this.tun.setPersistent(this.tunnel.config.persist);
    this.updateMtu(true);
    setupDevice(this.tunnel.config);
  }

  /** Tells the sender of an inner packet that it is too big for the path (`mtu` > 0) or cannot get there (0). */
  tell(inner: InnerPacket, mtu: number, now: number): void {
    const second = Math.floor(now / 1000);
    if (second !== this.icmpSecond) {
      this.icmpSecond = second;
      this.icmpSent = 0;
    }
    if (this.icmpSent++ >= ICMP_PER_SECOND) return;
    const at = 32 + VNET_HDR;
    const length = emitIcmpError(inner, mtu, this.icmp.bytes.subarray(at));
    if (length === 0) return;
    const view = new DataView(this.icmp.buffer);
    view.setBigUint64(0, this.icmp.address + 32n, true);
    view.setBigUint64(8, BigInt(VNET_HDR + length), true);
    writev(this.tun.fd, this.icmp.address, 1);
  }

  /** Writes what waits for the device. */
  flush(): void {
    this.dirty = false;
    this.gro.flush();
    if (this.gro.dropped > 0) {
      this.tunnel.counters[Counter.rxDropped] += this.gro.dropped;
      this.gro.dropped = 0;
    }
  }

  /** @param device whether the device goes as well; else another endpoint has taken it over. */
  close(device: boolean): void {
    closeSocket(this.sendFd);
    this.gro.close();
    this.icmp.unmap();
    if (device) this.tun.close();
  }
}

/** A socket that sends what we write, outer IP header included (raw(7)), and receives nothing. */
function openSender(t: Tunnel): number {
  const fd = openSocket(t.ipv6 ? AF_INET6 : AF_INET, SOCK_RAW, IPPROTO_RAW, true);
  try {
    setIntOption(fd, SOL_SOCKET, SO_SNDBUFFORCE, SEND_BUFFER, 'the send buffer');
    if (t.config.dev !== null) bindToDevice(fd, t.config.dev);
    if (t.config.fwmark !== 0) setIntOption(fd, SOL_SOCKET, SO_MARK, t.config.fwmark, 'the mark');
    return fd;
  } catch (e) {
    closeSocket(fd);
    throw e;
  }
}
