import { type ExecFileSyncOptions, execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { landlockVersion } from '../../src/linux/landlock.js';

/**
 * What a test may need from the machine: root, Landlock, a device, a library (`libpcap.so`), or a program in
 * the PATH.
 */
export type Need = 'root' | 'landlock' | '/dev/net/tun' | (string & {});

/** Those of `needs` that this machine lacks. */
export function missing(needs: readonly Need[]): string[] {
  return needs.filter((need) => {
    if (need === 'root') return process.getuid?.() !== 0;
    if (need === 'landlock') return landlockVersion() === 0;
    if (need.startsWith('/')) return !existsSync(need);
    if (need.includes('.so')) return !libraries().includes(need);
    const path = `${process.env.PATH ?? ''}${delimiter}/usr/sbin${delimiter}/sbin`;
    return !path.split(delimiter).some((dir) => existsSync(join(dir, need)));
  });
}

/**
 * A suite with needs. If the machine does not meet them, it fails in CI, and is skipped with a notice
 * elsewhere.
 */
export function describeWith(needs: readonly Need[], name: string, suite: () => void): void {
  const without = missing(needs);
  if (without.length === 0) {
    describe(name, suite);
  } else if (process.env.CI === 'true') {
    describe(name, () => it('runs in CI', () => expect(without, 'missing on this machine').toEqual([])));
  } else {
    console.warn(`skipped: ${name}: this machine lacks ${without.join(', ')}`);
    describe.skip(name, suite);
  }
}

/** The system's shared libraries, as listed by the dynamic linker. */
function libraries(): string {
  return run('/sbin/ldconfig', '-p');
}

/** Runs a command. @returns its standard output @throws with its standard error if it fails */
export function run(command: string, ...args: string[]): string {
  return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/**
 * Runs a command, as root, in the network namespace of the process that started the tests. A live test's own
 * process has another one (own-machine.cjs).
 */
export function outside(command: string, args: readonly string[], options: ExecFileSyncOptions): void {
  execFileSync('nsenter', [`--net=/proc/${process.ppid}/ns/net`, command, ...args], options);
}

/** Runs `ip` with these arguments. */
export function ip(words: string): string {
  return run('ip', ...words.split(' '));
}

/** The same, but ignores failures: for removing what may not exist. */
export function tryIp(words: string): void {
  try {
    ip(words);
  } catch {
    // It did not exist.
  }
}
