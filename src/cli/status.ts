import { type Command, InvalidArgumentError } from 'commander';
import { UsageError } from '../model/errors.js';
import { MOST_OPEN_SHOWN } from '../model/live.js';
import type { CollectorStatus } from '../model/status.js';
import { askCollector } from '../observe/control.js';
import { findCollector, type StoreOptions } from './find-store.js';
import { printOpen } from './status-open.js';
import { statusText } from './status-text.js';
import { STORE_VARIABLE } from './store-words.js';
import { terminalColumns } from './terminal.js';

/** A collector that has not answered by then is unhealthy, milliseconds. */
const HEALTH_TIMEOUT = 5_000;
/** Sessions that --open shows without a number. */
const OPEN_SHOWN = 20;

interface StatusOptions extends StoreOptions {
  json?: boolean;
  health?: boolean;
  open?: number | true;
  control?: string;
}

export function registerStatus(program: Command): void {
  program
    .command('status')
    .summary('show what a running collector receives, loses and stores')
    .description(
      'Asks a running collector, over its control socket, for its receivers, mirrors, sessions, tunnels ' +
        'and store; with --open, for the sessions that are open; with --health, whether it is healthy, as ' +
        '/healthz does.',
    )
    .option('--json', 'as one JSON object (docs/reference/metrics.md)')
    .option('--health', 'print only what is wrong, or ok; exit status 1 if anything is wrong')
    .option(
      '--open [number]',
      `the open sessions with most bytes, ${OPEN_SHOWN} or another number up to ${MOST_OPEN_SHOWN}; with ` +
        '--json a row per line, as `read --ndjson sessions` prints them',
      openLimit,
    )
    .option(
      '--store <store>',
      `the collector's store (default: that of --config, or of ${STORE_VARIABLE}; else ` +
        'the collector is found by its socket in /run/mirrorlake or ./data)',
    )
    .option('--config <file>', "the collector's configuration")
    .option('--control <path>', "the collector's control socket")
    .action(status);
}

async function status(options: StatusOptions): Promise<void> {
  if (options.open !== undefined && options.health === true)
    throw new UsageError('--open and --health are two questions: ask one at a time');
  const path = await findCollector(options);
  if (options.open !== undefined)
    return printOpen(path, options.open === true ? OPEN_SHOWN : options.open, options.json === true);
  if (options.health === true) return health(path, options.json === true);
  const answer = (await askCollector(path, { command: 'status' })) as CollectorStatus;
  const text =
    options.json === true
      ? `${JSON.stringify(answer, null, 2)}\n`
      : statusText(answer, terminalColumns(process.stdout));
  process.stdout.write(text);
}

function openLimit(text: string): number {
  const n = Number(text);
  if (!Number.isInteger(n) || n < 1 || n > MOST_OPEN_SHOWN)
    throw new InvalidArgumentError(`give a whole number from 1 to ${MOST_OPEN_SHOWN}.`);
  return n;
}

/**
 * What is wrong with the collector, in the words of /healthz. A collector that does not run or answer is an
 * error.
 */
async function health(path: string, json: boolean): Promise<void> {
  const wrong = (await askCollector(path, { command: 'health' }, { within: HEALTH_TIMEOUT })) as string[];
  const healthy = wrong.length === 0;
  if (json) process.stdout.write(`${JSON.stringify({ healthy, wrong }, null, 2)}\n`);
  else process.stdout.write(healthy ? 'ok\n' : `${wrong.join('\n')}\n`);
  if (!healthy) process.exitCode = 1;
}
