/**
 * What a route of the console's API is declared as. The declarations beside this file are the one truth of
 * the API: the server parses requests with them, the page has its types from them, and docs/reference/api.md
 * is made from them.
 */
import { z } from 'zod';
import type { Right } from '../../model/rights.js';

export type { Right };

export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Below `/api/v1`; `:name` stands for a part of the path. */
  readonly path: `/${string}`;
  /** The right that it takes; undefined: none, not even to be signed in. */
  readonly needs?: Right;
  /** One line of the reference. */
  readonly doc: string;
  /** The parameters of the path. */
  readonly params?: z.ZodObject;
  /** The parameters behind `?`: strings, or arrays of strings where they may be repeated. */
  readonly query?: z.ZodObject;
  /** The body, as JSON; `bytes`: read by the handler as it comes. */
  readonly body?: z.ZodType | 'bytes';
  /** The answer as JSON; or the media type of one that is streamed, whose lines the doc describes. */
  readonly answer: z.ZodType | string;
}

/** Declares a route: its literal types are kept. */
export function route<const R extends Route>(declared: R): R {
  return declared;
}

/** The values of a parameter that may be repeated. */
export const repeated = z
  .union([z.string(), z.array(z.string())])
  .transform((given) => (typeof given === 'string' ? [given] : given));

/** A whole number of a query string, between bounds. */
export function count(least: number, most: number, otherwise: number) {
  return z
    .string()
    .regex(/^\d{1,9}$/, { error: 'is not a whole number' })
    .transform(Number)
    .refine((n) => n >= least && n <= most, { error: `must be between ${least} and ${most}` })
    .default(otherwise);
}

/** What every answer made from the store says of how it came to be. */
export const meta = z.object({
  /** The statement, as it was sent to the store: it can be run as it is. */
  statement: z.string(),
  /** The table that it reads. */
  table: z.string(),
  rows_read: z.number(),
  elapsed_ms: z.number(),
  /** Rows that the answer leaves out, or at least how many where it says `at_least`. */
  cut: z.number().optional(),
  /** What has to be said about what is counted, in a sentence: copies by several mirrors, parts. */
  note: z.string().optional(),
});
export type Meta = z.output<typeof meta>;

/** The time range, the mirror points and the conditions of most questions. */
export const scope = z.object({
  from: z
    .string()
    .optional()
    .describe(
      'The beginning: RFC 3339, or seconds, minutes, hours or days before now: `-15m`, `-1h`, `-7d`. ' +
        'Default: the hour before the newest row.',
    ),
  to: z.string().optional().describe('The end, exclusive: RFC 3339, `-5m`, or `now`, the default.'),
  mirror: z
    .string()
    .optional()
    .describe(
      'A mirror point: its name, or `type,source,session,key` (`erspan2,10.0.0.11,1,`). `once`: each ' +
        'conversation once, by the mirror point that had it first. Default: all.',
    ),
  f: repeated
    .optional()
    .describe(
      'Conditions, repeatable: `server:10.30.0.30`, `server_port:443,8443`, `tcp_state:!SF`, ' +
        '`client:10.20.0.0/24`, `handshake_us:>100000`, `host:` for either side.',
    ),
  q: z
    .string()
    .max(10_000)
    .optional()
    .describe('A condition in SQL, as `export --where`; takes the right *sql*.'),
});
export type Scope = z.output<typeof scope>;

/** Milliseconds after which an answer that is not there yet is told of as it is made. */
export const SLOW = 1000;
/** Of a request's `Accept`: it takes the lines of a slow answer. */
export const SLOW_TYPE = 'application/x-ndjson';

/** How far the store is with what a request asks of it. */
export interface AnswerProgress {
  readonly rows_read: number;
  /** Rows that it expects to read; 0: not known. */
  readonly rows_to_read: number;
  /** Milliseconds since the request came. */
  readonly elapsed_ms: number;
}

/** One line of a slow answer: the last one is the answer, or what went wrong. */
export type SlowLine =
  | { readonly progress: AnswerProgress }
  | { readonly answer: unknown }
  | { readonly problem: Problem };

/** An error's body (RFC 9457), as application/problem+json. */
export interface Problem {
  readonly title: string;
  readonly status: number;
  /** What is wrong, in a sentence. */
  readonly detail: string;
  /** What to do about it. */
  readonly hint?: string;
  /** Where in a statement, from 0. */
  readonly position?: number;
}
