/**
 * Who the demo's addresses are: networks of its own (networks.csv), owners of the Internet's addresses
 * (owners.csv: documentation's prefixes and AS numbers, RFC 5737, 3849 and 5398, with names made up), what
 * addresses were called, and one policy. Filled into a store that has the demo.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { parse } from 'csv-parse/sync';
import { parsePrefix } from '../src/config/units.js';
import { END_COLUMNS } from '../src/model/columns/ends.js';
import { openStore } from '../src/store/open.js';
import type { Store } from '../src/store/store.js';
import { formatIp } from '../src/wire/ip/addresses.js';

/** Nobody of the first role may talk to anybody of the second. */
export const POLICY = { from: 'guests', to: 'databases' } as const;

type Line = Readonly<Record<string, string>>;

/** The lines of a file beside this one, the most specific prefix first. */
function linesOf(file: string): readonly Line[] {
  const lines: Line[] = parse(readFileSync(join(import.meta.dirname, file)), { columns: true });
  return lines.sort((one, other) => bitsOf(other.prefix) - bitsOf(one.prefix));
}

function bitsOf(prefix: string): number {
  return parsePrefix(prefix)!.bits;
}

/** Whether an address is in a prefix, in SQL. */
function isIn(column: string, prefix: string): string {
  const { address, bits } = parsePrefix(prefix)!;
  return `IPv6CIDRToRange(${column}, ${bits}).1 = toIPv6('${formatIp(address, 0)}')`;
}

/** What lines say in a column of an address; `other` where none holds it. */
function said(lines: readonly Line[], address: string, column: string, other: string): string {
  const value = (line: Line): string => (other === '0' ? line[column] : `'${line[column]}'`);
  const cases = lines.map((line) => `${isIn(address, line.prefix)}, ${value(line)}`);
  return `multiIf(${cases.join(', ')}, ${other})`;
}

async function run(store: Store, sql: string): Promise<void> {
  await text(await store.change(sql));
}

/** @param location a store that `read` has made of the demo */
export async function tellWho(location: string): Promise<void> {
  const [networks, owners] = [linesOf('networks.csv'), linesOf('owners.csv')];
  const store = openStore(location, { create: false });
  try {
    for (const table of ['sessions', 'transactions']) {
      const set = END_COLUMNS.map((name) => {
        const [end, ...rest] = name.split('_');
        const what = rest.join('_') === 'network' ? 'name' : rest.join('_');
        const lines = what in networks[0] ? networks : owners;
        return `${name} = ${said(lines, `${end}_ip`, what, what === 'asn' ? '0' : "''")}`;
      });
      await run(store, `ALTER TABLE ${table} UPDATE ${set.join(', ')} WHERE 1 SETTINGS mutations_sync = 2`);
    }
    const { from, to } = POLICY;
    await run(
      store,
      `ALTER TABLE sessions UPDATE policy = '${from} > ${to}' ` +
        `WHERE client_role = '${from}' AND server_role = '${to}' SETTINGS mutations_sync = 2`,
    );
    await run(store, NAMES);
  } finally {
    await store.close();
  }
}

const NAMES = `INSERT INTO names (day, address, vni, name, source, first_seen, last_seen, count)
SELECT toDate(min(time)), address, NULL, name, source, min(time), max(time), count() FROM
(
    SELECT time, arrayJoin(answers) AS address, name, 'dns' AS source
    FROM transactions WHERE app_protocol = 'dns' AND method IN ('A', 'AAAA')
    UNION ALL
    SELECT given.time, given.address, lower(asked.name), 'dhcp' FROM
    (
        SELECT time, arrayJoin(answers) AS address, attributes['xid'] AS xid
        FROM transactions WHERE app_protocol = 'dhcp' AND method = 'ACK'
    ) AS given
    INNER JOIN
    (
        SELECT name, attributes['xid'] AS xid
        FROM transactions WHERE app_protocol = 'dhcp' AND method = 'REQUEST' AND name != ''
    ) AS asked ON asked.xid = given.xid
    UNION ALL
    SELECT first_seen, server_ip, server_name, 'tls' FROM sessions WHERE server_name != ''
    UNION ALL
    SELECT time, server_ip, name, 'http' FROM transactions
    WHERE app_protocol IN ('http', 'http2') AND name != ''
)
GROUP BY address, name, source`;
