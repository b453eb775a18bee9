/** Statements about what addresses are called best. */

/** The most addresses that one statement gives names to. */
export const MOST_NAMED_ADDRESSES = 10_000;
/** Names of one address in several networks (VNI) that are shown beside it. */
const MOST_NAMES = 3;

/**
 * The best name of each address: that of the newest day on which it was called anything.
 *
 * @param prefix of the tables' names
 * @param addresses what may stand behind IN: addresses, or a SELECT of some
 * @param until a Date, as in SQL: how they were called up to that day; '' for now
 * @returns a SELECT of address (IPv6), vni, and name
 */
export function bestNames(prefix: string, addresses: string, until = ''): string {
  const days = until === '' ? '' : ` AND day <= ${until}`;
  return (
    `SELECT address, vni, argMax(name, day) AS name FROM ${prefix}address_names ` +
    `WHERE address IN (${addresses})${days} GROUP BY address, vni LIMIT ${MOST_NAMED_ADDRESSES}`
  );
}

/**
 * The same without networks: an address that has other names in other ones has several, `a | b`.
 *
 * @returns a SELECT of address (IPv6) and name
 */
export function bestNamesAnywhere(prefix: string, addresses: string, until = ''): string {
  const some = `arraySlice(arraySort(groupUniqArray(name)), 1, ${MOST_NAMES})`;
  const best = bestNames(prefix, addresses, until);
  return `SELECT address, arrayStringConcat(${some}, ' | ') AS name FROM (${best}) GROUP BY address`;
}

/**
 * The best names of both ends of chosen sessions, as they were called up to the day of the last of them.
 *
 * @param where a condition over `sessions`, as in SQL's WHERE
 */
export function namesOfSessions(where: string, prefix: string): string {
  // The line breaks end a comment at the end of the condition.
  const chosen = `FROM ${prefix}sessions WHERE (${where}\n)`;
  return bestNamesAnywhere(
    prefix,
    `SELECT arrayJoin([client_ip, server_ip]) ${chosen}`,
    `(SELECT toDate(max(last_seen)) ${chosen})`,
  );
}
