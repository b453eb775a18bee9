/** Embedded stores for tests that each need one in a directory of its own: one is made, the others copied. */
import { cpSync } from 'node:fs';
import { openStore } from '../../src/store/open.js';
import type { Store } from '../../src/store/store.js';

/** Opens the store in a directory for some work in this process, and closes it. */
export async function inStore<T>(directory: string, work: (store: Store) => Promise<T>): Promise<T> {
  const store = openStore(directory, { create: true });
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

/** Makes an empty store with the tables of this version. */
export async function makeStore(directory: string): Promise<void> {
  await inStore(directory, (store) => store.migrate());
}

/** Copies a store that nobody has open. @returns where it is now */
export function copyStore(from: string, to: string): string {
  // Its tables are symbolic links within it.
  cpSync(from, to, { recursive: true, verbatimSymlinks: true });
  return to;
}
