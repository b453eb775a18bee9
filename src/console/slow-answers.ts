/**
 * Answers that take their time. Whoever asks for it gets a line now and then that says how far the store is,
 * on the connection of the request: a browser has six of them, and slow cards may hold them all. Whoever has
 * enough of it closes the connection, and what nobody else waits for ends in the engine.
 */
import { Readable } from 'node:stream';
import { type Problem, SLOW, SLOW_TYPE, type SlowLine } from './contract/route.js';
import type { Progressed } from './questions.js';

/** Milliseconds between two lines of progress. */
const EVERY = 500;

/** Whether a request takes lines. */
export function takesLines(accept: string | undefined): boolean {
  return accept?.split(',').some((type) => type.trim().startsWith(SLOW_TYPE)) === true;
}

/**
 * Waits for an answer.
 *
 * @param problemOf what a rejection says to the page
 * @returns the answer if it is there soon, else the response that tells of it
 * @throws what the answer is rejected with, if that is soon
 */
export async function answeredOrTold<Answer>(
  answer: Promise<Answer>,
  progressed: Progressed,
  problemOf: (thrown: unknown) => Problem,
): Promise<Answer | Response> {
  const began = performance.now();
  const soon = await orNothing(answer, SLOW);
  if (soon !== undefined) return soon.value;
  let failed: unknown;
  const lines = async function* (): AsyncGenerator<Uint8Array> {
    const line = (said: SlowLine): Uint8Array => Buffer.from(`${JSON.stringify(said)}\n`);
    try {
      for (;;) {
        const { rowsRead, rowsToRead } = progressed.reached;
        const elapsed_ms = Math.round(performance.now() - began);
        yield line({ progress: { rows_read: rowsRead, rows_to_read: rowsToRead, elapsed_ms } });
        const done = await orNothing(answer, EVERY);
        if (done === undefined) continue;
        yield line({ answer: done.value });
        return;
      }
    } catch (thrown) {
      // A stream that is cancelled throws this in here: nobody reads on. An answer may fail with it, too.
      if (thrown instanceof Error && thrown.name === 'AbortError' && thrown !== failed) return;
      yield line({ problem: problemOf(thrown) });
    }
  };
  // Whoever leaves does not read what it ends with.
  answer.catch((thrown: unknown) => {
    failed = thrown;
  });
  return new Response(Readable.toWeb(Readable.from(lines())) as ReadableStream, {
    headers: { 'Content-Type': SLOW_TYPE, 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' },
  });
}

/** @returns undefined if it takes longer than so many milliseconds */
async function orNothing<T>(promise: Promise<T>, ms: number): Promise<{ readonly value: T } | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, ms, undefined);
  });
  try {
    return await Promise.race([promise.then((value) => ({ value })), late]);
  } finally {
    clearTimeout(timer);
  }
}
