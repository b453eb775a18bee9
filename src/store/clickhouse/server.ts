/** A ClickHouse server, or several that are replicas of each other, over HTTP or HTTPS. */

import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { Agent } from 'node:https';
import { PassThrough, Readable } from 'node:stream';
import {
  type ClickHouseClient,
  type ClickHouseClientConfigOptions,
  ClickHouseLogLevel,
  type ClickHouseSettings,
  createClient,
  type DataFormat,
} from '@clickhouse/client';
import type { TableName } from '../../model/columns/tables.js';
import { QUESTION_DEFAULTS } from '../../model/question-limits.js';
import { plural } from '../../model/words.js';
import { StoreError, StoreRefused, StoreUnavailable } from '../errors.js';
import { parseLocation, type ServerLocation } from '../location.js';
import { judgeReading, judgeWriting } from '../questions/guard.js';
import { limitSettings } from '../questions/limits.js';
import type { OpenOptions, QueryOptions, Segment } from '../store.js';
import { insertStatement, quote, structure } from '../tables.js';
import { checkHead, collectWords, drain, type HttpAnswer, writtenRows } from './answer.js';
import { ClickHouseStore, DEFAULT_FORMAT } from './clickhouse.js';
import { storeError } from './failure.js';

/**
 * The longest time for one insert, or one of our own statements. A segment that takes longer is inserted
 * again.
 */
export const REQUEST_TIMEOUT_MS = 120_000;
/** Milliseconds beyond its time limit in which a server may end a question by itself. */
const OVERTIME_MS = 2000;
const READONLY = 164;

interface Host {
  readonly name: string;
  readonly client: ClickHouseClient;
  /** For questions, if their user differs from the inserting one. */
  readonly asker: ClickHouseClient;
}

export class ServerStore extends ClickHouseStore {
  private readonly hosts: Host[];
  private readonly location: ServerLocation;
  private readonly options: ClickHouseClientConfigOptions[];
  private readonly timeout: number;
  /** The host that answered last. */
  private at = 0;

  /** @param location as {@link parseLocation} accepts it */
  constructor(location: string, options: Partial<OpenOptions> = {}) {
    const parsed = parseLocation(location, process.env);
    super({ prefix: parsed.prefix, cluster: options.cluster, database: parsed.database });
    this.location = parsed;
    this.timeout = options.timeout ?? REQUEST_TIMEOUT_MS;
    this.options = parsed.hosts.map((host) => clientOptions(parsed, host, this.timeout));
    const { reader } = options;
    this.hosts = this.options.map((option, i) => {
      const client = createClient({ ...option, database: parsed.database });
      return {
        name: `${parsed.hosts[i]}/${parsed.database}`,
        client,
        asker:
          reader === undefined
            ? client
            : createClient({
                ...clientOptions({ ...parsed, ...reader, token: undefined }, parsed.hosts[i], this.timeout),
                database: parsed.database,
              }),
      };
    });
  }

  get name(): string {
    return this.hosts[this.at].name;
  }

  async insert(table: TableName, segment: Segment, token: string, rows: number): Promise<void> {
    if (await this.isFromBefore(table, segment, token)) return;
    const target = this.layout.prefix + table;
    const query =
      `${insertStatement(table, target, `input(${structure(table)})`)} ` +
      `${this.insertSettings(table, token)} FORMAT Protobuf`;
    await this.attempt(async (client) => {
      const values =
        segment instanceof Uint8Array
          ? Readable.from([segment], { objectMode: false })
          : createReadStream(segment.file, { highWaterMark: 1 << 20 });
      const signal = AbortSignal.timeout(this.timeout);
      const answer = await request(client, { query, values, settings: COMPLETE }, signal);
      await drain(answer, signal);
      const written = writtenRows(answer);
      // More if a materialized view counts too.
      if (written < rows)
        throw new StoreUnavailable(
          `of a segment of ${rows} ${plural(rows, 'row')} it says that it wrote ${written}: ` +
            'it is inserted again',
        );
    });
  }

  async query(sql: string, options: QueryOptions = {}): Promise<Readable> {
    const { limits = QUESTION_DEFAULTS, params, color = false, signal } = options;
    const settings = {
      ...limitSettings(limits),
      readonly: '2',
      cancel_http_readonly_queries_on_client_close: 1,
    } as const;
    const soon = AbortSignal.timeout(this.timeout);
    const judged = await judgeReading(sql, (statement) => this.askWords(statement, settings, params, soon));
    const late = AbortSignal.timeout(limits.seconds * 1000 + OVERTIME_MS);
    const ends = signal === undefined ? late : AbortSignal.any([late, signal]);
    const statement = {
      query: judged.statement,
      id: randomUUID(),
      params,
      settings: {
        ...settings,
        ...urlValues(judged.settings),
        default_format: (judged.format ?? options.format ?? DEFAULT_FORMAT) as DataFormat,
        output_format_pretty_color: color ? 1 : 0,
      } as const,
    };
    const stream = await this.attempt(async (asker) => {
      try {
        return (await request(asker, statement, ends)).stream;
      } catch (error) {
        if (!ends.aborted) throw error;
        this.kill(statement.id);
        throw new StoreError(`${this.name}: the question was ended`, 0, error);
      }
    }, 'asker');
    const answer = new PassThrough();
    const end = (): void => {
      answer.destroy(new StoreUnavailable(`${this.name}: the question was ended`));
    };
    stream.on('error', (error) => answer.destroy(this.brokeOff(error)));
    ends.addEventListener('abort', end);
    answer.once('close', () => {
      ends.removeEventListener('abort', end);
      // Not read to its end: nobody waits for the rest.
      if (!stream.readableEnded) this.kill(statement.id);
      stream.destroy();
    });
    return stream.pipe(answer);
  }

  /**
   * Ends a statement that closing the connection may not end: the server notices that only when it reports
   * progress.
   */
  private kill(id: string): void {
    const { asker } = this.hosts[this.at];
    const query = `KILL QUERY WHERE query_id = ${quote(id)} ASYNC`;
    const signal = AbortSignal.timeout(this.timeout);
    request(asker, { query, settings: {} }, signal)
      .then((answer) => drain(answer, signal))
      .catch(() => undefined);
  }

  private brokeOff(error: Error): StoreError {
    if (error instanceof StoreError) return error;
    return new StoreError(
      `${this.name}: the answer broke off (${error.message}): it came to one of its limits, ` +
        'or the server ended; see its log',
      0,
      error,
    );
  }

  async change(sql: string, options: QueryOptions = {}): Promise<Readable> {
    const { params, format = DEFAULT_FORMAT } = options;
    const signal = AbortSignal.timeout(this.timeout);
    await judgeWriting(sql, (statement) => this.askWords(statement, {}, params, signal));
    const settings = { ...COMPLETE, default_format: format as DataFormat };
    return this.attempt(
      async (client) => (await request(client, { query: sql, params, settings }, signal)).stream,
    );
  }

  async close(): Promise<void> {
    for (const { client, asker } of this.hosts) {
      await client.close();
      await asker.close();
    }
  }

  protected async command(query: string): Promise<void> {
    await this.attempt(async (client) => {
      const signal = AbortSignal.timeout(this.timeout);
      await drain(await request(client, { query, settings: COMPLETE }, signal), signal);
    });
  }

  protected async words(query: string): Promise<string> {
    return this.attempt((client) => words(client, query, {}, undefined, AbortSignal.timeout(this.timeout)));
  }

  protected async free(): Promise<number | undefined> {
    try {
      const free = await this.words("SELECT sum(free_space) FROM system.disks WHERE type = 'Local'");
      return Number(free) > 0 ? Number(free) : undefined;
    } catch (error) {
      if (error instanceof StoreUnavailable) throw error;
      return undefined;
    }
  }

  private askWords(
    query: string,
    settings: ClickHouseSettings,
    params: QueryOptions['params'],
    signal: AbortSignal,
  ): Promise<string> {
    return this.attempt((asker) => words(asker, query, settings, params, signal), 'asker');
  }

  private get onCluster(): string {
    return this.layout.cluster === undefined ? '' : ` ON CLUSTER ${this.layout.cluster}`;
  }

  /** Tries the hosts in turn, starting with the one that answered last, while they cannot be reached. */
  private async attempt<T>(
    what: (client: ClickHouseClient) => Promise<T>,
    who: 'client' | 'asker' = 'client',
  ): Promise<T> {
    for (let tried = 1; ; tried++) {
      try {
        return await what(this.hosts[this.at][who]);
      } catch (error) {
        const failure = this.failure(error);
        if (!(failure instanceof StoreUnavailable)) throw failure;
        // What ends a question on one host ends it on another.
        if (who === 'asker' && failure.number !== 0) throw failure;
        this.at = (this.at + 1) % this.hosts.length;
        if (tried === this.hosts.length) throw failure;
      }
    }
  }

  private failure(error: unknown): StoreError {
    const failure = storeError(error, this.name);
    if (failure.number !== READONLY) return failure;
    return new StoreRefused(
      `${failure.message}: a question changes nothing, settings included; and its user needs ` +
        'readonly = 2 (docs/how-to/secure-it.md)',
      READONLY,
      error,
    );
  }

  /** Creates the database, if it does not exist and the user may. */
  protected override async prepare(): Promise<void> {
    if (this.location.database === 'default') return;
    // The server refuses any request that names a missing database.
    const client = createClient(this.options[this.at]);
    const query = `CREATE DATABASE IF NOT EXISTS ${this.location.database}${this.onCluster}`;
    try {
      const signal = AbortSignal.timeout(this.timeout);
      await drain(await request(client, { query, settings: COMPLETE }, signal), signal);
    } catch (error) {
      throw storeError(error, this.name);
    } finally {
      await client.close();
    }
  }
}

/** Settings for a URL, from values in SQL. */
function urlValues(settings: Readonly<Record<string, string>>): ClickHouseSettings {
  const value = (sql: string): string =>
    sql.startsWith("'") ? sql.slice(1, -1).replace(/\\([\s\S])/g, '$1') : sql;
  return Object.fromEntries(Object.entries(settings).map(([name, sql]) => [name, value(sql)]));
}

/** Errors in the middle of an answer are reported as errors, and a completed answer means completed work. */
const COMPLETE: ClickHouseSettings = { wait_end_of_query: 1 };

interface Statement {
  readonly query: string;
  /** Identifies it among the running statements. */
  readonly id?: string;
  readonly values?: Readable;
  readonly params?: QueryOptions['params'];
  readonly settings: ClickHouseSettings;
}

/**
 * Runs a statement. @returns its answer, certainly ClickHouse's
 * @throws ClickHouseError, StoreUnavailable
 */
async function request(client: ClickHouseClient, s: Statement, signal: AbortSignal): Promise<HttpAnswer> {
  const given = await client.exec({
    query: s.query,
    ...(s.id !== undefined && { query_id: s.id }),
    ...(s.values !== undefined && { values: s.values }),
    ...(s.params !== undefined && { query_params: s.params }),
    clickhouse_settings: s.settings,
    abort_signal: signal,
    // Whatever the status, the answer is read here, within bounds.
    ignore_error_response: true,
  });
  const { stream, http_status_code, response_headers } = given as typeof given & {
    http_status_code?: number;
  };
  const answer = { stream, status: http_status_code ?? 0, headers: response_headers };
  await checkHead(answer, signal);
  return answer;
}

async function words(
  client: ClickHouseClient,
  query: string,
  settings: ClickHouseSettings,
  params: QueryOptions['params'],
  signal: AbortSignal,
): Promise<string> {
  const all = { ...COMPLETE, ...settings, default_format: 'TabSeparatedRaw' as const };
  return collectWords(await request(client, { query, params, settings: all }, signal), signal);
}

function clientOptions(
  l: ServerLocation,
  url: string,
  timeout: number | undefined,
): ClickHouseClientConfigOptions {
  return {
    url,
    request_timeout: timeout ?? REQUEST_TIMEOUT_MS,
    application: 'mirrorlake',
    log: { level: ClickHouseLogLevel.OFF },
    ...(l.token === undefined ? { username: l.username, password: l.password } : { access_token: l.token }),
    ...tlsOptions(l),
    ...(l.compression === 'none'
      ? {}
      : { compression: { request: { codec: l.compression }, response: { codec: l.compression } } }),
  };
}

/**
 * With a certificate and neither password nor token, the certificate identifies the user (ClickHouse's
 * `IDENTIFIED WITH ssl_certificate`); otherwise it only authenticates the TLS connection.
 */
function tlsOptions(l: ServerLocation): ClickHouseClientConfigOptions {
  if (l.ca === undefined) return {};
  if (l.cert === undefined || l.key === undefined) return { tls: { ca_cert: l.ca } };
  if (l.password === '' && l.token === undefined) return { tls: { ca_cert: l.ca, cert: l.cert, key: l.key } };
  const agent = new Agent({ ca: l.ca, cert: l.cert, key: l.key, keepAlive: true });
  return { http_agent: agent, set_basic_auth_header: true };
}
