/** Packets that got as far as the tunnels, and no further. */

/** Places of the counts in their array, which threads may share. */
export const Refused = {
  /** The GRE header is cut off, or says what no tunnel takes (gre_parse_header). */
  header: 0,
  /** GRE's checksum is wrong. */
  checksum: 1,
  /** There is no tunnel between these addresses, with this key. */
  noTunnel: 2,
} as const;

export const REFUSED_COUNT = 3;
