/** What the console's routes are answered with. */

import type { Logger } from '../observe/log.js';
import type { AddressNames } from './address-names.js';
import type { Captures } from './captures.js';
import type { Meta, Scope } from './contract/route.js';
import type { Who } from './contract/sign-in.js';
import type { Answer, Body, Params, Query, RouteName } from './contract.js';
import type { Doctor } from './doctor.js';
import type { Downloads } from './downloads.js';
import { RequestError } from './errors.js';
import type { LiveFeed } from './live-feed.js';
import type { MirrorEntries } from './mirror-entries.js';
import { KEEP_RUNNING, type QuestionOptions, type Table } from './questions.js';
import type { RunningStatements } from './running-statements.js';
import type { Surroundings } from './statements/scope.js';
import type { StoreServices } from './store-services.js';
import type { Views } from './views.js';

/** What all routes share. */
export interface Services extends StoreServices {
  readonly captures: Captures;
  readonly downloads: Downloads;
  readonly doctor: Doctor;
  readonly views: Views;
  readonly running: RunningStatements;
  /** What the collector tells of now, for all tabs. */
  readonly live: LiveFeed;
  /** Names of addresses that the configuration gives. */
  readonly addressNames: AddressNames;
  /** Where the configuration names mirror points. */
  readonly mirrorEntries: MirrorEntries;
  readonly version: string;
  readonly log: Logger;
  readonly links: readonly { readonly name: string; readonly url: string }[];
}

/** A request, parsed. */
export interface Asking<N extends RouteName> {
  readonly query: Query<N>;
  readonly params: Params<N>;
  readonly body: Body<N>;
  readonly who: Who;
  /** Aborted when the page does not wait any more. */
  readonly signal: AbortSignal;
  /** The request itself: for bodies that are read as they come. */
  readonly request: Request;
}

/** Answers a route: with its answer, or with a response of its own where that is streamed. */
export type Handler<N extends RouteName> = (
  asking: Asking<N>,
  services: Services,
) => Promise<Answer<N> | Response> | Answer<N> | Response;

/** The handlers of some routes. */
export type Handlers<N extends RouteName> = { readonly [K in N]: Handler<K> };

/**
 * The time, in steps: who asks about a running range at the same time asks the same, and the store once.
 *
 * @returns milliseconds since 1970, never before now
 */
function now(): number {
  return Math.ceil(Date.now() / KEEP_RUNNING) * KEEP_RUNNING;
}

/** What questions of a scope depend on. */
export async function surroundings(
  { facts }: Services,
  scope: Pick<Scope, 'from' | 'to'>,
  signal: AbortSignal,
): Promise<Surroundings> {
  // Only a range that is not given depends on what is there.
  const newest =
    scope.from === undefined && scope.to === undefined ? (await facts.times(signal)).newest : undefined;
  return { now: now(), newest, prefix: facts.prefix };
}

/** @throws RequestError for a condition in SQL from somebody without the right to it */
export function allowCondition({ q }: Pick<Scope, 'q'>, who: Who): void {
  if (q !== undefined && !who.rights.includes('sql'))
    throw new RequestError('a condition in SQL (q) takes the right sql', 403);
}

/** What an answer says of how it came to be. */
export function metaOf(statement: string, table: string, answer: Table, more: Partial<Meta> = {}): Meta {
  return {
    statement,
    table,
    rows_read: answer.rowsRead,
    elapsed_ms: Math.round(answer.elapsedMs * 10) / 10,
    ...more,
  };
}

/** Options of a question whose range has ended, or has not. */
export function keeping(ended: boolean, signal: AbortSignal, more: QuestionOptions = {}): QuestionOptions {
  return { signal, ...(ended && { keep: 60_000 }), ...more };
}
