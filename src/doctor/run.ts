/** Other programs that the doctor asks. */
import { spawnSync } from 'node:child_process';

/** A listing of many rules. */
const LONGEST_ANSWER = 256 << 20;

export interface Answer {
  /** Whether there is such a program, and it ended with 0. */
  readonly there: boolean;
  readonly ok: boolean;
  readonly out: string;
  /** The last line it said of what went wrong. */
  readonly error: string;
}

/** Runs a program to its end. Those of administrators are found where a person's PATH does not lead. */
export function run(command: string, ...args: string[]): Answer {
  const { error, status, stdout, stderr } = spawnSync(command, args, {
    encoding: 'utf8',
    maxBuffer: LONGEST_ANSWER,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin`, LC_ALL: 'C' },
  });
  const said = (stderr ?? '').trim().split('\n').at(-1) ?? '';
  return {
    there: (error as NodeJS.ErrnoException | undefined)?.code !== 'ENOENT',
    ok: error === undefined && status === 0,
    out: stdout ?? '',
    error: error?.message ?? said,
  };
}
