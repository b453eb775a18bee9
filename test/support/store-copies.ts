/** Embedded stores for tests that each need a directory: one store is made, and the others are copies. */
import { cpSync } from 'node:fs';
import { openStore } from '../../src/store/open.js';
import type { Store } from '../../src/store/store.js';
import { madeOnce } from './made-once.js';

/** Opens the store in a directory, does some work with it in this process, and closes it. */
export async function inStore<T>(directory: string, work: (store: Store) => Promise<T>): Promise<T> {
  const store = openStore(directory, { create: true });
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

/**
 * Makes an empty store with the tables of this version: a copy, because making the tables takes longer than
 * most tests. @returns its directory
 */
export async function makeStore(directory: string): Promise<string> {
  const made = await madeOnce('empty-store', async (path) => {
    await inStore(path, (store) => store.migrate());
  });
  return copyStore(made, directory);
}

/** Copies a store that is not open. @returns the directory of the copy */
export function copyStore(from: string, to: string): string {
  // A store has symbolic links to its own tables.
  cpSync(from, to, { recursive: true, verbatimSymlinks: true });
  return to;
}
