/** How long `read` takes before it reads: over a capture of one packet, beside Node.js that does nothing. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MAIN } from './against.js';
import { generatedCapture } from './capture.js';
import { print, shown } from './goals.js';
import { median } from './measure.js';

const TIMES = 21;

/** Prints medians of runs in turn, and their ratio. */
export function printStart(): void {
  // What V8 compiles is kept there, by the first run; Node.js before 22.8 keeps nothing.
  const cache = mkdtempSync(join(tmpdir(), 'mirrorlake-start-'));
  const env = { ...process.env, XDG_CACHE_HOME: cache };
  const once = (words: readonly string[]): number => {
    const start = performance.now();
    const { status } = spawnSync(process.execPath, words, { env, stdio: 'ignore' });
    if (status !== 0) throw new Error(`node ${words.join(' ')} ended with ${status}`);
    return performance.now() - start;
  };
  try {
    const read = [MAIN, 'read', '--ndjson', 'sessions', generatedCapture(1)];
    const first = once(read);
    const turns = Array.from({ length: TIMES }, () => [once(['-e', '0']), once(read)] as const);
    const nothing = median(turns.map(([ms]) => ms));
    const one = median(turns.map(([, ms]) => ms));
    print(`one packet, Node.js ${process.version}, medians of ${TIMES}:`);
    print(`${shown(nothing)}  node -e 0`);
    print(`${shown(one)}  read --ndjson sessions, ${(one / nothing).toFixed(1)} times as long`);
    print(`${shown(first)}  the first time`);
  } finally {
    rmSync(cache, { recursive: true });
  }
}
