/** Runs other programs for the doctor. */
import { spawnSync } from 'node:child_process';

/** Room for a listing of many rules. */
const LONGEST_ANSWER = 256 << 20;

export interface Answer {
  /** Whether the program exists and exited with 0. */
  readonly there: boolean;
  readonly ok: boolean;
  readonly out: string;
  /** The last line of its stderr. */
  readonly error: string;
}

/** Runs a program to its end. It also finds administrators' programs outside of a user's PATH. */
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
