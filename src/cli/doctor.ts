import type { Command } from 'commander';
import { defaultConfig, loadConfig } from '../config/load.js';
import { isServer, NO_STORE } from '../model/store-location.js';
import { spoolDirectory } from '../store/spool-directory.js';
import type { Finding } from './doctor/finding.js';
import { clock, firewall, kernel, kernelGre, landlock, privileges, receiveBuffer } from './doctor/host.js';
import { koffiFinding, rawSocketFinding } from './doctor/native.js';
import { diskFinding, storeFindings } from './doctor/storage.js';

interface DoctorOptions {
  config?: string;
  interface: string[];
  store?: string;
}

export function registerDoctor(program: Command): void {
  program
    .command('doctor')
    .summary('check that this host can receive and store without loss')
    .description(
      'Looks at privileges, kernel, addons, interfaces, offloads, buffers, firewall, clock, store and disk. One line for each, ' +
        'and under what is not well the command that mends it. Exit status 1 when something will not work.',
    )
    .option('--config <file>', 'the configuration the collector would use')
    .option(
      '--interface <name>',
      'look at this interface; repeatable',
      (v: string, b: string[]) => [...b, v],
      [],
    )
    .option('--store <store>', 'a directory, or http://user@host:8123/database')
    .action(doctor);
}

async function doctor(options: DoctorOptions): Promise<void> {
  const config = options.config === undefined ? defaultConfig() : loadConfig(options.config);
  const interfaces = options.interface.length > 0 ? options.interface : config.interfaces;
  const store = options.store ?? config.store;
  const receiver = config.receiver ?? (config.interfaces.length > 0 ? 'ring' : 'raw');
  const raw = receiver === 'raw' || config.tunnels.length > 0;
  const koffi = await koffiFinding();
  const findings: Finding[] = [
    privileges(),
    kernel(),
    koffi,
    await rawSocketFinding(),
    receiveBuffer(),
    // Without koffi the kernel is not asked any further.
    ...(koffi.state === 'bad' ? [] : await ofKernel(store)),
    firewall(raw),
    kernelGre(),
    ...(koffi.state === 'bad' ? [] : await ofInterfaces(interfaces, raw)),
    ...(await storeFindings(store, config.control)),
    ...(store === NO_STORE
      ? []
      : [diskFinding(config.spool.directory ?? spoolDirectory(store), config.spool.limit)]),
  ];
  process.stdout.write(findings.map(lineOf).join(''));
  if (findings.some((f) => f.state === 'bad')) process.exitCode = 1;
}

async function ofKernel(store: string): Promise<Finding[]> {
  return [await clock(), ...(isServer(store) || store === NO_STORE ? [] : [await landlock()])];
}

async function ofInterfaces(names: readonly string[], raw: boolean): Promise<Finding[]> {
  const { interfaceFindings } = await import('./doctor/interface.js');
  return names.flatMap((name) => interfaceFindings(name, raw));
}

const MARKS = { good: 'ok  ', poor: 'warn', bad: 'FAIL' } as const;

function lineOf(f: Finding): string {
  const mend = f.mend === undefined ? '' : `; mend it with: ${f.mend}`;
  return `${MARKS[f.state]}  ${f.subject}: ${f.text}${mend}\n`;
}
