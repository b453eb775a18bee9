/** From the devices to the wire: reads packets, prepends the outer headers, sends them in batches. */
import { AF_INET, AF_INET6 } from '../../linux/address.js';
import { Gather } from '../../linux/gather.js';
import { ERRNO } from '../../linux/libc.js';
import { type PacketSlots, VNET_HDR } from '../../linux/tun.js';
import { setU16, setU32 } from '../../wire/bytes.js';
import { Counter } from '../kernel/counters.js';
import { Destination } from '../kernel/destination.js';
import { isLoop } from '../kernel/loop.js';
import type { Tunnel } from '../kernel/tunnel.js';
import { emitOuter, outerDf, setOuterChecksum } from '../packet/encapsulate.js';
import { emitSegmentHeaders, GsoPlan, planGso, segmentEnd, segmentStart } from '../packet/gso.js';
import { ETH_HLEN, ETH_P_IP, ETH_P_IPV6, InnerPacket, parseInnerPacket } from '../packet/inner-packet.js';
import type { Endpoint } from './endpoint.js';

/** Packets per sendmmsg, and reads of a device before it. */
const MESSAGES = 1024;
const READS = 16;
/** The largest packet from a device, with its headers, rounded up. */
const READ_SIZE = VNET_HDR + ETH_HLEN + 65535;
const STRIDE = 65600;
/** Batches from one device before it is the others' turn. */
const ROUNDS = 4;
/** The most packets that {@link Transmitter.transmit} takes: a device that had this many may have more. */
export const MOST_READS = READS * ROUNDS;
/** How long to wait for a full send buffer before a packet is dropped. */
const SEND_WAIT_MS = 20;
const IPV4_LENGTH = 20;
const IPV6_LENGTH = 40;
const IPV6_FRAGMENT_LENGTH = 8;
const IPPROTO_FRAGMENT = 44;
const IP_MF = 0x2000;
/** The number of fragments of the largest packet at 576 bytes, the least MTU that IPv4 hosts must accept. */
const MAX_FRAGMENTS = 130;
const IPV6_MIN_MTU = 1280;
const IPV4_MIN_MTU = 68;

export class Transmitter {
  private readonly gather = new Gather(MESSAGES, READS * STRIDE);
  private readonly slots: PacketSlots;
  private readonly inner = new InnerPacket();
  private readonly plan = new GsoPlan();
  /** Inner bytes of each message, as the kernel counts them; -1 for a fragment that is not the first. */
  private readonly counted = new Int32Array(MESSAGES);
  private queued = 0;
  private identification = 1;
  private now = 0;

  private readonly to = new Destination();

  constructor() {
    const offsets = Array.from({ length: READS }, (_, i) => this.gather.bodyOffset + i * STRIDE);
    this.slots = {
      bytes: this.gather.bytes,
      offsets,
      addresses: offsets.map((o) => this.gather.address(o)),
      size: READ_SIZE,
    };
    this.inner.bytes = this.gather.bytes;
  }

  /** Sends what the device has to send, up to some batches. @returns how many packets it had. */
  transmit(e: Endpoint, now: number): number {
    this.now = now;
    let taken = 0;
    for (let round = 0; round < ROUNDS; round++) {
      let reads = 0;
      while (reads < READS) {
        const length = e.device.read(this.slots, reads);
        if (length < 0) break;
        this.inner.at = this.slots.offsets[reads] + VNET_HDR;
        this.inner.end = this.inner.at + length - VNET_HDR;
        this.xmit(e);
        reads++;
      }
      this.flush(e);
      taken += reads;
      if (reads < READS) break;
    }
    return taken;
  }

  /** Sends one of our own packets through the tunnel: `write` puts it at an offset and returns its length. */
  transmitOwn(e: Endpoint, now: number, write: (b: Uint8Array, o: number) => number): void {
    this.now = now;
    this.inner.at = this.gather.bodyOffset + VNET_HDR;
    this.gather.bytes.fill(0, this.gather.bodyOffset, this.inner.at);
    this.inner.end = this.inner.at + write(this.gather.bytes, this.inner.at);
    this.xmit(e, true);
    this.flush(e);
  }

  /** Sends an IP packet unchanged to the tunnel's remote. */
  transmitBare(e: Endpoint, b: Uint8Array, at: number, end: number): void {
    const o = this.gather.bodyOffset;
    this.gather.bytes.set(b.subarray(at, end), o);
    this.setName(0, e.tunnel, e.tunnel.config.remote, 0);
    this.gather.set(0, 0, o, end - at, e.tunnel.ipv6 ? 28 : 16);
    e.sender.send(this.gather, 0, 1);
  }

  /** Linux: ipgre_xmit, gre_tap_xmit, erspan_xmit, ip6gre_tunnel_xmit. */
  private xmit(e: Endpoint, own = false): void {
    const t = e.tunnel;
    const c = t.counters;
    const p = this.inner;
    if (!parseInnerPacket(p, t.ethernet)) {
      c[Counter.txDropped]++;
      return;
    }
    if (!planGso(p, this.plan)) {
      c[Counter.txErrors]++;
      return;
    }
    if (!this.to.find(t, e.path, e.peers, p)) {
      c[Counter.txErrors]++;
      c[Counter.txCarrierErrors]++;
      e.tell(p, 0, this.now);
      return;
    }
    if (!own && isLoop(p, t.ipv6, this.to)) {
      c[Counter.txErrors]++;
      c[Counter.collisions]++;
      return;
    }
    const room = e.room();
    const truncated = t.erspan && p.end - p.at > room;
    if (truncated) p.end = p.at + room;
    const size = this.plan.segments === 1 ? p.end - p.at : this.plan.payload - p.at + this.plan.size;
    const fragment = size > room;
    if (fragment && this.tooBig(e, size, room)) return;
    if (e.takeError(this.now)) e.tell(p, 0, this.now);
    for (let i = 0; i < this.plan.segments; i++) this.push(e, i, truncated, fragment);
  }

  /**
   * Tells the sender that a packet is too big, if it is the sender that must react (Linux: tnl_update_pmtu;
   * ip6_tnl_xmit always tells it). @returns false if the packet is to be fragmented.
   */
  private tooBig(e: Endpoint, size: number, room: number): boolean {
    const t = e.tunnel;
    const p = this.inner;
    if (!outerDf(t, p)) return false;
    const ethernet = t.ethernet ? ETH_HLEN : 0;
    const least = p.protocol === ETH_P_IPV6 ? IPV6_MIN_MTU : IPV4_MIN_MTU;
    const mtu = t.ipv6 ? Math.max(room - ethernet, least) : room - ethernet;
    const tells = t.ipv6 || p.df;
    const tell =
      (p.protocol === ETH_P_IP && tells && size - ethernet > mtu) ||
      (p.protocol === ETH_P_IPV6 && mtu >= IPV6_MIN_MTU && size - ethernet > mtu);
    // Over IPv6 only packets up to the least MTU remain, which are fragmented.
    if (!tell && t.ipv6) return false;
    t.counters[Counter.txErrors]++;
    if (tell) e.tell(p, mtu, this.now);
    else t.counters[Counter.txAbortedErrors]++;
    if (t.ipv6) t.counters[Counter.txDropped]++;
    return true;
  }

  /** Queues segment `i` of the current packet, in fragments if it does not fit. */
  private push(e: Endpoint, i: number, truncated: boolean, fragment: boolean): void {
    if (this.queued + MAX_FRAGMENTS > MESSAGES) this.flush(e);
    const t = e.tunnel;
    const p = this.inner;
    const plan = this.plan;
    const b = this.gather.bytes;
    const n = this.queued++;
    const o = this.gather.headOffset(n);
    const whole = plan.segments === 1;
    const body = whole ? p.at : segmentStart(plan, i);
    const bodyEnd = whole ? p.end : segmentEnd(p, plan, i);
    const length = (whole ? 0 : plan.payload - p.at) + bodyEnd - body;
    let head = emitOuter(t, e.layout, p, this.to, length, truncated, b, o);
    if (!whole) head += emitSegmentHeaders(p, plan, i, o + head);
    if (t.config.ocsum) setOuterChecksum(b, o + e.layout.ip, o + head, body, bodyEnd);
    this.counted[n] = t.ethernet ? length - ETH_HLEN : length;
    if (fragment) this.pushFragments(e, n, head, body, bodyEnd);
    else {
      this.setName(n, t, this.to.remote, this.to.remoteAt);
      this.gather.set(n, head, body, bodyEnd - body, t.ipv6 ? 28 : 16);
    }
  }

  /**
   * Splits message `first`, whose head is in place, into fragments, and queues the further ones (RFC 791
   * section 3.2, RFC 8200 section 4.5).
   */
  private pushFragments(e: Endpoint, first: number, whole: number, from: number, end: number): void {
    const t = e.tunnel;
    const b = this.gather.bytes;
    const o = this.gather.headOffset(first);
    const ip = t.ipv6 ? IPV6_LENGTH + IPV6_FRAGMENT_LENGTH : IPV4_LENGTH;
    const id = this.identification++;
    let head = whole;
    if (t.ipv6) {
      b.copyWithin(o + ip, o + IPV6_LENGTH, o + head);
      head += IPV6_FRAGMENT_LENGTH;
      b[o + IPV6_LENGTH] = b[o + 6];
      b[o + IPV6_LENGTH + 1] = 0;
      setU32(b, o + IPV6_LENGTH + 4, id);
      b[o + 6] = IPPROTO_FRAGMENT;
    } else setU16(b, o + 4, id & 0xffff || 1);
    const most = (e.room() + e.layout.total - ip) & ~7;
    let offset = 0;
    let body = from;
    for (let n = first; n === first || body < end; n++) {
      const h = this.gather.headOffset(n);
      if (n > first) {
        b.copyWithin(h, o, o + ip);
        this.counted[n] = -1;
        this.queued++;
      }
      const inHead = n === first ? head - ip : 0;
      const taken = Math.min(most - inHead, end - body);
      const more = body + taken < end;
      const length = inHead + taken;
      if (t.ipv6) {
        setU16(b, h + 4, IPV6_FRAGMENT_LENGTH + length);
        setU16(b, h + IPV6_LENGTH + 2, offset | (more ? 1 : 0));
      } else {
        setU16(b, h + 2, ip + length);
        setU16(b, h + 6, (offset >>> 3) | (more ? IP_MF : 0));
      }
      this.setName(n, t, this.to.remote, this.to.remoteAt);
      this.gather.set(n, ip + inHead, body, taken, t.ipv6 ? 28 : 16);
      body += taken;
      offset += length;
    }
  }

  private setName(n: number, t: Tunnel, remote: Uint8Array, at: number): void {
    const b = this.gather.bytes;
    const o = this.gather.nameOffset(n);
    // struct sockaddr_in, sockaddr_in6: family in host order, port 0.
    b[o] = t.ipv6 ? AF_INET6 : AF_INET;
    b[o + 1] = 0;
    const to = t.ipv6 ? o + 8 : o + 4;
    const length = t.ipv6 ? 16 : 4;
    for (let i = 0; i < length; i++) b[to + i] = remote[at + i];
  }

  /** Sends the queue and counts it (Linux: iptunnel_xmit_stats). */
  private flush(e: Endpoint): void {
    const c = e.tunnel.counters;
    const end = this.queued;
    this.queued = 0;
    let i = 0;
    while (i < end) {
      const sent = e.sender.send(this.gather, i, end);
      if (sent > 0) {
        for (const last = i + sent; i < last; i++) {
          if (this.counted[i] < 0) continue;
          c[Counter.txPackets]++;
          c[Counter.txBytes] += this.counted[i];
        }
      } else if (-sent === ERRNO.EAGAIN && e.sender.waitForRoom(SEND_WAIT_MS)) {
        // There is room again.
      } else if (-sent !== ERRNO.EINTR) {
        countError(e, -sent);
        i++;
      }
    }
  }

  close(): void {
    this.gather.close();
  }
}

/** Counts a packet that the kernel did not send, by the reason. */
function countError(e: Endpoint, errno: number): void {
  const c = e.tunnel.counters;
  switch (errno) {
    case ERRNO.EAGAIN:
    case ERRNO.ENOBUFS:
      c[Counter.txDropped]++;
      return;
    case ERRNO.ENETUNREACH:
    case ERRNO.EHOSTUNREACH:
    case ERRNO.ENETDOWN:
    case ERRNO.ENODEV:
    case ERRNO.ENXIO:
      c[Counter.txCarrierErrors]++;
      break;
    case ERRNO.EMSGSIZE:
      c[Counter.txAbortedErrors]++;
      break;
    default:
      c[Counter.txAbortedErrors]++;
  }
  c[Counter.txErrors]++;
  e.askPath();
}
