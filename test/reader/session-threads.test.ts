import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { EndReason } from '../../src/model/end-reason.js';
import { KEEP_ALL } from '../../src/model/kept-words.js';
import { NOTHING_KNOWN } from '../../src/networks/known-networks.js';
import { threadSeat } from '../../src/reader/session-start.js';
import { SessionThreads } from '../../src/reader/session-threads.js';

const options = {
  collector: 'here',
  capacity: 1000,
  ids: undefined,
  packets: undefined,
  dedupWindow: 0,
  separateBy: [],
  groupsSeparateBy: [],
  groupOf: undefined,
  applications: KEEP_ALL,
  knowledge: { known: NOTHING_KNOWN, policies: [], names: [] },
  print: { kinds: ['sessions'], named: false, handsBack: false },
} as const;

/** A thread that ends with a status when it is told what to do. */
const leaving = (status: number) =>
  threadSeat(
    new Worker(`require('node:worker_threads').parentPort.once('message', () => process.exit(${status}))`, {
      eval: true,
    }),
  );
/** A thread that hears everything, and does nothing. */
const silent = () =>
  threadSeat(new Worker(`require('node:worker_threads').parentPort.on('message', () => {})`, { eval: true }));

// Only a thread whose reader has gone may end the program quietly: what it had to print would be missing.
test.each([0, 1])('a thread that ends with %i before its work is done is a failure', async (status) => {
  const threads = new SessionThreads([leaving(status).transport], options);
  await expect(threads.finish(EndReason.Eof)).rejects.toThrow(`ended with exit status ${status}`);
});

test('so is one of several', async () => {
  const other = silent();
  const threads = new SessionThreads([other.transport, leaving(1).transport], options);
  await expect(threads.finish(EndReason.Eof)).rejects.toThrow('ended with exit status 1');
  await other.end();
});

test('whoever waits for a buffer that a lost thread holds learns of it', async () => {
  const threads = new SessionThreads([leaving(1).transport], options);
  threads.buffers.hold(0);
  await expect(threads.buffers.free(0)).rejects.toThrow('ended with exit status 1');
});
