import { Worker } from 'node:worker_threads';

/** Starts the session threads before anything else is loaded, so that they load their modules meanwhile. */
export function startSessionWorkers(count: number, keepsPackets: boolean): Worker[] {
  const file = keepsPackets ? './packet-worker.js' : './session-worker.js';
  return Array.from({ length: count }, () => new Worker(new URL(file, import.meta.url)));
}
