import { Worker } from 'node:worker_threads';
import { innerTransports, type Transport, workerTransport } from '../threads/transport.js';
import { READER_GONE } from './line-writer.js';

/** A place where sessions are kept: a thread, or this one. */
export interface SessionSeat {
  readonly transport: Transport;
  /** Ends it, whatever it does. */
  end(): Promise<unknown>;
}

/** Starts the session threads before anything else is loaded, so that they load their modules meanwhile. */
export function startSessionThreads(count: number, keepsPackets: boolean): SessionSeat[] {
  const file = keepsPackets ? './packet-worker.js' : './session-worker.js';
  return Array.from({ length: count }, () => threadSeat(new Worker(new URL(file, import.meta.url))));
}

/** @param worker whose file is session-worker.ts or packet-worker.ts */
export function threadSeat(worker: Worker): SessionSeat {
  // A thread that prints leaves when its reader does (| head). Whatever else ends it is a failure.
  worker.on('exit', (code) => {
    if (code === READER_GONE) process.exit(0);
  });
  return { transport: workerTransport(worker), end: () => worker.terminate() };
}

/** For captures so small that a thread would take longer to start than they take to read. */
export async function sessionsInThisThread(keepsPackets: boolean): Promise<SessionSeat> {
  const [mine, theirs] = innerTransports();
  if (keepsPackets) (await import('./packet-work.js')).servePackets(theirs);
  else (await import('./session-work.js')).serveSessions(theirs);
  return { transport: mine, end: () => Promise.resolve() };
}
