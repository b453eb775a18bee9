/** The main thread's handle of a ring worker. */
import type { Worker } from 'node:worker_threads';
import { signalEvent } from '../../linux/event.js';
import type { OpenOrder } from '../../model/live.js';
import { Channel, type Handlers } from '../../threads/channel.js';
import { workerTransport } from '../../threads/transport.js';
import type { LivePath, Watch } from '../live/live-path.js';
import type { PathSnapshot } from '../packet-path.js';
import type { RingCounts, RingMainSide, RingWorkerSide } from './ring-dialect.js';

export class WorkerHandle implements LivePath {
  snapshot: PathSnapshot | undefined;
  private readonly channel: Channel<RingMainSide, RingWorkerSide>;

  /**
   * @param wake event descriptor that the worker waits on
   * @param failed told when the worker dies of itself
   */
  constructor(
    readonly worker: Worker,
    wake: number,
    hears: Handlers<RingMainSide>['tells'],
    failed: (error: Error) => void,
  ) {
    const transport = workerTransport(worker, () => signalEvent(wake));
    this.channel = new Channel(transport, { asks: {}, tells: hears }, { ended: failed });
  }

  tell<What extends keyof RingWorkerSide['tells']>(what: What, value: RingWorkerSide['tells'][What]): void {
    this.channel.tell(what, value);
  }

  showRows(share: number): void {
    this.tell('showRows', share);
  }

  findOpen(by: OpenOrder): void {
    this.tell('findOpen', by);
  }

  watch(watches: readonly Watch[]): void {
    this.tell('watch', watches);
  }

  /** Has it read its rings empty; a dead one does not. */
  async empty(): Promise<void> {
    await this.channel.ask('empty', undefined).catch(() => undefined);
  }

  /** Has it end everything. @returns its last counts; undefined when it is dead */
  async finish(): Promise<RingCounts | undefined> {
    const counts = await this.channel.ask('finish', undefined).catch(() => undefined);
    this.channel.close();
    return counts;
  }
}
