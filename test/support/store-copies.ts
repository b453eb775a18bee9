/** Embedded stores for tests that each need a directory: one store is made, and the others are copies. */
import { cpSync, existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { openStore } from '../../src/store/open.js';
import type { Store } from '../../src/store/store.js';

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
  // One for all tests of a run (temporary.ts).
  const made = join(process.env.MIRRORLAKE_TESTS!, 'empty-store');
  if (!existsSync(made)) {
    const making = mkdtempSync(`${made}-`);
    const store = join(making, 'store');
    await inStore(store, (opened) => opened.migrate());
    try {
      renameSync(store, made);
    } catch (error) {
      // Tests in another process were faster.
      if (!existsSync(made)) throw error;
    }
    rmSync(making, { recursive: true, force: true });
  }
  return copyStore(made, directory);
}

/** Copies a store that is not open. @returns the directory of the copy */
export function copyStore(from: string, to: string): string {
  // A store has symbolic links to its own tables.
  cpSync(from, to, { recursive: true, verbatimSymlinks: true });
  return to;
}
