import { spawnSync } from 'node:child_process';

/** The resources of one run of a program and its children. */
export interface Run {
  /** Seconds. */
  wall: number;
  /** CPU seconds, user and system together. */
  cpu: number;
  /** Peak resident memory, in bytes. */
  maxRss: number;
}

/** A program of a benchmark failed. */
export class RunFailed extends Error {
  override name = 'RunFailed';
}

/**
 * Starts a program, waits, and prints wall seconds, CPU seconds, resident bytes and exit status (wait4(2)).
 */
const WAIT4 = `
import os, sys, time
with open(sys.argv[1], 'wb') as out, open(sys.argv[2], 'wb') as err:
    start = time.monotonic()
    pid = os.posix_spawnp(sys.argv[3], sys.argv[3:], os.environ,
        file_actions=[(os.POSIX_SPAWN_DUP2, out.fileno(), 1), (os.POSIX_SPAWN_DUP2, err.fileno(), 2)])
    _, status, usage = os.wait4(pid, 0)
    wall = time.monotonic() - start
print(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, os.waitstatus_to_exitcode(status))
`;

/** Runs a command once, with its output to files. */
export function measure(command: string[], stdout: string, stderr: string): Run {
  const wrapper = spawnSync('python3', ['-c', WAIT4, stdout, stderr, ...command], { encoding: 'utf8' });
  const [wall, cpu, maxRss, status] = wrapper.stdout.trim().split(' ').map(Number);
  if (wrapper.status !== 0) throw new RunFailed(`cannot run ${command[0]}: ${wrapper.stderr.trim()}`);
  if (status !== 0)
    throw new RunFailed(`${command.join(' ')} ended with ${status}; its words are in ${stderr}`);
  return { wall: wall!, cpu: cpu!, maxRss: maxRss! };
}

/** Prints rows in columns, the first column left-aligned, the others right-aligned. */
export function printTable(rows: readonly (readonly string[])[]): void {
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  for (const row of rows) {
    const cells = row.map((c, i) => (i === 0 ? c.padEnd(widths[i]!) : c.padStart(widths[i]!)));
    process.stdout.write(`${cells.join('  ')}\n`);
  }
}

export function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
