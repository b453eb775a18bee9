import { useNavigate, useSearch } from '@tanstack/react-router';
import { Download, Link2, Play, Square, SquareTerminal } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import type { Answer } from '../../../../src/console/contract.js';
import { ApiError, call, request } from '../../api/client.js';
import { useAnswer } from '../../api/use-answer.js';
import { useLookedAt } from '../../app/scope.js';
import { one } from '../../app/search.js';
import { count, plural } from '../../format/numbers.js';
import { commandFor } from '../../parts/card.js';
import { copy } from '../../parts/copy.js';
import { Icon } from '../../parts/icon.js';
import { Actions } from '../../parts/menu.js';
import { save } from '../../parts/save.js';
import { Bones, Empty, Wrong } from '../../parts/states.js';
import { toast } from '../../parts/toasts.js';
import { useSql } from './answer.js';
import { csv } from './csv.js';
import { Editor, type EditorHandle } from './editor.js';
import { Results, resultWords } from './results.js';
import styles from './sql.module.css';

const HISTORY = 'mirrorlake.sql';
const MOST_KEPT = 50;

function kept(): string[] {
  try {
    const list: unknown = JSON.parse(localStorage.getItem(HISTORY) ?? '[]');
    return Array.isArray(list) ? list.filter((one): one is string => typeof one === 'string') : [];
  } catch {
    return [];
  }
}

function keep(sql: string): void {
  localStorage.setItem(
    HISTORY,
    JSON.stringify([sql, ...kept().filter((one) => one !== sql)].slice(0, MOST_KEPT)),
  );
}

/** What is written when nothing was asked: the strongest conversations of the time that is looked at. */
function first(range: { readonly begin: number; readonly end: number }): string {
  const time = (ms: number): string => new Date(ms).toISOString().slice(0, 19).replace('T', ' ');
  return (
    'SELECT server, server_port, app_protocol, count() AS connections,\n' +
    '       round(quantile(0.5)(handshake_us) / 1000, 1) AS median_ms,\n' +
    '       round(quantile(0.95)(handshake_us) / 1000, 1) AS p95_ms\n' +
    'FROM sessions\n' +
    `WHERE first_seen BETWEEN '${time(range.begin)}' AND '${time(range.end)}'\n` +
    '  AND handshake_us > 0\n' +
    'GROUP BY server, server_port, app_protocol\nORDER BY median_ms DESC\nLIMIT 20'
  );
}

export function SqlPage() {
  const schema = useAnswer('schema');
  const looked = useLookedAt();
  if (schema.error !== null) return <Wrong error={schema.error} />;
  if (schema.data === undefined || looked === undefined) return <Bones lines={12} />;
  return <Sql schema={schema.data} start={first(looked.range)} />;
}

function Sql({ schema, start }: { readonly schema: Answer<'schema'>; readonly start: string }) {
  const navigate = useNavigate();
  const asked = one((useSearch({ strict: false }) as Record<string, unknown>).q);
  const editor = useRef<EditorHandle>(null);
  const { answer, run, cancel } = useSql();
  const [plan, explain] = useState<string | undefined>();

  const go = (): void => {
    const sql = editor.current?.text().trim() ?? '';
    if (sql === '') return;
    keep(sql);
    explain(undefined);
    void navigate({
      to: '.',
      search: ((before: object) => ({ ...before, q: sql })) as never,
      replace: asked === sql,
    });
    void run(sql);
  };
  // A link to a statement shows its answer: it only reads.
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when the page is opened
  useEffect(() => {
    if (asked !== undefined) void run(asked);
    return cancel;
  }, []);

  const take = async (format: 'JSONEachRow' | 'TSVWithNames' | 'Parquet', name: string): Promise<void> => {
    const sql = editor.current?.text().trim() ?? '';
    try {
      const response = await request('sql', { body: { sql, id: `file${Date.now()}`, format } });
      save(await response.blob(), name);
    } catch (error) {
      if (error instanceof ApiError) toast('The answer cannot be taken away', error.message);
    }
  };
  const askPlan = async (): Promise<void> => {
    const sql = editor.current?.text().trim() ?? '';
    try {
      explain((await call('explain', { body: { sql } })).plan);
    } catch (error) {
      if (error instanceof ApiError) explain(error.message);
    }
  };
  const running = answer?.state === 'running';
  return (
    <div className={styles.page}>
      <Side
        schema={schema}
        insert={(text) => editor.current?.insert(text)}
        set={(sql) => editor.current?.set(sql)}
        go={go}
      />
      <div className={styles.main}>
        <section className="card" aria-label="Statement">
          <div className={styles.bar}>
            {running ? (
              <button type="button" className="btn" onClick={cancel}>
                <Icon of={Square} />
                Cancel
              </button>
            ) : (
              <button type="button" className="btn pri" onClick={go}>
                <Icon of={Play} />
                Run
                <kbd>Ctrl ⏎</kbd>
              </button>
            )}
            <button type="button" className="btn" onClick={() => void askPlan()}>
              Explain
            </button>
            <span className="grow" />
            <button type="button" className="btn sm" onClick={() => void copy(location.href, 'Link')}>
              <Icon of={Link2} />
              Link
            </button>
            <button
              type="button"
              className="btn sm"
              onClick={() => void copy(commandFor(editor.current?.text() ?? ''), 'Command')}
            >
              <Icon of={SquareTerminal} />
              As command
            </button>
          </div>
          <div className={styles.editor}>
            <Editor
              ref={editor}
              start={asked ?? start}
              schema={schema}
              run={go}
              wrong={answer?.error?.position}
            />
          </div>
        </section>
        <section className="card" aria-label="Answer">
          <header>
            <h2>
              {plan !== undefined
                ? 'How it would run'
                : answer === undefined
                  ? 'Answer'
                  : answer.state === 'wrong'
                    ? 'Not answered'
                    : plural(answer.rows.length, 'row')}
            </h2>
            {plan === undefined && answer !== undefined && answer.state !== 'wrong' && (
              <span className="sub" role="status">
                {answer.state === 'stopped' ? 'stopped · ' : ''}
                {answer.cut ? 'cut: there are more · ' : ''}
                {resultWords(answer)}
              </span>
            )}
            <span className="r">
              <Actions
                trigger={
                  <button
                    type="button"
                    className="btn sm"
                    disabled={answer === undefined || answer.rows.length === 0}
                  >
                    <Icon of={Download} />
                    Take away
                  </button>
                }
                actions={[
                  {
                    label: 'CSV',
                    more: 'rows that are here',
                    act: () =>
                      answer &&
                      save(new Blob([csv(answer.head, answer.rows)], { type: 'text/csv' }), 'answer.csv'),
                  },
                  {
                    label: 'JSON lines',
                    more: 'all rows',
                    act: () => void take('JSONEachRow', 'answer.ndjson'),
                  },
                  { label: 'Parquet', more: 'all rows', act: () => void take('Parquet', 'answer.parquet') },
                ]}
              />
            </span>
          </header>
          <div className="in">
            {plan !== undefined ? (
              <pre className={styles.text}>{plan}</pre>
            ) : answer === undefined ? (
              <Empty>Nothing has been asked yet.</Empty>
            ) : (
              <Results answer={answer} cancel={cancel} />
            )}
            <p className={styles.foot}>
              Statements only read. At most 30 s, 100,000 rows, 64 MiB and 1 GB of memory.
            </p>
          </div>
        </section>
      </div>
    </div>
  );
}

/** A type in the width of the list. */
function shortType(type: string): string {
  return type
    .replace('LowCardinality(String)', 'word')
    .replace(/Enum8\(.*\)/, 'enum')
    .replace(/, 'UTC'\)/, ')')
    .replace(/DateTime\('UTC'\)/, 'DateTime')
    .replace(/Nullable\((\w+)\)/, '$1?');
}

function Side(props: {
  readonly schema: Answer<'schema'>;
  readonly insert: (text: string) => void;
  readonly set: (sql: string) => void;
  readonly go: () => void;
}) {
  const { schema, insert, set, go } = props;
  const [tab, show] = useState<'tables' | 'cookbook' | 'history'>('tables');
  const [open, toggle] = useState<string>('sessions');
  const [doc, tell] = useState<
    { readonly name: string; readonly type: string; readonly doc: string } | undefined
  >();
  const ask = (sql: string): void => {
    set(sql);
    go();
  };
  return (
    <aside className={`card ${styles.side}`} aria-label="Help with statements">
      <div className="tabs" role="tablist">
        {(['tables', 'cookbook', 'history'] as const).map((name) => (
          <button key={name} type="button" role="tab" aria-selected={tab === name} onClick={() => show(name)}>
            {name[0]!.toUpperCase() + name.slice(1)}
          </button>
        ))}
      </div>
      <div className={styles.list} role="tabpanel">
        {tab === 'tables' &&
          schema.tables.map((table) => (
            <div key={table.name} style={{ display: 'contents' }}>
              <button
                type="button"
                aria-expanded={open === table.name}
                onClick={() => toggle(open === table.name ? '' : table.name)}
              >
                <span className="mono">{table.name}</span>
                <span className={styles.more}>{table.rows === null ? 'view' : count(table.rows)}</span>
              </button>
              {open === table.name &&
                table.columns.map((column) => (
                  <button
                    key={column.name}
                    type="button"
                    onClick={() => insert(column.name)}
                    onFocus={() => tell(column)}
                    onMouseEnter={() => tell(column)}
                  >
                    <span className="mono" style={{ paddingLeft: 12 }}>
                      {column.name}
                    </span>
                    <span className={styles.more} title={column.type}>
                      {shortType(column.type)}
                    </span>
                  </button>
                ))}
            </div>
          ))}
        {tab === 'cookbook' &&
          schema.cookbook.map(({ question, sql }) => (
            <button key={question} type="button" onClick={() => ask(sql)}>
              {question}
            </button>
          ))}
        {tab === 'history' &&
          kept().map((sql) => (
            <button key={sql} type="button" onClick={() => set(sql)} title={sql}>
              <span className="mono">{sql.replace(/\s+/g, ' ').slice(0, 60)}</span>
            </button>
          ))}
        {tab === 'history' && kept().length === 0 && (
          <Empty>What you ask is kept here, in this browser.</Empty>
        )}
      </div>
      {tab === 'tables' && doc !== undefined && doc.doc !== '' && (
        <div className={styles.doc}>
          <b className="mono">{doc.name}</b> <span className="faint">{doc.type}</span>
          <div>{doc.doc}</div>
        </div>
      )}
    </aside>
  );
}
