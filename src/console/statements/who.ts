/** Who addresses are: the networks, owners and countries that rows say of their ends. */
import { written } from './measures.js';
import { type Range, timeLiteral, within } from './scope.js';

/** What the store says of ends of conversations, as far as it was told. */
export interface Known {
  readonly networks: boolean;
  readonly roles: boolean;
  readonly sites: boolean;
  /** Autonomous systems, or countries. */
  readonly owners: boolean;
}

/** Nanoseconds before the newest row in which it is looked whether anything is known. */
const LOOKED_AT = 3600n * 1_000_000_000n;

/** @param newest the newest row, nanoseconds since 1970 @returns a row of {@link Known}, as 0 or 1 */
export function knownStatement(newest: bigint, prefix: string): string {
  const either = (what: string, none: string): string =>
    `max(client_${what} != ${none} OR server_${what} != ${none})`;
  return (
    `SELECT ${either('network', "''")} AS networks, ${either('role', "''")} AS roles,\n` +
    `  ${either('site', "''")} AS sites,\n` +
    `  greatest(${either('asn', '0')}, ${either('country', "''")}) AS owners\n` +
    `FROM ${prefix}sessions\nWHERE first_seen >= ${timeLiteral(newest > LOOKED_AT ? newest - LOOKED_AT : 0n)}`
  );
}

/** What is known of an address; '' and 0 where nothing is. */
export interface Who {
  readonly network: string;
  readonly role: string;
  readonly site: string;
  readonly asn: number;
  readonly as_org: string;
  readonly country: string;
}

const WHAT = ['network', 'role', 'site', 'asn', 'as_org', 'country'] as const;

/**
 * What the newest rows of a range say of addresses.
 *
 * @param literals of the addresses
 * @returns rows of address and {@link Who}; none of addresses that the range does not have
 */
export function whoStatement(literals: readonly string[], range: Range, prefix: string): string {
  const list = literals.join(', ');
  const newest = WHAT.map(
    (what) => `argMax(if(serves, server_${what}, client_${what}), first_seen) AS ${what}`,
  );
  return (
    `SELECT ${written('ip')} AS address,\n  ${newest.join(',\n  ')}\n` +
    `FROM ${prefix}sessions\nARRAY JOIN [0, 1] AS serves\n` +
    `WHERE ${within('first_seen', range)}\n  AND (client_ip IN (${list}) OR server_ip IN (${list}))\n` +
    `  AND if(serves, server_ip, client_ip) IN (${list})\n` +
    'GROUP BY if(serves, server_ip, client_ip) AS ip'
  );
}
