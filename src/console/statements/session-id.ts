/** What a session's id says. */

const MILLISECOND = 1_000_000n;
/** Nanoseconds since 1970; a little before the end of DateTime64(9), in April 2262. */
const LAST = 9_223_000_000n * 1_000_000_000n;

/**
 * When a session began, to the millisecond, in nanoseconds since 1970 (RFC 9562 section 5.7); undefined for
 * ids that are not made by us.
 */
export function bornAt(id: string): bigint | undefined {
  if (id[14] !== '7') return undefined;
  const at = BigInt(`0x${id.slice(0, 8)}${id.slice(9, 13)}`) * MILLISECOND;
  return at < LAST ? at : undefined;
}
