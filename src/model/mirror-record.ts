import type { MirrorPoint } from './mirror-point.js';

/**
 * What the GRE sequence numbers of a mirror point count; the words of the `sequence` column. Senders number
 * per ERSPAN session, some per hardware id or per direction within it, some all sessions together.
 */
export const SequenceUse = {
  /** No packet carried a sequence number. */
  None: 0,
  /** One counter for the mirror point. */
  Session: 1,
  /** One counter per hardware id. */
  Hardware: 2,
  /** One counter per direction. */
  Direction: 3,
  /** One counter per hardware id and direction. */
  HardwareDirection: 4,
  /** Numbers that cannot be a sequence: losses are unknown. */
  Unusable: 5,
  /** One counter for all ERSPAN sessions of the source. */
  Source: 6,
} as const;
export type SequenceUse = (typeof SequenceUse)[keyof typeof SequenceUse];
export const SEQUENCE_USE_NAMES = [
  'none',
  'session',
  'hardware',
  'direction',
  'hardware_direction',
  'unusable',
  'source',
] as const;

/**
 * One row of the `mirrors` table: what one mirror point sent in one minute. The object is reused: a sink
 * encodes or copies what it needs before it returns. docs/reference/columns.md explains every column.
 */
export class MirrorRecord {
  /** Start of the minute, seconds since 1970. */
  minute = 0;
  /** Set before the record is handed on. */
  point!: MirrorPoint;
  packets = 0;
  /** Bytes of the mirrored frames as they arrived, without encapsulation. */
  bytes = 0;
  sequence: SequenceUse = SequenceUse.None;
  /**
   * Sequence numbers given up: missing for some seconds, or at the end. While `sequence` is none, this and
   * the following counts are 0.
   */
  lost = 0;
  /** Lost ones that arrived later. */
  late = 0;
  /** Lost ones and, in totals, those missing now that may still arrive. */
  missing = 0;
  /** Packets that arrived after one with a higher number. */
  reordered = 0;
  /** Packets whose number had arrived before. */
  repeated = 0;
  /** Frames that the switch or the capture cut. */
  truncated = 0;
  /** Frames with an impossible header. */
  malformed = 0;
  /** Packets that the kernel dropped in this minute before this collector saw them, whoever sent them. */
  kernelDrops = 0;
}

/** Where the mirrors' minutes go. */
export interface MirrorSink {
  mirror(record: MirrorRecord): void;
}
