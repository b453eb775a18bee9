/** A collector's packet path, from the packets to the rows, which accounts for the end of every packet. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import protobuf from 'protobufjs';
import { MirrorAccounts } from '../../../src/collector/mirrors/mirror-accounts.js';
import { PacketPath } from '../../../src/collector/packet-path.js';
import type { MirrorRules } from '../../../src/collector/policy.js';
import { refusedStatus } from '../../../src/collector/refused.js';
import { mirrorSchema } from '../../../src/config/schema.js';
import { BATCH_CAPACITY, LinkType, PacketBatch } from '../../../src/model/batch.js';
import { REASSEMBLY_DEFAULTS } from '../../../src/model/defaults.js';
import { END_REASON_NAMES, type EndReason } from '../../../src/model/end-reason.js';
import { KEEP_ALL } from '../../../src/model/kept-words.js';
import type { MirrorsStatus } from '../../../src/model/status.js';
import type { SessionOptions } from '../../../src/sessions/options.js';
import { readSegment } from '../../../src/store/segment/read-segment.js';
import { schemaOf } from '../../../src/store/tables.js';
import { formatIp } from '../../../src/wire/ip/addresses.js';
import { MALFORMED_NAMES, Malformed } from '../../../src/wire/walk/malformed.js';
import { type Captured, batchOf as oneBatch } from '../../demux/outer.js';

/** When packets come by default, in seconds since 1970; batches have the same default. */
export const START = 1_700_000_000;

/** The columns of `sessions` that attacks affect. */
export interface SessionRow {
  readonly mirror: string;
  readonly client: string;
  readonly clientPort: number;
  readonly packets: number;
  readonly duplicates: number;
  readonly fragments: number;
  readonly end: string;
}

/** The sums of a mirror point's minutes. */
export interface MirrorSums {
  packets: number;
  lost: number;
  reordered: number;
  repeated: number;
}

export interface PathOptions {
  readonly unknown?: 'observe' | 'refuse';
  readonly unknownPoints?: number;
  /** Entries of `mirrors`, as the configuration has them. */
  readonly mirrors?: readonly object[];
  readonly sessions?: Partial<SessionOptions>;
  /** Whether it is one of several, whose sequence numbers the main thread judges. */
  readonly oneOfSeveral?: boolean;
  readonly reassembly?: { readonly memory?: number; readonly datagrams?: number };
}

/**
 * Reasons up to this one end a packet. The others are damage inside a frame, which comes out nevertheless.
 */
const LAST_OUTER_REASON = Malformed.Reassembly;
/** What a frame that has come out is counted as, beside its row or in place of it. */
const OF_FRAMES: readonly string[] = ['ignored', 'mirror_points_full', 'tap'];

/** The fields of a stored session that are read here: decoding all takes longer than many attacks. */
interface SessionMessage {
  readonly mirror_source: Uint8Array;
  readonly client_ip: Uint8Array;
  readonly client_port: number;
  readonly client_packets: object | number;
  readonly server_packets: object | number;
  readonly duplicates: number;
  readonly fragments: number;
  readonly end_reason: EndReason;
}
const SESSION = protobuf
  .parse(readFileSync(schemaOf('sessions'), 'utf8'), { keepCase: true })
  .root.lookupType('mirrorlake.v1.Session');
const NO_ADDRESS = new Uint8Array(16);
const address = (ip: Uint8Array): string => formatIp(ip.length > 0 ? ip : NO_ADDRESS, 0);

export class WatchedPath {
  readonly capture: PacketPath;
  readonly log: string[] = [];
  /** Minutes by source and session, as they were stored. */
  readonly minutes = new Map<string, MirrorSums>();
  private readonly segments: Uint8Array[] = [];
  private readonly accounts: MirrorAccounts;
  private sent = 0;

  constructor(options: PathOptions = {}) {
    const rules: MirrorRules = {
      mirrors: (options.mirrors ?? []).map((m) => mirrorSchema.parse(m)),
      unknown: options.unknown ?? 'observe',
      unknownPoints: options.unknownPoints ?? 4096,
      packets: { bytes: 0, packets: 0 },
      taps: {},
      tapAll: -1,
      separateBy: ['vni'],
      applications: KEEP_ALL,
      groups: new Map(),
      overlays: [],
      claims: [],
    };
    this.accounts = new MirrorAccounts({
      collector: 'here',
      rules,
      store: (bytes) => {
        this.readMinutes(bytes);
        return true;
      },
      warn: (message) => this.log.push(message),
    });
    this.capture = new PacketPath(
      {
        collector: 'here',
        sessions: { capacity: 4096, ...options.sessions },
        reassembly: { ...REASSEMBLY_DEFAULTS, ...options.reassembly },
        rules,
        ...(options.oneOfSeveral && { numbers: this.accounts.numberLog(0) }),
      },
      {
        segment: (table, bytes) => {
          assert.equal(table, 'sessions');
          this.segments.push(bytes);
          return true;
        },
        minute: (counts) => this.accounts.minute(counts),
      },
    );
  }

  process(batches: readonly PacketBatch[]): void {
    for (const batch of batches) {
      this.sent += batch.count;
      this.capture.process(batch);
    }
  }

  /**
   * Lets the main thread read what the path counted.
   *
   * @param now seconds since 1970
   */
  watch(now = START + 2): void {
    this.capture.tick(now * 1000);
    this.take(now);
  }

  get status(): MirrorsStatus {
    return this.accounts.status(refusedStatus([this.capture.snapshot().refused]));
  }

  get snapshot(): ReturnType<PacketPath['snapshot']> {
    return this.capture.snapshot();
  }

  dropped(reason: string): number {
    return this.snapshot.dropped[reason] ?? 0;
  }

  /** Ends every session. A measurement includes this if the end of its sessions belongs to its cost. */
  end(): void {
    this.capture.finish();
  }

  /**
   * Ends every session, and adds up where the packets have ended: each was refused or skipped for one reason,
   * or is a frame in one row.
   *
   * @param fragments how many packets were fragments that could be kept, and how many packets were
   * reassembled from them
   * @returns the rows
   */
  finish(fragments: { readonly kept: number; readonly whole: number } = { kept: 0, whole: 0 }): SessionRow[] {
    this.end();
    this.take(START + 2);
    this.accounts.finish();
    const rows = this.readRows();
    const { snapshot: s } = this;
    assert.equal(s.packets, this.sent);
    // A datagram that was given up ends once more if its beginning was used.
    const begun = s.incomplete - (s.dropped.reassembly ?? 0);
    let ended = s.frames + fragments.kept - fragments.whole - begun;
    for (const [reason, count] of Object.entries(s.dropped)) {
      const code = MALFORMED_NAMES.indexOf(reason);
      // Datagrams that were given up are counted here beside their fragments.
      if (OF_FRAMES.includes(reason) || code === Malformed.Reassembly || code > LAST_OUTER_REASON) continue;
      ended += count;
    }
    assert.equal(ended, this.sent);
    const inRows = rows.reduce((n, r) => n + r.packets, 0);
    assert.equal(inRows + s.duplicates + s.dropped.ignored, s.frames);
    assert.equal(rows.length, s.rows);
    assert.deepEqual([s.open, s.rowsDropped], [0, 0]);
    let inMinutes = 0;
    for (const { packets } of this.minutes.values()) inMinutes += packets;
    assert.equal(inMinutes, s.frames);
    return rows;
  }

  private take(now: number): void {
    this.accounts.changes(0, this.capture.changes(), now * 1000);
    this.accounts.kernelDrops(0, now * 1000);
    this.accounts.write(now * 1000);
  }

  private readRows(): SessionRow[] {
    const rows: SessionRow[] = [];
    for (const segment of this.segments) {
      const reader = protobuf.Reader.create(segment);
      while (reader.pos < segment.length) {
        const s = SESSION.decode(reader.bytes()) as unknown as SessionMessage;
        rows.push({
          mirror: address(s.mirror_source),
          client: address(s.client_ip),
          clientPort: s.client_port,
          packets: Number(s.client_packets) + Number(s.server_packets),
          duplicates: s.duplicates,
          fragments: s.fragments,
          end: END_REASON_NAMES[s.end_reason],
        });
      }
    }
    return rows;
  }

  private readMinutes(segment: Uint8Array): void {
    for (const { record: m } of readSegment('mirrors', segment)) {
      const name = `${formatIp(m.point.source, 0)} ${m.point.session}`;
      const sums = this.minutes.get(name) ?? { packets: 0, lost: 0, reordered: 0, repeated: 0 };
      sums.packets += m.packets;
      sums.lost += m.lost;
      sums.reordered += m.reordered;
      sums.repeated += m.repeated;
      this.minutes.set(name, sums);
    }
  }
}

/** Batches of any packets. */
export function batchesOf(packets: readonly (Uint8Array | Captured)[]): PacketBatch[] {
  const batches: PacketBatch[] = [];
  for (let i = 0; i < packets.length; i += BATCH_CAPACITY)
    batches.push(oneBatch(packets.slice(i, i + BATCH_CAPACITY)));
  return batches;
}

/**
 * Batches of many packets that differ in some bytes. Building each one from its layers would take longer than
 * the work that is measured.
 *
 * @param change makes packet `i` of a copy of the template
 * @param second when it comes, from the start
 */
export function copiesOf(
  template: Uint8Array,
  count: number,
  change: (packet: Uint8Array, i: number) => void,
  second: (i: number) => number = () => 0,
): PacketBatch[] {
  const { length } = template;
  const batches: PacketBatch[] = [];
  for (let from = 0; from < count; from += BATCH_CAPACITY) {
    const batch = new PacketBatch();
    batch.count = Math.min(BATCH_CAPACITY, count - from);
    batch.bytes = new Uint8Array(batch.count * length);
    batch.linkType.fill(LinkType.Raw);
    batch.captured.fill(length);
    batch.length.fill(length);
    for (let n = 0; n < batch.count; n++) {
      const packet = batch.bytes.subarray(n * length, (n + 1) * length);
      packet.set(template);
      change(packet, from + n);
      batch.offset[n] = n * length;
      batch.sec[n] = START + second(from + n);
      batch.nsec[n] = from + n;
    }
    batches.push(batch);
  }
  return batches;
}

/**
 * Work for a measurement: one path takes the packets and ends.
 *
 * @param check what must hold afterwards
 */
export function taking(
  batches: readonly PacketBatch[],
  options: PathOptions = {},
  check: (path: WatchedPath) => void = () => {},
): () => () => void {
  return () => {
    const path = new WatchedPath(options);
    return () => {
      path.process(batches);
      path.end();
      check(path);
    };
  };
}
