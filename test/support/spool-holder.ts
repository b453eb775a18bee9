/**
 * A spool in a process of its own, for tests that need another user, another container or few descriptors. It
 * prints what it logs, `open`, what waits, and at the end its peak memory in KiB. Argument: the directory. It
 * ends when its standard input does.
 */
import { readFileSync, writeSync } from 'node:fs';
import { Spool } from '../../src/store/spool/spool.js';

const say = (text: string): void => {
  writeSync(1, `${text}\n`);
};
try {
  const spool = new Spool(process.argv[2], {
    limit: 1 << 30,
    log: (level, message) => say(`${level}: ${message}`),
  });
  say(`open: ${spool.waitingSegments} waiting, ${spool.counters.refusedSegments} set aside`);
  process.stdin.on('end', async () => {
    await spool.close();
    say(`memory: ${/VmHWM:\s*(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]}`);
    process.exit(0);
  });
  process.stdin.resume();
} catch (error) {
  say(`failed: ${(error as Error).message}`);
  process.exit(1);
}
