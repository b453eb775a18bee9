/** What one mirror point sent, summed over the packet paths that see it. */
import type { MirrorPoint } from '../model/mirror-point.js';
import { SequenceUse } from '../model/sequence-use.js';
import type { MirrorStatus } from '../model/status.js';
import type { MirrorChange } from './mirror-changes.js';
import type { SequenceVerdict } from './numbering.js';

/** What is counted, with the words of the status. */
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

/** What an account has of the rule for its point. */
export type AccountRule = Pick<MirrorStatus, 'name' | 'site' | 'policy'>;

export class Account {
  packets = 0;
  bytes = 0;
  truncated = 0;
  malformed = 0;
  /**
   * From its sequence numbers: packets that did not arrive, whoever lost them; those given up; and those that
   * arrived after that.
   */
  missing = 0;
  givenUp = 0;
  late = 0;
  /** Packets given up that this host's kernel did not drop, as far as published. */
  lost = 0;
  reordered = 0;
  repeated = 0;
  sequence: SequenceUse = SequenceUse.None;
  /** This mirror's share of the kernel's drops. */
  kernelDrops = 0;
  /**
   * Missing packets that are settled: assigned to the kernel, or missing for so long that they are the
   * mirror's. And the ones to settle next.
   */
  settled = 0;
  settling = 0;
  /** Packets since the last turn of the kernel's drops, and in the turn before. */
  lately = 0;
  before = 0;
  /** What the minutes written so far contain of its numbers. */
  writtenLost = 0;
  writtenLate = 0;
  writtenDrops = 0;
  writtenReordered = 0;
  writtenRepeated = 0;
  /** When it was first and last counted, seconds since 1970. */
  firstSeen = 0;
  lastSeen = 0;
  /** Sessions opened of it. */
  sessions = 0;
  /** A packet path reports that its frames come twice. */
  comesTwice = false;
  /** Packet paths that know it, and their last totals, by path. */
  paths = 0;
  /** Whether it is listed by itself; and which of its counts are in the sums of unlisted points. */
  listed = false;
  summed: Counts | undefined;

  /**
   * @param key identifies it
   * @param merged its index in the {@link NumberMerge} that judges the numbers of all packet paths, else -1
   */
  constructor(
    readonly key: string,
    readonly point: MirrorPoint,
    /** For the point shared by all without a place: the name of their entry, see PointData. */
    readonly sharedBy: string | undefined,
    readonly merged: number,
    /** The place of its entry in `mirrors`; the number of entries, if none names it. */
    public place: number,
    private entryRule: AccountRule,
  ) {
    this.rule = entryRule;
  }

  /** Its entry's rule, which names its point. */
  get rule(): AccountRule {
    return this.entryRule;
  }

  set rule(rule: AccountRule) {
    this.entryRule = rule;
    this.point.name = rule.name || this.point.origin;
    this.point.site = rule.site;
  }

  /** Takes a packet path's new totals. @returns packets since the totals `before` */
  add(before: MirrorChange | undefined, now: MirrorChange): number {
    const packets = now.packets - (before?.packets ?? 0);
    this.packets += packets;
    this.bytes += now.bytes - (before?.bytes ?? 0);
    this.truncated += now.truncated - (before?.truncated ?? 0);
    this.malformed += now.malformed - (before?.malformed ?? 0);
    this.sessions += now.sessions - (before?.sessions ?? 0);
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

  /** Takes the verdict on the numbers of all packet paths. */
  judge(verdict: SequenceVerdict): void {
    this.missing = verdict.missing;
    this.givenUp = verdict.lost;
    this.late = verdict.late;
    this.reordered = verdict.reordered;
    this.repeated = verdict.repeated;
    this.sequence = verdict.use;
  }

  /**
   * Publishes as lost the given-up packets that the kernel did not drop. To be called after the kernel's
   * drops are divided, because published counts are never taken back.
   */
  tell(): void {
    this.lost = Math.max(this.lost, this.givenUp - this.kernelDrops);
  }

  /** Whether its sequence numbers would show missing packets. */
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
