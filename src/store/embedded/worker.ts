/**
 * A process that holds chDB, ClickHouse as a library, for the process that forked it: a crash or a slow merge
 * here does not affect the capture. Arguments: {@link WorkerOptions}, and whether the starter has confined
 * it.
 *
 * Calls run one after another on their own connection. A question runs beside them, on a connection that is
 * opened for it and closed after it: no asker leaves anything for the next. It is judged on a read-only one
 * that all share, which takes a quarter of the time: judging runs nothing of it, so nothing is left of it.
 */
import { appendFile, stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { openFilesLimit } from '../../linux/limits.js';
import { QUESTION_DEFAULTS } from '../../model/question-limits.js';
import { Channel, type Request } from '../../threads/channel.js';
import { parentTransport } from '../../threads/transport.js';
import { StatementRefused } from '../errors.js';
import {
  type AskEngine,
  type Judged,
  judgeReading,
  judgeWriting,
  tableFunctions,
} from '../questions/guard.js';
import { limitSettings } from '../questions/limits.js';
import { quote } from '../tables.js';
import {
  type Call,
  type Change,
  EngineFailure,
  type EngineSide,
  type ForkingSide,
  INSERT_PATIENCE,
  type Question,
  SMALL_ANSWER,
  type WorkerOptions,
} from './dialect.js';

/** Results of calls are sent in pieces of at most this many bytes. */
const PIECE = 1 << 20;
/** Milliseconds between two attempts to end a question. */
const KILL_AGAIN = 200;
/**
 * A thread of the engine takes three descriptors: with fewer than this many, a question gets two threads, a
 * statement that writes gets one, and threads that have nothing to do end.
 */
const MANY_DESCRIPTORS = 1024;
const HAS_FEW_DESCRIPTORS = openFilesLimit() < MANY_DESCRIPTORS;
const THREADS = HAS_FEW_DESCRIPTORS ? { max_threads: 2 } : {};
/** ClickHouse's error code. */
const READONLY = '164';
/** The engine's own grants, shipped with the program: the first of the walls around questions. */
const CONFIGURATION = fileURLToPath(new URL('../../schemas/chdb/config.xml', import.meta.url));

// Ctrl-C goes to the whole terminal: it is for the parent to say when this ends.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});
// The parent is gone. A running insert is completed first: ClickHouse records its token before it adds the
// part (MergeTreeSink), so an insert killed in between would count as stored when repeated. Everything
// inserted is on disk: an orderly exit would only hold the directory for some seconds more.
process.on('disconnect', () => {
  const end = (): void => void process.kill(process.pid, 'SIGKILL');
  setTimeout(end, INSERT_PATIENCE);
  void last.then(end);
});

const { data, memory } = JSON.parse(process.argv[2]) as WorkerOptions;

let last: Promise<void> = Promise.resolve();

/** Runs a statement when those before it have ended. */
function inTurn(work: () => Promise<void>): Promise<void> {
  const done = last.then(work);
  last = done.catch(() => undefined);
  return done.catch(asFailure);
}

const parent = new Channel<EngineSide, ForkingSide>(parentTransport(), {
  asks: {
    call: (asked, { piece }) => inTurn(() => call(asked, piece)),
    change: (asked, { piece }) => inTurn(() => change(asked, piece)),
    question: (asked, { signal }) => question(asked, signal).catch(refusingChanges).catch(asFailure),
  },
  tells: {},
});

/** Loading it is most of what a start takes. */
async function load(): Promise<typeof import('chdb')> {
  try {
    return await import('chdb');
  } catch (error) {
    parent.tell('absent', (error as Error).message.replace(/\s+/g, ' '));
    return new Promise(() => {});
  }
}

const chdb = await load();
type EngineSession = InstanceType<typeof chdb.Session>;
const engine = [`--config-file=${CONFIGURATION}`, `--max_server_memory_usage=${memory}`];
if (HAS_FEW_DESCRIPTORS) engine.push('--max_thread_pool_free_size=0', '--background_pool_size=2');
/** Opens the directory for the whole process, and ends questions. */
const control = new chdb.Session(data, { connectionArgs: engine });
const writer = new chdb.Session(data);
if (HAS_FEW_DESCRIPTORS) await writer.queryAsync('SET max_threads = 1, max_insert_threads = 1');

const judge = new chdb.Session(data);
/** None is added while the engine runs. */
const sources = await tableFunctions(asking(judge));
await readOnly(judge, { ...limitSettings(QUESTION_DEFAULTS), ...THREADS });

/** @throws StatementRefused, EngineFailure: what an engine's error is for whoever asked */
function asFailure(error: unknown): never {
  if (error instanceof StatementRefused) throw error;
  const { message, code, type } = engineError(error as Error);
  throw new EngineFailure(message, code, type);
}

/** Parses "Query failed: Code: 62. DB::Exception: Syntax error …. (SYNTAX_ERROR)". */
function engineError({ message }: Error): { message: string; code: string; type: string } {
  const [, code = '', text = message, type = ''] =
    /Code: (\d+)\. (?:DB::\w+: )?([\s\S]*?)(?:\(([A-Z_]+)\))?\s*$/.exec(message) ?? [];
  return { message: text.trim(), code, type };
}

async function call({ query, format }: Call, piece: Request['piece']): Promise<void> {
  send((await writer.queryAsync(query, { format })).bytes(), piece);
}

/** Nobody is waited for: who asks has room for the whole. */
function send(bytes: Uint8Array, piece: Request['piece']): void {
  for (let o = 0; o < bytes.length; o += PIECE) void piece(bytes.subarray(o, o + PIECE));
}

/** Runs a statement that may change the store, on a connection of its own. */
async function change({ sql, params, format }: Change, piece: Request['piece']): Promise<void> {
  const session = new chdb.Session(data);
  try {
    const ask = asking(session);
    for (const setting of parameters(params)) await ask(setting);
    await judgeWriting(sql, ask);
    send((await session.queryAsync(sql, { format })).bytes(), piece);
  } finally {
    session.close();
  }
}

/** What a question may not change is not the engine's failure, whatever the guard has let through. */
function refusingChanges(error: unknown): never {
  const { message, code } = engineError(error as Error);
  if (code !== READONLY) throw error;
  throw new StatementRefused(`a question changes nothing, settings included: ${message}`);
}

async function question(asked: Question, signal: AbortSignal): Promise<void> {
  const { params, color, limits, fifo } = asked;
  let running = true;
  signal.addEventListener('abort', () => void kill(fifo, () => running), { once: true });
  try {
    const settings = { ...limitSettings(limits), ...THREADS, output_format_pretty_color: color ? 1 : 0 };
    const judged = await judgedOf(asked, settings);
    const format = judged.format ?? asked.format;
    if (signal.aborted) return;
    // Where it is gone, the engine would make a file of that name, and the reader would see an empty answer.
    if (!(await isFifo(fifo))) throw new EngineFailure(`the FIFO of the answer is gone: ${fifo}`, '', '');
    await withReader(params, { ...settings, ...written(judged.settings) }, async (session) => {
      // The engine writes the answer itself, no faster than it is read. KILL finds the question by the FIFO's
      // name.
      if (judged.rows) {
        const outfile = `INTO OUTFILE ${quote(fifo)} APPEND FORMAT ${format}`;
        await session.queryAsync(`${judged.statement} ${outfile}`, { format: 'Null' });
        return;
      }
      const answer = await session.queryAsync(`${judged.statement} /* ${fifo} */`, { format });
      const bytes = answer.bytes();
      if (bytes.length > SMALL_ANSWER)
        throw new StatementRefused(`its answer is longer than ${SMALL_ANSWER} bytes`);
      await appendFile(fifo, bytes);
    });
  } finally {
    running = false;
  }
}

async function isFifo(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFIFO() === true;
}

type Settings = Readonly<Record<string, string | number | { sql: string }>>;

/** Judges a question; with its parameters, which would stay, on a connection of its own. */
async function judgedOf({ sql, params }: Question, settings: Settings): Promise<Judged> {
  if (Object.keys(params).length === 0) return judgeReading(sql, asking(judge), sources);
  return withReader(params, settings, (session) => judgeReading(sql, asking(session), sources));
}

/** Calls something with a read-only connection that is opened for it. */
async function withReader<T>(
  params: Question['params'],
  settings: Settings,
  work: (session: EngineSession) => Promise<T>,
): Promise<T> {
  const session = new chdb.Session(data);
  try {
    for (const parameter of parameters(params)) await asking(session)(parameter);
    await readOnly(session, settings);
    return await work(session);
  } finally {
    session.close();
  }
}

function asking(session: EngineSession): AskEngine {
  return async (statement) => (await session.queryAsync(statement, { format: 'TabSeparatedRaw' })).text();
}

/** Gives a connection its settings, for ever. */
async function readOnly(session: EngineSession, settings: Settings): Promise<void> {
  const all = Object.entries(settings).map(([name, value]) => `${name} = ${literal(value)}`);
  await session.queryAsync(`SET ${[...all, 'readonly = 1'].join(', ')}`, { format: 'Null' });
}

/** Values in SQL. */
function written(settings: Readonly<Record<string, string>>): Record<string, { sql: string }> {
  return Object.fromEntries(Object.entries(settings).map(([name, sql]) => [name, { sql }]));
}

/** Ends the question whose statement names `mark`: it is asked for until it has. */
async function kill(mark: string, running: () => boolean): Promise<void> {
  const like = quote(`%${mark}%`);
  while (running()) {
    await control
      .queryAsync(`KILL QUERY WHERE query LIKE ${like} AND query NOT LIKE 'KILL %' ASYNC`, { format: 'Null' })
      .catch(() => undefined);
    await new Promise((again) => setTimeout(again, KILL_AGAIN));
  }
}

/** Values of a statement's parameters, as fields of TabSeparated, which the engine expects. */
function parameters(params: Readonly<Record<string, string>>): string[] {
  return Object.entries(params).map(([name, value]) => {
    const escaped = value
      .replaceAll('\\', '\\\\')
      .replaceAll('\t', '\\t')
      .replaceAll('\n', '\\n')
      .replaceAll('\r', '\\r')
      .replaceAll('\0', '\\0');
    return `SET param_${name} = ${quote(escaped)}`;
  });
}

function literal(value: number | string | { sql: string }): string {
  if (typeof value === 'object') return value.sql;
  return typeof value === 'number' ? String(value) : quote(value);
}

parent.tell('opened', { confined: process.argv[3] === 'confined' });
