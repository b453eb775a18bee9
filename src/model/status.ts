/**
 * What a running collector says of itself: `mirrorlake status --json` prints this object, the metrics are made
 * from it. Counters count from the collector's start. docs/reference/metrics.md has every field's meaning.
 */
import type { RefusedTunnelPackets, TunnelStatus } from './tunnel-status.js';

export interface ReceiverStatus {
  /** Interface name, or raw. */
  readonly name: string;
  readonly kind: 'ring' | 'raw';
  /** `up`, or what is wrong: `down`, `gone`, `failed`. */
  readonly state: string;
  /** Packets taken from the kernel, and those it dropped for want of room. */
  readonly packets: number;
  readonly dropped: number;
  /** Local IPv6 addresses that raw sockets do not receive on, for want of a socket. */
  readonly addresses_missed: number;
}

/** Where packets ended that were not mirrored frames of an observed mirror point, by reason. */
export type DropCounts = Readonly<Record<string, number>>;

export interface MirrorStatus {
  /** From the configuration; empty for a point that no entry names. */
  readonly name: string;
  readonly site: string;
  readonly type: string;
  readonly source: string;
  readonly target: string;
  /** Null of an entry that names none, while no point of it is known. */
  readonly session: number | null;
  readonly key: number | null;
  /** `observe`, `ignore`, or `refuse`. */
  readonly policy: string;
  readonly packets: number;
  readonly bytes: number;
  /** What the sequence numbers turned out to count; see the column `sequence` of the table mirrors. */
  readonly sequence: string;
  /**
   * Packets the mirror sent that were given up: they had not arrived for seconds, nor did this host's kernel drop them.
   * Absent of a mirror that is configured and has sent nothing.
   */
  readonly lost?: number;
  /** Those of them that came after that. */
  readonly late: number;
  readonly reordered: number;
  readonly repeated: number;
  readonly truncated: number;
  readonly malformed: number;
  /** This mirror's share of what this host's kernel dropped. */
  readonly kernel_drops: number;
  /** Seconds since 1970 of its last packet; absent before there was one. */
  readonly last_seen?: number;
  /** Its frames come twice, which `deduplicate` would count once. Absent from an older collector. */
  readonly comes_twice?: boolean;
}

/** What mirror points that are not told one by one sent in all, since the start. */
export interface MirrorSums {
  readonly points: number;
  readonly packets: number;
  readonly bytes: number;
  readonly lost: number;
  readonly late: number;
  readonly reordered: number;
  readonly repeated: number;
  readonly truncated: number;
  readonly malformed: number;
  readonly kernel_drops: number;
  readonly last_seen: number;
}

/** The places for the mirror points of an entry of the configuration, or of those that no entry names. */
export interface PoolStatus {
  /** Of the entry; empty for the unknown ones. */
  readonly name: string;
  /** Points known now, and places for them, a worker. */
  readonly points: number;
  readonly places: number;
  /** Packets of points that found no place. */
  readonly full: number;
  /** Points forgotten because they were silent for long. */
  readonly forgotten: number;
}

/** A refused mirror point that is among the loudest. */
export interface RefusedStatus {
  readonly type: string;
  readonly source: string;
  readonly session: number;
  readonly key: number | null;
  /** Between which numbers that of its packets is. */
  readonly packets_at_least: number;
  readonly packets_at_most: number;
}

export interface SessionStatus {
  readonly open: number;
  readonly opened: number;
  /** Rows handed to the store. */
  readonly rows: number;
  /** Sessions ended by a full table. */
  readonly pressure: number;
  /** Sessions ended because the hashes of too many were alike. */
  readonly collisions: number;
  /**
   * Inner packets in fragments given up because too many were open, and those whose first fragment never
   * came.
   */
  readonly fragment_trains_dropped: number;
  readonly fragment_trains_headless: number;
  readonly duplicates: number;
  /** Frames whose place another took before their copies could have come: these count as packets. */
  readonly duplicates_forgotten: number;
  /** Rows lost because more than 256 MiB of them waited for the store's thread, and frames because 16 MiB of fragments waited for their first one. */
  readonly dropped: number;
}

export interface StoreStatus {
  readonly target: string;
  /** `starting` (not tried yet), `up`, `away` (cannot be reached; segments wait), `failed`, or `none`: there is no store. */
  readonly state: string;
  /** The last failure's words, empty when there was none since the last success. */
  readonly error: string;
  /** Rows and segments the store has accepted. */
  readonly rows_stored: number;
  readonly segments_stored: number;
  /** What waits, on the disk, or in memory while the disk takes nothing. */
  readonly spool_segments: number;
  readonly spool_bytes: number;
  /** How much of its limit that is, 0 to 1: of the spool of rows or that of kept packets, whichever is fuller. */
  readonly spool_used?: number;
  /**
   * What is wrong with the spool: its disk takes nothing, or rows were lost within the last minute. Empty while it is
   * well. An older collector, asked by this version, says nothing of it, nor of the other fields that may be missing.
   */
  readonly spool_error?: string;
  /** Given up because the spool or its disk was full, and set aside because the store refused them or they cannot be read. */
  readonly segments_dropped: number;
  readonly rows_dropped: number;
  readonly segments_refused: number;
  /** Free bytes of the store's disk, null until they are known, or where the server does not tell. */
  readonly disk_free_bytes: number | null;
  /** Bytes a day that are added to it at the rate of the last day, null before ten minutes of it. */
  readonly bytes_per_day: number | null;
  /** Days until it is full at that rate; null: never (`retention`), or not known. */
  readonly days_left: number | null;
}

/** What a collector says of its store to whoever looks for one (`store` on the control socket). */
export interface HeldStore {
  /** The directory, absolute; a server's URL without password; or `none`. */
  readonly location: string;
  /** Where segments wait for it, absolute. */
  readonly spool: string;
  /** Whether questions are answered over the socket: of a server, only where the collector has a user for them. */
  readonly answers: boolean;
}

/**
 * Of the control socket and of `listen`: connections turned away, or cut off to make room for others; and those cut off
 * because nothing came of them, their request being late or too long, or their answer not taken.
 */
export interface ConnectionStatus {
  readonly control_refused: number;
  readonly listen_refused: number;
  readonly control_cut: number;
  readonly listen_cut: number;
}

export interface FragmentStatus {
  /** What this collector could not put together. */
  readonly incomplete: number;
  /** With raw sockets: what this host's kernel could not, of any protocol, since the collector began; null with a ring. */
  readonly kernel_failures: number | null;
}

/** What a service manager and /healthz want to know: nothing of it grows with the mirror points. */
export interface CollectorSummary {
  readonly version: string;
  readonly collector: string;
  readonly pid: number;
  /** RFC 3339. */
  readonly started: string;
  readonly uptime_s: number;
  readonly workers: number;
  /** Resident memory of the process, bytes. */
  readonly memory_bytes: number;
  /** CPU time of the process, all its threads, user and system, seconds. Absent from an older collector, as the next two. */
  readonly cpu_seconds?: number;
  /** Descriptors that are open, null where there is none left to count them by; and how many may be, null for any number. */
  readonly open_files?: number | null;
  readonly open_files_limit?: number | null;
  readonly receivers: readonly ReceiverStatus[];
  /** Outer packets by what became of them (GRE dispatch, fragments, refused mirror points). */
  readonly dropped: DropCounts;
  /** Outer packets in fragments, some of which did not come. Absent from an older collector. */
  readonly fragments?: FragmentStatus;
  /** Mirror points known now. */
  readonly mirror_points: number;
  readonly sessions: SessionStatus;
  readonly tunnels: readonly TunnelStatus[];
  /** Absent from an older collector. */
  readonly tunnels_refused?: RefusedTunnelPackets;
  readonly store: StoreStatus;
  readonly connections?: ConnectionStatus;
  /** What fails within the collector and is tried again, a line each. */
  readonly troubles?: readonly string[];
}

export interface MirrorsStatus {
  /**
   * One by one: those that an entry of the configuration names, the first of the others, and every entry of which no
   * point is known: with the words of the entry, no `target`, and packets 0.
   */
  readonly mirrors: readonly MirrorStatus[];
  /** The others, those forgotten included, and the loudest of them that are known. */
  readonly unlisted: MirrorSums & { readonly loudest: readonly MirrorStatus[] };
  /** Those that were told one by one and are forgotten. */
  readonly forgotten: MirrorSums;
  readonly pools: readonly PoolStatus[];
  readonly refused: readonly RefusedStatus[];
}

export interface CollectorStatus extends CollectorSummary, MirrorsStatus {}
