/** The demo's store, with its packets: made once per run, and copied by each who asks. */
import { existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './needs.js';
import { program } from './programs.js';
import { copyStore } from './store-copies.js';

/** @param directory of the copy @returns the same */
export function demoStore(directory: string): string {
  const made = join(process.env.MIRRORLAKE_TESTS!, 'demo-store');
  if (!existsSync(made)) {
    const making = mkdtempSync(`${made}-`);
    const store = join(making, 'store');
    run(
      process.execPath,
      program('main'),
      'read',
      'lab/demo.pcapng.gz',
      '--packets',
      'all',
      '--store',
      store,
    );
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
