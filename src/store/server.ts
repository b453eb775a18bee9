/** A ClickHouse server, or several that are replicas of each other, over HTTP or HTTPS. */
import { createReadStream } from 'node:fs';
import { Agent } from 'node:https';
import { Readable } from 'node:stream';
import {
  type ClickHouseClient,
  type ClickHouseClientConfigOptions,
  ClickHouseLogLevel,
  createClient,
} from '@clickhouse/client';
import { ClickHouseStore } from './clickhouse.js';
import { StoreUnavailable } from './errors.js';
import { storeError } from './failure.js';
import { parseLocation, type ServerLocation } from './location.js';

import type { OpenOptions, Segment } from './store.js';
import { insertStatement, structure, type TableName } from './tables.js';

/** How long one insert or query may take. A segment that takes longer is inserted again. */
const REQUEST_TIMEOUT_MS = 120_000;

export class ServerStore extends ClickHouseStore {
  private readonly clients: { name: string; client: ClickHouseClient }[];
  private readonly location: ServerLocation;
  private readonly options: ClickHouseClientConfigOptions[];
  /** Which of the hosts answered last. */
  private at = 0;

  /** @param location as {@link parseLocation} takes it */
  constructor(location: string, options: Partial<OpenOptions> = {}) {
    const parsed = parseLocation(location, process.env);
    super({ prefix: parsed.prefix, cluster: options.cluster });
    this.location = parsed;
    this.options = parsed.hosts.map((host) => ({ ...clientOptions(parsed, host, options.timeout) }));
    this.clients = this.options.map((option, i) => ({
      name: `${parsed.hosts[i]}/${parsed.database}`,
      client: createClient({ ...option, database: parsed.database }),
    }));
  }

  get name(): string {
    return this.clients[this.at].name;
  }

  async insert(table: TableName, segment: Segment, token: string): Promise<void> {
    const target = this.layout.prefix + table;
    const query = `${insertStatement(table, target, `input(${structure(table)})`)} ${this.insertSettings(table, token)} FORMAT Protobuf`;
    await this.attempt(async (client) => {
      const values =
        segment instanceof Uint8Array
          ? Readable.from([segment], { objectMode: false })
          : createReadStream(segment.file, { highWaterMark: 1 << 20 });
      const { stream } = await client.exec({ query, values, clickhouse_settings: { wait_end_of_query: 1 } });
      for await (const _ of stream);
    });
  }

  private get onCluster(): string {
    return this.layout.cluster === undefined ? '' : ` ON CLUSTER ${this.layout.cluster}`;
  }

  async close(): Promise<void> {
    for (const { client } of this.clients) await client.close();
  }

  /** Tries the hosts in turn, from the one that answered last, while they cannot be reached. */
  protected async attempt<T>(what: (client: ClickHouseClient) => Promise<T>): Promise<T> {
    for (let tried = 1; ; tried++) {
      try {
        return await what(this.clients[this.at].client);
      } catch (error) {
        const failure = storeError(error, this.name);
        if (!(failure instanceof StoreUnavailable)) throw failure;
        this.at = (this.at + 1) % this.clients.length;
        if (tried === this.clients.length) throw failure;
      }
    }
  }

  /** Makes the database, if it is not there and the user may. */
  protected override async prepare(): Promise<void> {
    if (this.location.database === 'default') return;
    // A request that names a database that is not there is refused, whatever it asks for.
    const client = createClient(this.options[this.at]);
    try {
      await client.command({
        query: `CREATE DATABASE IF NOT EXISTS ${this.location.database}${this.onCluster}`,
      });
    } catch (error) {
      throw storeError(error, this.name);
    } finally {
      await client.close();
    }
  }
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
 * With a certificate and neither password nor token, the certificate is who we are (ClickHouse's `IDENTIFIED WITH
 * ssl_certificate`); beside those, it only lets us in at the door.
 */
function tlsOptions(l: ServerLocation): ClickHouseClientConfigOptions {
  if (l.ca === undefined) return {};
  if (l.cert === undefined || l.key === undefined) return { tls: { ca_cert: l.ca } };
  if (l.password === '' && l.token === undefined) return { tls: { ca_cert: l.ca, cert: l.cert, key: l.key } };
  const agent = new Agent({ ca: l.ca, cert: l.cert, key: l.key, keepAlive: true });
  return { http_agent: agent, set_basic_auth_header: true };
}
