import type { Command } from 'commander';
import { askCollector, controlPath } from '../observe/control.js';
import type { CollectorStatus } from '../observe/status.js';
import { DEFAULT_STORE } from './read.js';
import { statusText } from './status-text.js';

interface StatusOptions {
  json?: boolean;
  store: string;
  control?: string;
}

export function registerStatus(program: Command): void {
  program
    .command('status')
    .summary('show what a running collector receives, loses and stores')
    .description(
      'Asks a running collector, over its control socket, for receivers, mirrors, sessions, tunnels and store.',
    )
    .option('--json', 'as one JSON object (docs/reference/metrics.md)')
    .option('--store <store>', "the collector's store, by which its control socket is found", DEFAULT_STORE)
    .option('--control <path>', 'the control socket')
    .action(status);
}

async function status(options: StatusOptions): Promise<void> {
  const path = options.control ?? controlPath(options.store);
  const answer = (await askCollector(path, { command: 'status' })) as CollectorStatus;
  process.stdout.write(options.json === true ? `${JSON.stringify(answer, null, 2)}\n` : statusText(answer));
}
