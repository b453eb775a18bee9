/** Queries that come by the control socket, for the store that this collector is filling. */
import type { Writable } from 'node:stream';
import type { ControlAnswer, ControlRequest } from '../../observe/control.js';
import { notReadOnly } from '../../store/read-only.js';
import { UsageError } from '../errors.js';
import type { StoreThread } from './store-thread.js';

/**
 * Answers a query, no faster than its answer is read.
 *
 * @throws UsageError for statements that do more than read, and what the store says is wrong
 */
export async function answerQuery(
  store: StoreThread,
  request: ControlRequest,
  answer: ControlAnswer,
): Promise<void> {
  const { sql, options } = request as unknown as { sql: string; options: object };
  const problem = notReadOnly(String(sql));
  if (problem !== undefined)
    throw new UsageError(
      `a store that a collector is filling is only read: ${problem}; stop the collector first`,
    );
  let body: ReturnType<ControlAnswer['begin']> | undefined;
  await store.query(String(sql), options, async (bytes) => {
    body ??= answer.begin();
    if (answer.closed) return false;
    if (!body.write(bytes)) await drained(body);
    return !answer.closed;
  });
  (body ?? answer.begin()).end();
}

/** Waits until a stream takes more, or has ended. */
function drained(stream: Writable): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      stream.off('drain', done);
      stream.off('close', done);
      resolve();
    };
    stream.on('drain', done);
    stream.on('close', done);
  });
}
