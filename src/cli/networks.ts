import { type Command, InvalidArgumentError, Option } from 'commander';
import { parseDuration } from '../config/units.js';
import type { StoreOptions } from './find-store.js';
import type { ApplyOptions, ShowOptions } from './networks/options.js';
import { CONFIG_HELP, STORE_HELP, WRITE_HELP } from './store-words.js';

const HIGHEST_VLAN = 4095;
const HIGHEST_VNI = 0xff_ffff;

export function registerNetworks(program: Command): void {
  const networks = program
    .command('networks')
    .summary('networks of your own: what rows say of both ends')
    .description(
      'Keeps networks of your own in the store, whose names, roles and sites rows then have for both ends.',
    );
  networks
    .command('load')
    .summary('keep the networks of a file')
    .description(
      'Keeps the networks of a file in the store, in place of all that were loaded before: CSV or YAML ' +
        'with prefix, name, site, role, tenant, vlan and vni, or an export of NetBox, Infoblox or phpIPAM. ' +
        'A file with a mistake is refused whole. A running collector takes them over within a minute.',
    )
    .argument('<file>', 'the networks')
    .option('--store <store>', WRITE_HELP)
    .option('--config <file>', CONFIG_HELP)
    .action(async (file: string, options: StoreOptions) =>
      (await import('./networks/load.js')).load(file, options),
    );
  networks
    .command('clear')
    .summary('forget the networks that were loaded')
    .description('Forgets the networks that were loaded. Rows keep what they say.')
    .option('--store <store>', WRITE_HELP)
    .option('--config <file>', CONFIG_HELP)
    .action(async (options: StoreOptions) => (await import('./networks/load.js')).clear(options));
  networks
    .command('show')
    .summary('print the networks in effect, or the one that an address is in')
    .description(
      'Prints the networks in effect; or, for addresses, the network that each is in: that with the most ' +
        'specific prefix.',
    )
    .argument('[addresses...]', 'addresses; without one, all networks are printed')
    .option('--store <store>', STORE_HELP)
    .option('--config <file>', CONFIG_HELP)
    .option('--vlan <id>', 'the VLAN that the addresses are in', count(HIGHEST_VLAN))
    .option('--vni <id>', 'the VNI of the overlay that they are in', count(HIGHEST_VNI))
    .action(async (addresses: string[], options: ShowOptions) =>
      (await import('./networks/show.js')).show(addresses, options),
    );
  networks
    .command('apply')
    .summary('have rows of earlier days say what is known now')
    .description(
      'Writes anew what rows of earlier days say of both ends: networks, roles and sites as they are now; ' +
        'with --owners (or the configuration), AS and country too. Whole days in UTC. Interrupted, it is ' +
        'taken up where it was when it is run again.',
    )
    .requiredOption('--since <time>', 'rows since then: 30d ago, or 2026-11-01', day)
    .addOption(
      new Option('--until <time>', 'rows until the end of that day')
        .argParser(day)
        .default(day('0s'), 'today'),
    )
    .option('--networks <file>', 'in place of the networks in effect')
    .option('--owners <file...>', "files in MaxMind's DB format: whom addresses belong to", [])
    .option('--store <store>', WRITE_HELP)
    .option('--config <file>', CONFIG_HELP)
    .action(async (options: ApplyOptions) => (await import('./networks/apply.js')).apply(options));
}

/** The day, in UTC, of a time before now (`30d`) or of a date. */
function day(value: string): string {
  const date = /^\d{4}-\d\d-\d\d$/.test(value) ? Date.parse(`${value}T00:00:00Z`) : Number.NaN;
  const time = Number.isNaN(date) ? Date.now() - parseDuration(value) * 1000 : date;
  if (!(time >= 0))
    throw new InvalidArgumentError('give a time before now, as in 30d, or a day, as in 2026-11-01.');
  return new Date(time).toISOString().slice(0, 10);
}

function count(most: number): (value: string) => number {
  return (value) => {
    if (!/^\d{1,8}$/.test(value) || Number(value) > most)
      throw new InvalidArgumentError(`give a number from 0 to ${most}.`);
    return Number(value);
  };
}
