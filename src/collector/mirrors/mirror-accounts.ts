/**
 * The accounts of mirror points over all packet paths: what each point sent, and who lost what did not arrive
 * ({@link DropShares}).
 *
 * With several workers each sees only part of a mirror's sequence numbers, so the numbers are judged here
 * together. Packet paths report only changes, so a silent mirror point costs nothing.
 */
import { DropShares } from '../../accounts/drop-shares.js';
import { Account } from '../../accounts/mirror-account.js';
import type { MirrorChange, MirrorChanges, MirrorCounts, PointData } from '../../accounts/mirror-changes.js';
import { numberLogMemory } from '../../accounts/number-log.js';
import { NumberMerge } from '../../accounts/number-merge.js';
import type { NumberWatch } from '../../accounts/number-watch.js';
import { SequenceVerdict } from '../../accounts/numbering.js';
import { NumberingShare } from '../../accounts/numbering-share.js';
import { ClockKind } from '../../model/clock-kind.js';
import {
  isPlain,
  MIRROR_TYPE_NAMES,
  MirrorPoint,
  MirrorType,
  type PointIdentity,
  pointKey,
} from '../../model/mirror-point.js';
import { MirrorRecord } from '../../model/mirror-record.js';
import type { MirrorsStatus, RefusedStatus } from '../../model/status.js';
import { DEDUPLICATE_WORDS } from '../../model/words.js';
import { MirrorSegment } from '../../store/segment/segments.js';
import { formatIp } from '../../wire/ip/addresses.js';
import { entryOf, type MirrorRules, ruleOf } from '../policy.js';
import { MirrorListing } from './mirror-listing.js';

/**
 * Seconds to wait after a minute's end before writing it: by then every path has reported, and the kernel's
 * drops are known.
 */
const SETTLE = 2;
const MINUTE = 60;

/** One minute of a mirror point, summed over the packet paths. */
const MINUTE_COUNTS = [
  'packets',
  'bytes',
  'truncated',
  'incomplete',
  'malformed',
  'clockDisbelieved',
] as const;
type Minute = Record<(typeof MINUTE_COUNTS)[number], number> & {
  /** What the packet path with most packets says of the clock. */
  clock?: MirrorCounts;
};
const NOTHING: Minute = {
  packets: 0,
  bytes: 0,
  truncated: 0,
  incomplete: 0,
  malformed: 0,
  clockDisbelieved: 0,
};

/** A mirror point as a packet path knows it. */
interface Part {
  readonly account: Account;
  totals: MirrorChange | undefined;
}

/** A packet path: its mirror points by its own names for them, and the merge's index of its number log. */
class Path {
  readonly parts = new Map<number, Part>();
  log = -1;
}

export interface AccountsOptions {
  readonly collector: string;
  readonly rules: MirrorRules;
  /** Takes a finished segment of the table `mirrors`. */
  readonly store: (bytes: Uint8Array, rows: number) => boolean;
  readonly warn: (message: string) => void;
  /** Watches the numbers of mirror points between which packets are matched, where they are judged here. */
  readonly paths?: { readonly watch: NumberWatch; place(index: number, name: string): void } | undefined;
}

export class MirrorAccounts {
  private readonly accounts = new Map<string, Account>();
  /** By the minute's first second. */
  private readonly minutes = new Map<number, Map<Account, Minute>>();
  private readonly paths: Path[] = [];
  private readonly segment: MirrorSegment;
  private readonly record = new MirrorRecord();
  /** Accounts that may have more losses than published. */
  private readonly untold = new Set<Account>();
  private readonly drops = new DropShares((account) => this.listing.changed(account));
  private readonly listing: MirrorListing;
  /** By SPAN port: its account, and the drops that this has. */
  private readonly spans = new Map<string, Account>();
  private readonly spansDropped = new Map<string, number>();
  private merge: NumberMerge | undefined;
  private readonly verdict = new SequenceVerdict();
  /** By the index in the merge. */
  private readonly merged: Account[] = [];
  private rules: MirrorRules;
  /** Names of entries whose duplicate frames have been logged. */
  private readonly saidTwice = new Set<string>();
  /** Accounts made so far. */
  private made = 0;
  /** Milliseconds since 1970. */
  private now = 0;
  /** The numbering share of each entry, by its place in `mirrors`; that of unknown points comes last. */
  private shares: NumberingShare[] = [];

  constructor(private readonly options: AccountsOptions) {
    this.segment = new MirrorSegment(options.collector);
    this.listing = new MirrorListing(options.warn);
    this.rules = options.rules;
    this.setRules(options.rules);
  }

  /** Applies new rules, which may give mirror points other names. */
  setRules(rules: MirrorRules): void {
    this.rules = rules;
    const count = rules.mirrors.length + 1;
    this.shares = Array.from({ length: count }, () => NumberingShare.oneOf(count));
    for (const a of this.accounts.values()) {
      a.place = this.placeOf(a.point, a.sharedBy);
      a.rule = ruleOf(a.place, rules, a.point.type);
      this.observe(a);
    }
    this.listing.setRules(rules);
  }

  /** Memory for the sequence numbers of a packet path, which then leaves judging them to this thread. */
  numberLog(path: number): SharedArrayBuffer {
    this.merge ??= new NumberMerge(this.options.paths?.watch);
    const memory = numberLogMemory();
    this.path(path).log = this.merge.addPath(memory);
    return memory;
  }

  /** Sequence numbers that workers dropped from a full log: their packets may count as lost. */
  get numbersDropped(): number {
    return this.merge?.dropped ?? 0;
  }

  /** Mirror points known now. */
  get size(): number {
    return this.listing.size;
  }

  /** Takes what has changed about a packet path's mirror points. @param now milliseconds since 1970 */
  changes(path: number, changes: MirrorChanges, now: number): void {
    const p = this.path(path);
    this.now = now;
    for (const change of changes.forgotten) this.forget(p, change);
    for (const change of changes.counted) this.count(p, change);
  }

  private count(path: Path, change: MirrorChange): Part {
    const part = path.parts.get(change.name) ?? this.enter(path, change);
    const { account } = part;
    const { missing } = account;
    const packets = account.add(part.totals, change);
    part.totals = change;
    if (packets > 0) {
      account.lastSeen = this.now / 1000;
      if (account.firstSeen === 0) account.firstSeen = account.lastSeen;
      if (!isPlain(account.point.type)) this.drops.sent(account, packets);
      this.listing.sent(account, packets);
    }
    if (account.missing !== missing) this.drops.missing(account);
    if (account.comesTwice) this.sayTwice(account);
    this.untold.add(account);
    this.listing.changed(account);
    return part;
  }

  /**
   * Warns once per entry of `mirrors`, and once for all points without an entry, so that strangers cannot
   * fill the log.
   */
  private sayTwice(account: Account): void {
    const { name } = account.rule;
    if (this.saidTwice.has(name)) return;
    this.saidTwice.add(name);
    this.options.warn(twiceText(account));
  }

  private enter(path: Path, change: MirrorChange): Part {
    if (change.point === undefined)
      throw new Error('a packet path has told of a mirror point that it has not named');
    const account = this.account(change.point);
    account.paths++;
    const part = { account, totals: undefined };
    path.parts.set(change.name, part);
    if (path.log >= 0) this.merge?.define(path.log, change.name, account.merged);
    return part;
  }

  /** A packet path has forgotten a mirror point. Once all have, the account is removed. */
  private forget(path: Path, change: MirrorChange): void {
    const { account } = this.count(path, change);
    path.parts.delete(change.name);
    if (path.log >= 0) this.merge?.forget(path.log, change.name);
    if (--account.paths > 0) return;
    if (this.merge !== undefined) {
      this.merge.conclude(account.merged);
      this.judge(account.merged);
    }
    account.tell();
    this.putRest(account);
    this.accounts.delete(account.key);
    if (this.spans.get(account.point.origin) === account) this.spans.delete(account.point.origin);
    this.drops.forget(account);
    this.untold.delete(account);
    this.listing.forget(account);
    if (this.merge === undefined) return;
    this.merge.removePoint(account.merged);
    this.options.paths?.place(account.merged, '');
    delete this.merged[account.merged];
  }

  /**
   * Takes the kernel's drops since the start: those of all receivers of encapsulated traffic, which are
   * divided, and those of each SPAN port, which are its own.
   */
  kernelDrops(total: number, now: number, spans?: ReadonlyMap<string, number>): void {
    this.merge?.run();
    this.merge?.changes((point) => this.judge(point));
    this.drops.share(total, now, this.encapsulated());
    if (spans !== undefined) this.spanDrops(spans);
    this.tell();
  }

  private spanDrops(spans: ReadonlyMap<string, number>): void {
    for (const [name, dropped] of spans) {
      const account = this.spans.get(name);
      const before = this.spansDropped.get(name) ?? 0;
      if (account === undefined || dropped === before) continue;
      this.spansDropped.set(name, dropped);
      account.kernelDrops += dropped - before;
      this.untold.add(account);
      this.listing.changed(account);
    }
  }

  /** Those whose drops are divided: few turns need them, and there may be many. */
  private *encapsulated(): Iterable<Account> {
    for (const account of this.accounts.values()) if (!isPlain(account.point.type)) yield account;
  }

  /** Losses are published once the kernel's drops are known. */
  private tell(): void {
    for (const account of this.untold) {
      account.tell();
      this.listing.changed(account);
    }
    this.untold.clear();
  }

  /** Takes one minute of a packet path. */
  minute(counts: MirrorCounts): void {
    const account = this.account(counts.point);
    const minute = this.minutes.get(counts.minute) ?? new Map<Account, Minute>();
    this.minutes.set(counts.minute, minute);
    const m = minute.get(account) ?? { ...NOTHING };
    minute.set(account, m);
    for (const count of MINUTE_COUNTS) m[count] += counts[count];
    if (counts.packets > (m.clock?.packets ?? 0)) m.clock = counts;
  }

  /** Writes the minutes that are over. @param now milliseconds since 1970 */
  write(now: number): void {
    this.writeUntil(Math.floor(now / 1000) - MINUTE - SETTLE);
  }

  /** Divides every drop and writes every minute: no more input comes. */
  finish(): void {
    this.merge?.finish();
    this.merge?.changes((point) => this.judge(point));
    this.drops.finish(this.encapsulated());
    this.tell();
    this.writeUntil(Number.POSITIVE_INFINITY);
    for (const account of this.accounts.values()) this.putRest(account);
    this.flush();
  }

  status(refused: readonly RefusedStatus[]): MirrorsStatus {
    return this.listing.status(refused);
  }

  private writeUntil(sec: number): void {
    const due = [...this.minutes].filter(([minute]) => minute <= sec);
    due.sort(([a], [b]) => a - b);
    for (const [minute, accounts] of due) {
      this.minutes.delete(minute);
      for (const [account, m] of accounts) this.put(account, minute, m);
    }
    this.flush();
  }

  private flush(): void {
    const rows = this.segment.count;
    if (rows > 0) this.options.store(this.segment.take(), rows);
  }

  /**
   * Writes losses that became known after the mirror point's last minute was written, if it gets no other
   * row.
   */
  private putRest(a: Account): void {
    if (a.lost <= a.writtenLost && a.late <= a.writtenLate && a.kernelDrops === a.writtenDrops) return;
    for (const accounts of this.minutes.values()) if (accounts.has(a)) return;
    const sec = Math.floor(this.now / 1000);
    this.put(a, sec - (sec % MINUTE), NOTHING);
  }

  private put(a: Account, minute: number, m: Minute): void {
    const r = this.record;
    r.minute = minute;
    r.point = a.point;
    const { clock, ...counts } = m;
    Object.assign(r, counts);
    r.clock = clock?.clock ?? '';
    r.clockKind = clock?.clockKind ?? ClockKind.Arrival;
    r.clockOffsetNs = clock?.clockOffsetNs ?? 0;
    r.clockDriftPpb = clock?.clockDriftPpb ?? 0;
    r.clockDelayNs = clock?.clockDelayNs ?? 0;
    r.clockJitterNs = clock?.clockJitterNs ?? 0;
    r.clockJumps = clock?.clockJumps ?? 0;
    r.sequence = a.sequence;
    r.lost = Math.max(0, a.lost - a.writtenLost);
    r.late = Math.max(0, a.late - a.writtenLate);
    r.kernelDrops = a.kernelDrops - a.writtenDrops;
    r.reordered = Math.max(0, a.reordered - a.writtenReordered);
    r.repeated = Math.max(0, a.repeated - a.writtenRepeated);
    a.writtenLost += r.lost;
    a.writtenLate += r.late;
    a.writtenDrops += r.kernelDrops;
    a.writtenReordered += r.reordered;
    a.writtenRepeated += r.repeated;
    this.segment.mirror(r);
  }

  private path(number: number): Path {
    this.paths[number] ??= new Path();
    return this.paths[number];
  }

  private account(data: PointData): Account {
    const key = keyOf(data);
    let account = this.accounts.get(key);
    if (account === undefined) {
      const { type, source, target, session, origin, sharedBy } = data;
      const place = this.placeOf(data, sharedBy);
      const merged = this.merge?.addPoint(data, this.shares[place]) ?? -1;
      const point = new MirrorPoint(this.made++, type, source, target, session, data.key, origin);
      account = new Account(key, point, sharedBy, merged, place, ruleOf(place, this.rules, type));
      this.accounts.set(key, account);
      if (type === MirrorType.Span) this.spans.set(origin, account);
      if (merged >= 0) this.merged[merged] = account;
      this.observe(account);
      this.listing.add(account);
    }
    return account;
  }

  private observe({ merged, rule }: Account): void {
    if (merged >= 0) this.options.paths?.place(merged, rule.policy === 'observe' ? rule.name : '');
  }

  /** The place of the point's entry in `mirrors`; the number of entries if it is unknown. */
  private placeOf(point: PointIdentity, sharedBy: string | undefined): number {
    const { mirrors } = this.rules;
    if (sharedBy === undefined) return entryOf(point, this.rules);
    const place = mirrors.findIndex((m) => m.name === sharedBy);
    return place < 0 ? mirrors.length : place;
  }

  /** Gets the verdict on the numbers of all packet paths. */
  private judge(point: number): void {
    const account = this.merged[point];
    const { missing } = account;
    this.merge?.verdict(point, this.verdict);
    account.judge(this.verdict);
    if (account.missing !== missing) this.drops.missing(account);
    this.untold.add(account);
    this.listing.changed(account);
  }
}

/** Shared points have no addresses: their entry's name tells them apart. */
function keyOf(p: PointData): string {
  return `${pointKey(p)} ${p.sharedBy === undefined ? 'own' : `shared by ${p.sharedBy}`}`;
}

function twiceText(a: Account): string {
  const what = a.point.name || `${MIRROR_TYPE_NAMES[a.point.type]} ${formatIp(a.point.source, 0)}`;
  return (
    `mirror ${what}: its frames come twice; ${DEDUPLICATE_WORDS} in its entry of mirrors ` +
    'counts each once'
  );
}
