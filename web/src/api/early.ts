/** Questions that are asked before the page's parts are there to ask them (first.ts). */

/** Milliseconds for which an answer waits for the part that asks the same. */
const WAITS = 10_000;
/** Milliseconds for which the page waits for answers that the store has kept. */
const SOON = 100;

interface Early {
  readonly response: Promise<Response>;
  readonly left: AbortController;
  readonly until: number;
  /** The key of the page's question, and its answer once it is there. */
  readonly key: readonly unknown[];
  readonly read: Promise<unknown>;
  answer?: unknown;
}

const early = new Map<string, Early>();
let shown = false;

/**
 * @param ask asks, until it is told to leave it
 * @param key of the part's question
 * @returns the answer; undefined for one that takes its time or is an error, which are for that part
 */
export function keepEarly(
  request: string,
  key: readonly unknown[],
  ask: (signal: AbortSignal) => Promise<Response>,
): Promise<unknown> {
  const left = new AbortController();
  const response = ask(left.signal);
  const read = readCopy(response, () => early.delete(request)).catch(() => undefined);
  const kept: Early = { response, left, until: performance.now() + WAITS, key, read };
  void read.then((answer) => {
    kept.answer = answer;
  });
  early.set(request, kept);
  return read;
}

/** @param refused told where nobody is signed in: whoever does asks anew */
async function readCopy(response: Promise<Response>, refused: () => void): Promise<unknown> {
  const own = (await response).clone();
  if (own.status === 401) refused();
  const whole = own.ok && own.headers.get('Content-Type')?.startsWith('application/json') === true;
  return whole ? own.json() : undefined;
}

/** The answer on its way to the same request, once. @param signal of the part that takes it */
export function takeEarly(request: string, signal: AbortSignal | undefined): Promise<Response> | undefined {
  const found = early.get(request);
  early.delete(request);
  if (found === undefined || found.until < performance.now()) return undefined;
  signal?.addEventListener('abort', () => found.left.abort(), { once: true });
  return found.response;
}

/**
 * Takes the answers that are there, or are in a moment: what they are for is shown at once, without its
 * bones.
 *
 * @param asked settles once all that is asked early is answered
 */
export async function takeArrived(
  asked: Promise<unknown>,
): Promise<{ readonly key: readonly unknown[]; readonly answer: unknown }[]> {
  await Promise.race([asked, new Promise((resolve) => setTimeout(resolve, SOON))]);
  shown = true;
  const arrived = [];
  for (const [request, { key, answer }] of early) {
    if (answer === undefined) continue;
    early.delete(request);
    arrived.push({ key, answer });
  }
  return arrived;
}

/** Whether the page's parts ask for themselves, so that nothing more is to be asked for them. */
export function partsAsk(): boolean {
  return shown;
}
