import { readdirSync, readFileSync } from 'node:fs';
import { koffi } from '../src/linux/koffi.js';

/** USER_HZ: ticks per second of CPU times in /proc, on every architecture that Node.js runs on. */
const TICKS_A_SECOND = 100;
/** linux/posix-timers.h: a process's clock is the complement of its pid, combined with this. */
const CPUCLOCK_SCHED = 2;

/** CPU seconds, user and system together, of running processes and all their descendants. */
export function cpuSeconds(pids: readonly number[]): number {
  const wanted = new Set(pids);
  const all = new Map<number, { parent: number; ticks: number }>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const stat = statOf(name);
    if (stat !== null) all.set(Number(name), stat);
  }
  const isWanted = (pid: number): boolean => {
    const parent = all.get(pid)?.parent;
    return wanted.has(pid) || (parent !== undefined && isWanted(parent));
  };
  let ticks = 0;
  for (const [pid, stat] of all) if (isWanted(pid)) ticks += stat.ticks;
  return ticks / TICKS_A_SECOND;
}

const clockGettime: (clock: number, time: BigInt64Array) => number = koffi
  .load(null)
  .func('int clock_gettime(int clock, void *time)');

/**
 * CPU seconds, user and system together, of a running process, including ended threads but not children. The
 * resolution is a nanosecond (clock_getcpuclockid(3)): /proc rounds to some percent of a benchmark.
 */
export function cpuOf(pid: number): number {
  const time = new BigInt64Array(2);
  if (clockGettime((~pid << 3) | CPUCLOCK_SCHED, time) !== 0) throw new Error(`process ${pid} has ended`);
  return Number(time[0]) + Number(time[1]) / 1e9;
}

/** Parent, and CPU time of the process and of its ended children (proc(5): fields 4, 14 to 17). */
function statOf(pid: string): { parent: number; ticks: number } | null {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    // It has ended in the meantime.
    return null;
  }
  const fields = text
    .slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  return { parent: fields[1]!, ticks: fields[11]! + fields[12]! + fields[13]! + fields[14]! };
}
