import type { ErspanHeader } from '../../../src/wire/tunnel/erspan.js';
import { GRE_PROTO_MELLANOX } from '../../../src/wire/tunnel/gre.js';
import { MELLANOX_LENGTH } from '../../../src/wire/tunnel/mellanox.js';
import type { ExpectedRow } from './expected.js';
import { ipBytes, macBytes } from './host.js';
import type { PacketBuilder } from './packet.js';

export interface MirrorSourceOptions {
  type: 'erspan1' | 'erspan2' | 'erspan3' | 'gre' | 'gretap' | 'mellanox';
  /** The addresses of the switch and the collector. */
  source: string;
  target: string;
  /** ERSPAN session. */
  session?: number;
  /** ERSPAN type II index, type III hardware id and direction. */
  index?: number;
  hardware?: number;
  direction?: 'ingress' | 'egress';
  securityGroup?: number;
  /** Further fields of the ERSPAN header. */
  erspan?: Partial<ErspanHeader>;
  key?: number;
  /** For GRE and gretap: whether they have sequence numbers. ERSPAN II and III always do. */
  numbered?: boolean;
  checksum?: boolean;
  /** The first sequence number. */
  first?: number;
  /** Another source with the same numbering: some switches number all their sessions as one. */
  numberedWith?: MirrorSource;
  /** VLAN around the outer packet. */
  outerVlan?: number;
}

const SWITCH_MAC = macBytes('02:5e:00:00:00:01');
const COLLECTOR_MAC = macBytes('02:5e:00:00:00:02');

/** A switch's mirror session: wraps frames for the collector, and counts how many were lost. */
export class MirrorSource {
  /** Frames that reached the collector. */
  packets = 0;
  /** Frames that did not, as far as sequence numbers reveal them: a later frame arrived. */
  lost = 0;
  readonly source: Uint8Array;
  readonly target: Uint8Array;
  private sequence: number;
  private lostSince = 0;

  constructor(readonly options: MirrorSourceOptions) {
    this.source = ipBytes(options.source);
    this.target = ipBytes(options.target);
    this.sequence = options.first ?? 0;
  }

  private get numbered(): boolean {
    const { type, numbered = false } = this.options;
    return type === 'erspan2' || type === 'erspan3' || numbered;
  }

  /** Takes the sequence number of the next frame. */
  takeSequence(): number {
    if (this.options.numberedWith !== undefined) return this.options.numberedWith.takeSequence();
    const sequence = this.sequence;
    this.sequence = (sequence + 1) >>> 0;
    return sequence;
  }

  /** Restarts the numbering, as after a reboot. */
  restart(first = 0): void {
    this.sequence = first;
    this.lostSince = 0;
  }

  /** Frames are copied, but lost on the way. */
  lose(frames = 1): void {
    if (!this.numbered) return;
    for (let i = 0; i < frames; i++) this.takeSequence();
    if (this.packets > 0) this.lostSince += frames;
  }

  /** Wraps the frame (or, for GRE without Ethernet, the packet) for the collector. */
  wrap(p: PacketBuilder, sequence = this.numbered ? this.takeSequence() : undefined): PacketBuilder {
    const o = this.options;
    if (o.type.startsWith('erspan')) p.erspan(this.erspanHeader());
    // The meaning of these bytes is unknown. Whoever read them would find the header of something else.
    if (o.type === 'mellanox')
      p.push(new Uint8Array(MELLANOX_LENGTH).fill(0x45), { etherType: GRE_PROTO_MELLANOX });
    p.gre({
      key: o.key ?? null,
      checksum: o.checksum ?? false,
      ...(sequence === undefined ? {} : { sequence }),
    });
    p.ip(this.source, this.target, { ttl: 60 });
    if (o.outerVlan !== undefined) p.vlan(o.outerVlan);
    p.ethernet(SWITCH_MAC, COLLECTOR_MAC);
    this.packets++;
    this.lost += this.lostSince;
    this.lostSince = 0;
    return p;
  }

  private erspanHeader(): Partial<ErspanHeader> {
    const o = this.options;
    return {
      type: Number(o.type.at(-1)),
      session: o.session ?? 0,
      index: o.index ?? 0,
      hardware: o.hardware ?? 0,
      direction: o.direction === 'egress' ? 1 : 0,
      securityGroup: o.securityGroup ?? 0,
      ...o.erspan,
    };
  }

  /** The mirror columns of every row from this source. */
  columns(): ExpectedRow {
    const o = this.options;
    return {
      mirror_type: o.type,
      mirror_source: o.source,
      mirror_target: o.target,
      mirror_session: o.type === 'erspan1' ? 0 : (o.session ?? 0),
      gre_key: o.key ?? null,
    };
  }
}
