/** What one mirror point sent, added up over the packet paths that see it. */
import type { SequenceVerdict } from '../../accounts/numbering.js';
import type { MirrorPoint } from '../../model/mirror-point.js';
import { SequenceUse } from '../../model/mirror-record.js';
import type { MirrorChange } from '../packet-path.js';
import type { MirrorRule } from '../policy.js';

/** What is counted, under the words of the status. */
export const COUNTED = [
  'packets',
  'bytes',
  'lost',
  'late',
  'reordered',
  'repeated',
  'truncated',
  'malformed',
  'kernel_drops',
] as const;
export type Counts = Record<(typeof COUNTED)[number], number>;

export function noCounts(): Counts {
  return {
    packets: 0,
    bytes: 0,
    lost: 0,
    late: 0,
    reordered: 0,
    repeated: 0,
    truncated: 0,
    malformed: 0,
    kernel_drops: 0,
  };
}

export class Account {
  packets = 0;
  bytes = 0;
  truncated = 0;
  malformed = 0;
  /**
   * What its sequence numbers say: packets that did not arrive, whoever lost them; those of them given up; and those that came
   * after that.
   */
  missing = 0;
  givenUp = 0;
  late = 0;
  /** Packets given up that this host's kernel did not drop, as far as that was told. */
  lost = 0;
  reordered = 0;
  repeated = 0;
  sequence: SequenceUse = SequenceUse.None;
  /** This mirror's share of the kernel's drops. */
  kernelDrops = 0;
  /**
   * Missing packets that are settled: the kernel's, or missing for so long that they are not. And what is
   * next to be.
   */
  settled = 0;
  settling = 0;
  /** Packets since the last turn of the kernel's drops, and in the one before. */
  lately = 0;
  before = 0;
  /** What of its numbers was written in minutes so far. */
  writtenLost = 0;
  writtenDrops = 0;
  writtenReordered = 0;
  writtenRepeated = 0;
  lastSeen = 0;
  /** A packet path says that its frames come twice. */
  comesTwice = false;
  /** Packet paths that know it, and their last totals by path. */
  paths = 0;
  /** Whether it is told one by one; and what of its counts is among the sums of those that are not. */
  listed = false;
  summed: Counts | undefined;

  /**
   * @param key by which it is found
   * @param merged its index where the numbers of all packet paths are judged together, else -1
   */
  constructor(
    readonly key: string,
    readonly point: MirrorPoint,
    /** Of a point that all share which found no place: the name of their entry, see PointData. */
    readonly sharedBy: string | undefined,
    readonly merged: number,
    /** The place of its entry in `mirrors` (as many as there are: none names it), and what that says. */
    public place: number,
    public rule: MirrorRule,
  ) {}

  /** Takes a packet path's new totals. @returns packets since the ones `before` */
  add(before: MirrorChange | undefined, now: MirrorChange): number {
    const packets = now.packets - (before?.packets ?? 0);
    this.packets += packets;
    this.bytes += now.bytes - (before?.bytes ?? 0);
    this.truncated += now.truncated - (before?.truncated ?? 0);
    this.malformed += now.malformed - (before?.malformed ?? 0);
    if (packets > 0) this.comesTwice = now.comesTwice;
    if (this.merged >= 0) return packets;
    this.missing += now.missing - (before?.missing ?? 0);
    this.givenUp += now.lost - (before?.lost ?? 0);
    this.late += now.late - (before?.late ?? 0);
    this.reordered += now.reordered - (before?.reordered ?? 0);
    this.repeated += now.repeated - (before?.repeated ?? 0);
    this.sequence = now.sequence;
    return packets;
  }

  /** Takes what the numbers of all packet paths together say. */
  judge(verdict: SequenceVerdict): void {
    this.missing = verdict.missing;
    this.givenUp = verdict.lost;
    this.late = verdict.late;
    this.reordered = verdict.reordered;
    this.repeated = verdict.repeated;
    this.sequence = verdict.use;
  }

  /**
   * Takes as lost what was given up and the kernel did not drop. To be called once its drops are shared out: what is told is
   * not taken back.
   */
  tell(): void {
    this.lost = Math.max(this.lost, this.givenUp - this.kernelDrops);
  }

  /** Whether missing packets would show in its numbers. */
  get numbered(): boolean {
    return this.sequence !== SequenceUse.None && this.sequence !== SequenceUse.Unusable;
  }

  get counts(): Counts {
    const { packets, bytes, lost, late, reordered, repeated, truncated, malformed, kernelDrops } = this;
    return {
      packets,
      bytes,
      lost,
      late,
      reordered,
      repeated,
      truncated,
      malformed,
      kernel_drops: kernelDrops,
    };
  }
}
