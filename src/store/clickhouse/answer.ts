/** Checks that a server's HTTP answer is ClickHouse's: answers of any other program are not believed. */
import type { Readable } from 'node:stream';
import { ClickHouseError, parseError } from '@clickhouse/client';
import { StoreUnavailable } from '../errors.js';

/** The longest answer that is collected, bytes: of statements without a result, and of errors. */
export const MOST_WORDS = 64 << 10;
/** The longest answer to one of the collector's own questions. */
export const MOST_ROWS = 16 << 20;

/** An HTTP answer whose head has arrived. */
export interface HttpAnswer {
  readonly stream: Readable;
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
}

/**
 * Reads the head of an answer.
 *
 * @throws ClickHouseError with ClickHouse's error; StoreUnavailable if the answer is not ClickHouse's
 */
export async function checkHead(answer: HttpAnswer, signal: AbortSignal): Promise<void> {
  const { headers, status, stream } = answer;
  const ok = status >= 200 && status < 300;
  // Since 21.x, every answer of ClickHouse to a statement has a summary.
  if (ok && headers['x-clickhouse-summary'] !== undefined) return;
  const words = (await collect(stream, MOST_WORDS, signal, 'cut')).toString('utf8').trim();
  if (headers['x-clickhouse-exception-code'] !== undefined || /^Code: \d+\. DB::/.test(words)) {
    const error = parseError(words);
    if (error instanceof ClickHouseError) throw error;
  }
  const first = words.slice(0, 80).replace(/\s+/g, ' ');
  throw new StoreUnavailable(
    `what answers there (status ${status}${first === '' ? '' : `, "${first}"`}) is not ` +
      'ClickHouse: check the URL, and proxies on the way',
  );
}

/** Rows that ClickHouse says it has written, including those of materialized views. */
export function writtenRows({ headers }: HttpAnswer): number {
  try {
    const summary = JSON.parse(String(headers['x-clickhouse-summary'])) as { written_rows?: unknown };
    return Number(summary.written_rows ?? 0);
  } catch {
    return 0;
  }
}

/** Waits for the end of an empty answer. @throws StoreUnavailable if it does not end */
export async function drain(answer: HttpAnswer, signal: AbortSignal): Promise<void> {
  await collect(answer.stream, MOST_WORDS, signal, 'refuse');
}

/** The complete answer to one of our own statements. @throws StoreUnavailable if it does not end */
export async function collectWords(answer: HttpAnswer, signal: AbortSignal): Promise<string> {
  return (await collect(answer.stream, MOST_ROWS, signal, 'refuse')).toString('utf8');
}

async function collect(
  stream: Readable,
  most: number,
  signal: AbortSignal,
  beyond: 'cut' | 'refuse',
): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  const late = (): void => void stream.destroy(new Error('it took too long'));
  signal.addEventListener('abort', late);
  try {
    if (signal.aborted) late();
    for await (const piece of stream as AsyncIterable<Uint8Array>) {
      length += piece.length;
      if (length > most) {
        if (beyond === 'cut') break;
        throw new StoreUnavailable(`its answer is longer than ${most} bytes, and was not read to its end`);
      }
      pieces.push(piece);
    }
  } finally {
    signal.removeEventListener('abort', late);
    // A connection that was not read to its end cannot be reused.
    if (!stream.readableEnded) stream.destroy();
  }
  return Buffer.concat(pieces);
}
