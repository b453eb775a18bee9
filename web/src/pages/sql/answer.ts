/** Runs a statement, and keeps what has come of its answer. */
import { useCallback, useRef, useState } from 'react';
import type { SqlLine } from '../../../../src/console/contract/sql.js';
import { ApiError, call, request } from '../../api/client.js';
import { linesOf } from '../../api/lines.js';

export interface SqlAnswer {
  readonly sql: string;
  readonly state: 'running' | 'done' | 'stopped' | 'wrong';
  readonly head: readonly { readonly name: string; readonly type: string }[];
  readonly rows: readonly (readonly unknown[])[];
  /** What a statement printed that has a format of its own. */
  readonly text: string;
  readonly rowsRead: number;
  readonly rowsToRead: number;
  readonly elapsedMs: number;
  readonly cut: boolean;
  readonly error?: { readonly detail: string; readonly position?: number | undefined } | undefined;
}

const NOTHING = {
  head: [],
  rows: [],
  text: '',
  rowsRead: 0,
  rowsToRead: 0,
  elapsedMs: 0,
  cut: false,
} as const;

export interface Runner {
  readonly answer: SqlAnswer | undefined;
  run(sql: string): Promise<void>;
  cancel(): void;
}

export function useSql(): Runner {
  const [answer, show] = useState<SqlAnswer | undefined>();
  const current = useRef<{ readonly id: string; readonly abort: AbortController } | undefined>(undefined);

  const cancel = useCallback(() => {
    const running = current.current;
    if (running === undefined) return;
    current.current = undefined;
    running.abort.abort();
    // The server hears of a page that has left; this is sooner behind a proxy.
    void call('cancel', { params: { id: running.id } }).catch(() => undefined);
    show((before) => (before?.state === 'running' ? { ...before, state: 'stopped' } : before));
  }, []);

  const run = useCallback(
    async (sql: string) => {
      cancel();
      const mine = { id: crypto.randomUUID?.() ?? `q${Date.now()}`, abort: new AbortController() };
      current.current = mine;
      let now: SqlAnswer = { ...NOTHING, sql, state: 'running' };
      const rows: (readonly unknown[])[] = [];
      const shown = (change: Partial<SqlAnswer>): void => {
        now = { ...now, ...change };
        if (current.current === mine) show(now);
      };
      shown({});
      try {
        const response = await request('sql', { body: { sql, id: mine.id }, signal: mine.abort.signal });
        for await (const line of linesOf<SqlLine>(response)) {
          if ('head' in line) shown({ head: line.head });
          else if ('rows' in line) {
            rows.push(...line.rows);
            shown({ rows: rows.slice() });
          } else if ('text' in line) shown({ text: now.text + line.text });
          else if ('progress' in line) {
            const { rows_read, rows_to_read, elapsed_ms } = line.progress;
            shown({ rowsRead: rows_read, rowsToRead: rows_to_read, elapsedMs: elapsed_ms });
          } else if ('done' in line) {
            const { rows_read, elapsed_ms, cut } = line.done;
            shown({ state: 'done', rowsRead: rows_read, elapsedMs: elapsed_ms, cut });
          } else shown({ state: 'wrong', error: line.error });
        }
      } catch (error) {
        if (error instanceof ApiError)
          shown({ state: 'wrong', error: { detail: error.message, position: error.problem.position } });
        else if (current.current === mine) shown({ state: 'stopped' });
      } finally {
        if (current.current === mine) current.current = undefined;
      }
    },
    [cancel],
  );
  return { answer, run, cancel };
}
