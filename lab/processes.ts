/** The lab's programs, each in its namespace. All end together: if one dies, so do the others. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

/** How long a program may take to become ready, and to end. */
const READY_MS = 60_000;
const END_MS = 15_000;

export class LabError extends Error {
  override readonly name = 'LabError';
}

interface Program {
  readonly name: string;
  readonly child: ChildProcess;
  said: string;
}

export class Processes {
  private readonly programs: Program[] = [];
  private ending = false;
  private fail: (error: LabError) => void = () => {};
  /** Rejects if a program ends unexpectedly. */
  readonly failed = new Promise<never>((_, reject) => {
    this.fail = reject;
  });

  constructor() {
    this.failed.catch(() => {});
  }

  /** Starts a program in a namespace and waits until its output matches `ready`. */
  async start(name: string, ns: string, command: readonly string[], ready: RegExp): Promise<void> {
    if (this.ending) throw new LabError('the lab is ending');
    // Ctrl-C on a terminal goes to the whole process group, but the lab ends its programs itself, in order.
    const child = spawn('ip', ['netns', 'exec', ns, ...command], {
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    const program: Program = { name, child, said: '' };
    this.programs.push(program);
    const isReady = new Promise<void>((resolve) => {
      const hear = (text: Buffer): void => {
        program.said = (program.said + text.toString()).slice(-4000);
        if (ready.test(program.said)) resolve();
      };
      child.stdout.on('data', hear);
      child.stderr.on('data', hear);
    });
    child.on('error', (error) => this.fail(new LabError(`${name} cannot be started: ${error.message}`)));
    child.on('exit', (code, signal) => {
      if (!this.ending) this.fail(new LabError(`${name} ended (${signal ?? code}): ${program.said.trim()}`));
    });
    const late = setTimeout(
      () => this.fail(new LabError(`${name} was not ready after ${READY_MS / 1000} s: ${program.said}`)),
      READY_MS,
    );
    await Promise.race([isReady, this.failed]).finally(() => clearTimeout(late));
  }

  /** Asks every program to end, the last one first, and waits for it. */
  async end(): Promise<void> {
    this.ending = true;
    // Wakes whoever waits for a program to become ready.
    this.fail(new LabError('the lab is ending'));
    for (const { child } of this.programs.reverse()) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      const late = setTimeout(() => child.kill('SIGKILL'), END_MS);
      await ended;
      clearTimeout(late);
    }
  }
}
