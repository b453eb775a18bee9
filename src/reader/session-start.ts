import { Worker } from 'node:worker_threads';

/** Starts the session thread before anything else is loaded, so that it loads its own modules meanwhile. */
export function startSessionWorker(keepsPackets: boolean): Worker {
  const file = keepsPackets ? './packet-worker.js' : './session-worker.js';
  return new Worker(new URL(file, import.meta.url));
}
