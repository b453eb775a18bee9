import { type Command, InvalidArgumentError } from 'commander';
import type { DoctorOptions } from './doctor-run.js';

export function registerDoctor(program: Command): void {
  program
    .command('doctor')
    .summary('check that this host can receive and store without loss')
    .description(
      'Checks privileges, kernel, addons, interfaces, offloads, buffers, firewall, reverse paths, clock, ' +
        'store and disk. As root it also sends packets to this host, which count as no traffic, and ' +
        'checks that they arrive. Prints one line per check, and below a failed one the command that fixes ' +
        'it. Exit status 1 when something will not work.',
    )
    .option('--config <file>', 'the configuration the collector would use')
    .option(
      '--interface <name>',
      'check this interface, and a ring on it as `collect --interface` uses; repeatable',
      (v: string, b: string[]) => [...b, v],
      [],
    )
    .option(
      '--input <kind>',
      'what carries mirrored traffic, as for `collect`; repeatable, and the list is all',
      (v: string, b: string[]) => [...b, v],
      [],
    )
    .option(
      '--span <interface>',
      'check this interface as a SPAN port, as `collect --span` reads it; repeatable, one of the inputs',
      (v: string, b: string[]) => [...b, v],
      [],
    )
    .option(
      '--receiver <kind>',
      'raw (default without --interface), ring (default with it), or xdp: AF_XDP, the ring beside it',
      kindOf,
    )
    .option('--store <store>', 'a directory, or http://user@host:8123/database')
    .option('--control <path>', "the control socket of a running collector (default: the store's)")
    .option(
      '--json',
      'as one JSON object: `findings`, each with `state`, `subject`, `text` and perhaps `fix`',
    )
    .action(async (options: DoctorOptions) => {
      const { doctor } = await import('./doctor-run.js');
      await doctor(options);
    });
}

function kindOf(value: string): 'raw' | 'ring' | 'xdp' {
  if (value !== 'raw' && value !== 'ring' && value !== 'xdp')
    throw new InvalidArgumentError('say raw, ring or xdp.');
  return value;
}
