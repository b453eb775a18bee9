/** A ring worker, as the main thread holds it. */
import type { Worker } from 'node:worker_threads';
import { signalEvent } from '../../linux/event.js';
import type { CaptureSnapshot } from '../packet-path.js';
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

  /** It has said its last, or is dead. */
  finished(): void {
    this.ended?.();
  }

  /** Has it end everything and waits until it has. */
  finish(): Promise<void> {
    this.tell({ kind: 'finish' });
    return this.end;
  }

  tell(message: ToRingWorker): void {
    this.worker.postMessage(message);
    signalEvent(this.wake);
  }
}
