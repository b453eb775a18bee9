/**
 * Packets that the kernel has put together already: its receive offload joins TCP segments inside GRE (gre_offload.c)
 * before raw sockets see them, on most network cards by default. What arrives then is one long packet whose TCP
 * checksum is no checksum but the pseudo header's sum, for whoever segments it again; a GRE checksum is still the
 * first segment's. The kernel's own tunnels know such a packet by its metadata, which a socket does not pass on.
 */
import { u16 } from '../wire/bytes.js';
import { foldChecksum, sumWords } from '../wire/checksum.js';
import { ETH_HLEN, ETH_P_IP, ETH_P_IPV6 } from './inner-packet.js';

const IPPROTO_TCP = 6;

/**
 * Whether the inner packet at `at` is such a one: TCP whose checksum field is the pseudo header's sum (Linux:
 * tcp_gro_complete, ~tcp_v4_check). One packet in 65536 is so by chance, which does no harm but that its checksum is
 * believed.
 *
 * @param protocol EtherType of what is at `at`, behind the Ethernet header where `ethernet`.
 */
export function isGroMerged(
  b: Uint8Array,
  at: number,
  end: number,
  ethernet: boolean,
  protocol: number,
): boolean {
  const n = ethernet ? at + ETH_HLEN : at;
  let transport: number;
  let sum: number;
  if (protocol === ETH_P_IP) {
    if (n + 40 > end || b[n] >>> 4 !== 4 || b[n + 9] !== IPPROTO_TCP) return false;
    transport = n + (b[n] & 0x0f) * 4;
    if (u16(b, n + 2) !== end - n) return false;
    sum = sumWords(b, n + 12, n + 20);
  } else if (protocol === ETH_P_IPV6) {
    if (n + 60 > end || b[n + 6] !== IPPROTO_TCP || u16(b, n + 4) !== end - n - 40) return false;
    transport = n + 40;
    sum = sumWords(b, n + 8, n + 40);
  } else return false;
  if (transport + 20 > end) return false;
  return (~foldChecksum(sum + IPPROTO_TCP + (end - transport)) & 0xffff) === u16(b, transport + 16);
}
