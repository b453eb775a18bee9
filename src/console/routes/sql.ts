import { Readable } from 'node:stream';
import { TABLES, type TableName } from '../../model/columns/tables.js';
import { asError, MirrorlakeError } from '../../model/errors.js';
import { textLines } from '../../model/text-lines.js';
import { quote } from '../../store/tables.js';
import type { SqlLine } from '../contract/sql.js';
import { cookbook } from '../cookbook.js';
import { RequestError } from '../errors.js';
import type { Handlers, Services } from '../handler.js';
import { objects, reachedBy, URGENCY } from '../questions.js';

/** Rows and bytes of an answer: beyond, it is cut, and says so. */
export const MOST_ANSWERED = 100_000;
export const MOST_BYTES = 64 * 1024 * 1024;
/** Rows that are sent together. */
const TOGETHER = 500;
const FORMAT = 'JSONCompactEachRowWithProgress';

/** A statement without what ends it, with 64-bit integers as texts: numbers of the page have 53 bits. */
export function prepared(sql: string): string {
  const bare = sql.replace(/(?:\s|;|--[^\n]*$)+$/, '');
  const words = bare.replace(/'(?:[^'\\]|\\[\s\S])*'|`[^`]*`|--[^\n]*|\/\*[\s\S]*?\*\//g, ' ');
  if (!/^\s*(SELECT|WITH|FROM)\b/i.test(words) || /\b(SETTINGS|FORMAT)\b/i.test(words)) return bare;
  // A comment may end the statement.
  return `${bare}\nSETTINGS output_format_json_quote_64bit_integers = 1`;
}

export const sqlHandlers: Handlers<'sql' | 'cancel' | 'explain' | 'schema'> = {
  sql: async ({ body, who, signal }, services) => {
    const mine = services.running.begin(who.name, body.id, signal);
    let leave: (() => void) | undefined;
    try {
      leave = await services.questions.place(URGENCY.person, mine.signal);
      const began = performance.now();
      const format = body.format ?? FORMAT;
      const statement = body.format === undefined ? prepared(body.sql) : body.sql.replace(/[\s;]+$/, '');
      const answer = await services.asker
        .ask(statement, { format, signal: mine.signal })
        .catch(told(body.sql));
      let ended = false;
      const over = (rows: number): void => {
        if (ended) return;
        ended = true;
        leave?.();
        mine.end();
        const ms = Math.round(performance.now() - began);
        services.log.info({ audit: true, who: who.name, sql: body.sql, rows, ms }, 'statement');
      };
      // Whoever leaves may not have read a word of it.
      mine.signal.addEventListener('abort', () => {
        answer.destroy();
        over(-1);
      });
      if (body.format !== undefined) {
        answer.once('close', () => over(-1));
        return new Response(Readable.toWeb(answer) as ReadableStream, {
          headers: {
            'Content-Type': 'application/octet-stream',
            'Content-Disposition': `attachment; filename="answer.${extension(body.format)}"`,
            'Cache-Control': 'no-store',
          },
        });
      }
      return new Response(Readable.toWeb(Readable.from(lines(answer, over))) as ReadableStream, {
        headers: {
          'Content-Type': 'application/x-ndjson',
          'Cache-Control': 'no-store',
          'X-Accel-Buffering': 'no',
        },
      });
    } catch (error) {
      leave?.();
      mine.end();
      throw error;
    }
  },

  cancel: ({ params, who }, { running }) => ({ ended: running.cancel(who.name, params.id) }),

  explain: async ({ body, signal }, { questions }) => {
    const bare = body.sql.replace(/[\s;]+$/, '');
    const statement = `EXPLAIN indexes = 1 ${bare}`;
    const { rows } = await questions
      .ask(statement, { signal, urgency: URGENCY.person, bare: true })
      .catch(told(body.sql));
    return { plan: rows.map(([line]) => String(line)).join('\n') };
  },

  schema: async ({ signal }, services) => ({
    tables: await tables(services, signal),
    functions: await functions(services, signal),
    cookbook: cookbook(),
  }),
};

function extension(format: string): string {
  return format === 'Parquet' ? 'parquet' : format === 'JSONEachRow' ? 'ndjson' : 'tsv';
}

/** The lines of an answer. @param over called once, with the rows that were sent */
async function* lines(answer: Readable, over: (rows: number) => void): AsyncGenerator<string> {
  const line = (said: SqlLine): string => `${JSON.stringify(said)}\n`;
  let rows = 0;
  let bytes = 0;
  let waiting: unknown[][] = [];
  let reached = reachedBy({});
  let cut = false;
  try {
    for await (const text of textLines(answer)) {
      bytes += text.length;
      if (rows >= MOST_ANSWERED || bytes > MOST_BYTES) {
        cut = true;
        break;
      }
      const parsed = parseLine(text);
      if (parsed === undefined) {
        yield line({ text: `${text}\n` });
        continue;
      }
      if ('row' in parsed) {
        rows++;
        waiting.push(parsed.row);
      }
      if (waiting.length > 0 && (waiting.length >= TOGETHER || !('row' in parsed))) {
        yield line({ rows: waiting });
        waiting = [];
      }
      if ('meta' in parsed) yield line({ head: parsed.meta });
      else if ('exception' in parsed) throw new RequestError(parsed.exception, 422);
      else if ('progress' in parsed) {
        reached = reachedBy(parsed.progress);
        const { rowsRead, rowsToRead, elapsedMs } = reached;
        yield line({ progress: { rows_read: rowsRead, rows_to_read: rowsToRead, elapsed_ms: elapsedMs } });
      }
    }
    if (waiting.length > 0) yield line({ rows: waiting });
    yield line({ done: { rows, rows_read: reached.rowsRead, elapsed_ms: reached.elapsedMs, cut } });
  } catch (thrown) {
    const error = asError(thrown);
    const detail = error instanceof MirrorlakeError ? error.message : 'the answer ended in the middle';
    yield line({ error: { detail } });
  } finally {
    answer.destroy();
    over(rows);
  }
}

type Parsed =
  | { readonly meta: { name: string; type: string }[] }
  | { readonly row: unknown[] }
  | { readonly progress: object }
  | { readonly exception: string }
  | { readonly rows_before_limit_at_least: number };

/** A line of our format; undefined: the statement has one of its own. */
function parseLine(text: string): Parsed | undefined {
  if (!text.startsWith('{"')) return undefined;
  try {
    const value = JSON.parse(text) as Parsed;
    const [key] = Object.keys(value);
    return /^(meta|row|progress|exception|rows_before\w*|totals|extremes)$/.test(key) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** What the store says of a statement, with the place that it names. */
function told(sql: string): (error: unknown) => never {
  return (thrown) => {
    const error = asError(thrown);
    if (!(error instanceof MirrorlakeError) || error instanceof RequestError) throw error;
    // "failed at position 12 (end of query) (line 1, col 12)": the statement may have been formatted anew.
    const at = /at position (\d+)/.exec(error.message)?.[1];
    const position = at === undefined ? undefined : Math.min(Number(at) - 1, sql.length);
    throw new RequestError(error.message, 422, { position, cause: error });
  };
}

async function tables({ questions, facts }: Services, signal: AbortSignal) {
  const statement =
    'SELECT name, total_rows FROM system.tables WHERE database = currentDatabase() ' +
    `AND startsWith(name, ${quote(facts.prefix)}) AND engine NOT IN ('MaterializedView') ORDER BY name`;
  const found = objects<{ name: string; total_rows: number | null }>(
    await questions.ask(statement, { signal, keep: 5000 }),
  );
  const columns = objects<{ table: string; name: string; type: string; alias: number }>(
    await questions.ask(
      "SELECT table, name, type, default_kind = 'ALIAS' AS alias FROM system.columns WHERE database = " +
        `currentDatabase() AND startsWith(table, ${quote(facts.prefix)}) ORDER BY table, position`,
      { signal, keep: 60_000 },
    ),
  );
  return found
    .filter(({ name }) => !/schema_migrations$|_local$|^\.inner/.test(name))
    .map(({ name, total_rows }) => {
      const table = TABLES[name.slice(facts.prefix.length) as TableName];
      const words = new Map<string, string>();
      for (const source of [TABLES.sessions, TABLES.transactions, ...(table === undefined ? [] : [table])])
        for (const one of [...source.columns, ...(source.derived ?? [])]) words.set(one.name, one.doc);
      return {
        name,
        row: table?.row ?? '',
        rows: total_rows,
        columns: columns
          .filter((column) => column.table === name)
          .map((column) => ({
            name: column.name,
            type: column.alias ? `${column.type} · alias` : column.type,
            doc: words.get(column.name) ?? '',
          })),
      };
    });
}

async function functions({ questions }: Services, signal: AbortSignal): Promise<string[]> {
  const statement = 'SELECT name FROM system.functions ORDER BY name';
  const { rows } = await questions.ask(statement, { signal, keep: 3_600_000 });
  return rows.map(([name]) => String(name));
}
