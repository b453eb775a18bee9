/**
 * A process that holds chDB, ClickHouse as a library, for the process that forked it: a crash or a slow merge here
 * costs the capture nothing. Argument: the data directory. It takes {@link Call}s and gives {@link Answer}s.
 */
import type { Answer, Call } from './chdb-protocol.js';

/** Results travel in pieces of at most this many bytes. */
const PIECE = 1 << 20;

function answer(message: Answer): void {
  process.send?.(message);
}

// Ctrl-C goes to the whole terminal: it is for the parent to say when this ends.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});
// The parent is gone. What was inserted is on disk; an orderly exit would hold the directory for seconds more.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));

// Loading it is most of what a start takes.
const { createChdbConnection } = await import('chdb/connection');
const connection = createChdbConnection({ path: process.argv[2] });

// The engine runs one statement at a time; more than one would only wait inside it.
let last: Promise<void> = Promise.resolve();

process.on('message', (call: Call) => {
  last = last.then(async () => {
    const { id, query, params, settings } = call;
    try {
      const { stream } = await connection.exec({
        query,
        query_params: params,
        clickhouse_settings: settings,
      });
      for await (const bytes of stream as AsyncIterable<Uint8Array>)
        for (let o = 0; o < bytes.length; o += PIECE)
          answer({ id, kind: 'bytes', bytes: bytes.subarray(o, o + PIECE) });
      answer({ id, kind: 'done' });
    } catch (error) {
      const { message, code, type } = error as Error & { code?: string; type?: string };
      answer({ id, kind: 'failed', message, code: code ?? '', type: type ?? '' });
    }
  });
});

answer({ id: 0, kind: 'done' });
