import { Worker } from 'node:worker_threads';

/** Starts the session thread, before anything else is loaded: it loads its own part meanwhile. */
export function startSessionWorker(): Worker {
  return new Worker(new URL('./session-worker.js', import.meta.url));
}
