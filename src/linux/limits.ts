/** What this process may have (getrlimit(2)). */
import { readFileSync } from 'node:fs';

/** Open files, by /proc/self/limits: the soft limit of RLIMIT_NOFILE. */
export function openFilesLimit(): number {
  const [, soft] = /^Max open files\s+(\d+|unlimited)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
  return soft === 'unlimited' ? Number.MAX_SAFE_INTEGER : Number(soft);
}
