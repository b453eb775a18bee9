import { MirrorType } from '../model/mirror-point.js';
import { u16 } from '../wire/bytes.js';
import { ETHERNET_LENGTH, ETHERNET_TYPE } from '../wire/link/ethernet.js';
import { isVlanType } from '../wire/link/vlan.js';
import {
  ERSPAN_FT_ETHERNET,
  ERSPAN2_LENGTH,
  ERSPAN3_LENGTH,
  ERSPAN3_PLATFORM_LENGTH,
  ErspanEncapsulation,
  ErspanGranularity,
  ErspanHeader,
  ErspanPlatform,
  emitErspan,
} from '../wire/tunnel/erspan.js';
import {
  emitGre,
  GRE_CSUM,
  GRE_KEY,
  GRE_PROTO_ERSPAN,
  GRE_PROTO_ERSPAN3,
  GRE_PROTO_TEB,
  GRE_SEQ,
  GreHeader,
  greHeaderLength,
  setGreChecksum,
} from '../wire/tunnel/gre.js';

/** What puts frames into packets to one collector, from the header behind IP on. */
export interface Encapsulation {
  /** Bytes before a frame. */
  readonly overhead: number;
  /**
   * Writes the headers and `length` bytes of the Ethernet frame at `start` to `b` at `o`.
   *
   * @param wireLength bytes the frame had: more than `length` if it is cut
   * @param egress whether the host sent it; otherwise it received it
   * @param sec, nsec its time
   * @param flow 32 bits that are equal for the frames of a conversation, in both directions
   * @returns bytes written: {@link overhead} and `length`
   */
  emit(
    b: Uint8Array,
    o: number,
    frame: Uint8Array,
    start: number,
    length: number,
    wireLength: number,
    egress: boolean,
    sec: number,
    nsec: number,
    flow: number,
  ): number;
}

export interface GreEncapsulationOptions {
  readonly type:
    | typeof MirrorType.Erspan1
    | typeof MirrorType.Erspan2
    | typeof MirrorType.Erspan3
    | typeof MirrorType.Gretap;
  /** ERSPAN session id, 0 to 1023: types II and III. */
  readonly session: number;
  /**
   * The mirrored port's index, 0 to 2^20 - 1: type II; if it is set, type III carries it in a platform
   * subheader.
   */
  readonly index: number | undefined;
  /** Type III: hardware id (0 to 63), security group tag, unit of the timestamp. */
  readonly hardware: number;
  readonly securityGroup: number;
  readonly granularity: (typeof ErspanGranularity)[keyof typeof ErspanGranularity];
  /** GRE with Ethernet: key, sequence numbers, checksum. */
  readonly key: number | undefined;
  readonly sequence: boolean;
  readonly checksum: boolean;
}

/** Puts frames into ERSPAN or GRE with Ethernet, with one sequence of numbers for all of them. */
export class GreEncapsulation implements Encapsulation {
  private readonly gre = new GreHeader();
  private readonly erspan = new ErspanHeader();
  private readonly granularity: number;
  readonly overhead: number;

  constructor(options: GreEncapsulationOptions) {
    const { gre, erspan } = this;
    this.granularity = options.granularity;
    this.choose(options);
    this.overhead = greHeaderLength(gre.flags) + erspanLength(erspan);
  }

  private choose(options: GreEncapsulationOptions): void {
    const { gre, erspan } = this;
    switch (options.type) {
      case MirrorType.Gretap:
        gre.protocol = GRE_PROTO_TEB;
        gre.flags =
          (options.checksum ? GRE_CSUM : 0) |
          (options.key === undefined ? 0 : GRE_KEY) |
          (options.sequence ? GRE_SEQ : 0);
        gre.key = options.key ?? 0;
        erspan.type = 0;
        return;
      case MirrorType.Erspan1:
        gre.protocol = GRE_PROTO_ERSPAN;
        erspan.type = 1;
        return;
      case MirrorType.Erspan2:
        gre.protocol = GRE_PROTO_ERSPAN;
        erspan.type = 2;
        erspan.index = options.index ?? 0;
        break;
      case MirrorType.Erspan3:
        gre.protocol = GRE_PROTO_ERSPAN3;
        erspan.type = 3;
        erspan.hardware = options.hardware;
        erspan.securityGroup = options.securityGroup;
        erspan.granularity = options.granularity;
        erspan.frameType = ERSPAN_FT_ETHERNET;
        if (options.index !== undefined) {
          erspan.platform = 1;
          erspan.platformId = ErspanPlatform.SourceIndex7;
          erspan.sourceIndex = options.index;
        }
        break;
    }
    gre.flags = GRE_SEQ;
    erspan.session = options.session;
  }

  emit(
    b: Uint8Array,
    o: number,
    frame: Uint8Array,
    start: number,
    length: number,
    wireLength: number,
    egress: boolean,
    sec: number,
    nsec: number,
  ): number {
    const { gre, erspan } = this;
    let p = o + emitGre(gre, b, o);
    if (erspan.type > 1) {
      erspan.truncated = length < wireLength ? 1 : 0;
      this.setTag(frame, start, length);
      if (erspan.type === 3) {
        erspan.direction = egress ? 1 : 0;
        this.setTime(sec, nsec);
      }
      p += emitErspan(erspan, b, p);
    }
    b.set(frame.subarray(start, start + length), p);
    p += length;
    if ((gre.flags & GRE_CSUM) !== 0) setGreChecksum(b, o, p);
    gre.sequence = (gre.sequence + 1) >>> 0;
    return p - o;
  }

  /** The header repeats VLAN id and priority of a tagged frame; the tag stays in the frame. */
  private setTag(frame: Uint8Array, start: number, length: number): void {
    const { erspan } = this;
    const tagged = length >= ETHERNET_LENGTH + 2 && isVlanType(u16(frame, start + ETHERNET_TYPE));
    const tag = tagged ? u16(frame, start + ETHERNET_LENGTH) : 0;
    erspan.vlan = tag & 0xfff;
    erspan.cos = tag >>> 13;
    // In type III the field is called bso, and 0 means a good frame.
    if (erspan.type === 2) {
      erspan.encapsulation = tagged ? ErspanEncapsulation.TagKept : ErspanEncapsulation.Untagged;
    }
  }

  /** The timestamp in its unit: the low 32 bits, and the high ones if a subheader has room for them. */
  private setTime(sec: number, nsec: number): void {
    const { erspan } = this;
    if (this.granularity === ErspanGranularity.Ieee1588) {
      erspan.timestamp = nsec;
      erspan.upperTimestamp = sec;
      return;
    }
    const perSecond = this.granularity === ErspanGranularity.Nanoseconds100 ? 10_000_000 : 10_000;
    // sec * perSecond + units in two halves, every step exact.
    const high = (sec >>> 16) * perSecond;
    const low = (high % 65536) * 65536 + (sec & 0xffff) * perSecond + Math.floor((nsec * perSecond) / 1e9);
    erspan.timestamp = low % 0x1_0000_0000;
    erspan.upperTimestamp = Math.floor(high / 65536) + Math.floor(low / 0x1_0000_0000);
  }
}

function erspanLength(h: ErspanHeader): number {
  if (h.type === 2) return ERSPAN2_LENGTH;
  return h.type === 3 ? ERSPAN3_LENGTH + h.platform * ERSPAN3_PLATFORM_LENGTH : 0;
}
