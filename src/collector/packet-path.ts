/**
 * One packet path, from batches to segments: demux, the rules of mirror points, the session table, the
 * encoder. The raw receiver has one in the main thread, every worker of the ring receiver has its own. Packet
 * paths share a {@link NumberLog}'s memory with the main thread, and with each other what tells that several
 * mirror points see a conversation (sessions/copies.ts).
 */
import type { RefusedCount } from '../accounts/loudest.js';
import type { MirrorChange, MirrorChanges, MirrorCounts } from '../accounts/mirror-changes.js';
import type { PointWatcher } from '../accounts/mirror-table-options.js';
import { NumberLog } from '../accounts/number-log.js';
import type { NumberWatch } from '../accounts/number-watch.js';
import { Clocks } from '../clocks/clocks.js';
import type { MalformedSender } from '../demux/malformed-senders.js';
import type { Unlisted } from '../demux/unlisted-mirrors.js';
import { signalEvent } from '../linux/event.js';
import type { PacketBatch } from '../model/batch.js';
import type { TableName } from '../model/columns/tables.js';
import { EndReason } from '../model/end-reason.js';
import { DEFAULT_INPUTS, type Inputs } from '../model/inputs.js';
import type { OpenOrder } from '../model/live.js';
import { type MirrorPoint, MirrorType } from '../model/mirror-point.js';
import type { MirrorRecord } from '../model/mirror-record.js';
import type { FrameSink, Mirrored } from '../model/mirrored.js';
import type { GreReceiver, OuterPacket } from '../model/outer-packet.js';
import type { ApplicationStatus, ClockStatus } from '../model/status.js';
import type { FactCounters } from '../networks/address-facts.js';
import { ConversationFacts, type Knowledge } from '../networks/conversation-facts.js';
import { type Observations, PathObserver } from '../paths/observer.js';
import type { PlaceClock } from '../paths/place-clocks.js';
import { READ_OPTIONS, type SessionOptions } from '../sessions/options.js';
import { PacketKeeper } from '../store/segment/packet-keeper.js';
import { RowSegments } from '../store/segment/row-segments.js';
import { tunnelClaims } from '../tunnels/service.js';
import { TunnelPorts } from '../wire/tunnel/tunnel-ports.js';
import type { Frame } from '../wire/walk/frame.js';
import { MALFORMED_NAMES } from '../wire/walk/malformed.js';
import type { AddressCounts } from './known-addresses.js';
import type { LiveOutput, LivePath, Watch } from './live/live-path.js';
import { PathLive } from './live/path-live.js';
import type { ReceivedMarker } from './marker-socket.js';
import type { PathRules } from './path-rules.js';
import { Pipeline } from './pipeline.js';
import { hasHardwareTime, type MirrorRule, type MirrorRules, ruleOf } from './policy.js';
import { PolicyCounts } from './policy-counts.js';
import { Handover, type HandoverOptions, type HandoverTaker } from './ring/handover.js';
import { RuleIndex } from './rule-index.js';
import { TapWriter } from './tap.js';

/** A segment goes to the store at this size, or at this age. */
const SEGMENT_BYTES = 1 << 20;
const SEGMENT_MS = 200;
/**
 * Packets may be this many milliseconds older than the clock when they are read (idle), or than the last one
 * read (busy).
 */
const IDLE_LAG_MS = 500;
const BUSY_LAG_MS = 1000;

/** How to make a {@link PacketPath}: plain data that is sent to a worker. */
export interface PathOptions {
  readonly collector: string;
  readonly sessions: Partial<SessionOptions>;
  readonly reassembly: { readonly memory: number; readonly datagrams: number; readonly timeout: number };
  readonly rules: MirrorRules;
  /** What mirrored traffic comes in; {@link DEFAULT_INPUTS} by default. */
  readonly inputs?: Inputs;
  /** Between which mirrors packets are matched. */
  readonly paths?: PathRules;
  /** What is known of addresses; by default nothing. */
  readonly knowledge?: Knowledge;
  /** Memory of a NumberLog, if several packet paths have their sequence numbers judged together. */
  readonly numbers?: SharedArrayBuffer;
  /** The rings between packet paths, if there are several: members of a group may be seen by any. */
  readonly handover?: HandoverOptions;
}

/** What a packet path has counted since its start. */
export interface PathSnapshot {
  readonly packets: number;
  readonly bytes: number;
  readonly frames: number;
  /** Outer fragments over IPv6. */
  readonly ipv6Fragments: number;
  readonly dropped: Record<string, number>;
  /** Packets of GRE, and of each UDP input in the order of {@link PathOptions.inputs}. */
  readonly inputs: readonly number[];
  /** What came of inputs that are not listed. */
  readonly unlisted: readonly Unlisted[];
  /** GENEVE whose sender waits for the packets to come back. */
  readonly gatewayLoadBalancer: number;
  /** Outer packets with missing fragments. */
  readonly incomplete: number;
  /** The loudest of the refused mirror points. */
  readonly refused: readonly RefusedCount[];
  /** Who sent what could not be read, the latest ones. */
  readonly malformedSenders: readonly MalformedSender[];
  readonly open: number;
  readonly opened: number;
  readonly rows: number;
  readonly pressure: number;
  readonly collisions: number;
  readonly fragmentTrainsDropped: number;
  readonly fragmentTrainsHeadless: number;
  readonly duplicates: number;
  readonly duplicatesForgotten: number;
  readonly copies: number;
  readonly uncompared: number;
  /** Frames of groups handed over to the worker of their conversation. */
  readonly groupHandedOver: number;
  /** Frames of groups that another member had sent; and those forgotten too soon to find their copies. */
  readonly groupCopies: number;
  readonly groupFramesForgotten: number;
  /** Mirror points beyond those that a group tells apart. */
  readonly groupMembersShared: number;
  /** Undefined without hardware time. */
  readonly clocks: ClockStatus | undefined;
  /** See {@link PacketPath.placeClocks}. */
  readonly placeClocks: readonly (readonly PlaceClock[])[];
  readonly applications: ApplicationStatus;
  readonly addresses: AddressCounts;
  /**
   * Rows dropped because too much was waiting for the store, or too many kept fragments for their first one.
   */
  readonly rowsDropped: number;
}

export interface PathOutput {
  /** Takes a finished segment; false if there is no room for it and it is dropped. */
  segment(table: TableName, bytes: Uint8Array, rows: number): boolean;
  minute(counts: MirrorCounts): void;
  /** Where what happens now is told; undefined: nobody asks. */
  readonly live?: LiveOutput;
  /** Takes observations at the places of paths; undefined: nothing is matched. */
  readonly paths?: PathTaker;
}

/** What is done with the observations of one packet path. */
export interface PathTaker extends Observations {
  /** Publishes that no packet from before `ms` (milliseconds since 1970) will come. */
  advance?(ms: number): void;
  /** Where this path judges the numbers: watches those of points at a place. */
  readonly watch?: NumberWatch;
  /** Told of the name of a mirror point's entry, by its index; '' once it is forgotten. */
  place?(index: number, name: string): void;
}

export class PacketPath implements FrameSink, PointWatcher, LivePath, HandoverTaker {
  private readonly pipeline: Pipeline;
  private readonly segments: RowSegments;
  private readonly live: PathLive;
  private readonly policies: PolicyCounts;
  private facts: ConversationFacts | undefined;
  /** What those counted that are no longer asked. */
  private factsBefore: FactCounters = { lookups: 0, cold: 0, damaged: 0 };
  private readonly taps = new TapWriter();
  private readonly byPoint: MirrorRule[] = [];
  /** By index: points not reported yet; and points forgotten since the last {@link changes}. */
  private readonly untold: boolean[] = [];
  private gone: MirrorChange[] = [];
  private readonly longestTimeout: number;
  private rules: MirrorRules;
  private readonly inputs: Inputs;
  private readonly packets: PacketKeeper;
  private segmentSince = 0;
  private rowsDropped = 0;
  private ignored = 0;
  private readonly numbers: NumberLog | undefined;
  private readonly handover: Handover | undefined;
  private readonly paths: PathRules | undefined;
  private readonly observer: PathObserver | undefined;
  /** By place: its mirror points. */
  private readonly atPlaces: readonly Set<MirrorPoint>[];
  /** By index of a mirror point. */
  private readonly placeOf: number[] = [];
  private clocks: Clocks | undefined;
  /** Time of the last packet, milliseconds since 1970. */
  private lastPacket = 0;

  constructor(
    options: PathOptions,
    private readonly output: PathOutput,
  ) {
    this.rules = options.rules;
    this.inputs = options.inputs ?? DEFAULT_INPUTS;
    const { tcpIdle, udpIdle, otherIdle, linger } = { ...READ_OPTIONS, ...options.sessions };
    this.longestTimeout = Math.max(tcpIdle, udpIdle, otherIdle, linger);
    this.segments = new RowSegments(options.collector);
    this.live = new PathLive(this.segments, options.collector, output.live);
    this.policies = new PolicyCounts(this.live.rows);
    if (options.numbers !== undefined) this.numbers = new NumberLog(options.numbers);
    if (options.handover !== undefined) this.handover = new Handover(options.handover, signalEvent);
    this.paths = options.paths;
    this.atPlaces = options.paths?.places.map(() => new Set()) ?? [];
    if (options.paths !== undefined && output.paths !== undefined) {
      const { places, pairs, key, sample } = options.paths;
      this.observer = new PathObserver(places.length, pairs, key, sample, output.paths);
    }
    this.clocks = clocksFor(options.rules);
    this.pipeline = new Pipeline({
      sessions: this.policies,
      mirrors: { mirror: (record) => this.output.minute(this.countsOf(record)) },
      table: options.sessions,
      reassembly: options.reassembly,
      gate: new RuleIndex(options.rules, this.longestTimeout),
      points: this,
      frames: this,
      inputs: this.inputs,
      ...(this.numbers && { numbers: this.numbers }),
      ...(output.paths?.watch && { watch: output.paths.watch }),
      ...(this.clocks && { clocks: this.clocks }),
    });
    this.packets = new PacketKeeper(this.pipeline.table);
    if (options.knowledge !== undefined) this.setKnowledge(options.knowledge);
    this.pipeline.demux.setTunnels(claimsOf(options.rules));
    this.pipeline.demux.setTunnelPorts(new TunnelPorts(options.rules.overlays));
  }

  /** @param span the SPAN port whose frames these are; undefined: packets that carry mirrored traffic */
  process(batch: PacketBatch, span?: string): void {
    if (span === undefined) {
      this.live.look(batch);
      this.pipeline.process(batch);
    } else this.pipeline.demux.processPlain(batch, MirrorType.Span, span);
    const last = batch.count - 1;
    if (last >= 0) this.lastPacket = batch.sec[last] * 1e3 + batch.nsec[last] / 1e6;
    this.handover?.flush();
    if (this.segments.length >= SEGMENT_BYTES) this.flush();
  }

  /** Takes frames that other packet paths handed over. @returns whether there were any */
  takeOver(): boolean {
    return this.handover?.drain(this) === true;
  }

  ahead(frames: readonly Frame[], mirrored: readonly Mirrored[], count: number): void {
    this.pipeline.table.ahead(frames, mirrored, count);
  }

  /** Takes one decoded frame from demux and applies its mirror point's rule. */
  frame(f: Frame, m: Mirrored): void {
    const rule = this.byPoint[m.point.index];
    if (rule.tap >= 0) this.taps.write(rule.tap, f);
    if (rule.policy !== 'observe') {
      this.ignored++;
      return;
    }
    this.observer?.frame(f, m.point.index);
    const length = f.end - f.start;
    if (rule.snapLength > 0 && f.end - f.start > rule.snapLength) f.end = f.start + rule.snapLength;
    if (m.point.member >= 0 && this.handover?.send(f, m, length) === true) return;
    this.keep(f, m, rule, length);
  }

  pointOf(type: MirrorType, packet: OuterPacket, session: number, key: number): MirrorPoint | undefined {
    return this.pipeline.mirrors.findUncounted(type, packet, session, key, Math.floor(this.lastPacket / 1e3));
  }

  pointOfSpan(name: string): MirrorPoint | undefined {
    return this.pipeline.mirrors.findOriginUncounted(
      MirrorType.Span,
      name,
      Math.floor(this.lastPacket / 1e3),
    );
  }

  takeHandedOver(f: Frame, m: Mirrored, arrived: number): void {
    const rule = this.byPoint[m.point.index];
    if (rule.policy === 'observe') this.keep(f, m, rule, arrived);
    else this.ignored++;
  }

  /** Takes a frame into its session. @param length bytes of it when it arrived */
  private keep(f: Frame, m: Mirrored, rule: MirrorRule, length: number): void {
    this.pipeline.table.frame(f, m);
    if (rule.keepBytes > 0) {
      this.packets.keep(f, m, rule.keepBytes, rule.keepPackets, length);
      if (this.packets.length >= SEGMENT_BYTES) this.flushPackets();
    }
  }

  /**
   * Lets time pass: ends due sessions, and hands on a segment that is old enough. To be called several times
   * per second.
   *
   * @param now milliseconds since 1970, by the clock of the packets' times
   * @param busy whether packets may be waiting to be read
   */
  tick(now: number, busy = false): void {
    this.pipeline.advance(Math.floor(now / 1000));
    this.pipeline.forget(Math.floor(now / 1000));
    const until = busy ? Math.min(this.lastPacket, now) - BUSY_LAG_MS : now - IDLE_LAG_MS;
    this.numbers?.advance(until);
    this.output.paths?.advance?.(until);
    if (this.segments.count + this.packets.count === 0) this.segmentSince = now;
    else if (now - this.segmentSince >= SEGMENT_MS || now < this.segmentSince) this.flush();
    this.live.tick(now);
  }

  showRows(share: number): void {
    this.live.showRows(share);
  }

  findOpen(by: OpenOrder): void {
    this.live.findOpen(by, this.pipeline.table);
  }

  watch(watches: readonly Watch[]): void {
    this.live.watch(watches, this.rules.overlays, this.inputs);
  }

  /**
   * Goes on with {@link findOpen}, for some tenths of a millisecond: to be called between batches.
   *
   * @returns whether there is more to do
   */
  step(): boolean {
    this.live.step();
    return this.live.scanning;
  }

  /** Changes the rules, for known mirror points too. */
  setRules(rules: MirrorRules): void {
    this.rules = rules;
    this.pipeline.demux.setTunnels(claimsOf(rules));
    this.pipeline.demux.setTunnelPorts(new TunnelPorts(rules.overlays));
    if (this.clocks === undefined) {
      this.clocks = clocksFor(rules);
      if (this.clocks !== undefined) this.pipeline.setClocks(this.clocks);
    }
    this.clocks?.setWithin(rules.timestampsWithin);
    this.pipeline.mirrors.setGate(new RuleIndex(rules, this.longestTimeout));
  }

  /** Changes what is known of addresses, and which names are kept, for rows that are made from now on. */
  setKnowledge(knowledge: Knowledge): void {
    this.factsBefore = this.factCounters;
    this.facts = ConversationFacts.of(knowledge);
    this.pipeline.table.setFacts(this.facts);
    this.pipeline.table.setNames(knowledge.names, knowledge.known.names);
  }

  private get factCounters(): FactCounters {
    const { lookups, cold, damaged } = this.factsBefore;
    const now = this.facts?.counters;
    if (now === undefined) return this.factsBefore;
    return { lookups: lookups + now.lookups, cold: cold + now.cold, damaged: damaged + now.damaged };
  }

  /** Takes what a switch says of its clock. */
  marker({ marker, source, sec, nsec }: ReceivedMarker): void {
    this.clocks?.marker(marker, source, 0, 6, sec, nsec);
  }

  /** Ends every session and hands on the rest. */
  finish(): void {
    this.pipeline.finish(EndReason.Shutdown);
    this.numbers?.advance(Number.MAX_SAFE_INTEGER);
    this.output.paths?.advance?.(Number.MAX_SAFE_INTEGER);
    this.flush();
  }

  snapshot(): PathSnapshot {
    const { table, mirrors, demux } = this.pipeline;
    const c = demux.counters;
    const dropped: Record<string, number> = {
      not_gre: c.notGre + c.unsupportedLinkType,
      tunnelled: c.tunnelled,
      empty: c.empty,
      refused: mirrors.refused,
      ignored: this.ignored,
      mirror_points_full: mirrors.overflowed,
      group_handover: this.handover?.dropped ?? 0,
      tap: this.taps.counters.dropped + this.taps.counters.skipped,
    };
    for (const [code, count] of c.malformed.entries()) if (count > 0) dropped[MALFORMED_NAMES[code]] = count;
    return {
      packets: c.packets,
      bytes: c.bytes,
      frames: c.frames,
      ipv6Fragments: c.ipv6Fragments,
      dropped,
      inputs: [c.gre, ...this.inputs.udp.map(({ port }) => c.udpByPort[port])],
      unlisted: c.unlisted.list(),
      gatewayLoadBalancer: c.gatewayLoadBalancer,
      incomplete: c.reassembly.incomplete,
      refused: mirrors.loudestRefused,
      malformedSenders: c.malformedSenders.list(),
      open: table.open,
      opened: table.counters.opened,
      rows: table.counters.rows,
      pressure: table.counters.pressure,
      collisions: table.counters.collisions,
      fragmentTrainsDropped: table.counters.fragmentTrainsDropped,
      fragmentTrainsHeadless: table.counters.fragmentTrainsHeadless,
      duplicates: table.counters.duplicates,
      duplicatesForgotten: table.counters.duplicatesForgotten,
      copies: table.counters.copies,
      uncompared: table.counters.uncompared,
      groupHandedOver: this.handover?.sent ?? 0,
      groupCopies: table.counters.groupCopies,
      groupFramesForgotten: table.counters.groupFramesForgotten,
      groupMembersShared: table.groupMembersShared,
      clocks: this.clocks && clockStatus(this.clocks),
      placeClocks: this.placeClocks,
      applications: table.applications,
      addresses: { ...this.factCounters, policies: this.policies.sessions },
      rowsDropped: this.rowsDropped + this.packets.dropped,
    };
  }

  /** By place of paths: the clocks of its mirror points' times, each once. */
  get placeClocks(): readonly (readonly PlaceClock[])[] {
    const byPlace = this.paths?.places.map(() => new Set<PlaceClock>()) ?? [];
    for (const [place, points] of this.atPlaces.entries())
      for (const point of points) byPlace[place].add(this.clocks?.clockOf(point));
    return byPlace.map((clocks) => [...clocks].map((c) => c && { id: c.id, isAbsolute: c.isAbsolute }));
  }

  /** Changes of the mirror points since the last call. */
  changes(): MirrorChanges {
    const counted: MirrorChange[] = [];
    this.pipeline.mirrors.changes((totals, name) => counted.push(this.changeOf(totals, name)));
    const forgotten = this.gone;
    this.gone = [];
    return { forgotten, counted };
  }

  made(point: MirrorPoint, pool: number, isNew: boolean): void {
    const rule = ruleOf(pool, this.rules, point.type);
    this.byPoint[point.index] = rule;
    point.name = rule.name || point.origin;
    point.site = rule.site;
    if (isNew) {
      this.untold[point.index] = true;
      this.pipeline.table.begin(point);
    }
    this.observe(point, rule.policy === 'observe' ? rule.name : '');
    this.pipeline.table.setDedupWindow(point, rule.policy === 'observe' ? rule.dedupWindow : 0);
    this.pipeline.table.separateBy(point, rule.separateBy);
    // One that stands for many is no member: its frames are not told apart.
    const isMember = rule.policy === 'observe' && !this.pipeline.mirrors.isShared(point);
    this.pipeline.table.setGroup(point, isMember ? rule.group : undefined);
    this.pipeline.table.keep(point, rule.applications);
    this.clocks?.use(point, rule.hardwareTime);
  }

  /** Says whether a mirror point is at a place of paths. */
  private observe(point: MirrorPoint, name: string): void {
    const place = name === '' ? -1 : (this.paths?.places.indexOf(name) ?? -1);
    this.atPlaces[this.placeOf[point.index]]?.delete(point);
    this.placeOf[point.index] = place;
    this.atPlaces[place]?.add(point);
    this.observer?.set(point.index, place);
    this.output.paths?.place?.(point.index, name);
  }

  forgotten(totals: MirrorRecord, name: number): void {
    this.pipeline.table.setGroup(totals.point, undefined);
    this.observe(totals.point, '');
    this.gone.push(this.changeOf(totals, name));
  }

  private changeOf(r: MirrorRecord, name: number): MirrorChange {
    const { point, minute, ...counts } = this.countsOf(r);
    const isNew = this.untold[r.point.index];
    this.untold[r.point.index] = false;
    const comesTwice = this.pipeline.table.comesTwice(r.point);
    const sessions = this.pipeline.table.openedBy(r.point);
    return { name, point: isNew ? point : undefined, comesTwice, sessions, ...counts };
  }

  private countsOf(r: MirrorRecord): MirrorCounts {
    const { index, type, source, target, session, key, origin } = r.point;
    const sharedBy = this.pipeline.mirrors.isShared(r.point) ? this.byPoint[index].name : undefined;
    return { ...r, point: { type, source, target, session, key, origin, sharedBy } };
  }

  private flush(): void {
    this.segments.flush(this.handOn);
    this.flushPackets();
  }

  private readonly handOn = (table: TableName, bytes: Uint8Array, rows: number): void => {
    if (!this.output.segment(table, bytes, rows)) this.rowsDropped += rows;
  };

  private flushPackets(): void {
    const rows = this.packets.count;
    if (rows > 0) this.handOn('packets', this.packets.take(), rows);
  }
}

/** None where no mirror has hardware time. */
function clocksFor(rules: MirrorRules): Clocks | undefined {
  return rules.mirrors.some(hasHardwareTime) ? new Clocks({ within: rules.timestampsWithin }) : undefined;
}

function clockStatus({ size, disbelieved, crowded, jumps, markers }: Clocks): ClockStatus {
  return { known: size, disbelieved, crowded, jumps, markers };
}

/** The tunnels decide which packets are theirs. */
function claimsOf(rules: MirrorRules): GreReceiver | undefined {
  return rules.claims.length > 0 ? tunnelClaims(rules.claims) : undefined;
}
