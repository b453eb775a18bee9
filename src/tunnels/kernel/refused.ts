/** Packets that reached the tunnels' sockets and belong to no tunnel. */

/** Indices of the counts in their array, which threads may share. */
export const Refused = {
  /** The GRE header is cut off, or one that no tunnel accepts (gre_parse_header). */
  header: 0,
  /** GRE's checksum is wrong. */
  checksum: 1,
  /** No tunnel has these addresses and this key. */
  noTunnel: 2,
} as const;

export const REFUSED_COUNT = 3;
