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
