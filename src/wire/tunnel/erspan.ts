/**
 * ERSPAN, the header between GRE and a mirrored frame (draft-foschiano-erspan-03; Linux
 * include/net/erspan.h).
 *
 * Type I has none: GRE protocol 0x88BE without a sequence number. Type II, GRE protocol 0x88BE, 8 bytes:
 *
 *     version(4)=1 vlan(12) | cos(3) en(2) t(1) session(10) | reserved(12) index(20)
 *
 * Type III, GRE protocol 0x22EB, 12 bytes, and 8 more if o:
 *
 *     version(4)=2 vlan(12) | cos(3) bso(2) t(1) session(10) | timestamp(32)
 *     sgt(16) | p(1) ft(5) hw(6) d(1) gra(2) o(1) | platform id(6) platform specific(58)
 */
import { BAD, SHORT, setU16, setU32, u16, u32 } from '../bytes.js';

export const ERSPAN2_VERSION = 1;
export const ERSPAN3_VERSION = 2;
export const ERSPAN2_LENGTH = 8;
export const ERSPAN3_LENGTH = 12;
export const ERSPAN3_PLATFORM_LENGTH = 8;

/** Frame types of type III (`ft`). */
export const ERSPAN_FT_ETHERNET = 0;
export const ERSPAN_FT_IP = 2;

/** What the switch did with the frame's VLAN tag (`en`). */
export const ErspanEncapsulation = { Untagged: 0, Isl: 1, TagRemoved: 2, TagKept: 3 } as const;

/** Units of the timestamp (`gra`): 100 µs, 100 ns, IEEE 1588, user defined. */
export const ErspanGranularity = { Microseconds100: 0, Nanoseconds100: 1, Ieee1588: 2, User: 3 } as const;

/** Platforms whose subheader is known (`platform id`). */
export const ErspanPlatform = {
  SourceIndex0: 0,
  Port: 1,
  TimestampPort: 3,
  Reserved: 4,
  Switch5: 5,
  Switch6: 6,
  SourceIndex7: 7,
} as const;

/** An ERSPAN header as fields; reused from packet to packet. Fields that a type does not have are 0. */
export class ErspanHeader {
  /** 1, 2 or 3. */
  type = 2;
  /** The frame's VLAN id, if the switch knows it. */
  vlan = 0;
  cos = 0;
  /**
   * `en` of type II (see {@link ErspanEncapsulation}), `bso` of type III (0 good, 1 short, 2 oversized, 3
   * bad).
   */
  encapsulation = 0;
  /** 1: the switch cut the frame. */
  truncated = 0;
  /** 0 to 1023. */
  session = 0;

  /** Type II: 12 reserved bits, and the port's index (20 bits). */
  reserved = 0;
  index = 0;

  /** Type III, from here on. */
  timestamp = 0;
  securityGroup = 0;
  /** `p`: a protocol data unit follows. */
  protocolData = 0;
  frameType = 0;
  hardware = 0;
  /** 0 ingress, 1 egress. */
  direction = 0;
  granularity = 0;
  /** `o`: 1 if the platform subheader is present; without it the rest is 0. */
  platform = 0;
  platformId = 0;
  /** The reserved bits of the subheader's first word, unchanged; for unknown ids all 26 of them. */
  platformReserved = 0;
  /** Id 1: domain (12 bits). */
  domain = 0;
  /** Ids 1 (32 bits), 3 (14), 5 and 6 (16). */
  port = 0;
  /** Ids 5, 6: switch (10 bits). */
  switch = 0;
  /** Ids 7, 0: source index (20 bits). */
  sourceIndex = 0;
  /**
   * The second word: upper timestamp (ids 3, 7, 0), timestamp in seconds (5, 6), unknown (others); 0 for id
   * 1, whose port it is.
   */
  upperTimestamp = 0;
}

/**
 * Parses the header between GRE and the frame, at `o`. As in the kernel, its own version distinguishes types
 * II and III (net/ipv4/ip_gre.c, erspan_rcv).
 *
 * @param sequenced false for GRE protocol 0x88BE without a sequence number: type I.
 * @returns the header's length (0, 8, 12 or 20); SHORT; BAD for an unknown version.
 */
export function parseErspan(
  b: Uint8Array,
  o: number,
  end: number,
  sequenced: boolean,
  h: ErspanHeader,
): number {
  if (!sequenced) {
    clear(h);
    h.type = 1;
    return 0;
  }
  if (end - o < ERSPAN2_LENGTH) return SHORT;
  const version = b[o] >>> 4;
  if (version !== ERSPAN2_VERSION && version !== ERSPAN3_VERSION) return BAD;
  clear(h);
  h.vlan = u16(b, o) & 0xfff;
  const word = u16(b, o + 2);
  h.cos = word >>> 13;
  h.encapsulation = (word >>> 11) & 3;
  h.truncated = (word >>> 10) & 1;
  h.session = word & 0x3ff;
  if (version === ERSPAN2_VERSION) {
    const index = u32(b, o + 4);
    h.type = 2;
    h.reserved = index >>> 20;
    h.index = index & 0xfffff;
    return ERSPAN2_LENGTH;
  }
  h.type = 3;
  return parseType3(b, o, end, h);
}

function parseType3(b: Uint8Array, o: number, end: number, h: ErspanHeader): number {
  if (end - o < ERSPAN3_LENGTH) return SHORT;
  h.timestamp = u32(b, o + 4);
  h.securityGroup = u16(b, o + 8);
  const word = u16(b, o + 10);
  h.protocolData = word >>> 15;
  h.frameType = (word >>> 10) & 0x1f;
  h.hardware = (word >>> 4) & 0x3f;
  h.direction = (word >>> 3) & 1;
  h.granularity = (word >>> 1) & 3;
  h.platform = word & 1;
  if (h.platform === 0) return ERSPAN3_LENGTH;
  if (end - o < ERSPAN3_LENGTH + ERSPAN3_PLATFORM_LENGTH) return SHORT;
  parsePlatform(u32(b, o + 12), u32(b, o + 16), h);
  return ERSPAN3_LENGTH + ERSPAN3_PLATFORM_LENGTH;
}

function parsePlatform(first: number, second: number, h: ErspanHeader): void {
  h.platformId = first >>> 26;
  h.upperTimestamp = second;
  switch (h.platformId) {
    case ErspanPlatform.Port:
      h.platformReserved = (first >>> 12) & 0x3fff;
      h.domain = first & 0xfff;
      h.port = second;
      h.upperTimestamp = 0;
      break;
    case ErspanPlatform.TimestampPort:
      h.platformReserved = (first >>> 14) & 0xfff;
      h.port = first & 0x3fff;
      break;
    case ErspanPlatform.Switch5:
    case ErspanPlatform.Switch6:
      h.switch = (first >>> 16) & 0x3ff;
      h.port = first & 0xffff;
      break;
    case ErspanPlatform.SourceIndex7:
    case ErspanPlatform.SourceIndex0:
      h.platformReserved = (first >>> 20) & 0x3f;
      h.sourceIndex = first & 0xfffff;
      break;
    default:
      h.platformReserved = first & 0x3ffffff;
  }
}

/** Writes the header at `o`; nothing for type I. @returns bytes written. */
export function emitErspan(h: ErspanHeader, b: Uint8Array, o: number): number {
  if (h.type === 1) return 0;
  const version = h.type === 2 ? ERSPAN2_VERSION : ERSPAN3_VERSION;
  setU16(b, o, (version << 12) | h.vlan);
  setU16(b, o + 2, (h.cos << 13) | (h.encapsulation << 11) | (h.truncated << 10) | h.session);
  if (h.type === 2) {
    setU32(b, o + 4, (h.reserved << 20) | h.index);
    return ERSPAN2_LENGTH;
  }
  setU32(b, o + 4, h.timestamp);
  setU16(b, o + 8, h.securityGroup);
  const flags = (h.direction << 3) | (h.granularity << 1) | h.platform;
  setU16(b, o + 10, (h.protocolData << 15) | (h.frameType << 10) | (h.hardware << 4) | flags);
  if (h.platform === 0) return ERSPAN3_LENGTH;
  setU32(b, o + 12, (h.platformId << 26) | platformBits(h));
  setU32(b, o + 16, h.platformId === ErspanPlatform.Port ? h.port : h.upperTimestamp);
  return ERSPAN3_LENGTH + ERSPAN3_PLATFORM_LENGTH;
}

function platformBits(h: ErspanHeader): number {
  switch (h.platformId) {
    case ErspanPlatform.Port:
      return (h.platformReserved << 12) | h.domain;
    case ErspanPlatform.TimestampPort:
      return (h.platformReserved << 14) | h.port;
    case ErspanPlatform.Switch5:
    case ErspanPlatform.Switch6:
      return (h.switch << 16) | h.port;
    case ErspanPlatform.SourceIndex7:
    case ErspanPlatform.SourceIndex0:
      return (h.platformReserved << 20) | h.sourceIndex;
    default:
      return h.platformReserved;
  }
}

/**
 * The mirrored port as the header names it: index (type II), platform port or source index (type III), else
 * 0.
 */
export function erspanPort(h: ErspanHeader): number {
  return h.type === 2 ? h.index : h.port !== 0 ? h.port : h.sourceIndex;
}

function clear(h: ErspanHeader): void {
  h.vlan = 0;
  h.cos = 0;
  h.encapsulation = 0;
  h.truncated = 0;
  h.session = 0;
  h.reserved = 0;
  h.index = 0;
  h.timestamp = 0;
  h.securityGroup = 0;
  h.protocolData = 0;
  h.frameType = 0;
  h.hardware = 0;
  h.direction = 0;
  h.granularity = 0;
  h.platform = 0;
  h.platformId = 0;
  h.platformReserved = 0;
  h.domain = 0;
  h.port = 0;
  h.switch = 0;
  h.sourceIndex = 0;
  h.upperTimestamp = 0;
}
