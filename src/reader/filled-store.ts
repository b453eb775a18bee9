/**
 * The store that `read` fills: opened, and created if it does not exist, only once there is something to
 * store.
 */
import type { Store } from '../store/store.js';

export class FilledStore {
  private opening: Promise<Store> | undefined;

  /** @param location a directory, or a server's URL */
  constructor(private readonly location: string) {}

  /** Opens it on the first call. @throws StoreError */
  open(): Promise<Store> {
    this.opening ??= import('../store/open.js').then(({ openStore }) =>
      openStore(this.location, { create: true }),
    );
    return this.opening;
  }

  async close(): Promise<void> {
    // A failure to open has been reported.
    await (await this.opening?.catch(() => undefined))?.close();
  }
}
