import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { program } from './programs.js';

/** The exit status and the output of a command line. */
export interface Ran {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs command lines that end soon, one after the other in one process. They behave as in the program, whose
 * start this saves.
 */
export function runLines(lines: readonly (readonly string[])[], options: { cwd?: string } = {}): Ran[] {
  const directory = mkdtempSync(join(tmpdir(), 'mirrorlake-lines-'));
  const stdout = openSync(join(directory, 'stdout'), 'a+');
  const words = [program('lines-program'), JSON.stringify(lines)];
  const { status, output } = spawnSync(process.execPath, words, {
    encoding: 'utf8',
    timeout: 120_000,
    stdio: ['ignore', stdout, 'pipe', 'pipe'],
    ...options,
  });
  closeSync(stdout);
  rmSync(directory, { recursive: true });
  if (status !== 0) throw new Error(`exit status ${status}: ${output[2]}`);
  return JSON.parse(output[3] ?? '') as Ran[];
}
