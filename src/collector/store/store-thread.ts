/** The store's thread, as the main thread sees it. */
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import type { StoreStatus } from '../../model/status.js';
import { withoutPassword } from '../../model/store-location.js';
import { SegmentPort, Waiting } from './segment-port.js';
import type { FromStoreWorker, StoreWorkerData, ThreadQuestion, ToStoreWorker } from './store-protocol.js';
import { idleStore } from './store-status.js';

export type { ThreadQuestion };

/** What came of a query that a client of the control socket asked for. */
interface Asked {
  piece(bytes: Uint8Array): Promise<boolean>;
  done(): void;
  failed(error: Error): void;
}

/** What the store said was wrong, as its thread reported it. */
class StoreFailure extends Error {
  override readonly name = 'StoreFailure';

  constructor(
    message: string,
    readonly exitCode: number,
  ) {
    super(message);
  }
}

export interface StoreThreadOptions {
  readonly location: string;
  readonly retention: number | undefined;
  readonly memory: number | undefined;
  readonly reader: StoreWorkerData['reader'];
  readonly spool: { readonly directory: string; readonly limit: number; readonly packetsLimit: number };
  readonly log: (level: 'info' | 'warn' | 'error', message: string) => void;
  /** The thread has died. */
  readonly failed: (error: Error) => void;
}

export class StoreThread {
  private readonly worker: Worker;
  private readonly waiting = new Waiting();
  private readonly asked = new Map<number, Asked>();
  private queries = 0;
  private ended = false;
  private readonly ready: Promise<void>;
  private readonly exited: Promise<unknown>;
  private closed: ((status: StoreStatus) => void) | undefined;
  /** For the segments of the main thread itself. */
  readonly segments: SegmentPort;
  status: StoreStatus;

  constructor(private readonly options: StoreThreadOptions) {
    this.status = idleStore(withoutPassword(options.location), 'starting');
    const workerData: StoreWorkerData = {
      location: options.location,
      spool: options.spool,
      retention: options.retention,
      memory: options.memory,
      reader: options.reader,
      waiting: this.waiting.shared,
    };
    this.worker = new Worker(new URL('./store-worker.js', import.meta.url), { workerData });
    this.ready = new Promise((resolve, reject) => {
      this.worker.on('message', (m: FromStoreWorker) => {
        if (m.kind === 'ready') resolve();
        else if (m.kind === 'failed') {
          if (this.ended) options.log('error', m.message);
          reject(new StoreFailure(m.message, m.exitCode));
        } else this.heard(m);
      });
      this.worker.on('error', (e) => {
        const error = e instanceof Error ? e : new Error(String(e));
        reject(error);
        options.failed(error);
      });
    });
    this.ready.catch(() => {});
    this.exited = new Promise((resolve) => this.worker.once('exit', resolve));
    this.segments = new SegmentPort(this.connect().port, this.waiting);
  }

  /** Waits until the store is known to be usable, or to be away for a while. @throws what makes it unusable */
  async opened(): Promise<void> {
    await this.ready;
  }

  /** A new way in for segments, which may go to another thread. */
  connect(): { port: MessagePort; waiting: SharedArrayBuffer } {
    const { port1, port2 } = new MessageChannel();
    this.tell({ kind: 'port', port: port2 }, [port2]);
    return { port: port1, waiting: this.waiting.shared };
  }

  /**
   * Asks a question; `piece` takes the answer, a piece at a time, and says whether more is wanted.
   *
   * @returns what settles when the question has been answered, or failed; and how to end it before
   */
  query(
    question: ThreadQuestion,
    piece: (bytes: Uint8Array) => Promise<boolean>,
  ): { ended: Promise<void>; cancel(): void } {
    const id = ++this.queries;
    const ended = new Promise<void>((done, failed) => {
      this.asked.set(id, { piece, done, failed });
    });
    // Before it is known what the store is, there may not even be tables.
    const late = setTimeout(() => {
      this.settle(id)?.failed(new StoreFailure('the store does not answer yet: ask again later', 1));
    }, question.limits.seconds * 1000);
    this.ready
      .then(() => {
        if (this.asked.has(id)) this.tell({ kind: 'query', id, question });
      })
      .catch((error: Error) => this.settle(id)?.failed(error))
      .finally(() => clearTimeout(late));
    return { ended, cancel: () => this.cancel(id) };
  }

  private cancel(id: number): void {
    const asked = this.settle(id);
    if (asked === undefined) return;
    this.tell({ kind: 'cancel', id });
    asked.done();
  }

  private tell(message: ToStoreWorker, transfer: MessagePort[] = []): void {
    this.worker.postMessage(message, transfer);
  }

  private heard(m: FromStoreWorker): void {
    if (m.kind === 'status') this.status = m.status;
    else if (m.kind === 'log') this.options.log(m.level, m.message);
    else if (m.kind === 'closed') {
      this.status = m.status;
      this.closed?.(m.status);
    } else if (m.kind === 'piece') void this.piece(m.id, m.bytes);
    else if (m.kind === 'done') this.settle(m.id)?.done();
    else if (m.kind === 'error') this.settle(m.id)?.failed(new StoreFailure(m.message, m.exitCode));
  }

  private settle(id: number): Asked | undefined {
    const asked = this.asked.get(id);
    this.asked.delete(id);
    return asked;
  }

  private async piece(id: number, bytes: Uint8Array): Promise<void> {
    const wanted = (await this.asked.get(id)?.piece(bytes)) === true;
    if (wanted) this.tell({ kind: 'more', id });
    else this.cancel(id);
  }

  /** Stores what has come, as far as it goes within so many milliseconds. @returns the last status */
  async close(within: number): Promise<StoreStatus> {
    if (this.ended) return this.status;
    this.ended = true;
    const closed = new Promise<StoreStatus>((resolve) => {
      this.closed = resolve;
    });
    this.tell({ kind: 'close', within });
    await Promise.race([closed, this.exited]);
    await this.exited;
    return this.status;
  }
}
