import { emitUdp, UDP_LENGTH, UdpHeader } from '../wire/transport/udp.js';
import { emitGeneve, GENEVE_BASE_LENGTH, GeneveHeader } from '../wire/tunnel/geneve.js';
import { emitTzsp, TZSP_LONGEST, TzspHeader } from '../wire/tunnel/tzsp.js';
import { emitVxlan, VXLAN_LENGTH, VxlanHeader } from '../wire/tunnel/vxlan.js';
import { flowPort } from '../wire/walk/flow.js';
import type { Encapsulation } from './encapsulation.js';

/**
 * Puts what another encapsulation makes into UDP. The source port is a hash of the inner flow, so that
 * routers and network cards that spread by ports keep a conversation together. The checksum is 0: over IPv6
 * the kernel fills it in.
 */
export class UdpEncapsulation implements Encapsulation {
  readonly overhead: number;
  private readonly udp = new UdpHeader();

  constructor(
    port: number,
    private readonly inside: Encapsulation,
  ) {
    this.udp.destinationPort = port;
    this.overhead = UDP_LENGTH + inside.overhead;
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
    flow: number,
  ): number {
    const { inside, udp } = this;
    const payload = o + UDP_LENGTH;
    const n = inside.emit(b, payload, frame, start, length, wireLength, egress, sec, nsec, flow);
    udp.sourcePort = flowPort(flow);
    udp.length = UDP_LENGTH + n;
    emitUdp(udp, b, o);
    return udp.length;
  }
}

/** VXLAN (RFC 7348). */
export class VxlanEncapsulation implements Encapsulation {
  readonly overhead = VXLAN_LENGTH;
  private readonly vxlan = new VxlanHeader();

  constructor(vni: number) {
    this.vxlan.vni = vni;
  }

  emit(b: Uint8Array, o: number, frame: Uint8Array, start: number, length: number): number {
    const n = emitVxlan(this.vxlan, b, o);
    b.set(frame.subarray(start, start + length), o + n);
    return n + length;
  }
}

/** GENEVE (RFC 8926) without options. */
export class GeneveEncapsulation implements Encapsulation {
  readonly overhead = GENEVE_BASE_LENGTH;
  private readonly geneve = new GeneveHeader();

  constructor(vni: number) {
    this.geneve.vni = vni;
  }

  emit(b: Uint8Array, o: number, frame: Uint8Array, start: number, length: number): number {
    const n = emitGeneve(this.geneve, b, o);
    b.set(frame.subarray(start, start + length), o + n);
    return n + length;
  }
}

/** TZSP, with the number of the packet and the length that the frame had. */
export class TzspEncapsulation implements Encapsulation {
  readonly overhead: number;
  private readonly tzsp = new TzspHeader();

  constructor() {
    this.tzsp.sequence = 0;
    this.tzsp.frameLength = 0;
    this.overhead = emitTzsp(this.tzsp, new Uint8Array(TZSP_LONGEST), 0);
  }

  emit(
    b: Uint8Array,
    o: number,
    frame: Uint8Array,
    start: number,
    length: number,
    wireLength: number,
  ): number {
    const { tzsp } = this;
    // The field has 16 bits; the largest segments of a host have a few bytes more.
    tzsp.frameLength = Math.min(wireLength, 0xffff);
    const n = emitTzsp(tzsp, b, o);
    b.set(frame.subarray(start, start + length), o + n);
    tzsp.sequence = (tzsp.sequence + 1) >>> 0;
    return n + length;
  }
}
