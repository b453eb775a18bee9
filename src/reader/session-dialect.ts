/** Messages between `read` and its session threads. */
import type { KeptPackets } from '../config/kept-packets.js';
import type { Separator } from '../config/overlays.js';
import type { EndReason } from '../model/end-reason.js';
import type { MirrorType } from '../model/mirror-point.js';
import type { ApplicationStatus } from '../model/status.js';
import type { Knowledge } from '../networks/conversation-facts.js';
import { FRAME_BATCH, FRAME_WORDS } from '../sessions/frame-batch.js';
import type { Membership } from '../sessions/groups.js';
import type { SessionCounters } from '../sessions/options.js';
import type { RowKind } from './kinds.js';

/** Bytes in a batch for frames outside of the read buffers: reassembled ones. */
export const ARENA_BYTES = 1 << 20;
/** Where the arena begins in a batch's memory. */
export const ARENA_START = FRAME_BATCH * FRAME_WORDS * 4;
export const BATCH_BYTES = ARENA_START + ARENA_BYTES;

/**
 * If packets are kept, a batch's memory continues with this many words per frame: where it starts, and what
 * it begins with (Mirrored.protocol), with bit 16 set if the switch cut it.
 */
export const KEPT_WORDS = 2;
export const KEPT_START = BATCH_BYTES;
export const KEPT_BYTES = FRAME_BATCH * KEPT_WORDS * 4;

/** A batch's memory as both threads see it. */
export interface Batch {
  readonly words: Int32Array;
  readonly arena: Uint8Array;
  /** Only if packets are kept. */
  readonly kept: Int32Array | undefined;
}

export function batchIn(memory: SharedArrayBuffer): Batch {
  return {
    words: new Int32Array(memory, 0, FRAME_BATCH * FRAME_WORDS),
    arena: new Uint8Array(memory, ARENA_START, ARENA_BYTES),
    kept: memory.byteLength > KEPT_START ? new Int32Array(memory, KEPT_START) : undefined,
  };
}

/** Values of FRAME_PLACE: where a frame's bytes are. */
export const IN_BUFFER = 0;
export const IN_ARENA = 1;
/** Values of FRAME_PLACE in an entry that is no frame: its first word is the clock's next second. */
export const CLOCK_AHEAD = 2;
export const CLOCK_BACK = 3;

/** What a thread prints. */
export interface Printing {
  readonly kinds: readonly RowKind[];
  /** Whether lines say of which table they are. */
  readonly named: boolean;
  /** Whether it hands lines back, for the main thread to print between its own. */
  readonly handsBack: boolean;
}

/** What a thread is to do; it is told first. */
export interface SessionTask {
  /** Read buffers, which batches name by their place here. */
  readonly buffers: readonly SharedArrayBuffer[];
  readonly collector: string;
  /** Memory of the Turn to write to stdout, which all threads share. */
  readonly stdout: SharedArrayBuffer;
  /** Sessions held at once. */
  readonly capacity: number;
  /** What to print as NDJSON; undefined to return rows as segments. */
  readonly print: Printing | undefined;
  /** The seed of session ids, undefined for random ids. */
  readonly ids: Uint8Array | undefined;
  /** Which frames to keep; undefined: none. */
  readonly packets: KeptPackets | undefined;
  /** Nanoseconds within which a repeated frame is a duplicate; 0: never. */
  readonly dedupWindow: number;
  /** What is kept of applications: bits of Keep. */
  readonly applications: number;
  /** What separates conversations between the same ends; and those of groups. */
  readonly separateBy: readonly Separator[];
  readonly groupsSeparateBy: readonly Separator[];
  /** What is known of addresses, and which of their names are counted. */
  readonly knowledge: Knowledge;
}

/** Frames kept, and frames not kept because too many fragments waited for their first one. */
export interface PacketCounts {
  readonly kept: number;
  readonly dropped: number;
}

export interface PlainPoint {
  readonly index: number;
  readonly type: MirrorType;
  readonly source: Uint8Array;
  readonly target: Uint8Array;
  readonly session: number;
  readonly key: number | null;
  readonly origin: string;
  /** The group that it is in, if any. */
  readonly group: Membership | undefined;
}

/** Frames for the session table. */
export interface FrameBatch {
  readonly batch: number;
  readonly count: number;
  readonly buffer: number;
  /** Mirror points that were not there before. */
  readonly points: readonly PlainPoint[];
}

/** Finished rows. */
export interface RowSegment {
  readonly table: RowKind | 'packets';
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly rows: number;
  /** Of sessions: when each row was last seen, seconds since 1970. */
  readonly lastSeen: Uint32Array<ArrayBuffer> | undefined;
}

/** What a thread has counted, when there is no more. */
export interface SessionsTold {
  readonly counters: SessionCounters;
  readonly applications: ApplicationStatus;
  readonly packets: PacketCounts | undefined;
  /** Indexes of mirror points whose frames come twice. */
  readonly twice: readonly number[];
}

/** What a session thread understands. */
export type SessionThreadSide = {
  asks: {
    /** Ends every session: there will be no more. */
    finish: (reason: EndReason) => SessionsTold;
  };
  tells: {
    task: SessionTask;
    /** Memory for one more batch; batches are named by their place in the order of these. */
    memory: SharedArrayBuffer;
    frames: FrameBatch;
    /** Ends every session: others will follow. */
    restart: EndReason;
  };
};

/** What `read` understands of it. */
export type ReaderSide = {
  asks: Record<never, never>;
  tells: {
    /** The batch and the buffer are free again. */
    done: { readonly batch: number; readonly buffer: number };
    segment: RowSegment;
    /** Lines to print. */
    lines: Uint8Array<ArrayBuffer>;
  };
};
