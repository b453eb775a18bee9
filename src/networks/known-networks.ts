/** What is known of addresses: plain data that threads are posted, and whose memory they share. */
export interface KnownNetworks {
  /** Networks of one's own, as `networkTable()` makes them. */
  readonly networks: SharedArrayBuffer | undefined;
  /** Files in MaxMind's DB format, as `readOwners()` reads them. */
  readonly owners: readonly SharedArrayBuffer[];
  /** Names of addresses, from a file like /etc/hosts. */
  readonly names: SharedArrayBuffer | undefined;
}

/** Nothing is known of any address. */
export const NOTHING_KNOWN: KnownNetworks = { networks: undefined, owners: [], names: undefined };
