import { type ExecFileSyncOptions, execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { landlockVersion } from '../../src/linux/landlock.js';

/**
 * What a test may need of the machine: root, Landlock, a device, a library (`libpcap.so`), or a program on
 * the PATH.
 */
export type Need = 'root' | 'landlock' | '/dev/net/tun' | (string & {});

/** Those of `needs` this machine does not have. */
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
 * A suite that needs something of the machine. Where it is missing: a failure in CI, a notice and a skip on a
 * person's machine.
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

/** The system's shared libraries, as the dynamic linker lists them. */
function libraries(): string {
  return run('/sbin/ldconfig', '-p');
}

/** Runs a command to its end; its standard output. Throws with its standard error when it fails. */
export function run(command: string, ...args: string[]): string {
  return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/**
 * Runs a command with the network of the machine, which a live test's own process does not have
 * (own-machine.cjs): that of the process that started it. As root.
 */
export function outside(command: string, args: readonly string[], options: ExecFileSyncOptions): void {
  execFileSync('nsenter', [`--net=/proc/${process.ppid}/ns/net`, command, ...args], options);
}

/** Runs `ip` with these words. */
export function ip(words: string): string {
  return run('ip', ...words.split(' '));
}

/** The same, and no matter if it fails: for taking away what may not be there. */
export function tryIp(words: string): void {
  try {
    ip(words);
  } catch {
    // It was not there.
  }
}
