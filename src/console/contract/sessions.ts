import { z } from 'zod';
import { count, meta, route, scope } from './route.js';

/**
 * A value of a row: times are RFC 3339 with nanoseconds, addresses as people write them, 64-bit numbers are
 * numbers, and a map is an object of texts.
 */
const cell = z.union([
  z.string(),
  z.number(),
  z.null(),
  z.array(z.union([z.string(), z.number()])),
  z.record(z.string(), z.string()),
]);
export type Cell = z.output<typeof cell>;

const row = z.record(z.string(), cell);
export type Row = z.output<typeof row>;

const page = z.object({
  rows: z.array(row),
  /** What `after` takes for the next page; null: this was the last one. */
  next: z.string().nullable(),
  /**
   * How the rows came to be. A list by time is asked in slices of time until the page is full: `statement`
   * asks for all of it at once, `rows_read` and `elapsed_ms` are of the slices.
   */
  meta,
});
export type Page = z.output<typeof page>;

const counted = z.object({ rows: z.number(), bytes: z.number(), meta });

/** Rows of a page, and where no number is asked for. */
export const MOST_ROWS = 1000;
export const USUAL_ROWS = 200;
/** Values of a column, likewise. */
export const MOST_VALUES = 1000;
export const USUAL_VALUES = 20;

const listed = scope.extend({
  limit: count(1, MOST_ROWS, USUAL_ROWS).describe('Rows of a page.'),
  after: z.string().max(8000).optional().describe('The `next` of the page before: rows behind it.'),
  columns: z
    .string()
    .max(2000)
    .optional()
    .describe("Columns of docs/reference/columns.md, with commas between. The row's key is always there."),
});

const id = z.object({
  id: z
    .string()
    .regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i, { error: "is not a session's id" })
    .transform((text) => text.toLowerCase()),
});

/** The tables that rows are counted in. */
const of = z.enum(['sessions', 'transactions']).default('sessions').describe('The table that is asked.');

export const sessions = {
  sessions: route({
    method: 'GET',
    path: '/sessions',
    needs: 'view',
    doc:
      'Rows of `sessions`, a page at a time. A condition on a column that only `transactions` has ' +
      '(`method`, `name`, `status`, …) is met by conversations of which one transaction meets all such.',
    query: listed.extend({
      order: z
        .string()
        .max(64)
        .default('-first_seen')
        .describe('A column of numbers, words, addresses or times; `-` in front: the largest first.'),
    }),
    answer: page,
  }),
  sessionsCount: route({
    method: 'GET',
    path: '/sessions/count',
    needs: 'view',
    doc: 'How many rows of `sessions` there are, and their bytes.',
    query: scope,
    answer: counted,
  }),
  session: route({
    method: 'GET',
    path: '/sessions/:id',
    needs: 'view',
    doc: 'A conversation, its parts put together, what its mirror point lost, and who else mirrored it.',
    params: id,
    answer: z.object({
      /** The columns of `conversations`. */
      session: row,
      /** Packets of it that are kept. */
      packets_kept: z.number(),
      /** What its mirror point sent in the minutes of the conversation, and what never came. */
      mirror: z.object({ packets: z.number(), lost: z.number() }),
      /** Rows of `sessions` of the same Community ID, within the idle timeout before and after. */
      also: z.array(row),
      meta,
    }),
  }),
  sessionTransactions: route({
    method: 'GET',
    path: '/sessions/:id/transactions',
    needs: 'view',
    doc: "A conversation's transactions, by number.",
    params: id,
    query: z.object({
      from: count(0, 999_999_999, 0).describe('The first number.'),
      limit: count(1, MOST_ROWS, USUAL_ROWS),
    }),
    answer: z.object({
      rows: z.array(row),
      /** What `from` takes for the next ones; null: these were the last. */
      next: z.number().nullable(),
      meta,
    }),
  }),
  transactions: route({
    method: 'GET',
    path: '/transactions',
    needs: 'view',
    doc:
      'Rows of `transactions`, a page at a time. A condition on a column that only `sessions` has ' +
      '(`tcp_state`, `server_name`, `packets`, …) is met by transactions of such conversations.',
    query: listed.extend({
      order: z.string().max(64).default('-time').describe('As of `/sessions`.'),
    }),
    answer: page,
  }),
  transactionsCount: route({
    method: 'GET',
    path: '/transactions/count',
    needs: 'view',
    doc: 'How many rows of `transactions` there are, and the bytes of their questions and answers.',
    query: scope,
    answer: counted,
  }),
  values: route({
    method: 'GET',
    path: '/values',
    needs: 'view',
    doc: 'The most frequent values of a column. Each element of an array counts.',
    query: scope.extend({
      of,
      column: z.string().max(64).describe('A column of the table.'),
      by: z.enum(['rows', 'bytes']).default('rows').describe('What the first ones have most of.'),
      limit: count(1, MOST_VALUES, USUAL_VALUES),
    }),
    answer: z.object({
      values: z.array(z.object({ value: cell, rows: z.number(), bytes: z.number() })),
      /** Values there are, and rows of all of them. */
      all_values: z.number(),
      all_rows: z.number(),
      meta,
    }),
  }),
  without: route({
    method: 'GET',
    path: '/without',
    needs: 'view',
    doc: 'How many rows there are without each of the conditions: which one is to blame for an empty list.',
    query: scope.extend({ of }),
    answer: z.object({
      /** Rows of the range and the mirror points, without any condition. */
      all: z.number(),
      /** For each condition, the rows that fit all others. */
      without: z.array(z.object({ condition: z.string(), rows: z.number() })),
      meta,
    }),
  }),
};
