/** What the console has to know of the store before it can ask: names of tables, and the times it has. */

import type { MirrorPointSaid } from './contract/about.js';
import { type Asks, objects } from './questions.js';
import { POINT_ID } from './statements/scope.js';
import { type Known, knownStatement } from './statements/who.js';

/** Milliseconds for which they hold. */
const KEEP = 5000;
/** Milliseconds for which it holds what is known of addresses: networks are loaded seldom. */
const KEEP_KNOWN = 60_000;

export interface StoreTimes {
  /** Of the first and the last row, nanoseconds since 1970; undefined in an empty store. */
  readonly oldest: bigint | undefined;
  readonly newest: bigint | undefined;
}

export class StoreFacts {
  /** @param prefix of all tables' names */
  constructor(
    private readonly questions: Asks,
    readonly prefix: string,
  ) {}

  /** When the first and the last conversation began. */
  async times(signal: AbortSignal | undefined): Promise<StoreTimes> {
    const statement =
      'SELECT count() AS n, toString(toUnixTimestamp64Nano(min(first_seen))) AS oldest, ' +
      `toString(toUnixTimestamp64Nano(max(first_seen))) AS newest FROM ${this.prefix}sessions`;
    const [row] = objects<{ n: number; oldest: string; newest: string }>(
      await this.questions.ask(statement, { signal, keep: KEEP }),
    );
    if (row.n === 0) return { oldest: undefined, newest: undefined };
    return { oldest: BigInt(row.oldest), newest: BigInt(row.newest) };
  }

  /** The mirror points that have sent, and what the store says of their names. */
  async mirrors(signal: AbortSignal | undefined): Promise<MirrorPointSaid[]> {
    const statement =
      `SELECT ${POINT_ID} AS id, argMax(mirror_name, minute) AS name, argMax(m.site, minute) AS site,\n` +
      '  any(mirror_type) AS type,\n' +
      "  any(replaceRegexpOne(IPv6NumToString(mirror_source), '^::ffff:', '')) AS source,\n" +
      "  any(replaceRegexpOne(IPv6NumToString(mirror_target), '^::ffff:', '')) AS target,\n" +
      '  any(mirror_session) AS session, any(gre_key) AS key\n' +
      `FROM ${this.prefix}mirrors AS m GROUP BY id ORDER BY id LIMIT 1000`;
    return objects<MirrorPointSaid>(await this.questions.ask(statement, { signal, keep: KEEP }));
  }

  /** What conversations say of their ends. */
  async known(signal: AbortSignal | undefined): Promise<Known> {
    const { newest } = await this.times(signal);
    if (newest === undefined) return { networks: false, roles: false, sites: false, owners: false };
    const hour = 3600n * 1_000_000_000n;
    // Of the hour's end: the same question while rows come.
    const statement = knownStatement((newest / hour) * hour, this.prefix);
    const options = { signal, keep: KEEP_KNOWN };
    const [row] = objects<Record<keyof Known, number>>(await this.questions.ask(statement, options));
    return {
      networks: row.networks === 1,
      roles: row.roles === 1,
      sites: row.sites === 1,
      owners: row.owners === 1,
    };
  }

  /** Whether a table has rows. */
  async has(
    table: 'packets' | 'tunnels' | 'transactions',
    signal: AbortSignal | undefined,
  ): Promise<boolean> {
    const statement = `SELECT count() > 0 FROM ${this.prefix}${table}`;
    const { rows } = await this.questions.ask(statement, { signal, keep: KEEP });
    return Number(rows[0]?.[0]) > 0;
  }
}
