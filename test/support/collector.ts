/** A collector as users run it: a process of its own, queried over its control socket. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import type { CollectorStatus, MirrorStatus } from '../../src/model/status.js';
import { askCollector, openReply } from '../../src/observe/control.js';
import { makeStore } from './store-copies.js';

/** The program under test: from this checkout, or an installed one. */
export const MAIN =
  process.env.MIRRORLAKE_MAIN ?? fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

/** Seconds before a wait fails. A busy machine is slow; a test that passes does not wait this long. */
export const PATIENCE = 120;

export interface CollectorTestOptions {
  /** The text of a configuration file. */
  readonly config?: string;
  /** The network namespace it runs in. */
  readonly netns?: string;
  /** The program, if not the one under test. */
  readonly main?: string;
  /**
   * A store, if not an embedded one in a directory of its own, whose tables are there already. Another
   * program, or another user, makes that store by itself.
   */
  readonly store?: string;
}

/**
 * Removes a directory, again and again until it is gone: an engine may still write to it, one that was killed
 * or that a busy collector left behind. rmSync's own retries do not empty a directory again.
 */
function removeWritten(directory: string): void {
  const end = Date.now() + PATIENCE * 1000;
  for (;;) {
    try {
      rmSync(directory, { recursive: true, force: true });
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOTEMPTY' || Date.now() > end) throw error;
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
  }
}

export class TestCollector {
  log = '';
  readonly directory: string;
  readonly configFile: string;
  readonly control: string;
  private readonly process: ChildProcess;
  private readonly exited: Promise<number | null>;

  private constructor(directory: string, args: readonly string[], options: CollectorTestOptions) {
    this.directory = directory;
    this.configFile = join(this.directory, 'mirrorlake.yaml');
    this.control = join(this.directory, 'control.sock');
    writeFileSync(this.configFile, options.config ?? '');
    const store = options.store ?? join(this.directory, 'data');
    const words = [
      options.main ?? MAIN,
      'collect',
      '--config',
      this.configFile,
      '--control',
      this.control,
      '--store',
      store,
      ...args,
    ];
    const command =
      options.netns === undefined
        ? [process.execPath]
        : ['ip', 'netns', 'exec', options.netns, process.execPath];
    this.process = spawn(command[0], [...command.slice(1), ...words], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.process.stderr!.on('data', (d: Buffer) => {
      this.log += d.toString();
    });
    this.exited = once(this.process, 'exit').then(([code]) => code as number | null);
  }

  /** Starts a collector, and waits until it receives. */
  static async start(args: readonly string[], options: CollectorTestOptions = {}): Promise<TestCollector> {
    const directory = mkdtempSync(join(tmpdir(), 'mirrorlake-collect-'));
    // Another user (`--user`) must pass through it to reach the store.
    chmodSync(directory, 0o755);
    if (options.store === undefined && options.main === undefined && !args.includes('--user'))
      await makeStore(join(directory, 'data'));
    const c = new TestCollector(directory, args, options);
    for (const end = Date.now() + PATIENCE * 1000; Date.now() < end; ) {
      if (/receiving .* on |no store: tunnels/.test(c.log)) return c;
      if (c.process.exitCode !== null) break;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    c.remove();
    throw new Error(`the collector did not start: ${c.log}`);
  }

  get pid(): number {
    return this.process.pid!;
  }

  async status(): Promise<CollectorStatus> {
    return (await askCollector(this.control, { command: 'status' })) as CollectorStatus;
  }

  /** The status as soon as `holds` is true. Fails, showing the last status, if it never is. */
  async statusWhen(holds: (s: CollectorStatus) => boolean): Promise<CollectorStatus> {
    const end = Date.now() + PATIENCE * 1000;
    for (;;) {
      const s = await this.status();
      if (holds(s)) return s;
      if (Date.now() > end)
        expect.fail(`waited in vain; status: ${JSON.stringify(s, null, 1)}\nlog: ${this.log}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  /** Runs a statement in the store, through the collector. */
  async query<T = Record<string, unknown>>(sql: string): Promise<T[]> {
    const reply = await openReply(this.control, {
      command: 'query',
      sql,
      format: 'JSONEachRow',
    });
    let text = '';
    for await (const bytes of reply.body) text += bytes.toString();
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as T);
  }

  /** The rows of a statement as soon as `holds` is true. */
  async queryWhen<T = Record<string, unknown>>(
    sql: string,
    holds: (rows: T[]) => boolean,
  ): Promise<{ rows: T[] }> {
    const begin = Date.now();
    for (;;) {
      const rows = await this.query<T>(sql);
      if (holds(rows)) return { rows };
      if (Date.now() - begin > PATIENCE * 1000) {
        expect.fail(
          `waited in vain for ${sql}: ${JSON.stringify(rows)}\nlog: ` +
            `${this.log}\n${JSON.stringify(await this.status())}`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }

  signal(signal: NodeJS.Signals): void {
    process.kill(this.pid, signal);
  }

  /** Stops it as a service manager does. @returns its exit status */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    if (this.process.exitCode === null && this.process.signalCode === null) this.process.kill(signal);
    return this.exited;
  }

  async exit(): Promise<number | null> {
    return this.exited;
  }

  /** The processes it has started: the engine of an embedded store. */
  get children(): number[] {
    const found = spawnSync('pgrep', ['-P', String(this.pid)], { encoding: 'utf8' }).stdout.trim();
    return found === '' ? [] : found.split('\n').map(Number);
  }

  /** The processes of the embedded engine, once it has started. */
  async engine(): Promise<number[]> {
    await this.statusWhen((s) => s.store.state === 'up');
    return this.children;
  }

  /** Kills what is left, including an engine that a test has suspended, and removes its directory. */
  remove(): void {
    const alive = this.process.exitCode === null && this.process.signalCode === null;
    for (const pid of alive ? this.children : []) process.kill(pid, 'SIGKILL');
    this.process.kill('SIGKILL');
    removeWritten(this.directory);
  }

  static mirror(s: CollectorStatus, session: number): MirrorStatus {
    const found = s.mirrors.find((m) => m.session === session);
    expect(found, `mirror session ${session}`).toBeDefined();
    return found!;
  }
}
