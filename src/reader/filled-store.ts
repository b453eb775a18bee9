/** The store that `read` fills: opened, and made where it is not there, only when there is something for it. */
import type { Store } from '../store/store.js';

export class FilledStore {
  private opening: Promise<Store> | undefined;

  /** @param location a directory, or a server's URL */
  constructor(private readonly location: string) {}

  /** Opens it, the first time. @throws StoreError */
  open(): Promise<Store> {
    this.opening ??= import('../store/open.js').then(({ openStore }) =>
      openStore(this.location, { create: true }),
    );
    return this.opening;
  }

  async close(): Promise<void> {
    // One that could not be opened has been told of.
    await (await this.opening?.catch(() => undefined))?.close();
  }
}
