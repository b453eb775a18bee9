import type { MirrorPoint } from './mirror-point.js';

/**
 * What the GRE sequence numbers of a mirror point turned out to count. The words are those of the `sequence`
 * column. Senders number per ERSPAN session, some per hardware id or per direction within it, some all sessions as one.
 */
export const SequenceUse = {
  /** No packet carried a sequence number. */
  None: 0,
  /** One running number for the mirror point. */
  Session: 1,
  /** A running number for each hardware id. */
  Hardware: 2,
  /** A running number for each direction. */
  Direction: 3,
  /** A running number for each hardware id and direction. */
  HardwareDirection: 4,
  /** Numbers that cannot be a sequence: nothing can be said of loss. */
  Unusable: 5,
  /** One running number for every ERSPAN session of the source. */
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
 * One row of the `mirrors` table: what one mirror point sent in one minute. The object is reused: a sink encodes
 * or copies what it wants before it returns. docs/reference/columns.md has every column's meaning.
 */
export class MirrorRecord {
  /** Start of the minute, seconds since 1970. */
  minute = 0;
  /** Set before the record is handed on. */
  point!: MirrorPoint;
  packets = 0;
  /** Bytes of the mirrored frames as they arrived, encapsulation not included. */
  bytes = 0;
  sequence: SequenceUse = SequenceUse.None;
  /** Sequence numbers given up: missing for some seconds, or to the end. With those after it 0 while `sequence` is none. */
  lost = 0;
  /** Those lost that came after that. */
  late = 0;
  /** Those lost, and in totals those missing now that may still come. */
  missing = 0;
  /** Packets that came after one with a later number. */
  reordered = 0;
  /** Packets whose number had come before. */
  repeated = 0;
  /** Frames the switch or the capture cut short. */
  truncated = 0;
  /** Frames with a header that cannot be right. */
  malformed = 0;
  /** Packets the kernel dropped before this collector saw them, in this minute, whoever sent them. */
  kernelDrops = 0;
}

/** Where the mirrors' minutes go. */
export interface MirrorSink {
  mirror(record: MirrorRecord): void;
}
