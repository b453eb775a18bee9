/**
 * Arbitrary rows for property tests: every field over its whole range, absent and extreme values included.
 */
import fc from 'fast-check';
import { MIRROR_TYPE_NAMES, MirrorPoint, type MirrorType } from '../../src/model/mirror-point.js';
import { MirrorRecord } from '../../src/model/mirror-record.js';
import { SessionRecord } from '../../src/model/session-record.js';
import { TunnelRecord } from '../../src/model/tunnel-record.js';

const u8 = fc.integer({ min: 0, max: 0xff });
const u16 = fc.integer({ min: 0, max: 0xffff });
const u32 = fc.oneof(fc.constantFrom(0, 1, 127, 128, 0xffffffff), fc.integer({ min: 0, max: 0xffffffff }));
const u53 = fc.oneof(u32, fc.maxSafeNat());
const nsec = fc.integer({ min: 0, max: 999_999_999 });
const bytes = (n: number) => fc.uint8Array({ minLength: n, maxLength: n });
const ip4 = fc
  .uint8Array({ minLength: 4, maxLength: 4 })
  .map((a) => new Uint8Array([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, ...a]));
/** An IPv6 address that is not a mapped IPv4 one. */
const ip6 = bytes(16).map((a) => {
  a[0] |= 0x20;
  return a;
});
const group6 = bytes(16).map((a) => {
  a[0] = 0xff;
  return a;
});
/** ICMP and ICMPv6 of every kind that Community IDs tell apart. */
const icmp = fc.oneof(
  fc.tuple(fc.constant(1), fc.constantFrom(0, 3, 8, 9, 10, 11, 13, 14, 15, 16, 17, 18)),
  fc.tuple(fc.constant(58), fc.constantFrom(1, 128, 129, 130, 131, 133, 134, 135, 136, 139, 140, 144, 145)),
);
const ETHER_TYPES: Readonly<Record<number, number>> = { 4: 0x0800, 6: 0x86dd };
const word = fc.string({ maxLength: 20, unit: 'grapheme-ascii' });
const key = fc.oneof(fc.constant(null), u32);

export const point = fc
  .tuple(
    fc.integer({ min: 1, max: MIRROR_TYPE_NAMES.length - 1 }),
    fc.oneof(ip4, ip6),
    fc.oneof(ip4, ip6),
    u16,
    key,
  )
  .map(
    ([type, source, target, session, k]) =>
      new MirrorPoint(0, type as MirrorType, source, target, session, k),
  );

export const sessionRecord: fc.Arbitrary<SessionRecord> = fc
  .record({
    n8: fc.array(u8, { minLength: 10, maxLength: 10 }),
    n16: fc.array(u16, { minLength: 5, maxLength: 5 }),
    n32: fc.array(u32, { minLength: 10, maxLength: 10 }),
    n53: fc.array(u53, { minLength: 6, maxLength: 6 }),
    nsec: fc.tuple(nsec, nsec),
    id: bytes(16),
    macs: fc.option(fc.tuple(bytes(6), bytes(6))),
    ips: fc.oneof(
      fc.tuple(fc.constant(4), ip4, ip4),
      fc.tuple(fc.constant(6), ip6, fc.oneof(ip6, group6)),
      // IPv4 addresses in IPv6 packets.
      fc.tuple(fc.constant(6), ip4, ip4),
      fc.constant([0, new Uint8Array(16), new Uint8Array(16)] as const),
    ),
    icmp: fc.option(icmp),
    vlans: fc.array(u16, { maxLength: 8 }),
    words: fc.tuple(word, word, fc.oneof(word, fc.string({ maxLength: 300, unit: 'grapheme' }))),
    end: fc.integer({ min: 0, max: 6 }),
    direction: fc.integer({ min: 0, max: 3 }),
    point,
  })
  .map((v) => {
    const r = new SessionRecord();
    r.sessionId.set(v.id);
    [r.cos, r.protocol, r.clientTcpFlags, r.serverTcpFlags, r.icmpType, r.icmpCode] = v.n8;
    [r.clientTtl, r.serverTtl, r.dscp, r.mirrorHardware] = v.n8.slice(6);
    [r.securityGroup, r.etherType, r.clientPort, r.serverPort] = v.n16;
    [r.part, r.firstSec, r.lastSec, r.mirrorPort, r.handshakeUs] = v.n32;
    [r.clientRetransmits, r.serverRetransmits, r.fragments, r.truncated, r.duplicates] = v.n32.slice(5);
    [r.clientPackets, r.serverPackets, r.clientBytes, r.serverBytes, r.clientPayload, r.serverPayload] =
      v.n53;
    [r.firstNsec, r.lastNsec] = v.nsec;
    if (v.macs !== null) {
      r.hasMac = true;
      r.clientMac.set(v.macs[0]);
      r.serverMac.set(v.macs[1]);
    }
    r.ipVersion = v.ips[0];
    r.etherType = ETHER_TYPES[r.ipVersion] ?? r.etherType;
    if (v.icmp !== null) [r.protocol, r.icmpType] = v.icmp;
    r.clientIp.set(v.ips[1]);
    r.serverIp.set(v.ips[2]);
    r.vlanCount = v.vlans.length;
    r.vlanIds.set(v.vlans);
    [r.transport, r.tcpState, r.appProtocol] = v.words;
    r.endReason = v.end as SessionRecord['endReason'];
    r.mirrorDirection = v.direction as SessionRecord['mirrorDirection'];
    r.point = v.point;
    r.greKey = v.point.key;
    return r;
  });

export const mirrorRecord: fc.Arbitrary<MirrorRecord> = fc
  .tuple(u32, point, fc.array(u53, { minLength: 8, maxLength: 8 }), fc.integer({ min: 0, max: 5 }))
  .map(([minute, p, n, sequence]) => {
    const r = new MirrorRecord();
    r.minute = minute;
    r.point = p;
    r.sequence = sequence as MirrorRecord['sequence'];
    [r.packets, r.bytes, r.lost, r.reordered, r.repeated, r.truncated, r.malformed, r.kernelDrops] = n;
    return r;
  });

export const tunnelRecord: fc.Arbitrary<TunnelRecord> = fc
  .tuple(u32, word, word, bytes(16), bytes(16), key, fc.array(u53, { minLength: 16, maxLength: 16 }))
  .map(([minute, name, mode, local, remote, k, n]) => {
    const r = new TunnelRecord();
    r.minute = minute;
    r.name = name;
    r.mode = mode;
    r.local.set(local);
    r.remote.set(remote);
    r.key = k;
    [r.rxPackets, r.rxBytes, r.rxErrors, r.rxDropped, r.multicast, r.rxLengthErrors, r.rxCrcErrors] = n;
    [r.rxFrameErrors, r.rxFifoErrors, r.txPackets, r.txBytes, r.txErrors, r.txDropped] = n.slice(7);
    [r.txAbortedErrors, r.txCarrierErrors, r.collisions] = n.slice(13);
    return r;
  });
