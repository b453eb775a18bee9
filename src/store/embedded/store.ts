/** Embedded ClickHouse: chDB in its own process, over a data directory. */
import {
  accessSync,
  constants,
  copyFileSync,
  existsSync,
  type FSWatcher,
  readdirSync,
  rmSync,
  watch,
  writeFileSync,
} from 'node:fs';
import { statfs } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client';
import type { TableName } from '../../model/columns/tables.js';
import { FILE_MODE, makeDirectory } from '../../model/files.js';
import { QUESTION_DEFAULTS } from '../../model/question-limits.js';
import { ClickHouseStore, DEFAULT_FORMAT } from '../clickhouse/clickhouse.js';
import { storeError } from '../clickhouse/failure.js';
import { StoreError, StoreLocationError } from '../errors.js';
import { DEFAULT_LAYOUT } from '../migrations.js';
import type { OpenOptions, QueryOptions, Segment } from '../store.js';
import { insertStatement, quote, structure } from '../tables.js';
import { giveTo, ownerOf } from './owner.js';
import { ChdbProcess } from './process.js';
import { Questions } from './questions.js';

/** ClickHouse's error codes. */
const CANNOT_OPEN_FILE = 76;

export class EmbeddedStore extends ClickHouseStore {
  readonly name: string;
  private readonly client: ClickHouseClient;
  private readonly chdb: ChdbProcess;
  private readonly questions: Questions;
  /** Holds segments given as bytes while they are read, and FIFOs while they carry answers. */
  private readonly incoming: string;
  private readonly answers: string;
  /** Directories that the engine may read segments from. */
  private readonly readable: readonly string[];
  private readonly own = new Set<string>();
  /** Made by who wants the directory, for who has it. */
  private readonly note: string;
  private watcher: FSWatcher | undefined;
  private inserts = 0;

  /**
   * @param directory created if it does not exist and `options` say so; ClickHouse's data goes into its
   * `clickhouse`
   */
  constructor(directory: string, options: OpenOptions) {
    super(DEFAULT_LAYOUT);
    this.name = directory;
    const path = resolve(directory);
    const data = join(path, 'clickhouse');
    this.incoming = join(path, 'incoming');
    this.answers = join(path, 'answers');
    this.note = join(path, 'wanted');
    this.readable = [path, ...(options.spool === undefined ? [] : [resolve(options.spool)])];
    try {
      if (options.create) this.empty = makeDirectory(data).includes(data);
      accessSync(data, constants.R_OK | constants.W_OK | constants.X_OK);
      // The files belong to the data's owner, like all that are created from now on.
      const owner = ownerOf(data);
      for (const own of [this.incoming, this.answers])
        for (const made of makeDirectory(own)) giveTo(owner, made);
    } catch (error) {
      throw locationError(directory, options.create, error as NodeJS.ErrnoException);
    }
    this.chdb = new ChdbProcess(
      {
        data,
        name: directory,
        memory: options.memory ?? engineMemory(),
        read: this.readable,
        answers: this.answers,
      },
      () => this.clean(),
      () => this.want(),
    );
    if (options.wanted !== undefined) this.listen(path, options.wanted);
    this.questions = new Questions(this.chdb, this.answers, this.own, directory);
    this.client = createClient({ connection: this.chdb, log: { level: ClickHouseLogLevel.OFF } });
  }

  /** The engine belongs to this process: the rows it says it wrote are not checked against `_rows`. */
  async insert(table: TableName, segment: Segment, token: string, _rows: number): Promise<void> {
    if (await this.isFromBefore(table, segment, token)) return;
    const given = segment instanceof Uint8Array ? undefined : segment.file;
    if (given !== undefined && this.readable.some((path) => isBelow(given, path))) {
      try {
        return await this.insertFile(table, given, token);
      } catch (error) {
        // A directory that was made, or mounted, after the engine was confined is none that it may read.
        if (!(error instanceof StoreError) || error.number !== CANNOT_OPEN_FILE) throw error;
      }
    }
    await this.chdb.ready();
    const file = join(this.incoming, `${process.pid}-${++this.inserts}.pb`);
    this.own.add(file);
    try {
      this.place(segment, file);
      await this.insertFile(table, file, token);
    } finally {
      rmSync(file, { force: true });
      this.own.delete(file);
    }
  }

  async query(sql: string, options: QueryOptions = {}): Promise<Readable> {
    const {
      format = DEFAULT_FORMAT,
      params = {},
      color = false,
      limits = QUESTION_DEFAULTS,
      signal,
    } = options;
    try {
      return await this.questions.ask({ sql, format, params, color, limits, signal });
    } catch (error) {
      throw storeError(error, this.name);
    }
  }

  async change(sql: string, options: QueryOptions = {}): Promise<Readable> {
    const { format = DEFAULT_FORMAT, params = {} } = options;
    try {
      const pieces = await this.chdb.change({ sql, format, params });
      return Readable.from(pieces, { objectMode: false });
    } catch (error) {
      throw storeError(error, this.name);
    }
  }

  async close(): Promise<void> {
    this.watcher?.close();
    await this.client.close();
  }

  protected async command(query: string): Promise<void> {
    await this.words(query);
  }

  /** The engine takes them all at once, which saves a sixth of the time to create a store. */
  protected override async commands(queries: readonly string[]): Promise<void> {
    await this.command(queries.join(';\n'));
  }

  protected async words(query: string): Promise<string> {
    try {
      const { stream } = await this.client.exec({
        query,
        clickhouse_settings: { default_format: 'TabSeparatedRaw' },
      });
      return await text(stream);
    } catch (error) {
      throw storeError(error, this.name);
    }
  }

  protected async free(): Promise<number | undefined> {
    const { bavail, bsize } = await statfs(this.name);
    return bavail * bsize;
  }

  /** The process id of the engine. */
  get pid(): number | undefined {
    return this.chdb.pid;
  }

  get notice(): string | undefined {
    if (this.chdb.confined !== false) return undefined;
    return (
      'this kernel has no Landlock (Linux 5.13 and newer; a container’s seccomp filter may forbid it): the ' +
      'engine of the store could read files beside it if its other two walls fell ' +
      '(docs/explanation/threat-model.md)'
    );
  }

  /** Asks the process that has the directory for it: it may be one that does without. */
  private want(): void {
    try {
      writeFileSync(this.note, '', { mode: FILE_MODE });
      giveTo(this.chdb.owner, this.note);
    } catch {
      // Then it is refused, which says so.
    }
  }

  private listen(path: string, wanted: () => void): void {
    try {
      this.watcher = watch(path, { persistent: false }, (_, name) => {
        if (name === 'wanted' && existsSync(this.note)) wanted();
      });
      // Where the kernel has no more watches, the other one is refused.
      this.watcher.on('error', () => this.watcher?.close());
    } catch {}
  }

  /** The directory belongs to this process alone now: remove what a killed one left. */
  private clean(): void {
    rmSync(this.note, { force: true });
    for (const directory of [this.incoming, this.answers]) {
      for (const name of readdirSync(directory)) {
        const file = join(directory, name);
        if (!this.own.has(file)) rmSync(file, { recursive: true, force: true });
      }
    }
  }

  private place(segment: Segment, file: string): void {
    try {
      if (segment instanceof Uint8Array) writeFileSync(file, segment, { mode: FILE_MODE });
      else copyFileSync(segment.file, file);
      giveTo(this.chdb.owner, file);
    } catch (error) {
      throw new StoreError(`${this.name}: ${(error as Error).message}`, 0, error);
    }
  }

  private async insertFile(table: TableName, file: string, token: string): Promise<void> {
    const target = this.layout.prefix + table;
    const source = `file(${quote(resolve(file))}, 'Protobuf', ${structure(table)})`;
    await this.command(`${insertStatement(table, target, source)} ${this.insertSettings(table, token)}`);
  }
}

/** Default memory of the engine: half of what this process may have, within bounds. */
export const LEAST_MEMORY = 1 << 30;
export const MOST_MEMORY = 4 * 2 ** 30;

function engineMemory(): number {
  // 0, or a huge number near 2^64, if no control group sets a limit.
  const limit = process.constrainedMemory?.() || Number.POSITIVE_INFINITY;
  return Math.floor(Math.min(MOST_MEMORY, Math.max(LEAST_MEMORY, Math.min(totalmem(), limit) / 2)));
}

function isBelow(file: string, directory: string): boolean {
  return !relative(directory, resolve(file)).startsWith('..');
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
