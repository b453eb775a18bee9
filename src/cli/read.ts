import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { LONGEST_DEDUPLICATION, MOST_OWNERS, MOST_SESSIONS, MOST_WORKERS } from '../config/bounds.js';
import { GROUP_WINDOW, GROUP_WORDS, type NamedGroup, parseGroup } from '../config/groups.js';
import { INPUT_WORDS, inputsOf, parseInput } from '../config/inputs.js';
import { KEPT_PACKETS_WORDS, type KeptPackets, parseKeptPackets } from '../config/kept-packets.js';
import {
  OVERLAY_WORDS,
  parseOverlay,
  parseSeparators,
  SEPARATORS,
  type Separator,
} from '../config/overlays.js';
import {
  MOST_PATHS,
  type NamedPath,
  PATH_WORDS,
  parsePath,
  parseSample,
  SAMPLE_WORDS,
} from '../config/paths.js';
import type { PointName } from '../config/point-name.js';
import type { Config, MirrorConfig } from '../config/schema.js';
import { TIMESTAMPS, type Timestamps } from '../config/timestamps.js';
import { parseDuration } from '../config/units.js';
import { SESSION_DEFAULTS } from '../model/defaults.js';
import { CommandError, UsageError } from '../model/errors.js';
import { DEFAULT_INPUTS, type Inputs, type UdpInput } from '../model/inputs.js';
import { KEEP_ALL, KEPT_APPLICATIONS_WORDS, KEPT_KINDS, parseKeptApplications } from '../model/kept-words.js';
import { KEPT_NAMES_WORDS, type NameSourceWord, parseKeptNames } from '../model/name-source.js';
import { isServer } from '../model/store-location.js';
import type { Knowledge } from '../networks/conversation-facts.js';
import { areTimeline, type CaptureFile } from '../reader/capture-files.js';
import { FilledStore } from '../reader/filled-store.js';
import { isRowKind, NDJSON_KINDS, type NdjsonKind, PATH_KINDS, parseKinds } from '../reader/kinds.js';
import type { ReadOutput } from '../reader/output.js';
import type { PathTask } from '../reader/paths.js';
import { READ_AS, type ReadAs } from '../reader/read-as.js';
import type { Reading, ReadProgress } from '../reader/run.js';
import { type SessionSeat, sessionsInThisThread, startSessionThreads } from '../reader/session-start.js';
import type { GroupOf } from '../reader/session-thread.js';
import { areSmall, sessionsIn, workersFor } from '../reader/workers.js';
import { isCaptureFile } from '../receive/file/first-look.js';
import type { TunnelTable } from '../tunnels/kernel/table.js';
import type { Overlay } from '../wire/tunnel/overlay-kinds.js';
import { READ_HELP } from './store-words.js';

interface ReadOptions {
  as: ReadAs;
  name?: string;
  store?: string;
  ndjson?: string;
  once?: boolean;
  packets?: KeptPackets;
  tunnel: string[];
  collector: string;
  maxSessions?: number;
  workers?: number;
  deduplicate: number;
  separateBy?: Separator[];
  group: NamedGroup[];
  groupWindow: number;
  config?: string;
  applications: number;
  overlay: Overlay[];
  input: ('gre' | UdpInput)[];
  path: NamedPath[];
  sample?: number;
  timestamps: Timestamps;
  networks?: string;
  owners: string[];
  names?: readonly NameSourceWord[];
  namesFile?: string;
  quiet?: boolean;
}

export function registerRead(program: Command): void {
  program
    .command('read')
    .summary('turn captures into sessions')
    .description(
      'Reads captures, of mirrored traffic or of any other (pcap or pcapng, also compressed with gzip or ' +
        'zstd; - is stdin), in the order given, and stores the sessions in them, or prints them.',
    )
    .argument('[files...]', 'captures')
    .option('--store <store>', READ_HELP)
    .option(
      '--ndjson [what]',
      `print instead of storing: ${NDJSON_KINDS.join(', ')} (default: sessions), several separated by ` +
        'commas; any other word after it is a capture',
    )
    .addOption(
      new Option(
        '--as <what>',
        'what captures hold: mirrors, traffic in GRE or another --input; frames, which are taken as they ' +
          'are; or auto: mirrors where the first packets have one, else frames',
      )
        .choices(READ_AS)
        .default('auto'),
    )
    .option(
      '--name <name>',
      'the mirror_name of plain frames from stdin (default: stdin; that of a file is its name)',
    )
    .option('--once', 'store a capture only if its contents were not stored before')
    .option(
      '--packets <which>',
      `keep the sessions' packets as well: ${KEPT_PACKETS_WORDS} of a session (default: none)`,
      which,
    )
    .option(
      '--tunnel <spec>',
      "a tunnel that owns what it matches, in the words of `ip tunnel add`: 'NAME mode gre " +
        "remote R local L key K csum seq'; repeatable",
      collect,
      [],
    )
    .addOption(
      new Option('--collector <name>', 'the value of the column collector').default(
        hostname(),
        'the host name',
      ),
    )
    .option('--max-sessions <n>', 'sessions open at once; beyond that the oldest end, by pressure', capacity)
    .option(
      '--workers <n>',
      'threads that make sessions, while another one reads; with several, rows come in no order ' +
        '(default: 1; for files of 256 MiB and more one fewer than there are processors, up to 3)',
      workerCount,
    )
    .addOption(
      new Option(
        '--deduplicate <time>',
        'an inner packet seen again within this time (1ms, 500us) counts once, as a duplicate',
      )
        .argParser(window)
        .default(0, 'no'),
    )
    .addOption(
      new Option(
        '--separate-by <what>',
        'what tells apart conversations between the same addresses and ports: ' +
          `${SEPARATORS.join(', ')}, several separated by commas, or none (default: vni; in groups none)`,
      ).argParser(separators),
    )
    .option(
      '--group <members>',
      `mirrors whose conversations are one, and whose copies of a frame count once: ${GROUP_WORDS}; ` +
        'repeatable',
      group,
      [],
    )
    .addOption(
      new Option('--group-window <time>', 'how long a packet waits for its copies from the rest of a group')
        .argParser(groupWindow)
        .default(GROUP_WINDOW.usual * 1e9, '50ms'),
    )
    .option(
      '--config <file>',
      'the configuration whose `networks`, `owners`, `names`, `names_file` and `policies` rows are made ' +
        'with, and whose `mirrors` --group and --path name',
    )
    .addOption(
      new Option(
        '--applications <what>',
        `what is read of the messages in sessions: ${KEPT_APPLICATIONS_WORDS}, separated by commas`,
      )
        .argParser(keptApplications)
        .default(KEEP_ALL, 'all'),
    )
    .option(
      '--input <name[:port]>',
      `what mirrored traffic comes in: ${INPUT_WORDS}; repeatable, and the list is all (default: gre)`,
      input,
      [],
    )
    .option(
      '--overlay <port>',
      'another UDP port of tunnels inside mirrored frames, besides the well-known ones: ' +
        `${OVERLAY_WORDS}, such as vxlan:4799; repeatable`,
      overlay,
      [],
    )
    .option(
      '--path <ends>',
      `two places between which packets are matched, into the tables paths and hops: ${PATH_WORDS}; ` +
        'nat: their addresses change on the way; repeatable',
      path,
      [],
    )
    .option(
      '--sample <share>',
      `the share of packets that --path matches: ${SAMPLE_WORDS} (default: 1/1)`,
      sample,
    )
    .addOption(
      new Option(
        '--timestamps <which>',
        'which times packets have: arrival, those of the capture, or hardware, the timestamps of ERSPAN ' +
          'type III; files are then read twice',
      )
        .choices(TIMESTAMPS)
        .default('arrival'),
    )
    .option(
      '--networks <file>',
      'networks of your own (prefix, name, site, role, tenant), as CSV or YAML, or an export of NetBox, ' +
        'Infoblox or phpIPAM: what rows say of both ends; in place of those of --config',
    )
    .option(
      '--owners <file>',
      "a file in MaxMind's DB format that says to whom the Internet's addresses belong; repeatable: of " +
        'several that know something the first is believed; in place of those of --config',
      owners,
      [],
    )
    .option(
      '--names <which>',
      `which names of addresses are kept, by what says them: ${KEPT_NAMES_WORDS}, separated by commas ` +
        '(default: those of --config, else all)',
      keptNames,
    )
    .option(
      '--names-file <file>',
      'names of addresses, `address name` a line, as in /etc/hosts, for the source file',
    )
    .option('--quiet', 'no progress bar and no summary')
    .action(read);
}

function collect(value: string, before: string[]): string[] {
  return [...before, value];
}

function which(value: string): KeptPackets {
  const packets = parseKeptPackets(value);
  if (packets === undefined) throw new InvalidArgumentError(`give one of ${KEPT_PACKETS_WORDS}.`);
  return packets;
}

function separators(value: string): Separator[] {
  const words = parseSeparators(value);
  if (words === undefined)
    throw new InvalidArgumentError(`give ${SEPARATORS.join(', ')} or none, as in vni,vlan.`);
  return words;
}

function keptApplications(value: string): number {
  const bits = parseKeptApplications(value);
  if (bits === undefined)
    throw new InvalidArgumentError(`give all, off, or some of ${KEPT_KINDS.join(', ')}, as in names,paths.`);
  return bits;
}

function keptNames(value: string): readonly NameSourceWord[] {
  const sources = parseKeptNames(value);
  if (sources === undefined) throw new InvalidArgumentError(`give ${KEPT_NAMES_WORDS}, as in dns,tls.`);
  return sources;
}

function overlay(value: string, before: Overlay[]): Overlay[] {
  const said = parseOverlay(value);
  if (said === undefined) throw new InvalidArgumentError(`give ${OVERLAY_WORDS}, as in vxlan:4799.`);
  return [...before, said];
}

function input(value: string, before: ('gre' | UdpInput)[]): ('gre' | UdpInput)[] {
  const said = parseInput(value);
  if (typeof said === 'string' && said !== 'gre') throw new InvalidArgumentError(`${said}.`);
  const all = [...before, typeof said === 'string' ? 'gre' : said] as const;
  const inputs = inputsOf(all, []);
  if (typeof inputs === 'string') throw new InvalidArgumentError(`${inputs}.`);
  return [...all];
}

function group(value: string, before: NamedGroup[]): NamedGroup[] {
  const said = parseGroup(value);
  if (typeof said === 'string') throw new InvalidArgumentError(`${said}.`);
  if (before.some(({ name }) => name === said.name))
    throw new InvalidArgumentError(`there is a group ${said.name} already.`);
  const mine = new Set(said.members.map(({ text }) => text));
  const other = before.find(({ members }) => members.some(({ text }) => mine.has(text)));
  if (other !== undefined)
    throw new InvalidArgumentError(`a member of it is in the group ${other.name} already.`);
  return [...before, said];
}

function groupWindow(value: string): number {
  const seconds = parseDuration(value);
  const { least, most } = GROUP_WINDOW;
  if (!(seconds >= least && seconds <= most))
    throw new InvalidArgumentError(`give a time from ${least * 1e3}ms to ${most}s, as in 50ms.`);
  return Math.round(seconds * 1e9);
}

function path(value: string, before: NamedPath[]): NamedPath[] {
  const said = parsePath(value);
  if (typeof said === 'string') throw new InvalidArgumentError(`${said}.`);
  if (before.length === MOST_PATHS) throw new InvalidArgumentError(`give at most ${MOST_PATHS} of them.`);
  return [...before, said];
}

function sample(value: string): number {
  const said = parseSample(value);
  if (said === undefined) throw new InvalidArgumentError(`give ${SAMPLE_WORDS}.`);
  return said;
}

function owners(value: string, before: string[]): string[] {
  if (before.length === MOST_OWNERS) throw new InvalidArgumentError(`give at most ${MOST_OWNERS} of them.`);
  return [...before, value];
}

/** Nanoseconds of a duration, as in the configuration's `deduplicate`. */
function window(value: string): number {
  const seconds = parseDuration(value);
  if (!(seconds >= 0 && seconds <= LONGEST_DEDUPLICATION))
    throw new InvalidArgumentError(`give a time up to ${LONGEST_DEDUPLICATION}s, as in 1ms.`);
  return Math.round(seconds * 1e9);
}

function capacity(value: string): number {
  const n = Number(value);
  if (!Number.isInteger(n) || n < 1 || n > MOST_SESSIONS)
    throw new InvalidArgumentError(`give a whole number from 1 to ${MOST_SESSIONS}.`);
  return n;
}

function workerCount(value: string): number {
  const n = Number(value);
  if (!Number.isInteger(n) || n < 1 || n > MOST_WORKERS)
    throw new InvalidArgumentError(`give a whole number from 1 to ${MOST_WORKERS}.`);
  return n;
}

async function read(given: string[], options: ReadOptions): Promise<void> {
  const { files, kinds } = words(given, options);
  const captures = captureFiles(files, options.name);
  const inputs = inputsIn(options);
  // The slowest part to start comes first; the rest is loaded meanwhile.
  const packets = (options.packets?.bytes ?? 0) > 0 ? options.packets : undefined;
  const rows = kinds.filter(isRowKind);
  const stores = kinds.length === 0;
  const once = options.once === true;
  const count = stores || rows.length > 0 ? (options.workers ?? (once ? 1 : workersFor(files))) : 0;
  const keeps = packets !== undefined;
  const here = count > 0 && options.workers === undefined && areSmall(files);
  const threads: SessionSeat[] = here
    ? [await sessionsInThisThread(keeps)]
    : startSessionThreads(count, keeps);
  let store: FilledStore | undefined;
  try {
    const config =
      options.config === undefined
        ? undefined
        : (await import('../config/load.js')).loadConfig(options.config);
    const paths = options.path.length > 0 ? pathTask(options, config, captures) : undefined;
    const tunnels = options.tunnel.length > 0 ? await tunnelsOf(options.tunnel) : undefined;
    const talk = options.quiet !== true;
    const knowledge = await knowledgeOf(options, config, talk);
    const groups = options.group.length > 0 ? await groupsOf(options, config, captures) : undefined;
    if (stores) {
      const { storeToWrite } = await import('./find-store.js');
      const { location } = await storeToWrite(options);
      store = new FilledStore(location);
      // A server's tables are created when something is stored, but a directory at once; do not create one
      // for a file that cannot be read.
      if (isServer(location) || (once ? files.every(isCaptureFile) : files.some(isCaptureFile)))
        await store.open();
    }
    const [{ readInto }, { outputOf }] = await Promise.all([
      import('../reader/run.js'),
      import('../reader/open-output.js'),
    ]);
    const token = once ? await digest(files, options.as, inputs) : randomUUID();
    const { collector, maxSessions = SESSION_DEFAULTS.capacity, deduplicate: dedupWindow } = options;
    const output = await outputOf(kinds, store, { collector, token, once, packets, tunnels });
    const stop = stopOnSignal();
    const reading = await readInto(captures, {
      as: options.as,
      output,
      threads: threads.map(({ transport }) => transport),
      tunnels,
      // A capture stored once gets the same ids whenever it is read, so that packets kept later belong to its
      // sessions.
      sessions: {
        collector,
        capacity: Math.min(maxSessions, sessionsIn(files) * threads.length),
        packets,
        dedupWindow,
        separateBy: options.separateBy ?? ['vni'],
        groupsSeparateBy: options.separateBy ?? [],
        groupOf: groups,
        applications: options.applications,
        knowledge,
        print: stores
          ? undefined
          : { kinds: rows, named: kinds.length > 1, handsBack: kinds.includes('packets') },
        ids: once ? idsOf(token) : undefined,
      },
      paths,
      inputs,
      overlays: options.overlay,
      hardwareTime: options.timestamps === 'hardware',
      once,
      progress: talk && process.stderr.isTTY ? progressBar : undefined,
      stop,
    });
    const { failed } = reading;
    if (reading.finished) {
      for (const warning of output.warnings ?? []) process.stderr.write(`mirrorlake: ${warning}\n`);
      // Where nothing could be read, why not is all there is to say.
      if (talk && !(reading.demux.counters.packets === 0 && failed.length === files.length))
        await summarize(reading, output, once);
    }
    if (stop.aborted)
      process.stderr.write(
        'mirrorlake: interrupted: what came after was not ' +
          `read${once ? '; run it again to store the rest' : ''}\n`,
      );
    for (const error of failed) process.stderr.write(`mirrorlake: ${error.message}\n`);
    if (failed.length > 0 || stop.aborted) process.exitCode = 1;
  } finally {
    await Promise.all(threads.map((thread) => thread.end()));
    await store?.close();
  }
}

function inputsIn({ input }: ReadOptions): Inputs {
  const inputs = input.length > 0 ? inputsOf(input, []) : DEFAULT_INPUTS;
  if (typeof inputs === 'string') throw new UsageError(`read: --input: ${inputs}`);
  return inputs;
}

/** Loaded only where there is a terminal to draw it on. */
async function progressBar(bytesTotal: number | undefined): Promise<ReadProgress> {
  const { Progress } = await import('./read/progress.js');
  return new Progress(bytesTotal);
}

/** Says on stderr what was read. */
async function summarize(reading: Reading, output: ReadOutput, once: boolean): Promise<void> {
  const [{ readSummary }, { terminalColumns }] = await Promise.all([
    import('./read/summary.js'),
    import('./terminal.js'),
  ]);
  const { stored } = output;
  const where = stored?.hadBefore === false ? `${once ? 'once ' : ''}${stored.where}` : undefined;
  const { demux, mirrors, sessions } = reading;
  const columns = terminalColumns(process.stderr);
  process.stderr.write(readSummary(demux, mirrors, sessions, where, columns, reading));
  if (stored?.hadBefore === true)
    process.stderr.write(`nothing was stored: all of it is ${stored.where} already (--once)\n`);
}

/** The first SIGINT or SIGTERM ends the reading, and what was read is put away; the second leaves at once. */
function stopOnSignal(): AbortSignal {
  const stop = new AbortController();
  const onSignal = () => {
    if (stop.signal.aborted) process.exit(1);
    stop.abort();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return stop.signal;
}

/** What is known of addresses. @throws UsageError naming the file that is wrong */
async function knowledgeOf(
  options: ReadOptions,
  config: Config | undefined,
  talk: boolean,
): Promise<Knowledge> {
  const { readAddresses } = await import('./read/addresses.js');
  return readAddresses(options, config, (line) => {
    if (talk) process.stderr.write(`mirrorlake: ${line}\n`);
  });
}

/** Tunnels in the words of `ip tunnel add`. @throws TunnelError for unknown words */
async function tunnelsOf(specs: readonly string[]): Promise<TunnelTable> {
  const [{ parseTunnelSpec }, { TunnelTable }] = await Promise.all([
    import('../tunnels/spec/spec.js'),
    import('../tunnels/kernel/table.js'),
  ]);
  const tunnels = new TunnelTable();
  for (const spec of specs) tunnels.add(parseTunnelSpec(spec));
  return tunnels;
}

/** What says of a mirror point which group it is in. @throws UsageError for members that nobody knows */
async function groupsOf(
  { group: groups, groupWindow: window, config: file }: ReadOptions,
  config: Config | undefined,
  captures: readonly CaptureFile[],
): Promise<GroupOf> {
  const { membershipOf } = await import('../reader/groups.js');
  const members = groups.flatMap((group) => group.members);
  const mirrors = mirrorsNamed('--group', members, file, config, captures);
  return (point) => membershipOf(point, { groups, mirrors, window });
}

/** What --path asks for. @throws UsageError for places that nobody knows */
function pathTask(
  options: ReadOptions,
  config: Config | undefined,
  captures: readonly CaptureFile[],
): PathTask {
  const { path: paths, sample = 1, config: file } = options;
  const places = paths.flatMap(({ from, to }) => [from, to]);
  const mirrors = mirrorsNamed('--path', places, file, config, captures);
  return { paths, sample, mirrors, several: captures.length > 1 && !areTimeline(captures) };
}

/**
 * The mirrors of a configuration, by whose names an option may call mirror points; it may call plain captures
 * by theirs.
 */
function mirrorsNamed(
  option: string,
  members: readonly PointName[],
  file: string | undefined,
  config: Config | undefined,
  captures: readonly CaptureFile[],
): readonly MirrorConfig[] {
  const mirrors = config?.mirrors ?? [];
  for (const { source, text } of members) {
    if (source !== undefined || [...mirrors, ...captures].some(({ name }) => name === text)) continue;
    throw new UsageError(
      file === undefined
        ? `read: ${option}: "${text}" is neither an address nor the name of a capture; --config FILE gives ` +
            'mirrors their names'
        : `read: ${option}: "${text}" is neither an address nor the name of a capture or of a mirror in ` +
            file,
    );
  }
  return mirrors;
}

/**
 * Captures with what plain ones are called: the file's name; the path as it was given where another file has
 * the same name.
 */
function captureFiles(files: readonly string[], name: string | undefined): CaptureFile[] {
  const short = (file: string): string => basename(file) || file;
  const all = files.map(short);
  return files.map((path) => {
    if (path === '-') return { path, name: name ?? 'stdin' };
    const alone = all.filter((other) => other === short(path)).length === 1;
    return { path, name: alone ? short(path) : path };
  });
}

/**
 * Resolves the command line. `--ndjson FILE` is `--ndjson sessions FILE`.
 *
 * @returns the kinds to print; none to store
 */
function words(given: string[], options: ReadOptions): { files: string[]; kinds: readonly NdjsonKind[] } {
  const files = [...given];
  let kinds: readonly NdjsonKind[] = [];
  if (options.ndjson !== undefined) {
    const said = typeof options.ndjson === 'string' ? parseKinds(options.ndjson) : undefined;
    kinds = said ?? ['sessions'];
    if (typeof options.ndjson === 'string' && said === undefined) files.unshift(capture(options.ndjson));
  }
  const prints = kinds.length > 0;
  if (files.length === 0) throw new UsageError('read: name a capture to read, or - for stdin');
  if (files.filter((file) => file === '-').length > 1)
    throw new UsageError('read: stdin (-) can be read once only');
  if (prints && options.store !== undefined)
    throw new UsageError('read: --ndjson prints instead of storing: leave out --store, or --ndjson');
  if (prints && options.packets !== undefined)
    throw new UsageError('read: --packets is about storing: leave it out with --ndjson');
  if (prints && options.once === true)
    throw new UsageError('read: --once is about storing: leave it out with --ndjson');
  if (options.name !== undefined && !files.includes('-'))
    throw new UsageError('read: --name is what plain frames from stdin (-) are called: leave it out without');
  if (options.once === true && files.includes('-'))
    throw new UsageError('read: --once needs a file it can read twice: save stdin to a file first');
  if (options.once === true && options.workers !== undefined && options.workers > 1)
    throw new UsageError(
      'read: --once needs one worker, whose segments are the same every time: leave out --workers',
    );
  const way = kinds.find((kind) => PATH_KINDS.includes(kind));
  if (way !== undefined && options.path.length === 0)
    throw new UsageError(`read: --ndjson ${way} needs at least one --path A,B`);
  if (prints && way === undefined && options.path.length > 0)
    throw new UsageError('read: --path makes paths and hops: print them with --ndjson paths,hops');
  if (options.path.length === 0 && options.sample !== undefined)
    throw new UsageError('read: --sample is about --path: leave it out without one');
  if (options.namesFile !== undefined && options.names?.includes('file') === false)
    throw new UsageError('read: --names leaves out the source file: leave out --names-file, or keep it');
  if (kinds.includes('tunnels') && options.tunnel.length === 0)
    throw new UsageError('read: --ndjson tunnels needs at least one --tunnel SPEC');
  return { files, kinds };
}

/** A word after `--ndjson` that is no kind: a capture, or a mistyped kind. */
function capture(word: string): string {
  // A name that nobody would mistake for a kind is a missing file, which is reported when it is read.
  if (/[^a-z,]/i.test(word) || statSync(word, { throwIfNoEntry: false })?.isDirectory() === false)
    return word;
  throw new UsageError(
    `read: --ndjson ${word}: give one of ${NDJSON_KINDS.join(', ')}, or a capture (there is ` +
      'none of that name)',
  );
}

/**
 * SHA-256 over the files' contents, in order: the token under which they are stored once. What they are read
 * as is part of it, where it makes a difference.
 */
async function digest(files: string[], as: ReadAs, inputs: Inputs): Promise<string> {
  const hash = createHash('sha256');
  if (as !== 'auto') {
    const { kindOf } = await import('../reader/known-capture.js');
    const kinds = await Promise.all(files.map((file) => kindOf(file, inputs)));
    if (kinds.some((kind) => kind !== undefined && kind !== as)) hash.update(as);
  }
  for (const file of files) {
    try {
      for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
    } catch (error) {
      throw new CommandError(`${file}: cannot be read for --once: ${(error as Error).message}`);
    }
  }
  return hash.digest('hex');
}

/** The seed of session ids: five bytes of a digest. */
function idsOf(digest: string): Uint8Array {
  return Uint8Array.from(Buffer.from(digest.slice(0, 10), 'hex'));
}
