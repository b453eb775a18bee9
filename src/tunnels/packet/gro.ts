/**
 * Generic receive offload: consecutive segments of one TCP stream, or datagrams of one UDP flow, are written
 * to the device as one packet (Linux: tcp_gro_receive, udp_gro_receive). Bytes are not moved: the packet is
 * written as a list of pieces, which must stay in place until {@link GroWriter.flush}.
 */
import { type Memory, Pieces } from '../../linux/pieces.js';
import {
  VIRTIO_NET_HDR_F_NEEDS_CSUM,
  VIRTIO_NET_HDR_GSO_ECN,
  VIRTIO_NET_HDR_GSO_TCPV4,
  VIRTIO_NET_HDR_GSO_TCPV6,
  VIRTIO_NET_HDR_GSO_UDP_L4,
  VNET_HDR,
} from '../../linux/tun.js';
import { setU16, u16, u32 } from '../../wire/bytes.js';
import { checksum, foldChecksum, sumWords } from '../../wire/checksum.js';
import type { Device } from '../engine/host.js';
import { ETH_HLEN, ETH_P_IP, ETH_P_IPV6 } from './inner-packet.js';
import { findPartialChecksum, PartialChecksum } from './partial-checksum.js';

const IPPROTO_TCP = 6;
const IPPROTO_UDP = 17;
const TCP_ACK = 0x10;
const TCP_PSH = 0x08;
const TCP_CWR = 0x80;
/** The most segments written as one (Linux: UDP_MAX_SEGMENTS is 64). */
const MAX_SEGMENTS = 64;
const MAX_PACKET = 65535;

export class GroWriter {
  private readonly pieces: Pieces;
  private readonly header: Uint8Array;

  /** Segments waiting; 0: none. */
  private count = 0;
  private bytes: Uint8Array = new Uint8Array(0);
  private at = 0;
  private network = 0;
  private transport = 0;
  private payload = 0;
  private size = 0;
  /** Bytes of the packet so far. */
  private length = 0;
  private nextSequence = 0;
  /** Nothing may be appended: after a short segment, or one with PSH. */
  private closed = false;
  private tcp = false;
  private ipv4 = false;
  private verified = false;

  // Offsets that parse found in the current packet.
  private pNetwork = 0;
  private pTransport = 0;
  private pPayload = 0;
  private pTcp = false;
  private pIpv4 = false;
  private readonly partial = new PartialChecksum();

  /** Segments that the device did not accept, since the last check. */
  dropped = 0;

  /**
   * @param memory where packets will lie.
   * @param mtu the device's MTU, by which joined segments that arrive are cut again.
   * @param longest a datagram longer than this is many.
   */
  constructor(
    private readonly device: Device,
    memory: Memory,
    private readonly ethernet: boolean,
    private readonly mtu: () => number,
    private readonly longest: () => number,
  ) {
    this.pieces = new Pieces(memory, MAX_SEGMENTS, VNET_HDR);
    this.header = this.pieces.header;
  }

  /** Takes a packet: appends it to the waiting one, or writes that and makes this one wait. */
  write(bytes: Uint8Array, at: number, end: number, protocol: number): void {
    const network = this.ethernet ? at + ETH_HLEN : at;
    if (findPartialChecksum(bytes, network, end, protocol, this.partial)) {
      this.writeUnfinished(bytes, at, end);
      return;
    }
    if (!this.parse(bytes, at, end, protocol)) {
      this.flush();
      this.start(bytes, at, end);
      this.header.fill(0, 0, VNET_HDR);
      this.put();
      return;
    }
    if (this.count > 0 && this.join(bytes, at, end)) return;
    this.flush();
    this.start(bytes, at, end);
    this.network = this.pNetwork;
    this.transport = this.pTransport;
    this.payload = this.pPayload;
    this.tcp = this.pTcp;
    this.ipv4 = this.pIpv4;
    this.size = end - this.pPayload;
    this.verified = false;
    this.closed = this.tcp && (bytes[this.transport + 13] & TCP_PSH) !== 0;
    if (this.tcp) this.nextSequence = (u32(bytes, this.transport + 4) + this.size) >>> 0;
  }

  /** Writes the waiting packet. */
  flush(): void {
    if (this.count === 0) return;
    const n = this.count;
    this.header.fill(0, 0, VNET_HDR);
    if (n > 1) {
      this.finish();
      this.describe(this.size, this.transport, this.payload, this.tcp, this.ipv4);
    }
    this.put();
  }

  /**
   * Writes a packet whose TCP or UDP checksum is not filled in, as such. One longer than the device's packets
   * consists of several TCP segments, and is cut at the largest size; UDP datagrams joined by their sender
   * (UDP_SEGMENT) cannot be cut, because nothing shows where one ends.
   */
  private writeUnfinished(bytes: Uint8Array, at: number, end: number): void {
    this.flush();
    const p = this.partial;
    const length = end - p.network;
    if (!p.nested && !p.tcp && length > this.longest()) {
      this.dropped++;
      return;
    }
    const cut = !p.nested && p.tcp && p.payload < end && length > this.mtu();
    const size = cut ? Math.max(0, this.mtu() - (p.payload - p.network)) : 0;
    this.start(bytes, at, end);
    this.header.fill(0, 0, VNET_HDR);
    this.describe(size, p.transport, p.payload, p.tcp, p.ipv4);
    if (size > 0 && (bytes[p.transport + 13] & TCP_CWR) !== 0) this.header[1] |= VIRTIO_NET_HDR_GSO_ECN;
    this.put();
  }

  private put(): void {
    const n = this.count;
    this.count = 0;
    if (!this.device.write(this.pieces, n)) this.dropped += n;
  }

  close(): void {
    this.pieces.unmap();
  }

  private start(bytes: Uint8Array, at: number, end: number): void {
    this.bytes = bytes;
    this.at = at;
    this.length = end - at;
    this.count = 1;
    this.pieces.set(0, at, end - at);
  }

  /**
   * Whether others may be appended to this packet: a TCP segment with data and only ACK and PSH, or a UDP
   * datagram.
   */
  private parse(b: Uint8Array, at: number, end: number, protocol: number): boolean {
    const n = this.ethernet ? at + ETH_HLEN : at;
    this.pNetwork = n;
    this.pIpv4 = protocol === ETH_P_IP;
    let next: number;
    if (this.pIpv4) {
      // A complete header of 20 bytes, no fragment.
      if (end - n < 28 || b[n] !== 0x45 || u16(b, n + 2) !== end - n || (u16(b, n + 6) & 0x3fff) !== 0)
        return false;
      next = b[n + 9];
      this.pTransport = n + 20;
    } else {
      if (protocol !== ETH_P_IPV6 || end - n < 48 || b[n] >>> 4 !== 6 || u16(b, n + 4) !== end - n - 40)
        return false;
      next = b[n + 6];
      this.pTransport = n + 40;
    }
    const t = this.pTransport;
    if (next === IPPROTO_TCP) {
      if (t + 20 > end || (b[t + 13] & ~TCP_PSH) !== TCP_ACK) return false;
      const length = (b[t + 12] >>> 4) * 4;
      this.pTcp = true;
      this.pPayload = t + length;
      return length >= 20 && this.pPayload < end;
    }
    if (next !== IPPROTO_UDP || !this.device.udpSegmentation) return false;
    this.pTcp = false;
    this.pPayload = t + 8;
    return u16(b, t + 4) === end - t && u16(b, t + 6) !== 0 && this.pPayload < end;
  }

  private join(b: Uint8Array, at: number, end: number): boolean {
    const size = end - this.pPayload;
    if (this.closed || this.count === MAX_SEGMENTS || size > this.size) return false;
    if (this.length + size - (this.ethernet ? ETH_HLEN : 0) > MAX_PACKET) return false;
    if (!this.sameFlow(b, at)) return false;
    if (!this.verified) {
      if (!checksumOk(this.bytes, this.network, this.transport, this.at + this.length, this.ipv4, this.tcp)) {
        this.closed = true;
        return false;
      }
      this.verified = true;
    }
    if (!checksumOk(b, this.pNetwork, this.pTransport, end, this.ipv4, this.tcp)) return false;
    this.pieces.set(this.count++, this.pPayload, size);
    this.length += size;
    if (this.tcp) {
      this.nextSequence = (this.nextSequence + size) >>> 0;
      if ((b[this.pTransport + 13] & TCP_PSH) !== 0) {
        this.bytes[this.transport + 13] |= TCP_PSH;
        this.closed = true;
      }
    }
    if (size < this.size) this.closed = true;
    return true;
  }

  /** Whether headers are equal except for length, identification, checksums, sequence number and PSH. */
  private sameFlow(b: Uint8Array, at: number): boolean {
    if (this.pTcp !== this.tcp || this.pIpv4 !== this.ipv4) return false;
    if (this.pPayload - at !== this.payload - this.at) return false;
    const a = this.bytes;
    if (this.tcp && u32(b, this.pTransport + 4) !== this.nextSequence) return false;
    if (!equal(a, this.at, b, at, this.network - this.at)) return false;
    const n = this.network;
    const m = this.pNetwork;
    if (this.ipv4) {
      // TOS; DF, TTL and protocol; addresses.
      if (a[n + 1] !== b[m + 1] || !equal(a, n + 6, b, m + 6, 4) || !equal(a, n + 12, b, m + 12, 8))
        return false;
    } else if (!equal(a, n, b, m, 4) || !equal(a, n + 6, b, m + 6, 34)) return false;
    const t = this.transport;
    const s = this.pTransport;
    if (!equal(a, t, b, s, 4)) return false;
    if (!this.tcp) return true;
    // Acknowledgment and data offset; window; options.
    if (!equal(a, t + 8, b, s + 8, 5) || !equal(a, t + 14, b, s + 14, 2)) return false;
    return equal(a, t + 20, b, s + 20, this.payload - t - 20);
  }

  /** Turns the first segment's headers into those of the whole packet, and sets how to cut it. */
  private finish(): void {
    const b = this.bytes;
    const n = this.network;
    const t = this.transport;
    const end = this.at + this.length;
    const length = end - t;
    let sum = (this.tcp ? IPPROTO_TCP : IPPROTO_UDP) + length;
    if (this.ipv4) {
      setU16(b, n + 2, end - n);
      setU16(b, n + 10, 0);
      setU16(b, n + 10, checksum(b, n, n + 20));
      sum = sumWords(b, n + 12, n + 20, sum);
    } else {
      setU16(b, n + 4, end - n - 40);
      sum = sumWords(b, n + 8, n + 40, sum);
    }
    if (!this.tcp) setU16(b, t + 4, length);
    const field = this.tcp ? 16 : 6;
    setU16(b, t + field, ~foldChecksum(sum) & 0xffff);
  }

  /**
   * Sets how the kernel is to cut the packet, and that its checksum is unfinished; `size` 0: not to be cut.
   */
  private describe(size: number, transport: number, payload: number, tcp: boolean, ipv4: boolean): void {
    const h = this.header;
    const start = this.at;
    h[0] = VIRTIO_NET_HDR_F_NEEDS_CSUM;
    if (size > 0) {
      h[1] = tcp ? (ipv4 ? VIRTIO_NET_HDR_GSO_TCPV4 : VIRTIO_NET_HDR_GSO_TCPV6) : VIRTIO_NET_HDR_GSO_UDP_L4;
    }
    littleEndian(h, 2, payload - start);
    littleEndian(h, 4, size);
    littleEndian(h, 6, transport - start);
    littleEndian(h, 8, tcp ? 16 : 6);
  }
}

function littleEndian(b: Uint8Array, o: number, v: number): void {
  b[o] = v;
  b[o + 1] = v >>> 8;
}

function equal(a: Uint8Array, o: number, b: Uint8Array, p: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (a[o + i] !== b[p + i]) return false;
  return true;
}

function checksumOk(b: Uint8Array, n: number, t: number, end: number, ipv4: boolean, tcp: boolean): boolean {
  let sum = (tcp ? IPPROTO_TCP : IPPROTO_UDP) + (end - t);
  sum = ipv4 ? sumWords(b, n + 12, n + 20, sum) : sumWords(b, n + 8, n + 40, sum);
  return foldChecksum(sumWords(b, t, end, sum)) === 0;
}
