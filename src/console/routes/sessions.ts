/** Lists of sessions and transactions, one conversation, and what values columns have. */
import type { Meta, Scope } from '../contract/route.js';
import type { Row } from '../contract/sessions.js';
import type { Who } from '../contract/sign-in.js';
import { RequestError } from '../errors.js';
import { allowCondition, type Handlers, keeping, metaOf, type Services, surroundings } from '../handler.js';
import type { Table } from '../questions.js';
import { COLUMNS, type ConditionTable } from '../statements/columns.js';
import { conditions } from '../statements/conditions.js';
import { askList, cellOf, parseColumns, parseOrder, rowOf } from '../statements/lists.js';
import { bySession, type ScopedQuestion, scoped } from '../statements/scope.js';
import {
  ALSO,
  alsoStatement,
  lossStatement,
  packetsStatement,
  partsStatement,
  rowStatement,
  transactionsStatement,
  WHOLE,
} from '../statements/session.js';
import { valuesStatement, withoutStatement } from '../statements/values.js';

type Name =
  | 'sessions'
  | 'sessionsCount'
  | 'session'
  | 'sessionTransactions'
  | 'transactions'
  | 'transactionsCount'
  | 'values'
  | 'without';

/** Columns of a list where none are asked for. */
const STANDARD: Readonly<Record<ConditionTable, readonly string[]>> = {
  sessions: [
    'mirror',
    'client',
    'client_port',
    'server',
    'server_port',
    'transport',
    'app_protocol',
    'tcp_state',
    'duration_us',
    'packets',
    'bytes',
    'handshake_us',
  ],
  transactions: [
    'mirror',
    'client',
    'client_port',
    'server',
    'server_port',
    'app_protocol',
    'method',
    'name',
    'resource',
    'status',
    'outcome',
    'response_us',
    'bytes',
  ],
};

/** Conditions that an empty list is explained with. */
const MOST_BLAMED = 12;

interface Asked {
  readonly who: Who;
  readonly signal: AbortSignal;
}

/** @throws RequestError that names the wrong parameter */
async function questionOf(
  scope: Scope,
  { who, signal }: Asked,
  services: Services,
  table: ConditionTable,
): Promise<ScopedQuestion> {
  allowCondition(scope, who);
  return scoped(scope, await surroundings(services, scope, signal), table);
}

interface ListScope extends Scope {
  readonly order: string;
  readonly limit: number;
  readonly after?: string | undefined;
  readonly columns?: string | undefined;
}

async function list(
  query: ListScope,
  asked: Asked,
  services: Services,
  table: ConditionTable,
): Promise<{ rows: Row[]; next: string | null; meta: Meta }> {
  const question = await questionOf(query, asked, services, table);
  const columns = parseColumns(query.columns, table, STANDARD[table]);
  const order = parseOrder(query.order, table);
  const { limit, after } = query;
  const pages = askList(question, { table, columns, order, limit, after }, services.facts.prefix);
  const answers: Table[] = [];
  let missing = limit + 1;
  for (const range of pages.ranges) {
    const statement = pages.of(range, missing);
    const answer = await services.questions.ask(statement, keeping(question.ended, asked.signal));
    answers.push(answer);
    missing -= answer.rows.length;
    if (missing <= 0) break;
  }
  const sum = (of: (answer: Table) => number): number => answers.reduce((n, answer) => n + of(answer), 0);
  const read = {
    columns: [],
    rows: [],
    rowsRead: sum((a) => a.rowsRead),
    elapsedMs: sum((a) => a.elapsedMs),
  };
  const { rows, next } = pages.read(answers);
  return { rows: rows as Row[], next, meta: metaOf(pages.statement, table, read) };
}

async function counted(
  query: Scope,
  asked: Asked,
  services: Services,
  table: ConditionTable,
): Promise<{ rows: number; bytes: number; meta: Meta }> {
  const question = await questionOf(query, asked, services, table);
  const bytes = COLUMNS[table].get('bytes')?.sql;
  const statement =
    `SELECT count() AS rows, sum(${bytes}) AS bytes\n` +
    `FROM ${services.facts.prefix}${table}\nWHERE ${question.where}`;
  const answer = await services.questions.ask(statement, keeping(question.ended, asked.signal));
  const [[rows, sum]] = answer.rows as [[number, number]];
  return { rows, bytes: sum, meta: metaOf(statement, table, answer) };
}

/**
 * A conversation, its parts put together.
 *
 * @throws RequestError 404
 */
async function conversation(
  id: string,
  { questions, facts }: Services,
  signal: AbortSignal,
): Promise<{ row: Row; meta: Meta }> {
  for (const [table, statement] of [
    ['sessions', rowStatement(id, facts.prefix)],
    ['conversations', partsStatement(id, facts.prefix)],
  ] as const) {
    if (statement === undefined) continue;
    const answer = await questions.ask(statement, { signal });
    const values = answer.rows[0];
    if (values !== undefined)
      return { row: rowOf(WHOLE, values) as Row, meta: metaOf(statement, table, answer) };
  }
  throw new RequestError(`there is no session ${id}`, 404, {
    hint: 'its rows may have been given up by the retention, or not have come yet',
  });
}

export const sessionsHandlers: Handlers<Name> = {
  sessions: ({ query, ...asked }, services) => list(query, asked, services, 'sessions'),
  // Before /sessions/:id, which would take it for an id.
  sessionsCount: ({ query, ...asked }, services) => counted(query, asked, services, 'sessions'),
  session: async ({ params, signal }, services) => {
    const { questions, facts } = services;
    const { row, meta } = await conversation(params.id, services, signal);
    const others = alsoStatement(row, facts.prefix);
    const [packets, loss, also] = await Promise.all([
      questions.ask(packetsStatement(row, facts.prefix), { signal }),
      questions.ask(lossStatement(row, facts.prefix), { signal }),
      others === undefined ? undefined : questions.ask(others, { signal }),
    ]);
    const columns = ALSO.map((name) => COLUMNS.sessions.get(name)!);
    return {
      session: row,
      packets_kept: Number(packets.rows[0]?.[0]),
      mirror: { packets: Number(loss.rows[0]?.[0]), lost: Number(loss.rows[0]?.[1]) },
      also: (also?.rows ?? []).map((values) => rowOf(columns, values) as Row),
      meta,
    };
  },
  sessionTransactions: async ({ params, query, signal }, services) => {
    const { row } = await conversation(params.id, services, signal);
    const standard = [
      ...STANDARD.transactions,
      'request_bytes',
      'response_bytes',
      'transfer_us',
      'attributes',
    ];
    const columns = parseColumns(undefined, 'transactions', standard);
    const { from, limit } = query;
    const { prefix } = services.facts;
    const statement = transactionsStatement(row, columns, from, limit + 1, prefix);
    const answer = await services.questions.ask(statement, { signal });
    const rows = answer.rows.map((values) => rowOf(columns, values) as Row);
    return {
      rows: rows.slice(0, limit),
      next: rows.length > limit ? (rows[limit]!.number as number) : null,
      meta: metaOf(statement, 'transactions', answer),
    };
  },
  transactions: ({ query, ...asked }, services) => list(query, asked, services, 'transactions'),
  transactionsCount: ({ query, ...asked }, services) => counted(query, asked, services, 'transactions'),
  values: async ({ query, ...asked }, services) => {
    const { of, column, by, limit } = query;
    const question = await questionOf(query, asked, services, of);
    const wanted = { table: of, column, by, limit };
    const { statement, kind } = valuesStatement(question, wanted, services.facts.prefix);
    const answer = await services.questions.ask(statement, keeping(question.ended, asked.signal));
    const rows = answer.rows as readonly (readonly [unknown, number, number, number, number])[];
    return {
      values: rows.map(([value, n, bytes]) => ({
        value: cellOf(kind, value) as Row[string],
        rows: n,
        bytes,
      })),
      all_values: rows[0]?.[3] ?? 0,
      all_rows: rows[0]?.[4] ?? 0,
      meta: metaOf(statement, of, answer),
    };
  },
  without: async ({ query: { of, f, ...query }, ...asked }, services) => {
    const given = (f ?? []).slice(0, MOST_BLAMED);
    const question = await questionOf(query, asked, services, of);
    const { prefix } = services.facts;
    const each = given.map((one) =>
      conditions([one], of, (other, sql) => bySession(other, sql, question.range, prefix)).join(' AND '),
    );
    const statement = withoutStatement(question, each, of, prefix);
    const answer = await services.questions.ask(statement, keeping(question.ended, asked.signal));
    const [all, ...counts] = answer.rows[0] as number[];
    return {
      all,
      without: given.map((condition, i) => ({ condition, rows: counts[i]! })),
      meta: metaOf(statement, of, answer),
    };
  },
};
