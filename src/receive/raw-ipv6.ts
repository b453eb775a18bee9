/** The IPv6 header, which IPv6 raw sockets leave out (RFC 3542 section 3). */
import { parseAddress } from '../wire/ip/addresses.js';
import { IpProtocol } from '../wire/ip/ip-protocol.js';

/** Nobody tells which hop limit a packet came with. */
const HOP_LIMIT = 64;

/** The header of packets to `local` (16 bytes); payload length and source are filled in per packet. */
export function ipv6HeaderFor(local: Uint8Array): Uint8Array {
  const h = new Uint8Array(40);
  h[0] = 0x60;
  h[6] = IpProtocol.Gre;
  h[7] = HOP_LIMIT;
  h.set(local, 24);
  return h;
}

const known = new Map<string, Uint8Array>();
/** There are few senders; a flood of forged ones must not grow this. */
const MOST_KNOWN = 4096;

/** The 16 bytes of an IPv6 address as the C library writes it, with or without a scope. */
export function parseIpv6Text(text: string): Uint8Array {
  const had = known.get(text);
  if (had !== undefined) return had;
  const out = new Uint8Array(16);
  parseAddress(text.split('%')[0], out, 0);
  if (known.size === MOST_KNOWN) known.clear();
  known.set(text, out);
  return out;
}
