/** ClickHouse embedded: chDB, in a process of its own, over a data directory. */
import { accessSync, constants, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client';
import { ChdbProcess } from './chdb-process.js';
import { ClickHouseStore } from './clickhouse.js';
import { StoreError, StoreLocationError } from './errors.js';
import { storeError } from './failure.js';
import { DEFAULT_LAYOUT } from './migrations.js';
import type { Segment } from './store.js';
import { insertStatement, quote, structure, type TableName } from './tables.js';

export class EmbeddedStore extends ClickHouseStore {
  readonly name: string;
  private readonly client: ClickHouseClient;
  private readonly chdb: ChdbProcess;
  /** Segments given as bytes lie here while they are read. */
  private readonly incoming: string;
  private inserts = 0;

  /**
   * @param directory made if it is not there; ClickHouse's data goes into `clickhouse` in it
   * @param create whether it may be made
   */
  constructor(directory: string, create: boolean) {
    super(DEFAULT_LAYOUT);
    this.name = directory;
    const data = join(resolve(directory), 'clickhouse');
    this.incoming = join(resolve(directory), 'incoming');
    try {
      if (create) makeDirectory(data);
      accessSync(data, constants.R_OK | constants.W_OK | constants.X_OK);
    } catch (error) {
      throw locationError(directory, create, error as NodeJS.ErrnoException);
    }
    this.chdb = new ChdbProcess(data, directory);
    this.client = createClient({ connection: this.chdb, log: { level: ClickHouseLogLevel.OFF } });
  }

  async insert(table: TableName, segment: Segment, token: string): Promise<void> {
    if (!(segment instanceof Uint8Array)) return this.insertFile(table, segment.file, token);
    const file = join(this.incoming, `${process.pid}-${++this.inserts}.pb`);
    try {
      mkdirSync(this.incoming, { recursive: true });
      writeFileSync(file, segment);
    } catch (error) {
      throw new StoreError(`${this.name}: ${(error as Error).message}`, 0, error);
    }
    try {
      await this.insertFile(table, file, token);
    } finally {
      rmSync(file, { force: true });
    }
  }

  async close(): Promise<void> {
    await this.client.close();
  }

  protected async attempt<T>(what: (client: ClickHouseClient) => Promise<T>): Promise<T> {
    try {
      return await what(this.client);
    } catch (error) {
      throw storeError(error, this.name);
    }
  }

  /** The process id of the engine. */
  get pid(): number | undefined {
    return this.chdb.pid;
  }

  /** Only now is the directory known to be this process's: what a crashed one left can go. */
  protected override async prepare(): Promise<void> {
    rmSync(this.incoming, { recursive: true, force: true });
  }

  private async insertFile(table: TableName, file: string, token: string): Promise<void> {
    const target = this.layout.prefix + table;
    const source = `file(${quote(resolve(file))}, 'Protobuf', ${structure(table)})`;
    await this.command(`${insertStatement(table, target, source)} ${this.insertSettings(table, token)}`);
  }
}

/**
 * Makes a directory and those it lies in. Node's own way says of a read-only file system that something is not there,
 * and never comes back from one that takes no directories, such as /proc.
 */
function makeDirectory(path: string, parentMade = false): void {
  try {
    mkdirSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && statSync(path).isDirectory()) return;
    if (code !== 'ENOENT' || parentMade) throw error;
    makeDirectory(dirname(path));
    makeDirectory(path, true);
  }
}

function locationError(directory: string, create: boolean, error: NodeJS.ErrnoException): StoreError {
  if (error.code === 'ENOENT' && !create)
    return new StoreError(
      `there is no store in ${directory}: read a capture into it first, or name another with --store`,
    );
  if (error.code === 'ENOTDIR' || error.code === 'EEXIST')
    return new StoreLocationError(`the store ${directory} is not a directory: name one, or a URL`);
  if (error.code === 'ENOENT' || error.code === 'EROFS' || error.code === 'ENOSPC')
    return new StoreError(
      `the store ${directory} cannot be written (${error.message}): name another with --store`,
    );
  return new StoreError(`the store ${directory} cannot be used: ${error.message}`, 0, error);
}
