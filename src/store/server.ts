/** A ClickHouse server over HTTP. */

import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import {
  type ClickHouseClient,
  type ClickHouseClientConfigOptions,
  ClickHouseLogLevel,
  createClient,
} from '@clickhouse/client';
import { ClickHouseStore } from './clickhouse.js';
import { StoreLocationError } from './errors.js';
import { storeError } from './failure.js';
import { DEFAULT_LAYOUT } from './migrations.js';
import type { OpenOptions, Segment } from './store.js';
import { insertStatement, structure, type TableName } from './tables.js';

/** How long one insert or query may take. A segment that takes longer is inserted again. */
const REQUEST_TIMEOUT_MS = 120_000;

export class ServerStore extends ClickHouseStore {
  readonly name: string;
  protected readonly client: ClickHouseClient;
  private readonly database: string;
  private readonly options: ClickHouseClientConfigOptions;

  /** @param location `http://user:password@host:port/database`, or https */
  constructor(location: string, options: Pick<OpenOptions, 'timeout'> = {}) {
    super(DEFAULT_LAYOUT);
    let url: URL;
    try {
      url = new URL(location);
    } catch {
      throw new StoreLocationError('the store is not a URL like http://user:password@host:8123/database');
    }
    this.database = decodeURIComponent(url.pathname.slice(1)) || 'default';
    if (!/^\w+$/.test(this.database))
      throw new StoreLocationError(
        `the store's database "${this.database}" is not a name: it ends the URL, as in http://host:8123/mirrorlake`,
      );
    const username = decodeURIComponent(url.username) || 'default';
    const password = decodeURIComponent(url.password);
    this.name = `${url.protocol}//${url.host}/${this.database}`;
    this.options = {
      url: url.origin,
      username,
      password,
      request_timeout: options.timeout ?? REQUEST_TIMEOUT_MS,
      application: 'mirrorlake',
      log: { level: ClickHouseLogLevel.OFF },
    };
    this.client = createClient({ ...this.options, database: this.database });
  }

  async insert(table: TableName, segment: Segment, token: string): Promise<void> {
    const target = this.layout.prefix + table;
    const query = `${insertStatement(table, target, `input(${structure(table)})`)} ${this.insertSettings(table, token)} FORMAT Protobuf`;
    try {
      const values =
        segment instanceof Uint8Array
          ? Readable.from([segment], { objectMode: false })
          : createReadStream(segment.file, { highWaterMark: 1 << 20 });
      const { stream } = await this.client.exec({
        query,
        values,
        clickhouse_settings: { wait_end_of_query: 1 },
      });
      for await (const _ of stream);
    } catch (error) {
      throw storeError(error, this.name);
    }
  }

  /** Makes the database, if it is not there and the user may. */
  protected override async prepare(): Promise<void> {
    if (this.database === 'default') return;
    // A request that names a database that is not there is refused, whatever it asks for.
    const client = createClient(this.options);
    try {
      await client.command({ query: `CREATE DATABASE IF NOT EXISTS ${this.database}` });
    } catch (error) {
      throw storeError(error, this.name);
    } finally {
      await client.close();
    }
  }
}
