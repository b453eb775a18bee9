import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { INPUT_WORDS } from '../config/inputs.js';
import type { ConfigOverrides } from '../config/load.js';
import type { Config } from '../config/schema.js';
import { MirrorlakeError } from '../model/errors.js';
import { counted } from '../model/words.js';
import type { Logger } from '../observe/log.js';
import { givenInputs } from './given-inputs.js';

interface CollectOptions {
  config?: string;
  interface: string[];
  input: string[];
  span: string[];
  receiver?: string;
  workers?: number;
  store?: string;
  tap?: string;
  tunnel: string[];
  user?: string;
  listen?: string;
  listenName: string[];
  console?: string;
  control?: string;
  collector?: string;
  promiscuous?: boolean;
}

export function registerCollect(program: Command): void {
  program
    .command('collect')
    .summary('receive mirrored traffic and store its sessions')
    .description(
      'Receives GRE (IP protocol 47), or what --input names, until it is stopped, and stores the sessions ' +
        'in the traffic that switches and hosts mirror to this host. The first SIGINT or SIGTERM stores ' +
        'what is open, the second exits at once. SIGHUP reads mirrors and tunnels from the configuration ' +
        'again.',
    )
    .option('--config <file>', 'the configuration file (docs/reference/config.md); options override it')
    .option(
      '--input <kind>',
      `what carries mirrored traffic: ${INPUT_WORDS}; repeatable, and the list is all: gre has to be in it ` +
        'to stay (default: gre)',
      gather,
      [],
    )
    .option(
      '--span <interface>',
      'take the frames of this interface as mirrored traffic, as of a SPAN port or a TAP; repeatable, one ' +
        'of the inputs: GRE is received only with --input gre',
      gather,
      [],
    )
    .option('--interface <name>', 'receive on this interface, with a ring; repeatable', gather, [])
    .option(
      '--receiver <kind>',
      'raw (default without --interface), ring (default with it), or xdp: AF_XDP, the ring beside it',
    )
    .option('--workers <n>', 'worker threads of the ring receiver', whole)
    .option(
      '--store <store>',
      'a directory, http://user@host:8123/database, or none for tunnels only (default: ./data)',
    )
    .option('--tap <name>', 'a TAP device that gets the mirrored frames, for tcpdump, Zeek or Suricata')
    .option(
      '--tunnel <spec>',
      "a GRE tunnel to a device of this host, in the words of `ip tunnel add`: 'NAME mode " +
        "gre remote R local L'; repeatable",
      gather,
      [],
    )
    .option('--user <name>', 'change to this user once everything is open')
    .option('--listen <host:port>', 'serve /metrics and /healthz here')
    .option(
      '--listen-name <name>',
      'another host name that requests to --listen may use, besides addresses and localhost; repeatable',
      gather,
      [],
    )
    .option('--console <host:port>', 'serve the console here, in a process of its own')
    .option('--control <path>', 'the control socket')
    .option('--collector <name>', 'the value of the column collector (default: the host name)')
    .option('--promiscuous', 'also receive packets addressed to other hosts')
    .action(collect);
}

function gather(value: string, before: string[]): string[] {
  return [...before, value];
}

function whole(value: string): number {
  const n = Number(value);
  if (!Number.isInteger(n) || n < 1) throw new InvalidArgumentError('give a whole number above 0.');
  return n;
}

async function collect(options: CollectOptions): Promise<void> {
  const config = await configuration(options);
  // Loaded here because `--help` needs none of it, nor koffi.
  const [
    { clearAmbientCapabilities },
    { ServiceManager },
    { Collector },
    { ServiceWatch },
    { createLogger },
  ] = await Promise.all([
    import('../linux/capabilities.js'),
    import('../linux/service-manager.js'),
    import('../collector/collector.js'),
    import('../collector/service-watch.js'),
    import('../observe/log.js'),
  ]);
  const manager = ServiceManager.of(process.env, process.pid);
  // This thread opens sockets and devices. Nothing that it starts needs the capabilities for that.
  clearAmbientCapabilities();
  const log = createLogger(config.log_level, process.stderr.isTTY === true);
  const collector = new Collector({
    config,
    configFile: options.config === undefined ? undefined : resolve(options.config),
    version: version(),
    collector: config.collector ?? hostname(),
    log,
  });
  const ended = new Promise<NodeJS.Signals>((resolve) => {
    let signals = 0;
    const end = (signal: NodeJS.Signals): void => {
      if (++signals > 1) process.exit(signal === 'SIGINT' ? 130 : 143);
      resolve(signal);
    };
    process.on('SIGTERM', end);
    process.on('SIGINT', end);
  });
  const reload = async (): Promise<void> => {
    try {
      await collector.reload(await configuration(options));
    } catch (e) {
      log.error(`the configuration was not taken over: ${e instanceof Error ? e.message : e}`);
    }
  };
  process.on('SIGHUP', () => void reload());
  await collector.start();
  // Unhandled rejections come here too.
  process.on('uncaughtException', (e) => collector.caught(e));
  const watch = manager === undefined ? undefined : new ServiceWatch(manager, () => collector.summary());
  const why = await Promise.race([ended, collector.failed.catch((e: Error) => e)]);
  if (why instanceof Error) sayWhy(log, why);
  log.info(why instanceof Error ? 'stopping' : `stopping on ${why}`);
  watch?.stopping();
  const last = await collector.stop();
  const mirrors = [...last.mirrors, last.unlisted, last.forgotten];
  if (last.store.state !== 'none')
    log.info(
      { packets: mirrors.reduce((n, m) => n + m.packets, 0), rows: last.store.rows_stored },
      `stored ${counted(last.store.rows_stored, 'row')}`,
    );
  // What was open is stored, and the log has said why; a service manager starts another.
  if (why instanceof Error) process.exitCode = why instanceof MirrorlakeError ? why.exitCode : 1;
}

/**
 * Logs why the collector ends: a problem that an operator can fix, or a defect, whose stack
 * `log_level: debug` adds.
 */
function sayWhy(log: Logger, why: Error): void {
  if (why instanceof MirrorlakeError) {
    log.error(why.message);
    return;
  }
  log.error(`a part of the collector has died: ${why.message} (please report it)`);
  log.debug(why.stack);
}

async function configuration(options: CollectOptions): Promise<Config> {
  const { defaultConfig, loadConfig, overrideConfig } = await import('../config/load.js');
  const base = options.config === undefined ? defaultConfig() : loadConfig(options.config);
  const given: ConfigOverrides = {
    ...(options.interface.length > 0 && { interfaces: options.interface }),
    ...givenInputs(options),
    receiver: options.receiver,
    workers: options.workers,
    store: options.store,
    tap: options.tap,
    user: options.user,
    listen: options.listen,
    ...(options.listenName.length > 0 && { listen_names: options.listenName }),
    ...(options.console !== undefined && { console: { listen: options.console } }),
    control: options.control,
    collector: options.collector,
    promiscuous: options.promiscuous,
  };
  const config = overrideConfig(base, given);
  // The option says where it is served, and the file the rest.
  if (options.console !== undefined && config.console !== undefined)
    config.console = { ...config.console, ...base.console, listen: config.console.listen };
  return { ...config, tunnels: [...config.tunnels, ...options.tunnel] };
}

function version(): string {
  const file = new URL('../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
