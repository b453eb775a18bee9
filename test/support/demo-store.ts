/** The demo's store, with its packets: made once per run, and copied by each who asks. */
import { madeOnce } from './made-once.js';
import { run } from './needs.js';
import { program } from './programs.js';
import { copyStore } from './store-copies.js';

/** What reads the demo, with who its addresses are. */
export const DEMO_WORDS = ['read', 'lab/demo.pcapng.gz', '--config', 'lab/demo.yaml'];

/** @param directory of the copy @returns the same */
export async function demoStore(directory: string): Promise<string> {
  const made = await madeOnce('demo-store', async (path) => {
    const words = [...DEMO_WORDS, '--packets', 'all', '--store', path];
    run(process.execPath, program('main'), ...words);
  });
  return copyStore(made, directory);
}
