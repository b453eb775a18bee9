/** Runs the checks of `mirrorlake doctor`, and prints what they find. */
import { defaultConfig, loadConfig, overrideConfig } from '../config/load.js';
import type { Config } from '../config/schema.js';
import type { Finding } from '../doctor/finding.js';
import { clock, kernel, kernelGre, landlock, privileges, receiveBuffer } from '../doctor/host.js';
import { koffiFinding, rawSocketFinding } from '../doctor/native.js';
import { Network } from '../doctor/network.js';
import { type PacketPath, packetPath } from '../doctor/path.js';
import { diskFinding, storeFindings } from '../doctor/storage.js';
import { xdpFindings } from '../doctor/xdp.js';
import { MirrorlakeError } from '../model/errors.js';
import type { CollectorStatus } from '../model/status.js';
import { isServer, NO_STORE } from '../model/store-location.js';
import { askCollector } from '../observe/control.js';
import { spoolDirectory } from '../store/spool/spool-directory.js';
import { findCollector } from './find-store.js';
import { givenInputs } from './given-inputs.js';

export interface DoctorOptions {
  config?: string;
  interface: string[];
  input: string[];
  span: string[];
  receiver?: Config['receiver'];
  store?: string;
  control?: string;
  json?: boolean;
}

export async function doctor(options: DoctorOptions): Promise<void> {
  const base = options.config === undefined ? defaultConfig() : loadConfig(options.config);
  const config = overrideConfig(base, givenInputs(options));
  const store = options.store ?? config.store;
  const network = Network.read();
  const path = packetPath(config, options.interface, options.receiver, network);
  const koffi = await koffiFinding();
  const findings: Finding[] = [
    privileges(),
    kernel(),
    ...(path.xdp ? xdpFindings(config, path.interfaces.length) : []),
    koffi,
    await rawSocketFinding(),
    ...path.findings,
    // These ask the kernel through koffi.
    ...(koffi.state === 'bad' ? [] : await ofKernel(store, config, path)),
    ...(config.inputs.gre ? [kernelGre()] : []),
    ...(koffi.state === 'bad' ? [] : await ofPackets(options, config, path, network)),
    ...(await storeFindings(store, options.control ?? config.control)),
    ...(store === NO_STORE
      ? []
      : [diskFinding(config.spool.directory ?? spoolDirectory(store), config.spool.limit)]),
  ];
  process.stdout.write(
    options.json === true ? `${JSON.stringify({ findings }, null, 2)}\n` : findings.map(lineOf).join(''),
  );
  if (findings.some((f) => f.state === 'bad')) process.exitCode = 1;
}

async function ofKernel(store: string, config: Config, path: PacketPath): Promise<Finding[]> {
  return [
    ...(path.raw ? [await receiveBuffer(config.receive_buffer)] : []),
    await clock(),
    ...(isServer(store) || store === NO_STORE ? [] : [await landlock()]),
  ];
}

/** Findings about a packet's path to the collector: interfaces, rules, and a trial packet. */
async function ofPackets(
  options: DoctorOptions,
  config: Config,
  path: PacketPath,
  network: Network | undefined,
): Promise<Finding[]> {
  const { interfaceFindings, spanFindings } = await import('../doctor/interface.js');
  const { firewallFindings, firewallRulings } = await import('../doctor/firewall/findings.js');
  const { readRules } = await import('../doctor/firewall/read.js');
  const { portFindings } = await import('../doctor/ports.js');
  const { trial } = await import('../doctor/trial/trial.js');
  const { unlistedFindings } = await import('../doctor/unlisted.js');
  const sources = [...new Set(config.mirrors.flatMap((m) => m.source?.text ?? []))];
  const { interfaces, raw, carriers } = path;
  const control = await socketOf(options);
  const { tables, unread } = readRules();
  const question = { path, network, interfaces, named: path.named, sources };
  const rulings = firewallRulings(question, tables);
  const ofSpans = path.spans.flatMap((name) => spanFindings(name, network));
  // Nothing else is received: rules and trials are about packets to this host.
  if (interfaces.length === 0 && !raw && path.spans.length > 0) return ofSpans;
  return [
    ...ofSpans,
    ...interfaces.flatMap((name) =>
      interfaceFindings(name, {
        named: path.named,
        raw,
        udp: path.kind === 'raw' && config.inputs.udp.length > 0,
        network,
        sources,
        others: path.named ? [] : interfaces,
      }),
    ),
    ...unlistedFindings(config.inputs, interfaces),
    ...portFindings(config.inputs.udp, path.kind === 'raw', await pidOf(control)),
    ...firewallFindings(question, rulings, unread),
    ...(await trial({
      raw,
      carriers,
      network,
      interfaces,
      tables,
      rulings,
      control,
    })),
  ];
}

/** The running collector's process id, if one can be asked. */
async function pidOf(control: string | undefined): Promise<number | undefined> {
  if (control === undefined) return undefined;
  try {
    return ((await askCollector(control, { command: 'status' })) as CollectorStatus).pid;
  } catch (e) {
    if (e instanceof MirrorlakeError) return undefined;
    throw e;
  }
}

/** The socket of the running collector, if any. The collector is told not to count the trial packet. */
async function socketOf({ store, config, control }: DoctorOptions): Promise<string | undefined> {
  try {
    return await findCollector({ store, config, control });
  } catch (e) {
    // Another finding reports what is wrong with the store's name.
    if (e instanceof MirrorlakeError) return undefined;
    throw e;
  }
}

const MARKS = { good: 'ok  ', poor: 'warn', bad: 'FAIL' } as const;

function lineOf(f: Finding): string {
  const fix = f.fix === undefined ? '' : `; fix it with: ${f.fix}`;
  return `${MARKS[f.state]}  ${f.subject}: ${f.text}${fix}\n`;
}
