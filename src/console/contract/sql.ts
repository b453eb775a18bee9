import { z } from 'zod';
import { route } from './route.js';

/** The longest statement, characters. */
export const LONGEST_STATEMENT = 50_000;
/** Formats of ClickHouse's in which an answer can be taken away. */
export const TAKEN_AWAY = ['JSONEachRow', 'TSVWithNames', 'Parquet'] as const;

const schemaColumn = z.object({ name: z.string(), type: z.string(), doc: z.string() });
const schemaTable = z.object({
  name: z.string(),
  /** What a row is; '' where the reference has no words for it. */
  row: z.string(),
  rows: z.number().nullable(),
  columns: z.array(schemaColumn),
});
export type SchemaTable = z.output<typeof schemaTable>;

/** One line of the answer to `/sql`. */
export type SqlLine =
  | { readonly head: readonly { readonly name: string; readonly type: string }[] }
  | { readonly rows: readonly (readonly unknown[])[] }
  | {
      readonly progress: {
        readonly rows_read: number;
        readonly rows_to_read: number;
        readonly elapsed_ms: number;
      };
    }
  /** What a statement printed that has a format of its own. */
  | { readonly text: string }
  | {
      readonly done: {
        readonly rows: number;
        readonly rows_read: number;
        readonly elapsed_ms: number;
        readonly cut: boolean;
      };
    }
  | { readonly error: { readonly detail: string; readonly position?: number } };

export const sql = {
  sql: route({
    method: 'POST',
    path: '/sql',
    needs: 'sql',
    doc:
      'Runs a statement that only reads. The answer is NDJSON: `head` (names and types), `rows` (some at a ' +
      'time), `progress`, `text` (of a statement with a FORMAT), and at the end `done` or `error`.',
    body: z.strictObject({
      sql: z.string().min(1).max(LONGEST_STATEMENT),
      /** What `DELETE /queries/:id` names it by: the asker's own choice. */
      id: z.string().regex(/^[\w-]{1,64}$/, { error: 'is not an id of letters, digits, _ and -' }),
      /** Answers with a file in this format, in place of NDJSON. */
      format: z.enum(TAKEN_AWAY).optional(),
    }),
    answer: 'application/x-ndjson',
  }),
  cancel: route({
    method: 'DELETE',
    path: '/queries/:id',
    needs: 'sql',
    doc: 'Ends a statement of yours that runs.',
    params: z.object({ id: z.string() }),
    answer: z.object({ ended: z.boolean() }),
  }),
  explain: route({
    method: 'POST',
    path: '/sql/explain',
    needs: 'sql',
    doc: 'How the engine would go about a statement, and which parts of the tables it would read.',
    body: z.strictObject({ sql: z.string().min(1).max(LONGEST_STATEMENT) }),
    answer: z.object({ plan: z.string() }),
  }),
  schema: route({
    method: 'GET',
    path: '/schema',
    needs: 'sql',
    doc: 'Tables and columns with the words of the reference, functions, and the questions of the cookbook.',
    answer: z.object({
      tables: z.array(schemaTable),
      functions: z.array(z.string()),
      cookbook: z.array(
        z.object({ group: z.string(), question: z.string(), text: z.string(), sql: z.string() }),
      ),
    }),
  }),
};
