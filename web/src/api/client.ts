/** Asks the console's API. */

import type { SlowLine } from '../../../src/console/contract/route.js';
import type {
  Answer,
  AnswerProgress,
  Asked,
  Body,
  Params,
  Problem,
  RouteName,
} from '../../../src/console/contract.js';
import { PREFIX } from '../app/served.js';
import { keepEarly, takeEarly } from './early.js';
import { linesOf } from './lines.js';
import { PATHS } from './paths.js';

/** An answer that is an error, in the server's words. */
export class ApiError extends Error {
  constructor(
    readonly problem: Problem,
    /** Where to look for more, if there is a hint. */
    readonly hint = problem.hint,
  ) {
    super(problem.detail);
  }

  get status(): number {
    return this.problem.status;
  }
}

export interface CallOptions<N extends RouteName> {
  readonly query?: Asked<N>;
  readonly params?: Params<N>;
  readonly body?: Body<N>;
  readonly signal?: AbortSignal;
  /** Lets in whoever has no cookie yet. */
  readonly token?: string;
  /** Told now and then, once the answer takes its time. */
  readonly progress?: (reached: AnswerProgress) => void;
}

/** Routes of the console itself: all others ask a store. */
const NO_STORE: ReadonlySet<RouteName> = new Set<RouteName>([
  'login',
  'logout',
  'me',
  'views',
  'view',
  'saveView',
  'removeView',
  'captures',
  'addCapture',
  'removeCapture',
]);

/** The capture that is looked at in place of the store: it is in the page's address. */
export function captureInAddress(): string | undefined {
  return new URLSearchParams(location.search).get('c') ?? undefined;
}

type QueryValue = string | number | boolean | readonly string[] | undefined;

/** The address of a route: for links, downloads and streams too. */
export function urlOf<N extends RouteName>(
  name: N,
  { query, params }: Pick<CallOptions<N>, 'query' | 'params'> = {},
): string {
  const [, path] = PATHS[name].split(' ');
  const filled = path.replace(/:(\w+)/g, (_, key: string) =>
    encodeURIComponent(String((params as Record<string, unknown> | undefined)?.[key] ?? '')),
  );
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries((query ?? {}) as Record<string, QueryValue>)) {
    if (value === undefined || value === '') continue;
    if (Array.isArray(value)) for (const one of value) search.append(key, one);
    else search.append(key, String(value));
  }
  const capture = captureInAddress();
  if (capture !== undefined && !NO_STORE.has(name)) search.append('capture', capture);
  const text = search.toString();
  return `${PREFIX}/api/v1${filled}${text === '' ? '' : `?${text}`}`;
}

/** @throws ApiError; AbortError when it is left */
export async function call<N extends RouteName>(name: N, options: CallOptions<N> = {}): Promise<Answer<N>> {
  const response = await request(name, options);
  if (response.headers.get('Content-Type') !== LINES) return (await response.json()) as Answer<N>;
  for await (const line of linesOf<SlowLine>(response)) {
    if ('progress' in line) options.progress?.(line.progress);
    else if ('problem' in line) throw new ApiError(line.problem);
    else return line.answer as Answer<N>;
  }
  throw new ApiError(SILENT);
}

/** The type of an answer that is told of as it is made. */
const LINES = 'application/x-ndjson';

const SILENT: Problem = {
  title: 'not answered',
  status: 0,
  detail: 'The console does not answer.',
  hint: 'Is mirrorlake console still running?',
};

/** The same, for answers that are streamed. */
export async function request<N extends RouteName>(name: N, options: CallOptions<N> = {}): Promise<Response> {
  const asked = takeEarly(requestOf(name, options), options.signal) ?? send(name, options);
  const response = await asked.catch((error: unknown) => {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new ApiError(SILENT);
  });
  if (!response.ok) throw new ApiError(await problemOf(response));
  return response;
}

/**
 * Asks what a part of the page is going to ask, which then gets this answer.
 *
 * @returns the answer; undefined for one that takes its time or is an error, which are for that part
 */
export async function callEarly<N extends RouteName>(
  name: N,
  given: Pick<CallOptions<N>, 'query' | 'token'>,
): Promise<Answer<N> | undefined> {
  const options: CallOptions<N> = { ...given, progress: () => undefined };
  const ask = (signal: AbortSignal): Promise<Response> => send(name, { ...options, signal });
  return (await keepEarly(requestOf(name, options), keyOf(name, options), ask)) as Answer<N> | undefined;
}

/** The key of a question, by which parts that ask the same share an answer. */
export function keyOf<N extends RouteName>(
  name: N,
  { query, params }: Pick<CallOptions<N>, 'query' | 'params'> = {},
  capture = captureInAddress(),
): readonly [N, Params<N> | null, Asked<N> | null, string] {
  return [name, params ?? null, query ?? null, capture ?? ''];
}

/** What tells a request from others. */
function requestOf<N extends RouteName>(name: N, options: CallOptions<N>): string {
  return `${PATHS[name].split(' ')[0]} ${urlOf(name, options)}`;
}

function send<N extends RouteName>(name: N, options: CallOptions<N>): Promise<Response> {
  const [method] = PATHS[name].split(' ');
  const { body, signal, token, progress } = options;
  return fetch(urlOf(name, options), {
    method,
    credentials: 'same-origin',
    ...(signal !== undefined && { signal }),
    headers: {
      ...(body !== undefined && { 'Content-Type': 'application/json' }),
      ...(token !== undefined && { Authorization: `Bearer ${token}` }),
      ...(progress !== undefined && { Accept: `application/json, ${LINES}` }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
}

async function problemOf(response: Response): Promise<Problem> {
  try {
    return (await response.json()) as Problem;
  } catch {
    return {
      title: 'not answered',
      status: response.status,
      detail: `The console answers ${response.status}.`,
    };
  }
}
