/** The main thread's side of the store's thread. */
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { asError, CommandError } from '../../model/errors.js';
import type { StoreStatus } from '../../model/status.js';
import { withoutPassword } from '../../model/store-location.js';
import type { FactChange } from '../../store/networks/fact-statements.js';
import type { Loaded } from '../../store/networks/stored-networks.js';
import { Channel } from '../../threads/channel.js';
import { workerTransport } from '../../threads/transport.js';
import type { LoadedNetworks } from './loaded-networks.js';
import { SegmentPort, Waiting } from './segment-port.js';
import type { StoreMainSide, StoreWorkerData, StoreWorkerSide, ThreadQuestion } from './store-dialect.js';
import { idleStore } from './store-status.js';

export type { ThreadQuestion };

/** How long a load of networks waits for a store that is being opened, milliseconds. */
const LOAD_PATIENCE_MS = 10_000;

export interface StoreThreadOptions {
  readonly location: string;
  readonly retention: number | undefined;
  readonly memory: number | undefined;
  readonly reader: StoreWorkerData['reader'];
  readonly spool: { readonly directory: string; readonly limit: number; readonly packetsLimit: number };
  readonly log: (level: 'info' | 'warn' | 'error', message: string) => void;
  /**
   * Told which networks are in effect, as lines: those that `mirrorlake networks load` has kept in the store.
   * Undefined: they are not wanted.
   */
  readonly networks?: (networks: LoadedNetworks) => void;
  /** The thread has died. */
  readonly failed: (error: Error) => void;
}

export class StoreThread {
  private readonly worker: Worker;
  private readonly channel: Channel<StoreMainSide, StoreWorkerSide>;
  private readonly waiting = new Waiting();
  private ended = false;
  /** Why the thread is of no use, which its owner has been told. */
  private told: Error | undefined;
  private readonly ready: Promise<void>;
  private readonly exited: Promise<unknown>;
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
      networks: options.networks !== undefined,
    };
    this.worker = new Worker(new URL('./store-worker.js', import.meta.url), { workerData });
    this.channel = new Channel(
      workerTransport(this.worker),
      {
        asks: {},
        tells: {
          status: (status) => {
            this.status = status;
          },
          networks: (networks) => options.networks?.(networks),
          log: ({ level, message }) => options.log(level, message),
        },
      },
      {
        ended: (error) => {
          this.told = error;
          options.failed(error);
        },
      },
    );
    this.exited = new Promise((resolve) => this.worker.once('exit', resolve));
    this.ready = this.channel.ask('open', undefined).catch(async (error: unknown) => {
      // Without a store it is of no use.
      this.told = asError(error);
      this.channel.close(this.told);
      await this.worker.terminate();
      throw error;
    });
    this.ready.catch(() => {});
    this.segments = new SegmentPort(this.connect().port, this.waiting);
  }

  /**
   * Waits until the store is usable, or known to be away for a while. @throws the reason why it is unusable
   */
  async opened(): Promise<void> {
    await this.ready;
  }

  /** A new port for segments, which may be passed to another thread. */
  connect(): { port: MessagePort; waiting: SharedArrayBuffer } {
    const { port1, port2 } = new MessageChannel();
    this.channel.tell('port', port2, [port2]);
    return { port: port1, waiting: this.waiting.shared };
  }

  /**
   * Asks a question; `piece` takes the answer piece by piece, and returns whether it wants more.
   *
   * @returns `ended` settles when the question has been answered or has failed; `cancel` ends it before
   */
  query(
    question: ThreadQuestion,
    piece: (bytes: Uint8Array) => Promise<boolean>,
  ): { ended: Promise<void>; cancel(): void } {
    const left = new AbortController();
    return { ended: this.answered(question, piece, left), cancel: () => left.abort() };
  }

  private async answered(
    question: ThreadQuestion,
    piece: (bytes: Uint8Array) => Promise<boolean>,
    left: AbortController,
  ): Promise<void> {
    const { signal } = left;
    const gone = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    // Before it is known what the store is, there may not even be tables.
    await Promise.race([gone, within(this.ready, question.limits.seconds * 1000)]);
    if (signal.aborted) return;
    const answer = this.channel.ask('query', question, {
      signal,
      piece: async (bytes) => {
        if (!(await piece(bytes))) left.abort();
      },
    });
    // Nobody waits for what becomes of it.
    answer.catch(() => {});
    await Promise.race([gone, answer]);
  }

  /** Begins a load of networks. One may come at a time. */
  async beginNetworks(networks: number, file: string): Promise<void> {
    await within(this.ready, LOAD_PATIENCE_MS);
    await this.channel.ask('beginNetworks', { networks, file });
  }

  /** Lines of networks, cut anywhere. @returns what settles when they are taken */
  networkLines(bytes: Uint8Array): Promise<void> {
    const copy = Uint8Array.from(bytes);
    return this.channel.ask('networkLines', copy, { transfer: [copy.buffer] });
  }

  endNetworks(): Promise<Loaded> {
    return this.channel.ask('endNetworks', undefined);
  }

  /** Begins to rewrite what rows of a day say of their addresses. One may do so at a time. */
  async beginFacts(change: FactChange): Promise<void> {
    await within(this.ready, LOAD_PATIENCE_MS);
    await this.channel.ask('beginFacts', change);
  }

  /** Lines of facts, cut anywhere. @returns what settles when they are taken */
  factLines(bytes: Uint8Array): Promise<void> {
    const copy = Uint8Array.from(bytes);
    return this.channel.ask('factLines', copy, { transfer: [copy.buffer] });
  }

  /** @param progress takes lines with the parts of tables that are still to do */
  rewriteFacts(progress: (bytes: Uint8Array) => void, signal: AbortSignal): Promise<void> {
    return this.channel.ask('rewriteFacts', undefined, { piece: progress, signal });
  }

  endFacts(): Promise<void> {
    return this.channel.ask('endFacts', undefined);
  }

  /** Stores what has arrived, as far as possible within `within` milliseconds. @returns the last status */
  async close(within: number): Promise<StoreStatus> {
    if (this.ended) return this.status;
    this.ended = true;
    const said = this.channel
      .ask('close', within)
      .then(
        (status) => {
          this.status = status;
        },
        (error: unknown) => {
          if (error !== this.told) this.options.log('error', asError(error).message);
        },
      )
      .finally(() => this.channel.close());
    await Promise.race([said, this.exited]);
    await this.exited;
    return this.status;
  }
}

/** @throws CommandError when the store is not ready by then; what makes it unusable */
async function within(ready: Promise<void>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new CommandError('the store does not answer yet: ask again later')), ms);
  });
  try {
    await Promise.race([ready, late]);
  } finally {
    clearTimeout(timer);
  }
}
