/** Names of addresses, of what was seen in the network: kept in `names`, or still in the rows. */
import { addressLiteral } from './conditions.js';
import { written } from './measures.js';
import { type Range, timeLiteral } from './scope.js';

/** Names are looked for so long before the end of a range, at least: a lease is renewed after half a day. */
const BEFORE = 86_400n * 1_000_000_000n;

/** In the beginning of a statement. */
function listOf(addresses: readonly Uint8Array[]): string {
  return addresses.map((address) => addressLiteral(address)).join(', ');
}

function beginOf({ from, to }: Range): bigint {
  return from < to - BEFORE ? from : to - BEFORE;
}

/**
 * Names that the table has: of each source the one of the last day, and there the one seen most often.
 *
 * @param addresses as they are stored, 16 bytes
 * @returns rows of address, name and source
 */
export function keptNamesStatement(addresses: readonly Uint8Array[], range: Range, prefix: string): string {
  const day = (time: bigint): string => `'${new Date(Number(time / 1_000_000n)).toISOString().slice(0, 10)}'`;
  return (
    `SELECT ${written('ip')} AS address, argMax(called, weight) AS name, source FROM (\n` +
    '  SELECT address AS ip, source, name AS called, (day, sum(count), max(last_seen)) AS weight\n' +
    `  FROM ${prefix}names\n` +
    `  WHERE day >= ${day(beginOf(range))} AND day <= ${day(range.to - 1n)}\n` +
    `    AND address IN (${listOf(addresses)})\n` +
    '  GROUP BY day, address, source, name\n' +
    `  HAVING min(first_seen) < ${timeLiteral(range.to)})\n` +
    'GROUP BY ip, source'
  );
}

/**
 * Names in the rows: of stores from before there was the table, or that does not keep some.
 *
 * @param addresses as they are stored, 16 bytes
 * @returns rows of address, name and source, the latest name of each source
 */
export function namesStatement(addresses: readonly Uint8Array[], range: Range, prefix: string): string {
  const list = listOf(addresses);
  const from = beginOf(range);
  const within = (time: string): string =>
    `${time} >= ${timeLiteral(from)} AND ${time} < ${timeLiteral(range.to)}`;
  return (
    `WITH [${list}] AS wanted\n` +
    "SELECT replaceRegexpOne(IPv6NumToString(ip), '^::ffff:', '') AS address, name, source FROM (\n" +
    '  SELECT arrayJoin(arrayFilter(a -> has(wanted, a), answers)) AS ip, argMax(name, time) AS name,\n' +
    "    'dns' AS source\n" +
    `  FROM ${prefix}transactions\n` +
    `  WHERE ${within('time')} AND app_protocol = 'dns' AND method IN ('A', 'AAAA')\n` +
    '    AND hasAny(answers, wanted)\n' +
    '  GROUP BY ip\n' +
    '  UNION ALL\n' +
    "  SELECT given.ip AS ip, argMax(asked.name, given.time) AS name, 'dhcp' AS source FROM (\n" +
    "    SELECT arrayJoin(answers) AS ip, time, attributes['client_mac'] AS mac, attributes['xid'] AS xid\n" +
    `    FROM ${prefix}transactions\n` +
    `    WHERE ${within('time')} AND app_protocol = 'dhcp' AND method = 'ACK' AND hasAny(answers, wanted)\n` +
    '  ) AS given INNER JOIN (\n' +
    "    SELECT name, attributes['client_mac'] AS mac, attributes['xid'] AS xid\n" +
    `    FROM ${prefix}transactions\n` +
    `    WHERE ${within('time')} AND app_protocol = 'dhcp' AND method = 'REQUEST' AND name != ''\n` +
    '  ) AS asked ON asked.mac = given.mac AND asked.xid = given.xid\n' +
    '  GROUP BY ip\n' +
    '  UNION ALL\n' +
    '  SELECT ip, argMax(name, (asked, name)) AS name, source FROM (\n' +
    "    SELECT server_ip AS ip, server_name AS name, 'tls' AS source, count() AS asked\n" +
    `    FROM ${prefix}sessions\n` +
    `    WHERE ${within('first_seen')} AND server_ip IN (${list}) AND server_name != ''\n` +
    '    GROUP BY ip, name\n' +
    '    UNION ALL\n' +
    "    SELECT server_ip AS ip, name, 'http' AS source, count() AS asked\n" +
    `    FROM ${prefix}transactions\n` +
    `    WHERE ${within('time')} AND server_ip IN (${list})\n` +
    "      AND app_protocol IN ('http', 'http2') AND name != ''\n" +
    '    GROUP BY ip, name)\n' +
    '  GROUP BY ip, source)\n' +
    "WHERE name != ''"
  );
}
