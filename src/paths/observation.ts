/**
 * What the matcher learns of one packet at one place, in words: in this thread's memory, or in a ring that
 * another thread reads. Times are those of the packet; addresses are four words each, IPv4 in the last.
 */

/** The words of an observation. */
export const O = {
  /** {@link ObservationKind}, and from bit 8 on the place's number. */
  KIND: 0,
  /** The fingerprint, 64 bits; and that without addresses and ports. */
  PRINT: 1,
  BARE_PRINT: 3,
  /** Protocol, IP version (8 bits each), TTL, TCP flags. */
  PROTOCOL: 5,
  /** Source port << 16 | destination port. */
  PORTS: 6,
  /** Bytes of transport payload, which merging and fragmenting change. */
  LENGTH: 7,
  SEC: 8,
  NSEC: 9,
  /** TCP's sequence number. */
  SEQUENCE: 10,
  SOURCE: 11,
  DESTINATION: 15,
} as const;
/** Words of one observation. */
export const OBSERVATION_WORDS = 19;

export const ObservationKind = {
  /** A packet with all that the fingerprint needs. */
  Whole: 0,
  /** One that the mirror cut too short for a fingerprint: LENGTH is how much payload is there. */
  Cut: 1,
  /** A fragment other than the first. */
  Fragment: 2,
  /** A TCP packet too large for Ethernet that is not sampled: its bytes may be several packets elsewhere. */
  Large: 3,
} as const;
export type ObservationKind = (typeof ObservationKind)[keyof typeof ObservationKind];
