import { APPLICATION_NAMES } from '../model/application-names.js';
import type { MirrorDirection } from '../model/mirror-point.js';
import type { SessionRecord } from '../model/session-record.js';
import { ToldFlag } from '../model/told.js';
import { setU32 } from '../wire/bytes.js';
import { macText } from '../wire/ip/addresses.js';
import { transportName } from '../wire/transport/transport.js';
import { NO_VNI } from '../wire/walk/frame.js';
import { historyText } from './history.js';
import { SLOT_BYTES } from './slot-fields.js';
import { AW, F64, TF64, TU16, TW, U8, U16, W } from './slot-layout.js';
import { APPLICATION_WORDS, FLAG, isTcp, SLOT_WORDS, type Slots, TCP_WORDS, TIMING } from './slots.js';
import { synText } from './syn-options.js';
import { connState, handshakeUs } from './tcp.js';
import { TextCache } from './text-cache.js';
import type { Words } from './words.js';

/** Fills records from slots. Side A or B becomes client or server here. */
export class RecordFiller {
  private readonly syns = new TextCache(synText);
  private readonly histories = new TextCache(historyText);
  private readonly sensors = new TextCache((high, low) => macText(high * 2 ** 32 + low));

  constructor(private readonly words: Words) {}

  /** Fills everything but the id, the mirror point and the end reason, which the table knows. */
  fill(s: Slots, slot: number, r: SessionRecord): void {
    const w = slot * SLOT_WORDS;
    const h = slot * (SLOT_BYTES / 2);
    const b = slot * SLOT_BYTES;
    const d = (slot * SLOT_BYTES) / 8;
    const c = s.u8[b + U8.FLAGS] & FLAG.CLIENT_B;
    const v = 1 - c;
    const tcp = isTcp(s, slot);
    const ip = s.u8[b + U8.IP_VERSION];

    r.part = s.u32[w + W.PART];
    r.firstSeenSec = s.u32[w + W.FIRST_SEC];
    r.firstSeenNsec = s.u32[w + W.FIRST_NSEC];
    r.lastSeenSec = s.u32[w + W.LAST_SEC];
    r.lastSeenNsec = s.u32[w + W.LAST_NSEC];

    const hasSensor = s.u8[b + U8.HAS_SENSOR] !== 0;
    const port = s.u32[w + W.MIRROR_PORT];
    const group = s.u16[h + U16.SECURITY_GROUP];
    r.mirrorPort = hasSensor ? 0 : port;
    r.securityGroup = hasSensor ? 0 : group;
    r.mirrorSensor = hasSensor ? this.sensors.get(group, port, 0) : '';
    r.mirrorDirection = s.u8[b + U8.DIRECTION] as MirrorDirection;
    r.mirrorHardware = s.u8[b + U8.HARDWARE];
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
    r.clientIsSure = (s.u8[b + U8.FLAGS] & FLAG.CLIENT_SURE) !== 0;
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
    r.handshakeUs = tcp ? handshakeUs(s, slot) : 0;
    if (tcp) this.fillTcp(s, slot, r);
    else noTcp(r);
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
    if (s.u8[b + U8.TELLS] !== 0) this.fillTold(s, slot, r);
    else nothingTold(r);
  }

  private fillTold(s: Slots, slot: number, r: SessionRecord): void {
    const { told } = s;
    const { words } = this;
    const a = slot * APPLICATION_WORDS;
    r.serverName = words.text(told[a + AW.SERVER_NAME]);
    r.alpn = words.text(told[a + AW.ALPN]);
    r.alpnChosen = words.text(told[a + AW.ALPN_CHOSEN]);
    r.tlsVersion = words.text(told[a + AW.TLS_VERSION]);
    r.tlsCipher = words.text(told[a + AW.TLS_CIPHER]);
    r.tlsAlert = words.text(told[a + AW.TLS_ALERT]);
    r.quicVersion = words.text(told[a + AW.QUIC_VERSION]);
    r.ja4 = words.text(told[a + AW.JA4]);
    r.hassh = words.text(told[a + AW.HASSH]);
    r.hasshServer = words.text(told[a + AW.HASSH_SERVER]);
    r.clientSoftware = words.text(told[a + AW.CLIENT_SOFTWARE]);
    r.serverSoftware = words.text(told[a + AW.SERVER_SOFTWARE]);
    r.userName = words.text(told[a + AW.USER_NAME]);
    r.partial = words.text(told[a + AW.PARTIAL]);
    r.tlsUs = told[a + AW.TLS_US];
    const flags = told[a + AW.TOLD_FLAGS];
    r.tlsEch = (flags & ToldFlag.TlsEch) === 0 ? 0 : 1;
    r.tlsResumed = (flags & ToldFlag.TlsResumed) === 0 ? 0 : 1;
    r.tlsEstablished = (flags & ToldFlag.TlsEstablished) === 0 ? 0 : 1;
  }

  private fillTcp(s: Slots, slot: number, r: SessionRecord): void {
    const t = slot * TCP_WORDS;
    const b = slot * SLOT_BYTES;
    const c = s.u8[b + U8.FLAGS] & FLAG.CLIENT_B;
    const v = 1 - c;
    const { tcp32, tcp16, tcp64 } = s;
    // The round trip of what one side sends is the time to the other side, and back.
    r.clientRttUs = tcp32[t + TW.RTT_A + v];
    r.serverRttUs = tcp32[t + TW.RTT_A + c];
    r.responses = tcp32[t + TW.RESPONSES];
    r.responseUs = tcp64[t / 2 + TF64.RESPONSE_SUM];
    r.responseUsMax = tcp32[t + TW.RESPONSE_MAX];
    r.clientSynRetransmits = s.u8[b + U8.SYN_RETRANSMITS_A + c];
    r.serverSynRetransmits = s.u8[b + U8.SYN_RETRANSMITS_A + v];
    r.clientReordered = tcp32[t + TW.REORDERED_A + c];
    r.serverReordered = tcp32[t + TW.REORDERED_A + v];
    r.clientMissing = tcp64[t / 2 + TF64.MISSING_A + c];
    r.serverMissing = tcp64[t / 2 + TF64.MISSING_A + v];
    r.clientZeroWindows = tcp16[t * 2 + TU16.ZERO_WINDOWS_A + c];
    r.serverZeroWindows = tcp16[t * 2 + TU16.ZERO_WINDOWS_A + v];
    r.clientSyn = this.syn(s, slot, c);
    r.serverSyn = this.syn(s, slot, v);
    r.history = this.histories.get(tcp32[t + TW.HISTORY], tcp32[t + TW.HISTORY + 1], c);
  }

  private syn(s: Slots, slot: number, side: number): string {
    if ((s.u8[slot * SLOT_BYTES + U8.TIMING] & (TIMING.SYN_A << side)) === 0) return '';
    const t = slot * TCP_WORDS + side;
    const { tcp32 } = s;
    return this.syns.get(tcp32[t + TW.SYN_SIZES_A], tcp32[t + TW.SYN_KINDS_A], tcp32[t + TW.SYN_MORE_A]);
  }
}

/** What a session has that told nothing. */
function nothingTold(r: SessionRecord): void {
  r.serverName = r.alpn = r.alpnChosen = r.tlsVersion = r.tlsCipher = r.tlsAlert = r.quicVersion = '';
  r.ja4 = r.hassh = r.hasshServer = r.clientSoftware = r.serverSoftware = r.userName = r.partial = '';
  r.tlsUs = r.tlsEch = r.tlsResumed = r.tlsEstablished = 0;
}

/** What a session without TCP has of it. */
function noTcp(r: SessionRecord): void {
  r.clientRttUs = r.serverRttUs = 0;
  r.responses = r.responseUs = r.responseUsMax = 0;
  r.clientSynRetransmits = r.serverSynRetransmits = 0;
  r.clientReordered = r.serverReordered = 0;
  r.clientMissing = r.serverMissing = 0;
  r.clientZeroWindows = r.serverZeroWindows = 0;
  r.clientSyn = r.serverSyn = r.history = '';
}
