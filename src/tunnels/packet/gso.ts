/**
 * Generic segmentation: cuts a large packet from a device into the packets it stands for (Linux:
 * tcp_gso_segment, __udp_gso_segment), and fills in checksums.
 */
import {
  VIRTIO_NET_HDR_F_NEEDS_CSUM,
  VIRTIO_NET_HDR_GSO_ECN,
  VIRTIO_NET_HDR_GSO_NONE,
  VIRTIO_NET_HDR_GSO_UDP_L4,
  VNET_HDR,
} from '../../linux/tun.js';
import { setU16, setU32, u16, u32 } from '../../wire/bytes.js';
import { checksum, foldChecksum, sumWords } from '../../wire/checksum.js';
import { ETH_P_IP, type InnerPacket } from './inner-packet.js';

const IPPROTO_TCP = 6;
const IPPROTO_UDP = 17;
const TCP_FIN_PSH = 0x09;
const TCP_CWR = 0x80;

/** How to cut one packet from a device. Reused. */
export class GsoPlan {
  /** The number of packets it becomes; 1 if it is not cut. */
  segments = 1;
  /** Payload bytes per segment, except the last. */
  size = 0;
  /** Offsets of the transport header and of its payload. */
  transport = 0;
  payload = 0;
  tcp = false;
}

/**
 * Reads the virtio_net_hdr in front of the packet and does what it asks for, except segmentation.
 *
 * @returns false if header and packet contradict each other.
 */
export function planGso(p: InnerPacket, plan: GsoPlan): boolean {
  const b = p.bytes;
  const h = p.at - VNET_HDR;
  const flags = b[h];
  const type = b[h + 1] & ~VIRTIO_NET_HDR_GSO_ECN;
  const start = p.at + (b[h + 6] | (b[h + 7] << 8));
  plan.segments = 1;
  if (type === VIRTIO_NET_HDR_GSO_NONE) {
    if ((flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) === 0) return true;
    const field = start + (b[h + 8] | (b[h + 9] << 8));
    if (field + 2 > p.end) return false;
    // The field already contains the pseudo header's sum.
    const sum = checksum(b, start, p.end);
    setU16(b, field, sum === 0 ? 0xffff : sum);
    return true;
  }
  plan.size = b[h + 4] | (b[h + 5] << 8);
  plan.tcp = type !== VIRTIO_NET_HDR_GSO_UDP_L4;
  plan.transport = start;
  if (plan.size === 0 || start <= p.network || start + (plan.tcp ? 20 : 8) > p.end) return false;
  plan.payload = start + (plan.tcp ? (b[start + 12] >>> 4) * 4 : 8);
  if (plan.payload >= p.end) return false;
  plan.segments = Math.ceil((p.end - plan.payload) / plan.size);
  return true;
}

/** Where segment `i`'s payload starts and ends. */
export function segmentStart(plan: GsoPlan, i: number): number {
  return plan.payload + i * plan.size;
}
export function segmentEnd(p: InnerPacket, plan: GsoPlan, i: number): number {
  return Math.min(plan.payload + (i + 1) * plan.size, p.end);
}

/**
 * Writes the headers of segment `i` at `o` of the same bytes.
 *
 * @returns their length.
 */
export function emitSegmentHeaders(p: InnerPacket, plan: GsoPlan, i: number, o: number): number {
  const b = p.bytes;
  const headers = plan.payload - p.at;
  b.copyWithin(o, p.at, plan.payload);
  const from = segmentStart(plan, i);
  const to = segmentEnd(p, plan, i);
  const network = o + (p.network - p.at);
  const transport = o + (plan.transport - p.at);
  const length = o + headers - transport + (to - from);
  let sum = plan.tcp ? IPPROTO_TCP + length : IPPROTO_UDP + length;
  if (p.protocol === ETH_P_IP) {
    setU16(b, network + 2, transport - network + length);
    setU16(b, network + 4, (u16(b, network + 4) + i) & 0xffff);
    setU16(b, network + 10, 0);
    setU16(b, network + 10, checksum(b, network, network + (b[network] & 0x0f) * 4));
    sum = sumWords(b, network + 12, network + 20, sum);
  } else {
    setU16(b, network + 4, transport - network - 40 + length);
    sum = sumWords(b, network + 8, network + 40, sum);
  }
  const field = plan.tcp ? transport + 16 : transport + 6;
  if (plan.tcp) {
    setU32(b, transport + 4, (u32(b, transport + 4) + i * plan.size) >>> 0);
    if (i < plan.segments - 1) b[transport + 13] &= ~TCP_FIN_PSH;
    if (i > 0) b[transport + 13] &= ~TCP_CWR;
  } else setU16(b, transport + 4, length);
  setU16(b, field, 0);
  sum = sumWords(b, from, to, sumWords(b, transport, o + headers, sum));
  const folded = foldChecksum(sum);
  setU16(b, field, folded === 0 && !plan.tcp ? 0xffff : folded);
  return headers;
}
