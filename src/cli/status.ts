import type { Command } from 'commander';
import type { CollectorStatus } from '../model/status.js';
import { askCollector } from '../observe/control.js';
import { findCollector, type StoreOptions } from './find-store.js';
import { statusText } from './status-text.js';
import { STORE_VARIABLE } from './store-words.js';
import { terminalColumns } from './terminal.js';

/** A collector that has not answered by then is unhealthy, milliseconds. */
const HEALTH_TIMEOUT = 5_000;

interface StatusOptions extends StoreOptions {
  json?: boolean;
  health?: boolean;
  control?: string;
}

export function registerStatus(program: Command): void {
  program
    .command('status')
    .summary('show what a running collector receives, loses and stores')
    .description(
      'Asks a running collector, over its control socket, for its receivers, mirrors, sessions, tunnels ' +
        'and store; with --health, whether it is healthy, as /healthz does.',
    )
    .option('--json', 'as one JSON object (docs/reference/metrics.md)')
    .option('--health', 'print only what is wrong, or ok; exit status 1 if anything is wrong')
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
  const path = await findCollector(options);
  if (options.health === true) return health(path, options.json === true);
  const answer = (await askCollector(path, { command: 'status' })) as CollectorStatus;
  const text =
    options.json === true
      ? `${JSON.stringify(answer, null, 2)}\n`
      : statusText(answer, terminalColumns(process.stdout));
  process.stdout.write(text);
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
