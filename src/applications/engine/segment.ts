/** What streams and readers of datagrams are given. */

/** One segment of TCP with payload. The object is reused. */
export class Segment {
  bytes: Uint8Array = new Uint8Array(0);
  /** Its payload as captured; `length` is what it was before the mirror cut it. */
  start = 0;
  end = 0;
  length = 0;
  /**
   * Numbers of sequences are signed here, as small integers: compared by their distance modulo 2^32, the sign
   * makes no difference, and larger ones would be objects.
   */
  sequence = 0;
  /** Its acknowledgment, and whether it has one. */
  acknowledgment = 0;
  acknowledges = false;
  /** The side's first sequence number behind its SYN, if that was seen. */
  first = 0;
  hasFirst = false;
  /** The same of the other side. */
  peerFirst = 0;
  hasPeerFirst = false;
  sec = 0;
  nsec = 0;
}
