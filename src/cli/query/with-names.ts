/** Puts the best name of each address into the answer of a statement: what `query --names` asks. */
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { MirrorlakeError, UsageError } from '../../model/errors.js';
import { bestNames, bestNamesAnywhere } from '../../store/best-names.js';

/** Columns of text that have addresses as people write them. */
const WRITTEN = new Set(['client', 'server', 'host']);
/** A name that no statement has by chance. */
const NAMES = '__mirrorlake_names';

/** Asks the store, and hands over the answer. */
export type Ask = (sql: string, format: string, take: (answer: Readable) => Promise<void>) => Promise<void>;

/**
 * The statement with a column `client_name` behind `client`, and so on: behind every column of addresses
 * (IPv4, IPv6, and the texts client, server, host). Rows and their order are the same. The statement is in it
 * twice: once for the addresses that names are looked up of. Where it has a column `vni`, names are those of
 * that network.
 *
 * @param prefix of the tables' names
 * @returns the statement itself if it has no addresses
 */
export async function withNames(sql: string, prefix: string, ask: Ask): Promise<string> {
  // A comment at its end would hide what is behind it.
  const inner = `(\n${sql.trim().replace(/[\s;]+$/, '')}\n)`;
  const columns = await columnsOf(inner, ask);
  const addresses = columns.map(addressOf);
  const asked = addresses.filter((address) => address !== undefined);
  if (asked.length === 0) return sql;
  const taken = new Set(columns.map(([name]) => name));
  const hasNetwork = taken.has('vni');
  const all = `SELECT arrayJoin([${asked.join(', ')}]) FROM ${inner}`;
  const found = hasNetwork
    ? `SELECT ${key('address', 'vni')} AS key, name FROM (${bestNames(prefix, all)})`
    : `SELECT ${key('address')} AS key, name FROM (${bestNamesAnywhere(prefix, all)})`;
  const shown = columns.flatMap(([name], i) => {
    const address = addresses[i];
    if (address === undefined) return [identifier(name)];
    const known = key(address, hasNetwork ? 'vni' : undefined);
    const its = identifier(free(`${name}_name`, taken));
    return [identifier(name), `transform(${known}, ${NAMES}.1, ${NAMES}.2, '') AS ${its}`];
  });
  return (
    `WITH (SELECT (groupArray(key), groupArray(name)) FROM (${found})) AS ${NAMES} ` +
    `SELECT ${shown.join(', ')} FROM ${inner}`
  );
}

/** Names and types of a statement's columns. */
async function columnsOf(inner: string, ask: Ask): Promise<[name: string, type: string][]> {
  let said = '';
  try {
    await ask(`SELECT * FROM ${inner} LIMIT 0`, 'JSONCompactEachRowWithNamesAndTypes', async (answer) => {
      said = await text(answer);
    });
  } catch (error) {
    if (error instanceof MirrorlakeError && error.message.includes('SYNTAX_ERROR'))
      throw new UsageError(
        'query: --names is for a SELECT, without FORMAT and SETTINGS (use --format): ' +
          error.message.replace(/\. Expected one of.*/s, ''),
        { cause: error },
      );
    throw error;
  }
  const [names, types] = said.split('\n', 2).map((line) => JSON.parse(line) as string[]);
  return names.map((name, i) => [name, types[i]]);
}

/** A column's address as IPv6, in SQL; undefined if it has none. */
function addressOf([name, type]: readonly [string, string]): string | undefined {
  const plain = type.replace(/^LowCardinality\((.*)\)$/, '$1');
  const inside = plain.replace(/^Nullable\((.*)\)$/, '$1');
  const column = identifier(name);
  const some = inside === plain ? column : `assumeNotNull(${column})`;
  if (inside === 'IPv6') return `toIPv6(${some})`;
  if (inside === 'IPv4') return `toIPv6(IPv4ToIPv6(${some}))`;
  return inside === 'String' && WRITTEN.has(name) ? `toIPv6OrDefault(toString(${some}))` : undefined;
}

/** What a name is found by. */
function key(address: string, vni?: string): string {
  return vni === undefined
    ? `toString(${address})`
    : `concat(toString(${address}), ' ', ifNull(toString(${vni}), ''))`;
}

/** A name that no column has. */
function free(name: string, taken: Set<string>): string {
  let its = name;
  while (taken.has(its)) its += '_';
  taken.add(its);
  return its;
}

/** A column's name in a statement. */
function identifier(name: string): string {
  return `\`${name.replace(/[\\`]/g, '\\$&')}\``;
}
