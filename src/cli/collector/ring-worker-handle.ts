/** The main thread's handle of a ring worker. */
import type { Worker } from 'node:worker_threads';
import { signalEvent } from '../../linux/event.js';
import type { CaptureSnapshot } from './capture.js';
import type { ToRingWorker } from './ring-protocol.js';

export class WorkerHandle {
  snapshot: CaptureSnapshot | undefined;
  private ended: (() => void) | undefined;
  private readonly end: Promise<void>;

  constructor(
    readonly worker: Worker,
    readonly wake: number,
  ) {
    this.end = new Promise((resolve) => {
      this.ended = resolve;
    });
    worker.once('exit', () => this.finished());
  }

  /** It has sent its last message, or is dead. */
  finished(): void {
    this.ended?.();
  }

  /** Makes it end everything, and waits until it has. */
  finish(): Promise<void> {
    this.tell({ kind: 'finish' });
    return this.end;
  }

  tell(message: ToRingWorker): void {
    this.worker.postMessage(message);
    signalEvent(this.wake);
  }
}
