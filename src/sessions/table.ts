import { randomBytes } from 'node:crypto';
import { EndReason } from '../model/end-reason.js';
import type { FrameSessions, TrainWatcher } from '../model/frame-sessions.js';
import { MirrorDirection, type MirrorPoint } from '../model/mirror-point.js';
import type { FrameSink, Mirrored } from '../model/mirrored.js';
import { NAME_SOURCES, type NameSourceWord } from '../model/name-source.js';
import type { RowFacts } from '../model/row-facts.js';
import type { RowSink } from '../model/row-sink.js';
import { SessionRecord, type SessionSink } from '../model/session-record.js';
import type { ApplicationStatus } from '../model/status.js';
import { SaidNames } from '../names/said-names.js';
import { SeenNames } from '../names/seen-names.js';
import { IpProtocol } from '../wire/ip/ip-protocol.js';
import { HASH_SECRET, KeyedHash } from '../wire/keyed-hash.js';
import { TCP_FIN as FIN, TCP_RST as RST, TCP_SYN as SYN } from '../wire/transport/tcp.js';
import type { Frame } from '../wire/walk/frame.js';
import { Clock, ClockMove } from './clock.js';
import { Copies } from './copies.js';
import { CopyWatch } from './copy-watch.js';
import { Deduplicator } from './dedup.js';
import { Finder } from './finder.js';
import { FragmentSessions } from './fragment-sessions.js';
import { Groups, type Membership } from './groups.js';
import { Key } from './key.js';
import { MessageRows } from './message-rows.js';
import { learnClient, noteOpening } from './opening.js';
import { READ_OPTIONS, SessionCounters, type SessionOptions } from './options.js';
import { Reading } from './reading.js';
import { beginPart, countFrame, rowIsEmpty } from './rows.js';
import { SessionIds } from './session-id.js';
import { SLOT_BYTES } from './slot-fields.js';
import { U8, W } from './slot-layout.js';
import { SlotPoints } from './slot-points.js';
import { FLAG, isTcp, READING, SLOT_WORDS, Slots } from './slots.js';
import { Strongest } from './strongest.js';
import { beginsAnew, isOver, trackTcp, wasReset } from './tcp.js';
import { RecordFiller } from './to-record.js';
import { WHEEL_SECONDS, Wheel } from './wheel.js';
import { Words } from './words.js';

/** Sessions ended at once when the table is full, so that not every packet causes a search. */
const PRESSURE_BATCH = 64;
/**
 * Sessions passed over in that search because they were active or have longer to live: further ones end
 * regardless.
 */
export const PRESSURE_PASSES = 4096;

/**
 * The session table: frames in, session records out when a session or its row ends.
 *
 * Time is the packets' own (their seconds), or that of {@link advance} when none come. Nothing is allocated
 * per packet. When the table is full, the sessions closest to their timeout end by pressure.
 */
export class SessionTable implements FrameSink, FrameSessions {
  readonly counters = new SessionCounters();
  private readonly options: SessionOptions;
  private readonly slots: Slots;
  private readonly finder: Finder;
  private readonly wheel: Wheel;
  private readonly fragments: FragmentSessions;
  private readonly ids: SessionIds;
  private readonly key: Key;
  private record = new SessionRecord();
  private facts: RowFacts | undefined;
  private readonly rows: MessageRows;
  private readonly filler: RecordFiller;
  private readonly points: SlotPoints;
  private readonly dedupWindows: number[] = [];
  /** Open sessions, and those opened so far, by mirror point. */
  private readonly openOf: number[] = [];
  private readonly openedOf: number[] = [];
  private dedup: Deduplicator | undefined;
  private readonly watch = new CopyWatch();
  private readonly copies: Copies;
  /** The table ends: nothing more comes. */
  private finishing = false;
  private serial = 0;
  /**
   * The slot of the session that the last frame went into; -1 for none; below that, -2 - the train in which
   * it waits.
   */
  private last = -1;
  private readonly clock: Clock;
  private readonly reading: Reading;
  /** Undefined: nobody takes names. */
  private readonly seenNames: SeenNames | undefined;
  private readonly saidNames: SaidNames | undefined;

  constructor(
    private readonly sink: SessionSink & Partial<RowSink>,
    options: Partial<SessionOptions> = {},
  ) {
    this.options = { ...READ_OPTIONS, ...options };
    this.ids = new SessionIds(this.options.ids);
    this.clock = new Clock(this.options);
    this.slots = new Slots(this.options.capacity);
    this.points = new SlotPoints(this.slots);
    this.wheel = new Wheel(this.slots);
    this.key = new Key(new KeyedHash(this.options.secret ?? randomBytes(HASH_SECRET)));
    this.finder = new Finder(this.slots, this.key);
    this.copies = new Copies(this.slots, this.key, this.options.copies);
    const { applications, readings } = this.options;
    const words = new Words(readings.words);
    this.filler = new RecordFiller(words);
    const copyOf = (slot: number): number => this.copyOf(slot);
    if (sink.name !== undefined) {
      const { namesHeld, namesSeconds } = this.options;
      const hash = new KeyedHash(randomBytes(HASH_SECRET));
      this.seenNames = new SeenNames({ name: (r) => sink.name?.(r) }, hash, namesHeld, namesSeconds);
      this.saidNames = new SaidNames(this.seenNames, NAME_SOURCES, undefined);
    }
    this.rows = new MessageRows(this.slots, this.points, this.ids, sink, words, copyOf, this.saidNames);
    const seed = randomBytes(4).readInt32LE();
    this.reading = new Reading(this.slots, this.points, this.rows, words, applications, seed, readings);
    this.fragments = new FragmentSessions(
      {
        slots: this.slots,
        key: this.key,
        counters: this.counters,
        packet: (f, m) => this.packet(f, m),
        findOrOpen: (f, m) => this.findOrOpen(f, m),
        idOf: (slot, id) => this.idOf(slot, id),
        note: (slot, side, sec) => this.copies.note(slot, side, sec),
      },
      this.options,
    );
  }

  /** Sessions open now. */
  get open(): number {
    return this.slots.used;
  }

  /** Whether sessions of a mirror point are open: their rows will name it. */
  holds(point: MirrorPoint): boolean {
    return (this.openOf[point.index] ?? 0) > 0;
  }

  /** Sessions opened of a mirror point since it began. */
  openedBy(point: MirrorPoint): number {
    return this.openedOf[point.index] ?? 0;
  }

  /** Sets the deduplication window of a mirror point in nanoseconds; 0, the default: none. */
  setDedupWindow(point: MirrorPoint, nanoseconds: number): void {
    this.dedupWindows[point.index] = nanoseconds;
    if (nanoseconds > 0) this.dedup ??= new Deduplicator();
  }

  /** Whether a mirror point's frames come twice and are not deduplicated. */
  comesTwice(point: MirrorPoint): boolean {
    return !(this.dedupWindows[point.index] > 0) && this.watch.comesTwice(point.index);
  }

  /** A mirror point is new: its index may have been another's. */
  begin(point: MirrorPoint): void {
    this.watch.forget(point.index);
    this.openedOf[point.index] = 0;
  }

  /**
   * Sets what separates the conversations of a mirror point besides their ends: bits of Separate; by default
   * its vni.
   */
  separateBy(point: MirrorPoint, by: number): void {
    this.key.separation.set(point.index, by);
  }

  /**
   * Makes a mirror point a member of a group, whose members' conversations are one, or takes what has
   * changed; undefined: it is in none. Conversations that are open stay where they are.
   */
  setGroup(point: MirrorPoint, membership: Membership | undefined): void {
    if (membership === undefined) {
      this.points.groups?.leave(point);
      return;
    }
    this.points.groups ??= new Groups(this.options.capacity);
    this.points.groups.join(point, membership);
    this.points.set(point);
  }

  /** Mirror points that came to a group when it had no more numbers. */
  get groupMembersShared(): number {
    return this.points.groups?.overflowed ?? 0;
  }

  /** What was read of applications since the table was made. */
  get applications(): ApplicationStatus {
    const { rows: names = 0, early: names_early = 0 } = this.seenNames ?? {};
    return { ...this.reading.status, names, names_early };
  }

  /**
   * Sets which names of addresses are counted from now on; by default all, and none of a file.
   *
   * @param file names of a file, as `namesTable` makes it; undefined: none
   */
  setNames(sources: readonly NameSourceWord[], file: SharedArrayBuffer | undefined): void {
    this.saidNames?.set(sources, file);
  }

  /** Sets what is kept of the applications of a mirror point: bits of Keep; by default everything. */
  keep(point: MirrorPoint, bits: number): void {
    this.reading.keep(point.index, bits);
  }

  /** Sets what says of rows from now on whose addresses are in them; undefined, the default: nothing. */
  setFacts(facts: RowFacts | undefined): void {
    this.facts = facts;
    // Fields that nobody fills any more are empty.
    this.record = new SessionRecord();
    this.rows.setFacts(facts);
  }

  ahead(frames: readonly Frame[], mirrored: readonly Mirrored[], count: number): void {
    this.finder.ahead(frames, mirrored, count);
  }

  /** Takes one frame into its session, after its time has moved the clock. */
  frame(f: Frame, m: Mirrored): void {
    const sec = f.sec + f.lag;
    if (sec !== this.clock.now) this.tick(sec);
    this.take(f, m);
  }

  /** Takes one frame, for tables with a common clock that {@link advance} and {@link setBack} move. */
  take(f: Frame, m: Mirrored): void {
    this.last = -1;
    this.key.take(f, m);
    if (this.dedup !== undefined && this.isDuplicate(f, m)) return;
    this.watch.look(f, m.point.index);
    if (m.point.member >= 0) this.takeOfGroup(f, m);
    else this.place(f, m);
  }

  private place(f: Frame, m: Mirrored): void {
    if (f.fragmentOffset !== 0 || f.moreFragments) this.last = this.fragments.take(f, m);
    else this.packet(f, m);
  }

  /** Takes a frame of a group's member, which counts unless another member has sent it. */
  private takeOfGroup(f: Frame, m: Mirrored): void {
    const groups = this.points.groups as Groups;
    const { point, direction } = m;
    const isCopy = groups.isCopy(f, point);
    if (isCopy) {
      this.counters.groupCopies++;
      const found = this.finder.find();
      if (found >= 0) groups.note(found >>> 1, point);
      return;
    }
    this.counters.groupFramesForgotten = groups.forgotten;
    m.direction = MirrorDirection.Unknown;
    this.place(f, m);
    m.direction = direction;
    if (this.last < 0) return;
    groups.note(this.last, point);
    // The row's direction is that of the member which saw the first packet, as its source is.
    if (groups.first[this.last] === point.index)
      this.slots.u8[this.last * SLOT_BYTES + U8.DIRECTION] |= direction;
  }

  /**
   * Writes the id of the session that the last frame went into, 16 bytes.
   *
   * @returns packets of the session's row including it; 0 without a session: a duplicate, or a fragment that
   * waits for its first one
   */
  lastSession(id: Uint8Array): number {
    return this.last < 0 ? 0 : this.idOf(this.last, id);
  }

  /** Writes a session's id. @returns packets of its row */
  private idOf(slot: number, id: Uint8Array): number {
    const { u32 } = this.slots;
    const w = slot * SLOT_WORDS;
    this.ids.write(u32[w + W.SERIAL], u32[w + W.OPENED_SEC], u32[w + W.OPENED_NSEC], id);
    return u32[w + W.PACKETS_A] + u32[w + W.PACKETS_A + 1];
  }

  /** The train in which the last frame, a fragment, waits for its first one; -1 if it does not wait. */
  lastTrain(): number {
    return this.last < -1 ? -2 - this.last : -1;
  }

  /** The largest number of trains; {@link lastTrain} is smaller. */
  get trainCount(): number {
    return this.options.fragmentTrains;
  }

  /** Sets the watcher of fragments that waited. */
  watchTrains(watcher: TrainWatcher): void {
    this.fragments.watcher = watcher;
  }

  /** Begins to look for the `most` strongest of the sessions open, see {@link Strongest}. */
  strongest(by: 'bytes' | 'packets', most: number): Strongest {
    return new Strongest(this.slots, by, most);
  }

  /**
   * The row so far of an open session; the record is reused. Undefined if the session in the slot is another
   * by now, or has no packets yet in this row.
   */
  rowOf(slot: number, serial: number): SessionRecord | undefined {
    const { u8, u32 } = this.slots;
    if ((u8[slot * SLOT_BYTES + U8.FLAGS] & FLAG.USED) === 0) return undefined;
    if (u32[slot * SLOT_WORDS + W.SERIAL] !== serial || rowIsEmpty(this.slots, slot)) return undefined;
    // Not over: as for a row that ends before its conversation does.
    return this.recordOf(slot, EndReason.Active);
  }

  /** Moves the clock to `sec` when no packets do, and ends what is due. */
  advance(sec: number): void {
    if (sec <= this.clock.now) return;
    if (this.clock.now !== 0) this.turn(sec);
    this.clock.set(sec);
    this.reading.tick(sec);
    this.seenNames?.tick(sec);
  }

  /** Ends every session, and forgets the time: the next frames may be older. */
  finish(reason: EndReason): void {
    this.finishing = true;
    this.fragments.finish();
    const s = this.slots;
    for (let slot = 0; slot < s.reached; slot++) {
      if ((s.u8[slot * SLOT_BYTES + U8.FLAGS] & FLAG.USED) === 0) continue;
      this.wheel.remove(slot);
      this.end(slot, this.endingOf(slot, reason));
    }
    s.clear();
    this.seenNames?.flush();
    this.clock.set(0);
    this.finishing = false;
  }

  /** The clock's last second, 0 before the first packet. */
  get time(): number {
    return this.clock.now;
  }

  private tick(sec: number): void {
    switch (this.clock.judge(sec)) {
      case ClockMove.Forward:
        this.advance(sec);
        return;
      case ClockMove.Back:
        this.setBack(sec);
    }
  }

  /**
   * Accepts an earlier second as the right one: sessions seen after it were seen by a wrong clock, and end.
   * The others had packets since the clock was last moved: sessions from before have ended by their timeouts,
   * which are not longer than the step back.
   */
  setBack(sec: number): void {
    this.fragments.finish();
    const { wheel } = this;
    const last = this.clock.now + WHEEL_SECONDS;
    let at = wheel.occupiedFrom(this.clock.now + 1, last);
    this.clock.set(sec);
    for (; at >= 0; at = wheel.occupiedFrom(at + 1, last)) {
      let slot = wheel.take(at);
      while (slot >= 0) {
        const next = wheel.after(slot);
        const isOver = this.slots.u32[slot * SLOT_WORDS + W.LAST_SEC] > sec;
        if (isOver) this.end(slot, this.endingOf(slot, EndReason.Idle));
        else wheel.insert(slot, Math.max(sec + 1, this.nextVisit(slot, sec)));
        slot = next;
      }
    }
  }

  /** Ends what is due up to the second `to`. */
  private turn(to: number): void {
    const from = Math.max(this.clock.now + 1, to - WHEEL_SECONDS + 1);
    for (let at = this.wheel.occupiedFrom(from, to); at >= 0; at = this.wheel.occupiedFrom(at + 1, to))
      this.due(at, to);
    this.fragments.turn(this.clock.now);
  }

  private due(at: number, now: number): void {
    let slot = this.wheel.take(at);
    while (slot >= 0) {
      const next = this.wheel.after(slot);
      const deadline = this.deadline(slot);
      if (deadline > now) {
        this.wheel.insert(slot, this.nextVisit(slot, now));
      } else if (this.idleDeadline(slot) > now) {
        this.nextPart(slot);
        this.wheel.insert(slot, this.nextVisit(slot, now));
      } else {
        this.end(slot, this.endingOf(slot, EndReason.Idle));
      }
      slot = next;
    }
  }

  /** The second in which a session ends if no packet comes. */
  private idleDeadline(slot: number): number {
    const b = slot * SLOT_BYTES;
    const last = this.slots.u32[slot * SLOT_WORDS + W.LAST_SEC];
    if ((this.slots.u8[b + U8.FLAGS] & FLAG.CLOSING) !== 0) return last + this.options.linger + 1;
    if (this.slots.u8[b + U8.IP_VERSION] === 0) return last + this.options.otherIdle + 1;
    const protocol = this.slots.u8[b + U8.PROTOCOL];
    if (protocol === IpProtocol.Tcp) return last + this.options.tcpIdle + 1;
    if (protocol === IpProtocol.Udp) return last + this.options.udpIdle + 1;
    return last + this.options.otherIdle + 1;
  }

  /** The second in which a session or its row ends. */
  private deadline(slot: number): number {
    const idle = this.idleDeadline(slot);
    const w = slot * SLOT_WORDS;
    if (rowIsEmpty(this.slots, slot)) return idle;
    return Math.min(idle, this.slots.u32[w + W.FIRST_SEC] + this.options.active);
  }

  /**
   * When to look at a session again: at its deadline, or at the deadline of a row that would begin after
   * `now`.
   */
  private nextVisit(slot: number, now: number): number {
    return Math.min(this.deadline(slot), now + Math.min(this.options.active, WHEEL_SECONDS - 1));
  }

  /** Why a session ended: its own ending, if it had one. */
  private endingOf(slot: number, otherwise: EndReason): EndReason {
    if ((this.slots.u8[slot * SLOT_BYTES + U8.FLAGS] & FLAG.CLOSING) === 0) return otherwise;
    return wasReset(this.slots, slot) ? EndReason.Rst : EndReason.Fin;
  }

  private findOrOpen(f: Frame, m: Mirrored): number {
    const found = this.finder.find();
    return found >= 0 ? found : this.openSession(f, m) * 2;
  }

  private packet(f: Frame, m: Mirrored): number {
    let found = this.finder.find();
    // The clock did not follow. If the packet's time is right, its conversation was silent for too long.
    if (f.sec > this.clock.now && found >= 0 && f.sec >= this.idleDeadline(found >>> 1)) {
      this.wheel.remove(found >>> 1);
      this.end(found >>> 1, this.endingOf(found >>> 1, EndReason.Idle));
      found = -1;
    }
    const tcp = f.protocol === IpProtocol.Tcp && f.ipVersion !== 0 && f.payload >= 0;
    const flags = tcp ? f.tcpFlags : 0;
    if (found >= 0 && (flags & SYN) !== 0) {
      const slot = found >>> 1;
      if (beginsAnew(this.slots, slot, (found & 1) as 0 | 1, f)) {
        this.wheel.remove(slot);
        this.end(slot, this.endingOf(slot, EndReason.Idle));
        found = -1;
      }
    }
    const fresh = found < 0;
    if (fresh) found = this.openSession(f, m) * 2;
    const slot = found >>> 1;
    const side = (found & 1) as 0 | 1;
    if (tcp) {
      if ((flags & SYN) !== 0) learnClient(this.slots, slot, side, f);
      trackTcp(this.slots, slot, side, f);
    }
    if (countFrame(this.slots, slot, side, f, m)) this.copies.note(slot, side, f.sec);
    if (!fresh) this.slots.u8[slot * SLOT_BYTES + U8.FLAGS] |= FLAG.TOUCHED;
    if ((flags & (FIN | RST)) !== 0) this.hurryEnd(slot);
    if (
      f.payloadLength > 0 &&
      (this.slots.u8[slot * SLOT_BYTES + U8.READING] & READING.OVER) === 0 &&
      f.payload >= 0 &&
      f.end > f.payload
    )
      this.reading.take(slot, side, f);
    this.last = slot;
    return found;
  }

  /** The value of the column `copy` of a session's rows, as far as it is known by now. */
  private copyOf(slot: number): number {
    return this.copies.of(slot, this.lastWord);
  }

  /** The second in which what is known of conversations is judged. */
  private get lastWord(): number {
    return this.finishing ? Number.POSITIVE_INFINITY : this.clock.now;
  }

  /** A finished session only waits for stragglers: its deadline moves closer. */
  private hurryEnd(slot: number): void {
    const flags = slot * SLOT_BYTES + U8.FLAGS;
    if ((this.slots.u8[flags] & FLAG.CLOSING) !== 0 || !isOver(this.slots, slot)) return;
    this.slots.u8[flags] |= FLAG.CLOSING;
    this.wheel.remove(slot);
    this.wheel.insert(slot, Math.max(this.deadline(slot), this.clock.now + 1));
  }

  private openSession(f: Frame, m: Mirrored): number {
    if (this.slots.full) this.relieve();
    const s = this.slots;
    const slot = s.allocate();
    this.counters.opened++;
    this.points.set(m.point);
    this.points.groups?.open(slot, m.point);
    this.openOf[m.point.index] = (this.openOf[m.point.index] ?? 0) + 1;
    this.openedOf[m.point.index] = (this.openedOf[m.point.index] ?? 0) + 1;
    this.key.store(s, slot);
    if (isTcp(s, slot)) s.beginTcp(slot);
    const displaced = this.finder.insert(slot);
    if (displaced >= 0) this.displace(displaced);
    noteOpening(s, slot, f, m);
    this.copies.open(slot, m.point, m.point.member < 0 ? '' : this.points.of(slot).name);
    this.counters.uncompared = this.copies.uncompared;
    this.serial = (this.serial + 1) >>> 0;
    s.u32[slot * SLOT_WORDS + W.SERIAL] = this.serial;
    this.wheel.insert(slot, Math.max(this.nextVisit(slot, this.clock.now), this.clock.now + 1));
    return slot;
  }

  private isDuplicate(f: Frame, m: Mirrored): boolean {
    const window = this.dedupWindows[m.point.index];
    if (window === undefined || window === 0 || this.dedup === undefined) return false;
    const seen = this.dedup.seen(f, m.point.index, window);
    this.counters.duplicatesForgotten = this.dedup.forgotten;
    if (!seen) return false;
    this.counters.duplicates++;
    const found = this.finder.find();
    if (found >= 0) {
      const slot = found >>> 1;
      this.slots.u32[slot * SLOT_WORDS + W.DUPLICATES]++;
      if (m.direction !== 0) this.slots.u8[slot * SLOT_BYTES + U8.DIRECTION] |= m.direction;
    }
    return true;
  }

  /**
   * Makes room in a full table: ends the sessions with the earliest deadlines. Within a second, whose order
   * the wheel does not know, a session that was active since it was placed there is moved behind the others
   * once, unless too many were.
   */
  private relieve(): void {
    const { wheel, slots } = this;
    const now = this.clock.now;
    const last = now + WHEEL_SECONDS;
    let ended = 0;
    let passed = 0;
    for (let at = wheel.occupiedFrom(now + 1, last); at >= 0; at = wheel.occupiedFrom(at + 1, last)) {
      for (let slot = wheel.first(at); slot >= 0; slot = wheel.first(at)) {
        wheel.remove(slot);
        const deadline = Math.max(this.idleDeadline(slot), now + 1);
        const flags = slot * SLOT_BYTES + U8.FLAGS;
        const later = deadline > at || (slots.u8[flags] & FLAG.TOUCHED) !== 0;
        if (later && passed < PRESSURE_PASSES) {
          passed++;
          slots.u8[flags] &= ~FLAG.TOUCHED;
          // Not before `at`, where nothing would look for it again: a late packet may have moved the deadline
          // forward.
          wheel.insert(slot, Math.min(Math.max(deadline, at), last));
        } else {
          this.counters.pressure++;
          this.end(slot, EndReason.Pressure);
          if (++ended === PRESSURE_BATCH) return;
        }
      }
    }
  }

  /** Ends a session whose place in the index another has taken: see PROBES of slot-index.ts. */
  private displace(slot: number): void {
    this.counters.collisions++;
    this.wheel.remove(slot);
    this.end(slot, EndReason.Pressure);
  }

  /** Hands on the row so far and begins the next. */
  private nextPart(slot: number): void {
    this.emit(slot, EndReason.Active);
    this.copies.rowEnded(slot);
    beginPart(this.slots, slot);
    this.points.groups?.beginPart(slot);
  }

  /** Hands on a session's last row and frees its slot, which is out of the wheel already. */
  private end(slot: number, reason: EndReason): void {
    this.reading.end(slot);
    if (!rowIsEmpty(this.slots, slot)) this.emit(slot, reason);
    this.reading.forget(slot);
    this.copies.close(slot, this.lastWord);
    this.openOf[this.points.indexOf(slot)]--;
    this.finder.remove(slot);
    this.slots.u8[slot * SLOT_BYTES + U8.FLAGS] = 0;
    this.slots.release(slot);
  }

  private emit(slot: number, reason: EndReason): void {
    const record = this.recordOf(slot, reason);
    this.counters.rows++;
    if (record.copy > 0) this.counters.copies++;
    this.saidNames?.session(record);
    this.sink.session(record);
  }

  private recordOf(slot: number, reason: EndReason): SessionRecord {
    const r = this.record;
    const u32 = this.slots.u32;
    const w = slot * SLOT_WORDS;
    r.endReason = reason;
    r.point = this.points.of(slot);
    r.seenBy = this.points.seenBy(slot);
    r.seenByCount = r.seenBy.length;
    this.ids.write(u32[w + W.SERIAL], u32[w + W.OPENED_SEC], u32[w + W.OPENED_NSEC], r.sessionId);
    r.copy = this.copyOf(slot);
    this.filler.fill(this.slots, slot, r);
    this.facts?.session(r);
    return r;
  }
}
