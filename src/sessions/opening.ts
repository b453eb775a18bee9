/** The first frame of a session: which side opened it, and what a session keeps of its first frame only. */

import type { Mirrored } from '../model/mirrored.js';
import { isIcmpReply } from '../wire/ip/icmp.js';
import { isIcmp6Reply } from '../wire/ip/icmp6.js';
import { IpProtocol } from '../wire/ip/ip-protocol.js';
import { TCP_ACK, TCP_RST, TCP_SYN } from '../wire/transport/tcp.js';
import { type Frame, NO_VNI } from '../wire/walk/frame.js';
import { SLOT_BYTES, SLOT_VLANS } from './slot-fields.js';
import { U8, U16, W } from './slot-layout.js';
import { FLAG, isTcp, SLOT_WORDS, type Slots } from './slots.js';
import { beginResponses } from './times.js';

/** Ports below this belong to services (IANA's system ports). */
const WELL_KNOWN = 1024;
/** Writes into a fresh slot what a session takes from its first frame. */
export function noteOpening(s: Slots, slot: number, f: Frame, m: Mirrored): void {
  const w = slot * SLOT_WORDS;
  const b = slot * SLOT_BYTES;
  const h = slot * (SLOT_BYTES / 2);
  s.u32[w + W.OPENED_SEC] = s.u32[w + W.LAST_SEC] = f.sec;
  s.u32[w + W.OPENED_NSEC] = s.u32[w + W.LAST_NSEC] = f.nsec;
  s.u8[b + U8.FLAGS] = FLAG.USED | guessClient(f);
  s.u16[h + U16.ETHER_TYPE] = f.etherType;
  if (m.sensor === 0) {
    s.u16[h + U16.SECURITY_GROUP] = m.securityGroup;
    s.u32[w + W.MIRROR_PORT] = m.port;
  } else {
    s.u8[b + U8.HAS_SENSOR] = 1;
    s.u16[h + U16.SECURITY_GROUP] = Math.floor(m.sensor / 2 ** 32);
    s.u32[w + W.MIRROR_PORT] = m.sensor;
  }
  s.u32[w + W.VNI] = f.vni - NO_VNI;
  s.u8[b + U8.HARDWARE] = m.hardware;
  s.u8[b + U8.COS] = m.cos;
  s.u8[b + U8.DSCP] = f.dscp;
  s.u8[b + U8.ICMP_TYPE] = f.icmpType;
  s.u8[b + U8.ICMP_CODE] = f.icmpCode;
  if (f.mac >= 0) {
    s.u8[b + U8.HAS_MAC] = 1;
    for (let i = 0; i < 6; i++) {
      s.u8[b + U8.MAC_A + i] = f.bytes[f.macSource + i];
      s.u8[b + U8.MAC_B + i] = f.bytes[f.mac + i];
    }
  }
  let vlans = 0;
  if (m.vlan >= 0) s.u16[h + U16.VLANS + vlans++] = m.vlan;
  for (let i = 0; i < f.vlanCount && vlans < SLOT_VLANS; i++) s.u16[h + U16.VLANS + vlans++] = f.vlanIds[i];
  s.u8[b + U8.VLAN_COUNT] = vlans;
}

/** The side that opened a conversation, as FLAG bits: see docs/explanation/sessions.md. */
function guessClient(f: Frame): number {
  if (f.ipVersion === 0) return 0;
  if (f.protocol === IpProtocol.Tcp && (f.tcpFlags & TCP_SYN) !== 0)
    return (f.tcpFlags & TCP_ACK) !== 0 ? FLAG.CLIENT_B | FLAG.CLIENT_SURE : FLAG.CLIENT_SURE;
  // A reply answers an unseen request; a neighbour's advertisement usually answers one that went to a group.
  if (f.protocol === IpProtocol.Icmp && f.transport >= 0 && isIcmpReply(f.icmpType)) return FLAG.CLIENT_B;
  if (f.protocol === IpProtocol.Icmp6 && isIcmp6Reply(f.icmpType, f.bytes[f.destination]))
    return FLAG.CLIENT_B;
  const fromService = f.sourcePort > 0 && f.sourcePort < WELL_KNOWN;
  return fromService && f.destinationPort >= WELL_KNOWN ? FLAG.CLIENT_B : 0;
}

/** Takes a SYN, which decides which side opened the connection, whatever was guessed before. */
export function learnClient(s: Slots, slot: number, side: 0 | 1, f: Frame): void {
  if ((f.tcpFlags & TCP_RST) !== 0) return;
  const at = slot * SLOT_BYTES + U8.FLAGS;
  const flags = s.u8[at];
  if ((flags & FLAG.CLIENT_SURE) !== 0) return;
  const client = (f.tcpFlags & TCP_ACK) !== 0 ? 1 - side : side;
  if ((flags & FLAG.CLIENT_B) !== client) beginResponses(s, slot);
  s.u8[at] = (flags & ~FLAG.CLIENT_B) | client | FLAG.CLIENT_SURE;
}

/** Takes what a message says of which side is the client: better than a guess, but a SYN knows better. */
export function clientIs(s: Slots, slot: number, client: 0 | 1): void {
  const at = slot * SLOT_BYTES + U8.FLAGS;
  const flags = s.u8[at];
  if ((flags & FLAG.CLIENT_SURE) !== 0 || (flags & FLAG.CLIENT_B) === client) return;
  if (isTcp(s, slot)) beginResponses(s, slot);
  s.u8[at] = (flags & ~FLAG.CLIENT_B) | client;
}
