/** The console's process: started once the collector runs, and again when it has ended. */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { ConsoleOrder, ConsoleReport } from '../config/console-order.js';
import type { ConsoleStatus } from '../model/status.js';
import type { Logger } from '../observe/log.js';

/** Milliseconds before it is started again: twice as long every time, until it stays. */
export const FIRST_WAIT = 1000;
export const LONGEST_WAIT = 60_000;
const STAYS = 60_000;
/** Milliseconds it may take to end by itself. */
const PATIENCE = 2000;

export class ConsoleChild {
  private child: ChildProcess | undefined;
  private timer: NodeJS.Timeout | undefined;
  private wait = FIRST_WAIT;
  private stopped = false;
  private state: 'starting' | 'up' | 'failed' = 'starting';
  private url = '';
  private error = '';
  private restarts = 0;

  constructor(
    private readonly order: ConsoleOrder,
    private readonly log: Logger,
  ) {}

  start(): void {
    const entry = fileURLToPath(new URL('../../dist/cli/console-worker.js', import.meta.url));
    // Nothing from the collector's environment, which may contain passwords.
    const { TZ, NO_COLOR } = process.env;
    const env = { ...(TZ !== undefined && { TZ }), ...(NO_COLOR !== undefined && { NO_COLOR }) };
    const child = fork(entry, [], { execArgv: [], env, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    this.child = child;
    const began = performance.now();
    let wrong = false;
    child.on('message', (said: ConsoleReport) => {
      if ('url' in said) {
        this.state = 'up';
        this.url = said.url;
        this.error = '';
        this.log.info(`console on ${said.url} (mirrorlake console url prints the link that signs in)`);
      } else {
        this.fail(said.error);
        wrong = said.wrong;
        child.kill('SIGKILL');
      }
    });
    child.once('error', (error) => this.fail(error.message));
    child.once('exit', (code, signal) => {
      this.child = undefined;
      if (this.stopped) return;
      if (this.state !== 'failed') this.fail(`it ended (${signal ?? code})`);
      // What is wrong in the configuration stays wrong until somebody mends it.
      if (wrong) return;
      if (performance.now() - began > STAYS) this.wait = FIRST_WAIT;
      this.timer = setTimeout(() => this.again(), this.wait);
      this.wait = Math.min(2 * this.wait, LONGEST_WAIT);
    });
    child.send(this.order);
  }

  status(): ConsoleStatus {
    return { state: this.state, url: this.url, error: this.error, restarts: this.restarts };
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    const { child } = this;
    if (child === undefined) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    const late = setTimeout(() => child.kill('SIGKILL'), PATIENCE);
    await ended;
    clearTimeout(late);
  }

  private again(): void {
    this.restarts++;
    this.state = 'starting';
    this.start();
  }

  private fail(why: string): void {
    this.state = 'failed';
    this.url = '';
    this.error = why;
    this.log.error(`the console: ${why}`);
  }
}
