import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { EndReason } from '../../src/model/end-reason.js';
import { KEEP_ALL } from '../../src/model/kept-words.js';
import { SessionThreads } from '../../src/reader/session-threads.js';

// Only a thread whose reader has gone may end the program quietly: what it had to print would be missing.
test.each([0, 1])('a thread that ends with %i before its work is done is a failure', async (status) => {
  // It ends when it is told what to do.
  const program = `require('node:worker_threads').parentPort.once('message', () => process.exit(${status}))`;
  const worker = new Worker(program, { eval: true });
  const threads = new SessionThreads([worker], {
    collector: 'here',
    capacity: undefined,
    ids: undefined,
    packets: undefined,
    dedupWindow: 0,
    separateBy: [],
    applications: KEEP_ALL,
    print: { kinds: ['sessions'], named: false, handsBack: false },
  });
  await expect(threads.finish(EndReason.Eof)).rejects.toThrow(`ended with exit status ${status}`);
});
