/**
 * The page's questions to the store: a few at a time, those of cards before those of people, the same one
 * asked twice at once only once, and answers kept while they are true.
 */
import { textLines } from '../model/text-lines.js';
import type { Asker } from './asker.js';
import { RequestError } from './errors.js';

/** Questions that run at once, and those that wait. */
export const MOST_RUNNING = 2;
export const MOST_WAITING = 48;
/** Bytes of answers that are kept. */
export const KEPT_BYTES = 64 * 1024 * 1024;
/** The longest answer that is not streamed, bytes. */
export const LONGEST_ANSWER = 64 * 1024 * 1024;
/** Milliseconds for which an answer of a running range is kept. */
export const KEEP_RUNNING = 2000;

/** How urgent a question is: a card's, what a person wrote, what may wait. */
export const URGENCY = { card: 0, person: 1, last: 2 } as const;

/** One line of JSONCompactEachRowWithProgress. */
type Line =
  | { readonly meta: readonly { readonly name: string; readonly type: string }[] }
  | { readonly row: readonly unknown[] }
  | { readonly progress: Progress }
  | { readonly exception: string }
  | { readonly rows_before_limit_at_least: number };

interface Progress {
  readonly read_rows?: string;
  readonly total_rows_to_read?: string;
  readonly elapsed_ns?: string;
}

export interface Column {
  readonly name: string;
  readonly type: string;
}

/** What a question came to. */
export interface Table {
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly unknown[])[];
  readonly rowsRead: number;
  readonly elapsedMs: number;
}

/** How far the engine has got. */
export interface Reached {
  readonly rowsRead: number;
  /** Rows that it expects to read; 0: not known. */
  readonly rowsToRead: number;
  readonly elapsedMs: number;
}

export interface QuestionOptions {
  /** Aborted when nobody waits for it any more. */
  readonly signal?: AbortSignal | undefined;
  readonly urgency?: number;
  /**
   * Milliseconds for which the answer stays true; {@link KEEP_RUNNING} by default, Infinity: for ever. One
   * that is kept longer than that is about rows, and true for as long as nobody else can write any.
   */
  readonly keep?: number;
  readonly seconds?: number;
  readonly progress?: ((reached: Reached) => void) | undefined;
  /** Sent as it is, without settings: not every statement takes them. */
  readonly bare?: boolean;
}

/** What asks: all there is, or what asks for one request. */
export type Asks = Pick<Questions, 'ask' | 'place'>;

/** How far the questions of one request have got, together. */
export class Progressed {
  private readonly parts = new Map<object, Reached>();

  /** @returns sums of those that have begun; time is for the caller to say */
  get reached(): Omit<Reached, 'elapsedMs'> {
    let rowsRead = 0;
    let rowsToRead = 0;
    for (const part of this.parts.values()) {
      rowsRead += part.rowsRead;
      rowsToRead += Math.max(part.rowsRead, part.rowsToRead);
    }
    return { rowsRead, rowsToRead };
  }

  /** The same questions, heard. */
  of(questions: Asks): Asks {
    return {
      ask: (statement, options = {}) => {
        const part = {};
        const progress = (reached: Reached): void => {
          this.parts.set(part, reached);
          options.progress?.(reached);
        };
        return questions.ask(statement, { ...options, progress });
      },
      place: (urgency, signal) => questions.place(urgency, signal),
    };
  }
}

/** The format in which answers come: rows, and between them how far the engine has got. */
const FORMAT = 'JSONCompactEachRowWithProgress';
/** Texts of 64-bit integers would have to be parsed again; none of ours is beyond 2^53. */
const SETTINGS = 'output_format_json_quote_64bit_integers = 0';

interface Kept {
  readonly table: Table;
  readonly bytes: number;
  readonly until: number;
  /** {@link Asker.held} of an answer about rows. */
  readonly held: number | undefined;
}

interface Asked {
  readonly answer: Promise<Table>;
  readonly abort: AbortController;
  waiters: number;
  readonly watchers: Set<(reached: Reached) => void>;
}

export class Questions {
  private running = 0;
  private readonly queue: { readonly urgency: number; readonly go: () => void }[] = [];
  private readonly asked = new Map<string, Asked>();
  private readonly kept = new Map<string, Kept>();
  private keptBytes = 0;

  /** @param now milliseconds, of any clock that does not go back */
  constructor(
    private readonly asker: Asker,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** @throws RequestError, and what the store says is wrong */
  async ask(statement: string, options: QuestionOptions = {}): Promise<Table> {
    const known = this.kept.get(statement);
    if (known !== undefined) {
      this.kept.delete(statement);
      if (known.until > this.now() || (known.held !== undefined && known.held === this.asker.held)) {
        // The one asked for last is the last to be given up.
        this.kept.set(statement, known);
        return known.table;
      }
      this.keptBytes -= known.bytes;
    }
    const running = this.asked.get(statement) ?? this.begin(statement, options);
    return this.wait(statement, running, options);
  }

  /** Ends when a place is free. @returns gives it back */
  async place(urgency: number, signal: AbortSignal | undefined): Promise<() => void> {
    if (this.running < MOST_RUNNING) this.running++;
    else await this.turn(urgency, signal);
    let given = false;
    return () => {
      if (given) return;
      given = true;
      const next = this.queue.shift();
      if (next === undefined) this.running--;
      else next.go();
    };
  }

  private begin(statement: string, options: QuestionOptions): Asked {
    const abort = new AbortController();
    const watchers: Asked['watchers'] = new Set();
    const answer = this.run(statement, options, abort.signal, watchers).finally(() =>
      this.over(statement, asked),
    );
    // Whoever has gone does not want to know.
    answer.catch(() => undefined);
    const asked: Asked = { answer, abort, waiters: 0, watchers };
    this.asked.set(statement, asked);
    return asked;
  }

  /** The answer for one of those who wait for it; the question ends when the last has gone. */
  private async wait(statement: string, asked: Asked, { signal, progress }: QuestionOptions): Promise<Table> {
    asked.waiters++;
    if (progress !== undefined) asked.watchers.add(progress);
    let left = (): void => undefined;
    const gone = new Promise<never>((_, reject) => {
      left = () => reject(gave());
      if (signal?.aborted === true) left();
      else signal?.addEventListener('abort', left, { once: true });
    });
    try {
      return await Promise.race([asked.answer, gone]);
    } finally {
      signal?.removeEventListener('abort', left);
      if (progress !== undefined) asked.watchers.delete(progress);
      if (--asked.waiters === 0) {
        // Whoever asks from now on asks anew.
        this.over(statement, asked);
        asked.abort.abort();
      }
    }
  }

  private over(statement: string, asked: Asked): void {
    if (this.asked.get(statement) === asked) this.asked.delete(statement);
  }

  private async run(
    statement: string,
    { urgency = URGENCY.card, keep = KEEP_RUNNING, seconds, bare = false }: QuestionOptions,
    signal: AbortSignal,
    watchers: ReadonlySet<(reached: Reached) => void>,
  ): Promise<Table> {
    const leave = await this.place(urgency, signal);
    try {
      const began = this.now();
      const answer = await this.asker.ask(bare ? statement : `${statement} SETTINGS ${SETTINGS}`, {
        format: FORMAT,
        signal,
        ...(seconds !== undefined && { seconds }),
      });
      const { held } = this.asker;
      let columns: readonly Column[] | undefined;
      const rows: (readonly unknown[])[] = [];
      let reached: Reached = { rowsRead: 0, rowsToRead: 0, elapsedMs: 0 };
      let bytes = 0;
      for await (const text of textLines(answer)) {
        bytes += text.length;
        if (bytes > LONGEST_ANSWER) {
          answer.destroy();
          throw new RequestError('the answer is longer than 64 MiB', 422, { hint: 'ask for less at a time' });
        }
        if (text === '') continue;
        const line = JSON.parse(text) as Line;
        if ('row' in line) rows.push(line.row);
        else if ('meta' in line) columns = line.meta;
        else if ('exception' in line) throw new RequestError(line.exception, 422);
        else if ('progress' in line) {
          reached = reachedBy(line.progress);
          for (const watcher of watchers) watcher(reached);
        }
      }
      // A whole one says which columns it has, even where it has no rows.
      if (columns === undefined)
        throw new RequestError('the store did not answer', 503, { hint: 'ask again' });
      const elapsedMs = reached.elapsedMs || this.now() - began;
      const table = { columns, rows, rowsRead: reached.rowsRead, elapsedMs };
      this.keep(statement, table, bytes, keep, held);
      return table;
    } finally {
      leave();
    }
  }

  /** @param held {@link Asker.held} while it was asked */
  private keep(statement: string, table: Table, bytes: number, keep: number, held: number | undefined): void {
    if (keep <= 0 || bytes > KEPT_BYTES / 4) return;
    const ofRows = keep > KEEP_RUNNING;
    this.kept.set(statement, { table, bytes, until: this.now() + keep, held: ofRows ? held : undefined });
    this.keptBytes += bytes;
    for (const [oldest, { bytes: size }] of this.kept) {
      if (this.keptBytes <= KEPT_BYTES) break;
      this.kept.delete(oldest);
      this.keptBytes -= size;
    }
  }

  private turn(urgency: number, signal: AbortSignal | undefined): Promise<void> {
    if (this.queue.length >= MOST_WAITING)
      throw new RequestError('too many questions wait for the store', 503, { hint: 'try again in a moment' });
    return new Promise((resolve, reject) => {
      const left = (): void => {
        this.queue.splice(this.queue.indexOf(waiting), 1);
        reject(gave());
      };
      const waiting = {
        urgency,
        go: () => {
          signal?.removeEventListener('abort', left);
          resolve();
        },
      };
      signal?.addEventListener('abort', left, { once: true });
      const behind = this.queue.findIndex((other) => other.urgency > urgency);
      this.queue.splice(behind < 0 ? this.queue.length : behind, 0, waiting);
    });
  }
}

function gave(): RequestError {
  return new RequestError('nobody waits for the answer any more', 503);
}

/** @returns numbers of a progress line, which has them as texts */
export function reachedBy(progress: Progress): Reached {
  return {
    rowsRead: Number(progress.read_rows ?? 0),
    rowsToRead: Number(progress.total_rows_to_read ?? 0),
    elapsedMs: Number(progress.elapsed_ns ?? 0) / 1e6,
  };
}

/** The rows as objects. */
export function objects<Row>(table: Table): Row[] {
  const names = table.columns.map((column) => column.name);
  return table.rows.map((row) => Object.fromEntries(names.map((name, i) => [name, row[i]])) as Row);
}
