/** `mirrorlake doctor`, run as people run it: what it looks at is no business of the console's process. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { isServer, withoutPassword } from '../model/store-location.js';
import { parseLocation } from '../store/location.js';
import type { FindingSaid } from './contract/setup.js';
import { RequestError } from './errors.js';

/** Milliseconds it may take; it asks the firewall, the store and, as root, sends a packet to this host. */
export const PATIENCE = 30_000;
/** Milliseconds for which what it found holds. */
export const KEEP = 5000;
/** Bytes of its answer. */
const LONGEST = 1024 * 1024;

export interface Examined {
  readonly findings: FindingSaid[];
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** What it is to look at. */
export interface Examination {
  readonly store: string;
  /** The control socket of the collector; undefined: none runs. */
  readonly control: string | undefined;
  /** Interfaces of rings; none: raw sockets. */
  readonly interfaces: readonly string[];
}

export class Doctor {
  private last:
    | { readonly asked: string; readonly at: number; readonly answer: Promise<Examined> }
    | undefined;

  /** Runs it, unless it has just been run, or runs for somebody else. */
  examine(examination: Examination): Promise<Examined> {
    const asked = JSON.stringify(examination);
    const { last } = this;
    if (last !== undefined && last.asked === asked && performance.now() < last.at + KEEP) return last.answer;
    const answer = run(examination);
    const now = { asked, at: Number.POSITIVE_INFINITY, answer };
    this.last = now;
    const over = (): void => {
      if (this.last === now) this.last = { ...now, at: performance.now() };
    };
    answer.then(over, () => {
      if (this.last === now) this.last = undefined;
    });
    return answer;
  }
}

function run({ store, control, interfaces }: Examination): Promise<Examined> {
  const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
  const args = [
    main,
    'doctor',
    '--json',
    // Everybody on this host may read arguments.
    ...['--store', withoutPassword(store)],
    ...(control === undefined ? [] : ['--control', control]),
    ...interfaces.flatMap((name) => ['--interface', name]),
  ];
  const password = passwordIn(store);
  const env = { ...process.env, ...(password !== undefined && { MIRRORLAKE_STORE_PASSWORD: password }) };
  return new Promise((resolve, reject) => {
    const options = { env, timeout: PATIENCE, killSignal: 'SIGKILL' as const, maxBuffer: LONGEST };
    execFile(process.execPath, args, options, (error, stdout, stderr) => {
      try {
        const { findings } = JSON.parse(stdout) as { findings: FindingSaid[] };
        resolve({ findings, at: Date.now() });
      } catch {
        const said = stderr.trim().split('\n').at(-1);
        const why = error?.killed === true ? `not within ${PATIENCE / 1000} s` : said || error?.message;
        reject(new RequestError(`mirrorlake doctor did not answer: ${why}`, 503, { hint: 'run it by hand' }));
      }
    });
  });
}

/** The password of a server's URL; undefined without one. */
function passwordIn(store: string): string | undefined {
  return (isServer(store) && parseLocation(store, {}).password) || undefined;
}
