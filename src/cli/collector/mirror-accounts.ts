/**
 * The accounts of mirror points over all packet paths: what each sent, and who lost what did not arrive.
 *
 * Sequence numbers tell how many packets are missing, the kernel's counters how many of them it dropped itself
 * for want of room: these are taken off the mirrors' losses. Where several mirrors miss packets, the kernel's
 * drops are shared out in proportion; drops that leave no gap (a mirror without sequence numbers, or the last packets
 * before a pause) wait for one, and go to the mirrors by their packets when none can come. So at the end
 * packets + lost + kernel_drops is what was sent.
 *
 * Where several workers see one mirror's packets each has part of its numbers, so they are judged here together.
 */
import { numberLogMemory } from '../../demux/number-log.js';
import { NumberMerge } from '../../demux/number-merge.js';
import { SequenceVerdict } from '../../demux/numbering.js';
import type { MirrorStatus } from '../../observe/status.js';
import { MirrorSegment } from '../../store/mirror-segment.js';
import { formatIp } from '../../wire/addresses.js';
import { MIRROR_TYPE_NAMES, MirrorPoint } from '../../wire/mirror-point.js';
import { MirrorRecord, SEQUENCE_USE_NAMES, SequenceUse } from '../../wire/mirror-record.js';
import type { MirrorCounts, PointData } from './capture.js';
import { type MirrorRules, ruleFor } from './policy.js';

/** Seconds after its end until a minute is written: every path has reported, and the kernel's drops are known. */
const SETTLE = 2;
const MINUTE = 60;
/** Milliseconds between a drop and the gap it leaves becoming known, at most. */
const TURN_MS = 2000;

class Account {
  /** By packet path: its last totals. */
  readonly totals: (MirrorCounts | undefined)[] = [];
  /** This mirror's share of the kernel's drops. */
  kernelDrops = 0;
  /** Missing packets that are settled: the kernel's, or missing for so long that they are not. And what is next to be. */
  settled = 0;
  settling = 0;
  /** What of both was written in minutes so far. */
  writtenLost = 0;
  writtenDrops = 0;
  writtenReordered = 0;
  writtenRepeated = 0;
  /** What the numbers of all paths together say; undefined where each path judges its own. */
  verdict: SequenceVerdict | undefined;
  lastSeen = 0;

  constructor(readonly point: MirrorPoint) {}

  sum(field: 'packets' | 'bytes' | 'lost' | 'reordered' | 'repeated' | 'truncated' | 'malformed'): number {
    if (this.verdict !== undefined && (field === 'lost' || field === 'reordered' || field === 'repeated')) {
      return this.verdict[field];
    }
    let sum = 0;
    for (const t of this.totals) if (t !== undefined) sum += t[field];
    return sum;
  }

  get sequence(): SequenceUse {
    if (this.verdict !== undefined) return this.verdict.use;
    return this.totals.reduce<SequenceUse>((most, t) => ((t?.sequence ?? 0) > most ? t!.sequence : most), 0);
  }

  /** Packets missing that this host's kernel did not drop. */
  get lost(): number {
    return Math.max(0, this.sum('lost') - this.kernelDrops);
  }

  /** Whether missing packets would show in its numbers. */
  get numbered(): boolean {
    return this.sequence !== SequenceUse.None && this.sequence !== SequenceUse.Unusable;
  }
}

/** A minute of one mirror point, added up over the packet paths. */
interface Minute {
  readonly account: Account;
  readonly minute: number;
  packets: number;
  bytes: number;
  truncated: number;
  malformed: number;
}

export class MirrorAccounts {
  private readonly accounts = new Map<string, Account>();
  private readonly minutes = new Map<string, Minute>();
  private readonly segment: MirrorSegment;
  private readonly record = new MirrorRecord();
  private merge: NumberMerge | undefined;
  /** By packet path with a log of its own: what the merge calls it. */
  private readonly logs: number[] = [];
  /** The kernel's drops, those that have a mirror, and those that had none a turn ago. */
  private drops = 0;
  private shared = 0;
  private waiting = 0;
  private nextTurn = 0;

  constructor(
    collector: string,
    private readonly store: (bytes: Uint8Array, rows: number) => boolean,
  ) {
    this.segment = new MirrorSegment(collector);
  }

  /** Memory for the sequence numbers of a packet path, which then does not judge them itself. */
  numberLog(path: number): SharedArrayBuffer {
    this.merge ??= new NumberMerge();
    const memory = numberLogMemory();
    this.logs[path] = this.merge.addPath(memory);
    return memory;
  }

  /** Sequence numbers of packet paths that were not taken in time: what they tell may look lost. */
  get numbersDropped(): number {
    return this.merge?.dropped ?? 0;
  }

  /** Takes a packet path's totals, of its mirror points in their order there. */
  totals(path: number, mirrors: readonly MirrorCounts[], now: number): void {
    for (const [i, m] of mirrors.entries()) {
      const account = this.account(m.point);
      if (m.packets > (account.totals[path]?.packets ?? 0)) account.lastSeen = now / 1000;
      account.totals[path] = m;
      if (this.logs[path] !== undefined) this.merge?.define(this.logs[path], i, account.point.index);
    }
  }

  /** Takes the kernel's drops since the start, of all receivers, and shares them out. */
  kernelDrops(total: number, now: number): void {
    this.drops = total;
    this.merge?.run();
    this.judge();
    this.share(now, false);
  }

  /** Takes one minute of one packet path. */
  minute(path: number, counts: MirrorCounts): void {
    const account = this.account(counts.point);
    account.totals[path] ??= { ...counts, packets: 0, bytes: 0, lost: 0, reordered: 0, repeated: 0 };
    const key = `${keyOf(counts.point)} ${counts.minute}`;
    let m = this.minutes.get(key);
    if (m === undefined) {
      const zero = { packets: 0, bytes: 0, truncated: 0, malformed: 0 };
      m = { account, minute: counts.minute, ...zero };
      this.minutes.set(key, m);
    }
    m.packets += counts.packets;
    m.bytes += counts.bytes;
    m.truncated += counts.truncated;
    m.malformed += counts.malformed;
  }

  /** Writes the minutes that are over. @param now milliseconds since 1970 */
  write(now: number): void {
    this.writeUntil(Math.floor(now / 1000) - MINUTE - SETTLE);
  }

  /** Shares out every drop and writes every minute: nothing more comes. */
  finish(): void {
    this.merge?.finish();
    this.judge();
    this.share(0, true);
    this.writeUntil(Number.POSITIVE_INFINITY);
  }

  private writeUntil(sec: number): void {
    const due = [...this.minutes].filter(([, m]) => m.minute <= sec);
    due.sort(([, a], [, b]) => a.minute - b.minute);
    for (const [key, m] of due) {
      this.minutes.delete(key);
      this.put(m);
    }
    const rows = this.segment.count;
    if (rows > 0) this.store(this.segment.take(), rows);
  }

  private put(m: Minute): void {
    const a = m.account;
    const r = this.record;
    r.minute = m.minute;
    r.point = a.point;
    r.packets = m.packets;
    r.bytes = m.bytes;
    r.sequence = a.sequence;
    r.lost = Math.max(0, a.lost - a.writtenLost);
    r.kernelDrops = a.kernelDrops - a.writtenDrops;
    r.reordered = Math.max(0, a.sum('reordered') - a.writtenReordered);
    r.repeated = Math.max(0, a.sum('repeated') - a.writtenRepeated);
    r.truncated = m.truncated;
    r.malformed = m.malformed;
    a.writtenLost += r.lost;
    a.writtenDrops += r.kernelDrops;
    a.writtenReordered += r.reordered;
    a.writtenRepeated += r.repeated;
    this.segment.mirror(r);
  }

  /** Shares out the kernel's drops that have no mirror yet. */
  private share(now: number, last: boolean): void {
    const all = [...this.accounts.values()];
    const missing = all.map((a) => Math.max(0, a.sum('lost') - a.settled));
    const left = this.drops - this.shared;
    this.give(all, missing, Math.min(left, sumOf(missing)));
    if (last) {
      this.give(
        all,
        all.map((a) => a.sum('packets')),
        this.drops - this.shared,
      );
    } else if (now >= this.nextTurn) {
      this.nextTurn = now + TURN_MS;
      this.turn(all);
    }
  }

  /** Settles what was missing a turn ago, and what the kernel dropped by then without a gap that shows it. */
  private turn(all: readonly Account[]): void {
    const plain = all.filter((a) => !a.numbered);
    this.give(
      plain,
      plain.map((a) => a.sum('packets')),
      Math.min(this.drops - this.shared, this.waiting),
    );
    this.waiting = this.drops - this.shared;
    for (const a of all) {
      a.settled = Math.max(a.settled, a.settling);
      a.settling = a.sum('lost');
    }
  }

  /** Gives drops to accounts in proportion to their weights. */
  private give(accounts: readonly Account[], weights: readonly number[], amount: number): void {
    const sum = sumOf(weights);
    if (sum === 0 || amount <= 0) return;
    let carried = 0;
    let handed = 0;
    for (const [i, a] of accounts.entries()) {
      carried += (weights[i] / sum) * amount;
      const share = Math.round(carried) - handed;
      handed += share;
      a.kernelDrops += share;
      a.settled += share;
    }
    this.shared += amount;
  }

  private account(point: PointData): Account {
    const key = keyOf(point);
    let account = this.accounts.get(key);
    if (account === undefined) {
      const { type, source, target, session } = point;
      account = new Account(new MirrorPoint(this.accounts.size, type, source, target, session, point.key));
      this.accounts.set(key, account);
      if (this.merge !== undefined) {
        account.verdict = new SequenceVerdict();
        this.merge.addPoint(account.point);
      }
    }
    return account;
  }

  /** Asks what the numbers of all packet paths together say. */
  private judge(): void {
    for (const a of this.accounts.values()) {
      if (a.verdict !== undefined) this.merge?.verdict(a.point.index, a.verdict);
    }
  }

  status(rules: MirrorRules): MirrorStatus[] {
    return [...this.accounts.values()].map((a) => {
      const rule = ruleFor(a.point, rules);
      return {
        name: rule.name,
        site: rule.site,
        type: MIRROR_TYPE_NAMES[a.point.type],
        source: formatIp(a.point.source, 0),
        target: formatIp(a.point.target, 0),
        session: a.point.session,
        key: a.point.key,
        policy: rule.policy,
        packets: a.sum('packets'),
        bytes: a.sum('bytes'),
        sequence: SEQUENCE_USE_NAMES[a.sequence],
        lost: a.lost,
        reordered: a.sum('reordered'),
        repeated: a.sum('repeated'),
        truncated: a.sum('truncated'),
        malformed: a.sum('malformed'),
        kernel_drops: a.kernelDrops,
        last_seen: a.lastSeen,
      };
    });
  }
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}

function keyOf(p: PointData): string {
  return `${p.type} ${Buffer.from(p.source).toString('hex')} ${Buffer.from(p.target).toString('hex')} ${p.session} ${p.key ?? ''}`;
}
