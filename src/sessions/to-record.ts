import type { MirrorDirection } from '../model/mirror-point.js';
import type { SessionRecord } from '../model/session-record.js';
import { setU32 } from '../wire/bytes.js';
import { IpProtocol } from '../wire/ip/ip-protocol.js';
import { transportName } from '../wire/transport/transport.js';
import { NO_VNI } from '../wire/walk/frame.js';
import { APPLICATION_NAMES } from './application-names.js';
import { SLOT_BYTES } from './slot-fields.js';
import { F64, U8, U16, W } from './slot-layout.js';
import { FLAG, SLOT_WORDS, type Slots } from './slots.js';
import { connState } from './tcp.js';

/**
 * Fills a record from a slot: everything but the id, the mirror point and the end reason, which the table
 * knows. Side A or B becomes client or server here.
 */
export function fillRecord(s: Slots, slot: number, r: SessionRecord): void {
  const w = slot * SLOT_WORDS;
  const h = slot * (SLOT_BYTES / 2);
  const b = slot * SLOT_BYTES;
  const d = (slot * SLOT_BYTES) / 8;
  const c = s.u8[b + U8.FLAGS] & FLAG.CLIENT_B;
  const v = 1 - c;
  const tcp = s.u8[b + U8.PROTOCOL] === IpProtocol.Tcp && s.u8[b + U8.IP_VERSION] !== 0;
  const ip = s.u8[b + U8.IP_VERSION];

  r.part = s.u32[w + W.PART];
  r.firstSeenSec = s.u32[w + W.FIRST_SEC];
  r.firstSeenNsec = s.u32[w + W.FIRST_NSEC];
  r.lastSeenSec = s.u32[w + W.LAST_SEC];
  r.lastSeenNsec = s.u32[w + W.LAST_NSEC];

  r.mirrorPort = s.u32[w + W.MIRROR_PORT];
  r.mirrorDirection = s.u8[b + U8.DIRECTION] as MirrorDirection;
  r.mirrorHardware = s.u8[b + U8.HARDWARE];
  r.securityGroup = s.u16[h + U16.SECURITY_GROUP];
  const network = s.u32[w + W.VNI];
  r.vni = network === 0 ? null : network + NO_VNI;
  r.cos = s.u8[b + U8.COS];
  r.vlanIdsCount = s.u8[b + U8.VLAN_COUNT];
  for (let i = 0; i < r.vlanIdsCount; i++) r.vlanIds[i] = s.u16[h + U16.VLANS + i];

  r.hasMac = s.u8[b + U8.HAS_MAC] !== 0;
  const macA = c === 0 ? r.clientMac : r.serverMac;
  const macB = c === 0 ? r.serverMac : r.clientMac;
  for (let i = 0; i < 6; i++) {
    macA[i] = s.u8[b + U8.MAC_A + i];
    macB[i] = s.u8[b + U8.MAC_B + i];
  }
  r.etherType = s.u16[h + U16.ETHER_TYPE];
  r.ipVersion = ip;
  const addressC = w + (c === 0 ? W.ADDRESS_A : W.ADDRESS_B);
  const addressV = w + (c === 0 ? W.ADDRESS_B : W.ADDRESS_A);
  for (let i = 0; i < 4; i++) {
    setU32(r.clientIp, i * 4, ip === 0 ? 0 : s.u32[addressC + i]);
    setU32(r.serverIp, i * 4, ip === 0 ? 0 : s.u32[addressV + i]);
  }
  r.clientPort = s.u16[h + U16.PORT_A + c];
  r.serverPort = s.u16[h + U16.PORT_A + v];
  r.protocol = s.u8[b + U8.PROTOCOL];
  r.transport = transportName(ip, r.protocol, r.etherType, s.u32[w + W.SUBTYPE] & 0xffff);

  r.clientPackets = s.u32[w + W.PACKETS_A + c];
  r.serverPackets = s.u32[w + W.PACKETS_A + v];
  r.clientBytes = s.f64[d + F64.BYTES_A + c];
  r.serverBytes = s.f64[d + F64.BYTES_A + v];
  r.clientPayload = s.f64[d + F64.PAYLOAD_A + c];
  r.serverPayload = s.f64[d + F64.PAYLOAD_A + v];
  r.clientTcpFlags = s.u8[b + U8.TCP_FLAGS_A + c];
  r.serverTcpFlags = s.u8[b + U8.TCP_FLAGS_A + v];
  r.tcpState = tcp ? connState(s, slot) : '';
  r.handshakeUs = s.u32[w + W.HANDSHAKE];
  r.clientRetransmits = s.u32[w + W.RETRANSMITS_A + c];
  r.serverRetransmits = s.u32[w + W.RETRANSMITS_A + v];
  r.icmpType = s.u8[b + U8.ICMP_TYPE];
  r.icmpCode = s.u8[b + U8.ICMP_CODE];
  r.clientTtl = s.u8[b + U8.TTL_A + c];
  r.serverTtl = s.u8[b + U8.TTL_A + v];
  r.dscp = s.u8[b + U8.DSCP];
  r.fragments = s.u32[w + W.FRAGMENTS];
  r.truncated = s.u32[w + W.TRUNCATED];
  r.duplicates = s.u32[w + W.DUPLICATES];
  r.appProtocol = APPLICATION_NAMES[s.u8[b + U8.APPLICATION]];
}
