import type { Command } from 'commander';
import { askCollector, controlPath } from '../observe/control.js';
import type { CollectorStatus } from '../observe/status.js';
import { DEFAULT_STORE } from './read.js';
import { statusText } from './status-text.js';
import { terminalColumns } from './terminal.js';

/** A collector that has not said by then how it does is not well, milliseconds. */
const HEALTH_TIMEOUT = 5_000;

interface StatusOptions {
  json?: boolean;
  health?: boolean;
  store: string;
  control?: string;
}

export function registerStatus(program: Command): void {
  program
    .command('status')
    .summary('show what a running collector receives, loses and stores')
    .description(
      'Asks a running collector, over its control socket, for receivers, mirrors, sessions, tunnels and store; or, with ' +
        '--health, whether it is well, as /healthz does.',
    )
    .option('--json', 'as one JSON object (docs/reference/metrics.md)')
    .option('--health', 'print only what is wrong, or ok; exit status 1 when something is')
    .option('--store <store>', "the collector's store, by which its control socket is found", DEFAULT_STORE)
    .option('--control <path>', 'the control socket')
    .action(status);
}

async function status(options: StatusOptions): Promise<void> {
  const path = options.control ?? controlPath(options.store);
  if (options.health === true) return health(path, options.json === true);
  const answer = (await askCollector(path, { command: 'status' })) as CollectorStatus;
  const text =
    options.json === true
      ? `${JSON.stringify(answer, null, 2)}\n`
      : statusText(answer, terminalColumns(process.stdout));
  process.stdout.write(text);
}

/** What ails the collector, as /healthz says it. One that does not run, or does not answer, is an error. */
async function health(path: string, json: boolean): Promise<void> {
  const wrong = (await askCollector(path, { command: 'health' }, { within: HEALTH_TIMEOUT })) as string[];
  const healthy = wrong.length === 0;
  if (json) process.stdout.write(`${JSON.stringify({ healthy, wrong }, null, 2)}\n`);
  else process.stdout.write(healthy ? 'ok\n' : `${wrong.join('\n')}\n`);
  if (!healthy) process.exitCode = 1;
}
