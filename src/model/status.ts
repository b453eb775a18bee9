/**
 * The status of a running collector: `mirrorlake status --json` prints this object, and the metrics are made
 * from it. Counters start at 0 when the collector starts. docs/reference/metrics.md explains every field.
 */

import type { Partial } from './told.js';
import type { RefusedTunnelPackets, TunnelStatus } from './tunnel-status.js';

export interface ReceiverStatus {
  /** Interface name; `raw`: sockets for GRE; `vxlan:4789`: those of a UDP port. `span`: its own frames. */
  readonly name: string;
  readonly kind: 'ring' | 'xdp' | 'span' | 'raw' | 'udp';
  /** `up`, or what is wrong: `down`, `gone`, `failed`. */
  readonly state: string;
  /** Packets taken from the kernel, and those it dropped for lack of room. */
  readonly packets: number;
  readonly dropped: number;
  /** Local IPv6 addresses that raw sockets do not receive on, for lack of a socket. */
  readonly addresses_missed: number;
  /**
   * With a ring: packets of any kind that its interface received since the collector started, or since the
   * interface was made anew. Absent with raw sockets, without the interface, and in an older collector.
   */
  readonly interface_packets?: number;
  /** With AF_XDP, whose packets are in the counts above, too. */
  readonly xdp?: XdpStatus;
}

/** AF_XDP on an interface. */
export interface XdpStatus {
  /** Whether its driver runs the program, or the kernel does. */
  readonly mode: 'native' | 'generic';
  /** Whether the driver writes packets where they are read. */
  readonly zero_copy: boolean;
  /** Packets taken from AF_XDP sockets; the ring took the others. */
  readonly packets: number;
  /** Packets dropped because a worker was behind: its ring was full; there was no free frame. */
  readonly ring_full: number;
  readonly no_frame: number;
}

/** What came of an input: `gre`, `vxlan:4789`. */
export interface InputStatus {
  readonly input: string;
  readonly packets: number;
}

/** What became of packets other than mirrored frames of an observed mirror point, by reason. */
export type DropCounts = Readonly<Record<string, number>>;

export interface MirrorStatus {
  /** From the configuration; empty for a point that no entry names. */
  readonly name: string;
  readonly site: string;
  readonly type: string;
  readonly source: string;
  readonly target: string;
  /** Null for an entry that names none, while no point of it is known. */
  readonly session: number | null;
  readonly key: number | null;
  /** `observe`, `ignore`, or `refuse`. */
  readonly policy: string;
  readonly packets: number;
  readonly bytes: number;
  /** What the sequence numbers count; see the column `sequence` of the table mirrors. */
  readonly sequence: string;
  /**
   * Packets of the mirror that were given up: they had not arrived for seconds, and this host's kernel did
   * not drop them. Absent for a configured mirror that has sent nothing.
   */
  readonly lost?: number;
  /** Those of them that arrived later. */
  readonly late: number;
  readonly reordered: number;
  readonly repeated: number;
  readonly truncated: number;
  readonly malformed: number;
  /** This mirror's share of the packets that this host's kernel dropped. */
  readonly kernel_drops: number;
  /** Sessions opened of it. Absent before the first packet, and in an older collector, like the next. */
  readonly sessions?: number;
  /** Time of its first packet since the collector knows it, seconds since 1970. */
  readonly first_seen?: number;
  /** Time of its last packet, seconds since 1970; absent before the first. */
  readonly last_seen?: number;
  /** Its frames come twice, and `deduplicate` is off. Absent in an older collector. */
  readonly comes_twice?: boolean;
}

/** The sum of what unlisted mirror points sent since the start. */
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

/** The places for mirror points of an entry of the configuration, or of those that no entry names. */
export interface PoolStatus {
  /** The entry's name; empty for unknown points. */
  readonly name: string;
  /** Points known now, and places for them per worker. */
  readonly points: number;
  readonly places: number;
  /** Packets of points without a place. */
  readonly full: number;
  /** Points forgotten because they were silent for long. */
  readonly forgotten: number;
}

/** One of the loudest refused mirror points. */
export interface RefusedStatus {
  readonly type: string;
  readonly source: string;
  readonly session: number;
  readonly key: number | null;
  /** Bounds of the number of its packets. */
  readonly packets_at_least: number;
  readonly packets_at_most: number;
}

/** A sender of GRE packets that could not be read: they are no mirror point's. */
export interface MalformedSenderStatus {
  readonly source: string;
  /** Why, a word of docs/reference/malformed.md. */
  readonly reason: string;
  /** Packets since it was remembered: of many such senders the latest are. */
  readonly packets: number;
  /** Time of the last one, seconds since 1970. */
  readonly last_seen: number;
}

/** Rows of ended sessions shown to readers of the command `rows`. */
export interface ShownRowsStatus {
  /** Readers now, and those refused because there were too many. */
  readonly readers: number;
  readonly readers_refused: number;
  /** While somebody reads: rows that were not in the sample; and rows that readers were too slow for. */
  readonly left_out: number;
  readonly missed: number;
}

export interface SessionStatus {
  /** Sessions that there is room for: `sessions.capacity`. Absent in an older collector. */
  readonly capacity?: number;
  readonly open: number;
  readonly opened: number;
  /** Rows handed to the store. */
  readonly rows: number;
  /** Sessions ended because the table was full. */
  readonly pressure: number;
  /** Sessions ended because too many hashes collided. */
  readonly collisions: number;
  /**
   * Fragmented inner packets given up because too many were open, and those whose first fragment never came.
   */
  readonly fragment_trains_dropped: number;
  readonly fragment_trains_headless: number;
  readonly duplicates: number;
  /** Frames whose place was taken before their copies could have come: these count as packets. */
  readonly duplicates_forgotten: number;
  /** Rows of conversations that another mirror point had first; and sessions that were not compared. */
  readonly copies: number;
  readonly uncompared: number;
  /** Frames of groups handed over to the worker of their conversation. */
  readonly group_handed_over: number;
  /** Frames of groups that another member had sent, counted once. */
  readonly group_copies: number;
  /** Frames of groups whose place was taken within the window: their copies count as packets. */
  readonly group_frames_forgotten: number;
  /** Mirror points beyond those that their group tells apart. */
  readonly group_members_shared: number;
  /**
   * Rows lost because more than 256 MiB waited for the store's thread, and frames lost because 16 MiB of
   * fragments waited for their first one.
   */
  readonly dropped: number;
}

/** The clocks of mirrors with hardware time. */
export interface ClockStatus {
  /** Clocks known now, of the worker that knows most. */
  readonly known: number;
  /** Frames whose timestamp was disbelieved, and those whose clock found no place. */
  readonly disbelieved: number;
  readonly crowded: number;
  /** How often clocks were set, and markers believed: of the worker that saw most. */
  readonly jumps: number;
  readonly markers: number;
}

/** What is read of applications, since the start. */
export interface ApplicationStatus {
  /** Conversations that are read now. */
  readonly conversations: number;
  /** Rows of `transactions`, by application. */
  readonly transactions: Readonly<Record<string, number>>;
  /** Rows of transactions left out because too many came in a second. */
  readonly left_out: number;
  /** Rows of `certificates`, and those written again because too many were seen in a day. */
  readonly certificates: number;
  readonly certificates_forgotten: number;
  /** Rows of `names`, and those written before their time because too many names were counted at once. */
  readonly names: number;
  readonly names_early: number;
  /** Messages read in part: the mirror cut them, bytes are missing, a bound, a breach of the protocol. */
  readonly partial: Readonly<Record<Partial, number>>;
  /** Conversations, questions and messages in pieces given up because too many were open. */
  readonly conversations_given_up: number;
  readonly questions_given_up: number;
  readonly messages_given_up: number;
  /** Names, users and fingerprints left out because they found no room. */
  readonly words_left_out: number;
}

export interface StoreStatus {
  readonly target: string;
  /**
   * `starting` (not tried yet), `up`, `away` (cannot be reached; segments wait), `failed`, or `none`: there
   * is no store.
   */
  readonly state: string;
  /** The last error, empty if there was none since the last success. */
  readonly error: string;
  /** Rows and segments the store has accepted. */
  readonly rows_stored: number;
  readonly segments_stored: number;
  /** What waits, on disk, or in memory while the disk takes nothing. */
  readonly spool_segments: number;
  readonly spool_bytes: number;
  /** How full it is, 0 to 1: the spool of rows or that of kept packets, whichever is fuller. */
  readonly spool_used?: number;
  /**
   * What is wrong with the spool: its disk takes nothing, or rows were lost within the last minute. Empty
   * while it is well. Absent in an older collector, like the other optional fields.
   */
  readonly spool_error?: string;
  /**
   * Given up because the spool or its disk was full; and set aside because the store refused them or they
   * cannot be read.
   */
  readonly segments_dropped: number;
  readonly rows_dropped: number;
  readonly segments_refused: number;
  /** Free bytes of the store's disk; null until known, or if the server does not tell. */
  readonly disk_free_bytes: number | null;
  /** Bytes per day added to it, at the rate of the last day; null during the first ten minutes. */
  readonly bytes_per_day: number | null;
  /** Days until it is full at that rate; null: never (`retention`), or not known. */
  readonly days_left: number | null;
}

/** A collector's answer to a command that looks for a store (`store` on the control socket). */
export interface HeldStore {
  /** The directory, absolute; a server's URL without password; or `none`. */
  readonly location: string;
  /** Where segments wait for it, absolute. */
  readonly spool: string;
  /**
   * Whether questions are answered through the socket: for a server, only if the collector has a user for
   * them.
   */
  readonly answers: boolean;
  /** The file of networks (`networks`), absolute: those that are loaded into the store do not count then. */
  readonly networks?: string;
}

/** The console's process. */
export interface ConsoleStatus {
  /** `starting`, `up` or `failed`. */
  readonly state: string;
  /** Where it is served; empty while it is not. */
  readonly url: string;
  /** Why it failed; empty while it is up. */
  readonly error: string;
  /** Times that it was started again. */
  readonly restarts: number;
}

/**
 * Connections of the control socket and of `listen`: refused, or cut off to make room for others; and cut off
 * because their request was late or too long, or their answer not read.
 */
export interface ConnectionStatus {
  readonly control_refused: number;
  readonly listen_refused: number;
  readonly control_cut: number;
  readonly listen_cut: number;
}

/** A file that says to whom addresses belong. */
export interface OwnersStatus {
  readonly file: string;
  /** When the file was made, by its own words, and when it was read, RFC 3339; null: it does not say. */
  readonly built: string | null;
  readonly since: string;
}

/** What is known of addresses. */
export interface AddressesStatus {
  /**
   * Networks of one's own; the file that they are from, `store`, or empty where there are none; and when they
   * were read, or loaded into the store, RFC 3339.
   */
  readonly networks: number;
  readonly networks_from: string;
  readonly networks_since: string | null;
  readonly owners: readonly OwnersStatus[];
  /** Addresses looked up, two per row, and those of them that were not remembered. */
  readonly lookups: number;
  readonly cold: number;
  /** Records of the owners' files that could not be read. */
  readonly damaged: number;
  /** How often a file that had changed was wrong, and what is wrong now: what was read before is in use. */
  readonly refused: number;
  readonly wrong: readonly string[];
}

/** An entry of `policies`. */
export interface PolicyStatus {
  readonly from: string;
  readonly to: string;
  /** Conversations that it does not allow. */
  readonly sessions: number;
}

/** One direction of a pair of mirrors between which packets are matched. */
export interface PathStatus {
  readonly from: string;
  readonly to: string;
  /** Sampled packets since the start, as in the table `paths`. */
  readonly matched: number;
  readonly lost: number;
  readonly unknown: number;
  readonly ambiguous: number;
  readonly unmatchable: number;
  readonly reordered: number;
  readonly elsewhere: number;
  /** The last minute that is complete: its first second, and the delays in it. */
  readonly minute: number;
  readonly delay_ns: {
    readonly min: number;
    readonly p50: number;
    readonly p95: number;
    readonly p99: number;
    readonly max: number;
  };
}

/** Matching of packets between mirrors (`paths`). */
export interface PathsStatus {
  /** One packet in so many is sampled. */
  readonly sample: number;
  readonly observed: number;
  /** Packets and conversations held now. */
  readonly waiting: number;
  readonly conversations: number;
  /** Packets judged early because too many waited; those without a row of `hops`. */
  readonly early: number;
  readonly hops_full: number;
  readonly gaps_forgotten: number;
  readonly pairs_full: number;
  /** Observations and rows for which there was no room. */
  readonly dropped: number;
  readonly rows_dropped: number;
  readonly paths: readonly PathStatus[];
}

export interface FragmentStatus {
  /** Packets that this collector could not reassemble. */
  readonly incomplete: number;
  /**
   * With raw sockets: packets that this host's kernel could not reassemble, of any protocol, since the
   * collector started; null with a ring.
   */
  readonly kernel_failures: number | null;
}

/** The status for a service manager and /healthz: it does not grow with the mirror points. */
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
  /**
   * CPU time of the process, all its threads, user and system, seconds. Absent in an older collector, as are
   * the next two.
   */
  readonly cpu_seconds?: number;
  /**
   * Open descriptors, null if there is none left to count them with; and the limit, null if there is none.
   */
  readonly open_files?: number | null;
  readonly open_files_limit?: number | null;
  readonly receivers: readonly ReceiverStatus[];
  /** Packets of each input, after reassembly. Absent in an older collector, like the next. */
  readonly inputs?: readonly InputStatus[];
  /**
   * What looks like a mirror of an input that is not listed. With a ring: an estimate, from a sample of one
   * in 256; raw sockets see none of it.
   */
  readonly unlisted_inputs?: readonly InputStatus[];
  /** Outer packets, by what became of them (GRE dispatch, fragments, refused mirror points). */
  readonly dropped: DropCounts;
  /** Fragmented outer packets with missing fragments. Absent in an older collector. */
  readonly fragments?: FragmentStatus;
  /** Mirror points known now. */
  readonly mirror_points: number;
  readonly sessions: SessionStatus;
  /** Absent in an older collector. */
  readonly applications?: ApplicationStatus;
  /** Absent where no mirror has hardware time. */
  readonly clocks?: ClockStatus;
  readonly tunnels: readonly TunnelStatus[];
  /** Absent in an older collector. */
  readonly tunnels_refused?: RefusedTunnelPackets;
  readonly store: StoreStatus;
  readonly connections?: ConnectionStatus;
  /** Absent where the configuration has none. */
  readonly console?: ConsoleStatus;
  /** Absent in an older collector. */
  readonly shown_rows?: ShownRowsStatus;
  /** Absent where the configuration has none. */
  readonly paths?: PathsStatus;
  /** Absent in an older collector, and without a store. */
  readonly addresses?: AddressesStatus;
  /** Absent in an older collector, and where the configuration has none. */
  readonly policies?: readonly PolicyStatus[];
  /** What fails within the collector and is retried, one line each. */
  readonly troubles?: readonly string[];
}

export interface MirrorsStatus {
  /**
   * Listed mirror points: those that an entry of the configuration names, the first of the others, and every
   * entry without a known point, with the entry's words, no `target`, and packets 0.
   */
  readonly mirrors: readonly MirrorStatus[];
  /** The sum of the others, including forgotten ones, and the loudest of those that are known. */
  readonly unlisted: MirrorSums & { readonly loudest: readonly MirrorStatus[] };
  /** The sum of listed points that are forgotten. */
  readonly forgotten: MirrorSums;
  readonly pools: readonly PoolStatus[];
  readonly refused: readonly RefusedStatus[];
  /** The latest ones, the newest first. Absent in an older collector. */
  readonly malformed_senders?: readonly MalformedSenderStatus[];
}

export interface CollectorStatus extends CollectorSummary, MirrorsStatus {}
