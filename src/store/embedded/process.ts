/** @clickhouse/client's connection to chDB in its own process. */
import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { type ClickHouseClientConfigOptions, ClickHouseError } from '@clickhouse/client';
import { makeDirectory } from '../../model/files.js';
import { type AskedWith, Channel } from '../../threads/channel.js';
import { childTransport } from '../../threads/transport.js';
import { DEFAULT_FORMAT } from '../clickhouse/clickhouse.js';
import { entry } from '../entry.js';
import { StatementRefused, StoreError, StoreHeld, StoreLocationError, StoreUnavailable } from '../errors.js';
import {
  type Change,
  EngineFailure,
  type EngineSide,
  type ForkingSide,
  INSERT_PATIENCE,
  type Question,
  type StarterOptions,
} from './dialect.js';
import { giveTo, type Owner, ownerOf } from './owner.js';
import { engineFiles } from './reach.js';

/** The client's interface of a connection; the package exports the type only here. */
type Connection = NonNullable<ClickHouseClientConfigOptions['connection']>;
type ConnBaseQueryParams = Parameters<Connection['query']>[0];
type Answered<Method extends 'query' | 'exec' | 'command' | 'insert' | 'ping'> = ReturnType<
  Connection[Method]
>;

/** What chDB prints when another process has the directory. */
const HELD = /Cannot lock file/;

/**
 * How long to retry a directory that another process has, and the first wait, in milliseconds: a process that
 * was just killed releases it when the kernel has finished it. The waits double, because every retry starts
 * an engine.
 */
const HELD_PATIENCE = 3000;
const HELD_RETRY = 100;

export interface ChdbOptions {
  /** chDB's directory, which exists. */
  readonly data: string;
  /** The store's name in messages. */
  readonly name: string;
  /** Bytes of memory that the engine may take. */
  readonly memory: number;
  /** Other directories that it may read. */
  readonly read: readonly string[];
  /** An existing directory for the FIFOs of answers. */
  readonly answers: string;
}

/**
 * Starts chDB on a directory in its own process, at once, so that its 540 MB load while other work is done.
 * If that process dies, its calls fail with StoreUnavailable, and the next call starts another.
 */
export class ChdbProcess implements Connection {
  /** Whether Landlock confines the engine; undefined until it has started. */
  confined: boolean | undefined;
  private child: ChildProcess | undefined;
  private channel: Channel<ForkingSide, EngineSide> | undefined;
  private started: Promise<void> = Promise.resolve();
  /** Settles {@link started}; undefined when it has. */
  private starting: { done(): void; failed(error: Error): void } | undefined;
  private last: Promise<unknown> = Promise.resolve();
  private said = '';
  /** How the last child ended. */
  private how = '';
  private closed = false;
  private absent: string | undefined;
  /** The owner of the data, as whom the engine runs, if that is not this process's user. */
  readonly owner: Owner | undefined;
  /** When this start first found the directory held. */
  private heldSince = 0;
  /** Milliseconds to wait before the next try. */
  private heldWait = HELD_RETRY;

  /**
   * @param opened called when the engine has opened the directory, which then belongs to it alone
   * @param held called while another process has it and this one waits for it
   */
  constructor(
    private readonly options: ChdbOptions,
    private readonly opened: () => void,
    private readonly held: () => void,
  ) {
    this.owner = ownerOf(options.data);
    this.start();
  }

  /** The process id of the engine, for tests that kill it. */
  get pid(): number | undefined {
    return this.child?.pid;
  }

  async query(params: ConnBaseQueryParams): Answered<'query'> {
    return { stream: Readable.from(await this.call(params), { objectMode: false }), ...result(params) };
  }

  async exec(params: ConnBaseQueryParams): Answered<'exec'> {
    return this.query(params);
  }

  async command(params: ConnBaseQueryParams): Answered<'command'> {
    await this.call(params);
    return result(params);
  }

  async insert(): Answered<'insert'> {
    throw new StoreError('chDB takes no binary data in a statement: insert from file()');
  }

  async ping(): Answered<'ping'> {
    try {
      await this.call({ query: 'SELECT 1' });
      return { success: true };
    } catch (error) {
      return { success: false, error: error instanceof Error ? error : new Error(String(error)) };
    }
  }

  /** Ends the process after it has answered every call. */
  async close(): Promise<void> {
    this.closed = true;
    // Answers come in the order of the calls.
    await Promise.allSettled([this.started, this.last]);
    const child = this.child;
    if (child === undefined) return;
    const ended = new Promise<void>((done) => child.once('close', () => done()));
    // What was answered is in its files, as after a crash: waiting for merges would gain nothing.
    child.kill('SIGKILL');
    await ended;
  }

  /**
   * Settles when the engine has the directory. Files for it are made after that: a process that had the
   * directory meanwhile has removed what it found in it (EmbeddedStore.clean).
   *
   * @throws StoreError
   */
  async ready(): Promise<void> {
    await this.open();
  }

  /** Runs a statement that may change the store. @returns the answer's bytes in pieces. */
  async change(statement: Change): Promise<Uint8Array[]> {
    return this.collect(await this.open(), 'change', statement);
  }

  /**
   * Asks a question, whose answer goes into its FIFO.
   *
   * @returns `kill` ends it; `ended` settles when it has ended in any way
   */
  async question(question: Question): Promise<{ ended: Promise<unknown>; kill(): void }> {
    const channel = await this.open();
    const left = new AbortController();
    const ended = channel.ask('question', question, { signal: left.signal }).catch(storeFailure);
    ended.catch(() => undefined);
    return { ended, kill: () => left.abort() };
  }

  /** Ends an engine that does not end a statement when told to. The next call starts another. */
  restart(): void {
    const { child } = this;
    // Not in the middle of an insert, if that ends in time: see the end of the engine (worker.ts).
    const late = new Promise((done) => setTimeout(done, INSERT_PATIENCE).unref());
    void Promise.race([Promise.allSettled([this.last]), late]).then(() => child?.kill('SIGKILL'));
  }

  /** Runs one of our own statements. @returns the answer's bytes in pieces. */
  private async call({ query, clickhouse_settings }: ConnBaseQueryParams): Promise<Uint8Array[]> {
    // Of the settings that the client sends with a statement, only the format is passed on.
    const format = String(clickhouse_settings?.default_format ?? DEFAULT_FORMAT);
    return this.collect(await this.open(), 'call', { query, format });
  }

  /** Has the engine run a statement, and gathers its answer. */
  private collect<What extends 'call' | 'change'>(
    channel: Channel<ForkingSide, EngineSide>,
    what: What,
    statement: AskedWith<EngineSide['asks'][What]>,
  ): Promise<Uint8Array[]> {
    const pieces: Uint8Array[] = [];
    const piece = (bytes: Uint8Array): void => void pieces.push(bytes);
    const answer = channel.ask(what, statement, { piece }).then(() => pieces, storeFailure);
    answer.catch(() => undefined);
    this.last = answer;
    return answer;
  }

  /** Waits for the engine, and starts it where there is none. @throws StoreError */
  private async open(): Promise<Channel<ForkingSide, EngineSide>> {
    if (this.child === undefined && !this.closed) this.start();
    await this.started;
    if (this.channel === undefined) throw new StoreUnavailable(`the store ${this.options.name} is closed`);
    return this.channel;
  }

  private start(): void {
    this.started = new Promise((done, failed) => {
      this.starting = { done, failed };
    });
    // The next caller gets the error.
    this.started.then(this.opened).catch(() => {});
    this.heldSince = 0;
    this.heldWait = HELD_RETRY;
    this.launch();
  }

  private launch(): void {
    const { data, memory, read, answers } = this.options;
    // ClickHouse keeps compiled format schemas under its working directory.
    const cwd = join(data, 'format_schemas');
    for (const made of makeDirectory(cwd)) giveTo(this.owner, made);
    this.said = '';
    const starter: StarterOptions = {
      worker: entry('chdb-worker'),
      options: { data, memory },
      read: [...engineFiles(), ...read],
      write: [data, answers, '/dev/null'],
      owner: this.owner,
    };
    const child = fork(entry('chdb-starter'), [JSON.stringify(starter)], {
      cwd,
      execArgv: [],
      // Nothing from the collector's environment, which may contain passwords.
      env: process.env.TZ === undefined ? {} : { TZ: process.env.TZ },
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.child = child;
    child.stderr?.on('data', (bytes: Buffer) => {
      this.said = (this.said + bytes.toString()).slice(-4000);
    });
    this.channel = new Channel<ForkingSide, EngineSide>(
      childTransport(child, (how) => {
        this.how = how;
        return this.died(how);
      }),
      {
        asks: {},
        tells: {
          opened: ({ confined }) => {
            this.confined = confined;
            this.starting?.done();
            this.starting = undefined;
          },
          absent: (why) => {
            // It has no more to say: how it ends is of no interest.
            this.absent = why;
            child.kill('SIGKILL');
          },
        },
      },
      { errors: { StatementRefused, EngineFailure }, ended: () => this.ended() },
    );
  }

  private ended(): void {
    const { starting } = this;
    if (starting !== undefined && HELD.test(this.said) && this.mayYetBeFree()) {
      this.held();
      setTimeout(() => this.launch(), this.heldWait);
      this.heldWait *= 2;
      return;
    }
    this.child = undefined;
    this.channel = undefined;
    this.starting = undefined;
    starting?.failed(this.notStarted());
  }

  private mayYetBeFree(): boolean {
    const now = Date.now();
    this.heldSince ||= now;
    return now - this.heldSince < HELD_PATIENCE;
  }

  private notStarted(): Error {
    const { name } = this.options;
    if (HELD.test(this.said))
      return new StoreHeld(
        `the store ${name} is open in another process (a running collector?): stop it, or query through it`,
      );
    if (this.absent !== undefined)
      return new StoreLocationError(
        `the store ${name} needs chDB, the embedded ClickHouse, which does not load (${this.absent}): ` +
          'install mirrorlake again with its optional packages, npm install --global --include=optional ' +
          'mirrorlake (chDB is made for Linux with glibc on x64 and arm64), or name a server, --store ' +
          'http://…',
      );
    const why = /DB::Exception: (.*)/.exec(this.said)?.[1] ?? lastLine(this.said) ?? this.how;
    return new StoreError(
      `the store ${name} cannot be opened: ${why}. Its data may be damaged; nothing in it was changed`,
    );
  }

  private died(how: string): Error {
    const why = lastLine(this.said);
    return new StoreUnavailable(
      `the process holding the store ${this.options.name} ended ` +
        `(${how}${why === undefined ? '' : `: ${why}`})`,
    );
  }
}

/**
 * @throws StatementRefused, StoreUnavailable; ClickHouseError for what the client makes of an engine's error
 */
function storeFailure(error: unknown): never {
  if (!(error instanceof EngineFailure)) throw error;
  const { message, code, type } = error;
  if (type === '') throw new StoreUnavailable(message);
  throw new ClickHouseError({ message, code, type });
}

function result({ query_id }: ConnBaseQueryParams) {
  return { query_id: query_id ?? '', response_headers: {}, http_status_code: 200 };
}

function lastLine(text: string): string | undefined {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .at(-1);
}
