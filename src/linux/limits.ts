/** Resource limits of this process (getrlimit(2)). */
import { readFileSync } from 'node:fs';

/** The soft limit of open files (RLIMIT_NOFILE), from /proc/self/limits. */
export function openFilesLimit(): number {
  const [, soft] = /^Max open files\s+(\d+|unlimited)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
  return soft === 'unlimited' ? Number.MAX_SAFE_INTEGER : Number(soft);
}
