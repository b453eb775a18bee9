import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** Runs npm in this checkout. @returns its output */
export function npm(...words: string[]): string {
  return execFileSync('npm', words, {
    cwd: join(import.meta.dirname, '../..'),
    encoding: 'utf8',
    maxBuffer: 1 << 26,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}
