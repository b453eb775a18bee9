import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, ftruncateSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { program } from './programs.js';

export interface LineOptions {
  /** The directory in which it runs, if not that of the tests. */
  readonly cwd?: string;
  /** Variables of the environment that differ. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A command line, as the process that runs it takes it. */
export interface Line extends LineOptions {
  readonly words: readonly string[];
}

/** The exit status and what a command line said on standard error. */
export interface Ended {
  readonly status: number;
  readonly stderr: string;
}

/** The same with its standard output. */
export interface Ran extends Ended {
  readonly stdout: string;
}

/**
 * Runs a command line that ends by itself and reads no standard input. It behaves as in the program, whose
 * start this saves: one process runs those of all tests that share this one, one after the other.
 */
export async function runLine(words: readonly string[], options: LineOptions = {}): Promise<Ran> {
  const before = last;
  let done = (): void => {};
  last = new Promise((resolve) => {
    done = resolve;
  });
  await before;
  try {
    if (lines?.ended === true) lines.end();
    if (lines?.ended !== false) lines = new LinesProcess();
    return await lines.run({ words, ...options });
  } catch (error) {
    lines?.end();
    lines = undefined;
    throw error;
  } finally {
    done();
  }
}

/** The same for several, one after the other. */
export async function runLines(
  all: readonly (readonly string[])[],
  options: LineOptions = {},
): Promise<Ran[]> {
  const ran: Ran[] = [];
  for (const words of all) ran.push(await runLine(words, options));
  return ran;
}

let lines: LinesProcess | undefined;
/** Settles when the line that was given last has been run. */
let last: Promise<void> = Promise.resolve();

/** Milliseconds after which a command line is given up. */
const PATIENCE = 120_000;

class LinesProcess {
  private readonly child: ChildProcess;
  /** The file that is its standard output: it is read here, because messages are slow for much of it. */
  private readonly stdout: number;
  private said = '';

  constructor() {
    const directory = mkdtempSync(join(tmpdir(), 'mirrorlake-lines-'));
    this.stdout = openSync(join(directory, 'stdout'), 'a+');
    // The descriptor is enough.
    rmSync(directory, { recursive: true });
    this.child = spawn(process.execPath, [program('lines-program')], {
      stdio: ['ignore', this.stdout, 'pipe', 'ipc'],
    });
    this.child.stderr?.on('data', (bytes: Buffer) => {
      this.said += bytes.toString();
    });
    // It ends with this process.
    this.child.unref();
    this.child.channel?.unref();
    (this.child.stderr as Socket).unref();
  }

  get ended(): boolean {
    return !this.child.connected;
  }

  async run(line: Line): Promise<Ran> {
    const settled = new AbortController();
    const signal = AbortSignal.any([settled.signal, AbortSignal.timeout(PATIENCE)]);
    try {
      const answer = once(this.child, 'message', { signal });
      const ended = once(this.child, 'exit', { signal }).then(() => {
        throw new Error(`the process of \`${line.words.join(' ')}\` ended: ${this.said}`);
      });
      const first = Promise.race([answer, ended]);
      this.child.send(line);
      const [{ status, stderr }] = (await first) as [Ended];
      const stdout = readFileSync(`/proc/self/fd/${this.stdout}`, 'utf8');
      ftruncateSync(this.stdout);
      return { status, stdout, stderr };
    } finally {
      settled.abort();
    }
  }

  end(): void {
    closeSync(this.stdout);
    this.child.kill('SIGKILL');
  }
}
