/**
 * TUN and TAP devices: network interfaces whose packets a program reads and writes
 * (Documentation/networking/tuntap.rst).
 *
 * Unless opened without it, every packet is preceded by a virtio_net_hdr of {@link VNET_HDR} bytes, in host
 * byte order, with which one read or write carries many segments of a TCP stream: flags (1), gso_type (1),
 * hdr_len (2), gso_size (2), csum_start (2), csum_offset (2).
 */
import { check, errnoName, LinuxError } from './errors.js';
import {
  ifreq,
  interfaceIndex,
  interfaceMtu,
  setInterfaceMtu,
  setInterfaceQueueLength,
  setInterfaceUp,
} from './interface.js';
import * as libc from './libc.js';
import type { Pieces } from './pieces.js';

export const VNET_HDR = 10;

export const VIRTIO_NET_HDR_F_NEEDS_CSUM = 1;
export const VIRTIO_NET_HDR_GSO_NONE = 0;
export const VIRTIO_NET_HDR_GSO_TCPV4 = 1;
export const VIRTIO_NET_HDR_GSO_TCPV6 = 4;
export const VIRTIO_NET_HDR_GSO_UDP_L4 = 5;
/** Or-ed with a TCP type: the segments may carry congestion marks. */
export const VIRTIO_NET_HDR_GSO_ECN = 0x80;

const O_RDWR = 2;
const O_NONBLOCK = 0o4000;
const IFNAMSIZ = 16;
const IFF_TUN = 0x0001;
const IFF_TAP = 0x0002;
const IFF_NO_PI = 0x1000;
const IFF_VNET_HDR = 0x4000;
const TUNSETIFF = 0x400454ca;
const TUNSETPERSIST = 0x400454cb;
const TUNSETOFFLOAD = 0x400454d0;
const TUNSETVNETHDRSZ = 0x400454d8;
const TUNSETCARRIER = 0x400454e2;
const TUN_F_CSUM = 0x01;
const TUN_F_TSO = 0x02 | 0x04 | 0x08;
/** Since Linux 6.2. */
const TUN_F_USO = 0x20 | 0x40;

export interface TunOptions {
  /** A TAP device, which carries Ethernet frames; else a TUN device, which carries IP packets. */
  readonly ethernet: boolean;
  /** The device outlives the program. */
  readonly persist?: boolean;
  /** The kernel passes large segments and unfinished checksums; otherwise only complete packets. */
  readonly offload?: boolean;
  /** False: packets have no virtio_net_hdr, and there are no offloads. */
  readonly vnetHeader?: boolean;
}

/** Places for packets that are read, in memory that does not move. */
export interface PacketSlots {
  readonly bytes: Uint8Array;
  /** Of each slot: where it starts in `bytes`, and its address. */
  readonly offsets: readonly number[];
  readonly addresses: readonly bigint[];
  /** Bytes of a slot. */
  readonly size: number;
}

export class TunDevice {
  private constructor(
    readonly fd: number,
    readonly name: string,
    readonly index: number,
    /** Whether it accepts many UDP datagrams as one (VIRTIO_NET_HDR_GSO_UDP_L4). */
    readonly udpSegmentation: boolean,
  ) {}

  /**
   * Creates the device, or opens a persistent one of this name. Reading and writing never block.
   *
   * @throws LinuxError if the kernel refuses: no privileges, or the name belongs to another kind of device.
   */
  static open(name: string, options: TunOptions): TunDevice {
    const kind = options.ethernet ? 'TAP' : 'TUN';
    const attempt = `make the ${kind} device ${name}`;
    const fd = check(libc.open('/dev/net/tun', O_RDWR | O_NONBLOCK | libc.O_CLOEXEC, 0), 'open /dev/net/tun');
    let uso = false;
    try {
      const r = ifreq(name);
      const vnet = options.vnetHeader !== false;
      const flags = (options.ethernet ? IFF_TAP : IFF_TUN) | IFF_NO_PI | (vnet ? IFF_VNET_HDR : 0);
      new DataView(r.buffer).setUint16(IFNAMSIZ, flags, true);
      if (libc.ioctl(fd, TUNSETIFF, r) < 0) {
        const e = libc.errno();
        const taken = ['EINVAL', 'EEXIST', 'EBUSY'].includes(errnoName(e));
        throw new LinuxError(
          attempt,
          e,
          taken ? `there is another device ${name}, or a program has it: ip -d link show ${name}` : undefined,
        );
      }
      if (vnet)
        check(libc.ioctl(fd, TUNSETVNETHDRSZ, new Uint8Array(new Int32Array([VNET_HDR]).buffer)), attempt);
      if (vnet && options.offload !== false) {
        uso = libc.ioctlValue(fd, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO | TUN_F_USO) >= 0;
        if (!uso) check(libc.ioctlValue(fd, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO), attempt);
      }
      check(libc.ioctlValue(fd, TUNSETPERSIST, options.persist === true ? 1 : 0), attempt);
    } catch (e) {
      libc.close(fd);
      throw e;
    }
    return new TunDevice(fd, name, interfaceIndex(name), uso);
  }

  /**
   * Reads a packet into slot `i`. @returns its bytes, those of the virtio_net_hdr too; less than 0 when there
   * is none.
   */
  read(slots: PacketSlots, i: number): number {
    return libc.read(this.fd, slots.addresses[i], slots.size);
  }

  /** Writes one packet of `count` pieces, behind its virtio_net_hdr. @returns whether the device took it. */
  write(packet: Pieces, count: number): boolean {
    return libc.writev(this.fd, packet.vectors, count + 1) >= 0;
  }

  mtu(): number {
    return interfaceMtu(this.name);
  }
  setMtu(mtu: number): void {
    setInterfaceMtu(this.name, mtu);
  }

  /** Sets it up, with so many packets waiting to be read at most. */
  setUp(queueLength: number): void {
    setInterfaceQueueLength(this.name, queueLength);
    setInterfaceUp(this.name, true);
  }

  /** Whether the device says it has a link: without one, routes through it are not used. */
  setCarrier(up: boolean): void {
    const value = new Uint8Array(new Int32Array([up ? 1 : 0]).buffer);
    check(libc.ioctl(this.fd, TUNSETCARRIER, value), `set the carrier of ${this.name}`);
  }

  /** Sets whether it outlives the program. */
  setPersistent(persistent: boolean): void {
    check(libc.ioctlValue(this.fd, TUNSETPERSIST, persistent ? 1 : 0), `keep ${this.name}`);
  }

  /** Closes it, which removes it unless it is persistent. */
  close(): void {
    libc.close(this.fd);
  }
}
