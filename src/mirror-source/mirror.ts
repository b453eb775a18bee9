import type { PacketBatch } from '../model/batch.js';
import { Flow } from '../wire/walk/flow.js';
import { FrameKind } from '../wire/walk/frame.js';
import type { PacketFilter } from './packet-filter.js';
import type { RateLimit } from './rate-limit.js';
import { ROOM } from './sender.js';
import type { Targets } from './targets.js';
import { ToEthernet } from './to-ethernet.js';

/** Which packets of a host to mirror: those it receives, those it sends, or both. */
export type Direction = 'ingress' | 'egress' | 'both';

export interface MirrorOptions {
  /** The most bytes of a frame that are mirrored; longer frames are cut, and ERSPAN II and III say so. */
  readonly snapLength: number | undefined;
  readonly filter: PacketFilter | undefined;
  readonly rate: RateLimit | undefined;
  readonly direction: Direction;
}

/** The longest packet of an interface or a capture. */
const LONGEST = 262144;

/** What happens to each packet in turn: filter, snap length, target, rate, encapsulation, sending. */
export class Mirror {
  /** Packets offered. */
  seen = 0;
  /** Rejected by the filter, or of the other direction. */
  filtered = 0;
  /**
   * Packets that no Ethernet frame can be made of: unknown link types, packets cut inside their link header.
   */
  unusable = 0;
  /** Mirrored, but cut. */
  truncated = 0;
  /** Beyond the rate, and dropped. */
  limited = 0;
  private readonly ethernet = new ToEthernet(LONGEST);
  private readonly flow = new Flow();
  private readonly readsFrames: boolean;
  private readonly longest: number;

  constructor(
    private readonly targets: Targets,
    private readonly options: MirrorOptions,
  ) {
    this.readsFrames = targets.readsFrames;
    this.longest = Math.min(options.snapLength ?? LONGEST, ROOM - targets.overhead);
  }

  /**
   * Mirrors packet `i` of the batch. It is copied; {@link flush} sends it at the latest.
   *
   * @param outgoing whether the host sent it; packets of cooked captures know it themselves
   * @param sec, nsec the time it is given
   * @param now milliseconds, for the rate
   * @returns 0; if the rate does not admit it, milliseconds until it may be offered again (see {@link drop})
   */
  packet(batch: PacketBatch, i: number, outgoing: boolean, sec: number, nsec: number, now: number): number {
    const { ethernet, flow, options, targets } = this;
    const start = batch.offset[i];
    this.seen++;
    if (!ethernet.convert(batch.bytes, start, start + batch.captured[i], batch.linkType[i])) {
      this.unusable++;
      return 0;
    }
    const egress = outgoing || ethernet.outgoing;
    const length = batch.length[i] + ethernet.grown;
    if (
      (options.direction !== 'both' && egress !== (options.direction === 'egress')) ||
      (options.filter !== undefined &&
        !options.filter.passes(ethernet.bytes, ethernet.start, ethernet.start + ethernet.length, length))
    ) {
      this.filtered++;
      return 0;
    }
    const { bytes, start: from } = ethernet;
    if (this.readsFrames) flow.read(bytes, from, from + ethernet.length, length, FrameKind.Ethernet, 0);
    const target = targets.target(flow.pair);
    const kept = Math.min(ethernet.length, this.longest);
    if (options.rate !== undefined) {
      const wait = options.rate.take(target.ipHeader + targets.overhead + kept, now);
      if (wait > 0) {
        this.seen--;
        return wait;
      }
    }
    if (kept < length) this.truncated++;
    targets.send(target, bytes, from, kept, length, egress, sec, nsec, flow.flow, now);
    return 0;
  }

  /** Sends what has been copied. */
  flush(): void {
    this.targets.flush();
  }

  /** Counts a packet that is not offered again. */
  drop(): void {
    this.seen++;
    this.limited++;
  }
}
