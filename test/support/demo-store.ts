/** The demo's store, with its packets: made once per run, and copied by each who asks. */
import { tellWho } from '../../lab/who.js';
import { madeOnce } from './made-once.js';
import { run } from './needs.js';
import { program } from './programs.js';
import { copyStore } from './store-copies.js';

/** @param directory of the copy @returns the same */
export async function demoStore(directory: string): Promise<string> {
  const made = await madeOnce('demo-store', async (path) => {
    const words = ['read', 'lab/demo.pcapng.gz', '--packets', 'all', '--store', path];
    run(process.execPath, program('main'), ...words);
    await tellWho(path);
  });
  return copyStore(made, directory);
}
