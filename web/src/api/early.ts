/** Questions that are asked before the page's parts are there to ask them (first.ts). */

/** Milliseconds for which an answer waits for the part that asks the same. */
const WAITS = 10_000;

interface Early {
  readonly response: Promise<Response>;
  readonly left: AbortController;
  readonly until: number;
}

const early = new Map<string, Early>();

/** @param ask asks, until it is told to leave it */
export function keepEarly(
  request: string,
  ask: (signal: AbortSignal) => Promise<Response>,
): Promise<Response> {
  const left = new AbortController();
  const response = ask(left.signal);
  // Whoever takes it is told.
  response.catch(() => undefined);
  early.set(request, { response, left, until: performance.now() + WAITS });
  return response;
}

/** The answer on its way to the same request, once. @param signal of the part that takes it */
export function takeEarly(request: string, signal: AbortSignal | undefined): Promise<Response> | undefined {
  const found = early.get(request);
  early.delete(request);
  if (found === undefined || found.until < performance.now()) return undefined;
  signal?.addEventListener('abort', () => found.left.abort(), { once: true });
  return found.response;
}
