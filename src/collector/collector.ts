/** A running collector: receivers, packet paths, the store's thread, and the interfaces to the outside. */

import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { checkSpans, receiverKind } from '../config/receiver-kind.js';
import type { Config, MirrorConfig } from '../config/schema.js';
import { setSilentUp } from '../linux/interface.js';
import { openFilesLimit } from '../linux/limits.js';
import { peerUser } from '../linux/peer.js';
import { reassemblyFailures } from '../linux/reassembly-failures.js';
import { TunDevice } from '../linux/tun.js';
import { addedUp } from '../model/application-counts.js';
import { NAMES_DEFAULTS } from '../model/defaults.js';
import { UsageError } from '../model/errors.js';
import { type Inputs, inputName, inputWords } from '../model/inputs.js';
import { MOST_ROW_READERS } from '../model/live.js';
import { isScarcity } from '../model/scarcity.js';
import type {
  ClockStatus,
  CollectorStatus,
  CollectorSummary,
  HeldStore,
  ReceiverStatus,
} from '../model/status.js';
import { isServer, withoutPassword } from '../model/store-location.js';
import { counted } from '../model/words.js';
import { ailments } from '../observe/ailments.js';
import {
  type ControlAnswer,
  ControlError,
  type ControlRequest,
  ControlServer,
  controlPath,
  MOST_CONTROL_CONNECTIONS,
} from '../observe/control.js';
import { MOST_HTTP_CONNECTIONS, ObserveServer } from '../observe/http.js';
import type { Logger } from '../observe/log.js';
import { PollLoop } from '../receive/poll-loop.js';
import { RawReceiver } from '../receive/raw.js';
import { rawLibrary } from '../receive/raw-library.js';
import { sharedCopies } from '../sessions/copies.js';
import { parseLocation, readerOf } from '../store/location.js';
import { spoolDirectory } from '../store/spool/spool-directory.js';
import { Chores } from './chores.js';
import { ConsoleChild } from './console-child.js';
import { InputHints, inputStatus, unlistedStatus } from './input-counts.js';
import { type AddressCounts, KnownAddresses } from './known-addresses.js';
import { Live } from './live/live.js';
import type { LivePath } from './live/live-path.js';
import { MarkerSocket } from './marker-socket.js';
import { MirrorAccounts } from './mirrors/mirror-accounts.js';
import { PacketPath, type PathOptions, type PathSnapshot } from './packet-path.js';
import { type PathRules, pathRules } from './path-rules.js';
import { Paths } from './paths.js';
import { type MirrorRules, mirrorRules } from './policy.js';
import { becomeUser, controlOwner, directoryFor, findUser, letThrough } from './privileges.js';
import { ProcessUsage } from './process-usage.js';
import { malformedStatus, refusedStatus } from './refused.js';
import { RingReceiver } from './ring/ring-receiver.js';
import { FactUploads } from './store/fact-uploads.js';
import { NetworkUploads } from './store/network-uploads.js';
import { answerQuery } from './store/store-query.js';
import { StoreThread } from './store/store-thread.js';
import { answerTrial } from './trials.js';
import { CollectorTunnels, parseTunnels } from './tunnels/tunnels.js';
import { checkInputs, STORELESS, tunnelsOnly } from './tunnels/tunnels-only.js';

/**
 * Milliseconds between two checks of interfaces, counters and minutes, and between two ticks of the raw path.
 */
const WATCH_MS = 250;
const TICK_MS = 100;
const SECOND_MS = 1000;
/** What remains for the store of the 10 seconds that stopping may take. */
const STORE_CLOSE_MS = 7000;

/**
 * From this number of descriptors on, servers may have their full number of connections; with fewer, a
 * proportional part.
 */
const ALL_DESCRIPTORS = 1024;
const LEAST_CONNECTIONS = 2;

/** Fields that are added up over all packet paths. */
type SummedField = Exclude<
  keyof PathSnapshot,
  | 'dropped'
  | 'inputs'
  | 'unlisted'
  | 'refused'
  | 'malformedSenders'
  | 'applications'
  | 'clocks'
  | 'placeClocks'
  | 'addresses'
>;

/** Keys of the configuration that are taken over when it is read again; so is `hardware_time.within`. */
const RELOADED: ReadonlySet<string> = new Set<keyof Config>([
  'mirrors',
  'groups',
  'unknown_mirrors',
  'unknown_points',
  'packets',
  'applications',
  'separate_by',
  'networks',
  'owners',
  'names',
  'names_file',
  'policies',
  'overlays',
  'tunnels',
]);

export interface CollectorOptions {
  readonly config: Config;
  /** The file it is from, absolute; undefined: there is none. */
  readonly configFile?: string | undefined;
  readonly version: string;
  readonly collector: string;
  readonly log: Logger;
}

export class Collector {
  private readonly config: Config;
  private readonly log: Logger;
  private readonly started = new Date();
  private readonly taps = new Map<string, TunDevice>();
  private rules: MirrorRules;
  private readonly accounts: MirrorAccounts;
  /** Matches packets between mirrors, where that is configured. */
  private readonly paths: Paths | undefined;
  private readonly pathRules: PathRules | undefined;
  private storeThread: StoreThread | undefined;
  private readonly tunnels: CollectorTunnels;
  /** It has no store and receives only for its tunnels. */
  private readonly storeless: boolean;
  /** The user for questions to a server; undefined if questions are not answered. */
  private reader: ReturnType<typeof readerOf>;
  private ring: RingReceiver | undefined;
  private raw: RawReceiver | undefined;
  private rawPath: PacketPath | undefined;
  private markers: MarkerSocket | undefined;
  private readonly live: Live;
  private readonly addresses: KnownAddresses;
  private readonly networkUploads = new NetworkUploads(() => this.storeForNetworks());
  private readonly factUploads = new FactUploads(() => this.embeddedStore());
  private control: ControlServer | undefined;
  private http: ObserveServer | undefined;
  private console: ConsoleChild | undefined;
  private readonly chores: Chores;
  private readonly usage = new ProcessUsage();
  private readonly failuresBefore = reassemblyFailures();
  private failure: ((error: Error) => void) | undefined;
  /** Rejects when an indispensable part of the collector dies. */
  readonly failed: Promise<never>;

  constructor(private readonly options: CollectorOptions) {
    this.config = options.config;
    this.log = options.log;
    this.chores = new Chores(options.log);
    this.tunnels = new CollectorTunnels(
      options.config.tunnels,
      options.collector,
      (bytes, rows) => this.storeless || this.store.segments.send('tunnels', bytes, rows),
      (error) => this.failure?.(error),
      options.log,
    );
    this.storeless = tunnelsOnly(options.config, this.tunnels.claims);
    checkInputs(options.config.inputs, this.tunnels.claims);
    this.rules = mirrorRules(options.config, {}, -1, this.tunnels.claims);
    this.pathRules = pathRules(options.config);
    if (this.pathRules !== undefined && !this.storeless)
      this.paths = new Paths({
        collector: options.collector,
        rules: this.pathRules,
        store: (table, bytes, rows) => this.store.segments.send(table, bytes, rows),
        clocks: () =>
          this.ring?.snapshots.map((s) => s.placeClocks) ?? (this.rawPath ? [this.rawPath.placeClocks] : []),
      });
    this.accounts = new MirrorAccounts({
      collector: options.collector,
      rules: this.rules,
      store: (bytes, rows) => this.store.segments.send('mirrors', bytes, rows),
      warn: (message) => this.log.warn(message),
      paths: this.paths,
    });
    this.live = new Live({
      paths: () => this.livePaths(),
      blind: this.storeless,
      rules: () => this.rules,
      readers: Math.min(MOST_ROW_READERS, Math.floor(this.mostConnections(MOST_CONTROL_CONNECTIONS) / 2)),
    });
    this.addresses = new KnownAddresses(options.config, {
      log: (level, message) => this.log[level](message),
      changed: (knowledge) => {
        this.ring?.setKnowledge(knowledge);
        this.rawPath?.setKnowledge(knowledge);
      },
    });
    this.failed = new Promise((_, reject) => {
      this.failure = reject;
    });
    this.failed.catch(() => {});
  }

  /** Opens everything, becomes the configured user, and starts receiving. On failure nothing stays open. */
  async start(): Promise<void> {
    try {
      // Before anything is opened: a wrong file is told at once, and no row is made without what is known.
      if (!this.storeless) await this.addresses.open();
      await this.open();
      await this.begin();
    } catch (e) {
      await this.close();
      throw e;
    }
  }

  private get store(): StoreThread {
    if (this.storeThread === undefined) throw new ControlError('the collector is starting; ask again');
    return this.storeThread;
  }

  private heldStore(): HeldStore {
    const { store } = this.config;
    const named = isServer(store) || this.storeless;
    return {
      location: named ? withoutPassword(store) : resolve(store),
      spool: resolve(spoolOf(this.config)),
      answers: !this.storeless && (!isServer(store) || this.reader !== undefined),
      ...(this.addresses.file !== undefined && { networks: resolve(this.addresses.file) }),
    };
  }

  /** @throws UsageError where whoever changes the store has to ask it */
  private embeddedStore(): StoreThread {
    if (this.storeless || isServer(this.config.store))
      throw new UsageError('this collector holds no store: give the URL of its server with --store');
    return this.store;
  }

  /** @throws UsageError where networks cannot be loaded into the store */
  private storeForNetworks(): StoreThread {
    const { file: networks } = this.addresses;
    if (this.storeless)
      throw new UsageError('this collector has no store (`store: none`): it only has tunnels');
    if (networks !== undefined)
      throw new UsageError(
        `this collector has its networks from ${networks} (\`networks\` of its configuration): change ` +
          'that file, which it reads again, or remove the key',
      );
    return this.store;
  }

  private async answerQuery(request: ControlRequest, answer: ControlAnswer): Promise<void> {
    const { store, questions: q } = this.config;
    if (this.storeless)
      throw new UsageError('this collector has no store (`store: none`): it only has tunnels');
    if (isServer(store) && this.reader === undefined)
      throw new UsageError(
        'this collector asks its server nothing for others: give it a user for that as ' +
          '`questions.user`, or ask the server with --store',
      );
    const limits = { seconds: q.timeout, memory: q.memory, rows: q.rows, bytes: q.bytes };
    await answerQuery(this.store, { limits, longest: q.longest }, request, answer);
  }

  /** Opens what takes privileges. */
  private async open(): Promise<void> {
    const { config } = this;
    const kind = receiverKind(config);
    // Finds a wrong location before anything is opened.
    if (isServer(config.store)) {
      parseLocation(config.store, process.env);
      this.reader = readerOf(config.questions.user, config.questions.password_file, process.env);
    }
    const user = config.user === undefined ? undefined : findUser(config.user);
    const control = config.control ?? controlPath(config.store);
    if (user !== undefined) {
      directoryFor(user, dirname(control));
      if (!isServer(config.store) && !this.storeless) directoryFor(user, config.store);
      if (!this.storeless) directoryFor(user, spoolOf(config));
    }
    const owner = controlOwner(user, process.env);
    // Only if the directory is certainly ours.
    const ours = isServer(config.store) || this.storeless || existsSync(join(config.store, 'clickhouse'));
    if (user === undefined && owner !== undefined && config.control === undefined && ours)
      letThrough(dirname(control), owner);
    this.control = await ControlServer.open(
      control,
      {
        status: () => this.status(),
        health: () => ailments(this.summary()),
        store: () => this.heldStore(),
        query: (request, answer) => this.answerQuery(request, answer),
        ...this.live.handlers,
        trial: (_, answer) => answerTrial(this.raw, kind === 'raw' ? 'none' : 'ring', answer),
      },
      {
        owner,
        connections: this.mostConnections(MOST_CONTROL_CONNECTIONS),
        uploads: {
          load_networks: this.networkUploads.command,
          apply_networks: this.factUploads.command,
        },
        mayChange: (descriptor) => [0, process.geteuid?.()].includes(peerUser(descriptor)),
        failed: (e) => this.chores.mention(`the control socket: ${e.message}`),
      },
    );
    await this.tunnels.start();
    this.openTaps(config.mirrors);
    this.rules = this.makeRules(config);
    if (kind !== 'raw') this.openRing(user !== undefined);
    else if (!this.storeless) await this.openRaw(user !== undefined);
    await this.openMarkers();
    if (user !== undefined) becomeUser(user);
  }

  /** How many connections a server may have: packets and rows need descriptors first. */
  private mostConnections(most: number): number {
    return Math.max(
      LEAST_CONNECTIONS,
      Math.min(most, Math.floor((most * openFilesLimit()) / ALL_DESCRIPTORS)),
    );
  }

  private openTaps(mirrors: readonly MirrorConfig[]): void {
    const names = [this.config.tap, ...mirrors.map((m) => m.tap)];
    for (const name of new Set(names)) {
      if (name === undefined || this.taps.has(name)) continue;
      this.taps.set(name, TunDevice.open(name, { ethernet: true, vnetHeader: false }));
      setSilentUp(name);
    }
  }

  private makeRules(config: Config): MirrorRules {
    const byName = Object.fromEntries([...this.taps].map(([name, device]) => [name, device.fd]));
    const tapAll = this.config.tap === undefined ? -1 : byName[this.config.tap];
    return mirrorRules(config, byName, tapAll, this.tunnels.claims);
  }

  private pathOptions(workers: number): PathOptions {
    const s = this.config.sessions;
    return {
      collector: this.options.collector,
      sessions: {
        capacity: sessionsPerWorker(s.capacity, workers),
        tcpIdle: s.tcp_idle,
        udpIdle: s.udp_idle,
        otherIdle: s.other_idle,
        active: s.active,
        linger: s.linger,
        readings: this.config.application_limits,
        namesSeconds: NAMES_DEFAULTS.seconds.collect,
      },
      reassembly: this.config.reassembly,
      rules: this.rules,
      inputs: this.config.inputs,
      knowledge: this.addresses.knowledge,
      ...(this.paths && this.pathRules && { paths: this.pathRules }),
    };
  }

  private openRing(unprivileged: boolean): void {
    const { config, paths } = this;
    this.ring = new RingReceiver({
      interfaces: config.interfaces,
      workers: config.workers,
      ringSize: config.ring_size,
      promiscuous: config.promiscuous,
      xdp: config.receiver === 'xdp',
      inputs: config.inputs,
      spanOutgoing: config.span_outgoing,
      path: this.pathOptions(config.workers),
      store: () => this.store.connect(),
      minute: (counts) => this.accounts.minute(counts),
      changes: (worker, changes) => this.accounts.changes(worker, changes, Date.now()),
      live: (worker) => this.live.output(worker),
      // Packets of a pair may come to different workers: this thread matches them, and judges the numbers.
      ...((config.workers > 1 || paths !== undefined) && {
        numbers: (worker: number) => this.accounts.numberLog(worker),
      }),
      ...(config.workers > 1 && {
        copies: sharedCopies(config.workers, sessionsPerWorker(config.sessions.capacity, config.workers)),
      }),
      ...(paths && { observations: () => paths.log() }),
      log: (level, message) => this.log[level](message),
      failed: (error) => this.failure?.(error),
    });
    this.ring.open(unprivileged);
  }

  private async openMarkers(): Promise<void> {
    const { marker_port: port } = this.config.hardware_time;
    if (port === undefined) return;
    this.markers = await MarkerSocket.open(
      port,
      (marker) => {
        this.ring?.marker(marker);
        this.rawPath?.marker(marker);
      },
      (error) => this.chores.mention(`marker packets: ${error.message}`),
    );
  }

  private async openRaw(unprivileged: boolean): Promise<void> {
    const { inputs } = this.config;
    const loop = new PollLoop();
    this.raw = new RawReceiver({
      ...(inputs.gre && { library: await rawLibrary((message) => this.log.warn(message), loop) }),
      udp: inputs.udp,
      loop,
      receiveBuffer: this.config.receive_buffer,
      filter: this.tunnels.filter,
      packets: (batch) => this.rawPath?.process(batch),
      event: (message, bad) => this.log[bad ? 'warn' : 'info'](message),
    });
    this.raw.open(unprivileged);
  }

  /** Starts what needs no privileges: the store, the packet paths, the servers. */
  private async begin(): Promise<void> {
    const { config } = this;
    if (!this.storeless) this.openStore();
    if (this.raw !== undefined) {
      this.rawPath = new PacketPath(this.pathOptions(1), {
        segment: (table, bytes, rows) => this.store.segments.send(table, bytes, rows),
        minute: (counts) => this.accounts.minute(counts),
        live: this.live.output(0),
        ...(this.paths && { paths: this.paths }),
      });
      this.chores.every(TICK_MS, 'sessions cannot be ended', () => this.rawPath?.tick(Date.now()));
    }
    this.ring?.start();
    this.watch();
    if (!this.storeless) this.addresses.watch();
    // From now on packets are received, whatever the store does; its failure is reported when it is known.
    this.storeThread?.opened().catch((error: Error) => this.failure?.(error));
    if (config.listen !== undefined) {
      const { host, port } = config.listen;
      const shown = { status: () => this.status(), summary: () => this.summary() };
      this.http = await ObserveServer.listen(host, port, shown, {
        names: [host, ...config.listen_names],
        connections: this.mostConnections(MOST_HTTP_CONNECTIONS),
        failed: (e) => this.chores.mention(`${host}:${port}: ${e.message}`),
      });
      this.log.info(`metrics on http://${host.includes(':') ? `[${host}]` : host}:${this.http.port}/metrics`);
    }
    this.openConsole();
    const where = this.ring === undefined ? socketWords(config.inputs) : ringWords(config);
    this.log.info(
      this.storeless
        ? 'no store: tunnels carry packets, and nothing is observed or stored'
        : `receiving ${where}`,
    );
  }

  private openConsole(): void {
    const { config, control } = this;
    if (config.console === undefined || control === undefined) return;
    if (this.storeless)
      throw new UsageError('console: a collector without a store (`store: none`) has nothing to show');
    const readable = process.stderr.isTTY === true;
    const location = isServer(config.store) ? withoutPassword(config.store) : resolve(config.store);
    this.console = new ConsoleChild(
      {
        config: config.console,
        configuration: this.options.configFile,
        location,
        control: control.path,
        logLevel: config.log_level,
        readable,
      },
      this.log,
    );
    this.console.start();
  }

  private openStore(): void {
    const { config } = this;
    this.storeThread = new StoreThread({
      location: config.store,
      retention: config.retention,
      memory: config.store_memory,
      reader: this.reader,
      spool: {
        directory: spoolOf(config),
        limit: config.spool.limit,
        packetsLimit: config.spool.packets_limit,
      },
      log: (level, message) => this.log[level](message),
      networks: (networks) => void this.addresses.loaded(networks),
      failed: (error) => this.failure?.(error),
    });
  }

  private watch(): void {
    const { chores } = this;
    const hints = new InputHints(this.config.inputs, (message) => this.log.warn(message));
    chores.every(SECOND_MS, 'what is not listed cannot be told', () => hints.look(this.snapshots()));
    chores.every(WATCH_MS, 'interfaces cannot be watched', () => this.ring?.watch());
    chores.every(WATCH_MS, 'accounts of mirrors cannot be kept', () => {
      this.account();
      if (!this.storeless) this.accounts.write(Date.now());
    });
    const { paths } = this;
    if (paths !== undefined) chores.every(WATCH_MS, 'packets cannot be matched', () => paths.run(Date.now()));
    chores.every(SECOND_MS, 'what happens now cannot be told', () => this.live.second(Date.now()));
    chores.every(WATCH_MS, 'accounts of tunnels cannot be kept', () => {
      this.tunnels.watch();
      this.tunnels.write(Date.now());
    });
  }

  /**
   * Handles an error that nothing caught. If descriptors or memory ran out, the collector continues;
   * otherwise it stores what it has and exits, and a service manager restarts it.
   */
  caught(error: Error): void {
    if (isScarcity(error)) this.chores.mention(`${error.message}; going on`);
    else this.failure?.(error);
  }

  private account(): void {
    const now = Date.now();
    if (this.rawPath !== undefined) this.accounts.changes(0, this.rawPath.changes(), now);
    const { ring, raw } = this;
    this.accounts.kernelDrops(ring?.dropped ?? raw?.dropped ?? 0, now, ring?.spansDropped);
  }

  /** What shows what happens now: the workers' packet paths, or that of this thread. */
  private livePaths(): readonly LivePath[] {
    if (this.ring !== undefined) return this.ring.livePaths;
    const { rawPath } = this;
    if (rawPath === undefined) return [];
    return [
      {
        showRows: (share) => rawPath.showRows(share),
        watch: (watches) => rawPath.watch(watches),
        findOpen: (by) => {
          rawPath.findOpen(by);
          this.look(rawPath);
        },
      },
    ];
  }

  /** Looks for open sessions a step at a time, so that packets are received in between. */
  private look(path: PacketPath): void {
    setImmediate(() => {
      if (path.step()) this.look(path);
    });
  }

  private snapshots(): PathSnapshot[] {
    if (this.ring !== undefined) return this.ring.snapshots;
    return this.rawPath === undefined ? [] : [this.rawPath.snapshot()];
  }

  /** Applies the mirrors and tunnels of a configuration that was read again (SIGHUP). */
  async reload(config: Config): Promise<void> {
    const tunnels = parseTunnels(config.tunnels);
    tunnelsOnly({ ...config, store: this.config.store }, tunnels);
    checkInputs(this.config.inputs, tunnels);
    checkSpans(config.mirrors, this.config.inputs.span);
    const addresses = this.storeless ? undefined : await this.addresses.read(config);
    // First what may fail for lack of privileges, so that nothing has changed if it does.
    this.openTaps(config.mirrors);
    await this.tunnels.reload(config.tunnels);
    this.rules = this.makeRules(config);
    this.accounts.setRules(this.rules);
    this.ring?.setRules(this.rules);
    this.rawPath?.setRules(this.rules);
    this.raw?.refilter();
    if (addresses !== undefined) this.addresses.take(addresses);
    this.log.info(
      `configuration read again: ${counted(config.mirrors.length, 'mirror')}, ` +
        `${counted(config.tunnels.length, 'tunnel')}`,
    );
    const later = changedLater(this.config, config);
    if (later.length > 0) this.log.warn(`changed, but taken over only by a restart: ${later.join(', ')}`);
  }

  private receivers(): ReceiverStatus[] {
    if (this.ring !== undefined) return this.ring.status();
    if (this.raw === undefined) return [];
    const { grePackets, greDropped, addressesMissed, udpPorts } = this.raw;
    const gre: ReceiverStatus[] = this.config.inputs.gre
      ? [
          {
            name: 'raw',
            kind: 'raw',
            state: 'up',
            packets: grePackets,
            dropped: greDropped,
            addresses_missed: addressesMissed,
          },
        ]
      : [];
    return [
      ...gre,
      ...udpPorts.map(
        ({ input, packets, dropped }): ReceiverStatus => ({
          name: inputName(input),
          kind: 'udp',
          state: 'up',
          packets,
          dropped,
          addresses_missed: 0,
        }),
      ),
    ];
  }

  status(): CollectorStatus {
    const summary = this.summary();
    const snapshots = this.snapshots();
    return {
      ...summary,
      ...this.accounts.status(refusedStatus(snapshots.map((s) => s.refused))),
      malformed_senders: malformedStatus(snapshots.map((s) => s.malformedSenders)),
    };
  }

  /** The status without the parts that grow with the number of mirror points. */
  summary(): CollectorSummary {
    const snapshots = this.snapshots();
    const dropped: Record<string, number> = {};
    for (const s of snapshots) {
      for (const [reason, n] of Object.entries(s.dropped)) dropped[reason] = (dropped[reason] ?? 0) + n;
    }
    if (this.accounts.numbersDropped > 0) dropped.sequence_numbers = this.accounts.numbersDropped;
    const sum = (field: SummedField): number => snapshots.reduce((n, s) => n + s[field], 0);
    this.account();
    const refused = this.tunnels.refused();
    return {
      version: this.options.version,
      collector: this.options.collector,
      pid: process.pid,
      started: this.started.toISOString(),
      uptime_s: Math.round((Date.now() - this.started.getTime()) / 1000),
      workers: this.ring === undefined ? 1 : this.config.workers,
      ...this.usage.figures(),
      receivers: this.receivers(),
      inputs: inputStatus(this.config.inputs, snapshots),
      unlisted_inputs: unlistedStatus(snapshots, this.ring !== undefined),
      dropped,
      fragments: {
        incomplete: sum('incomplete'),
        kernel_failures: this.raw === undefined ? null : reassemblyFailures() - this.failuresBefore,
      },
      mirror_points: this.accounts.size,
      sessions: {
        capacity: this.config.sessions.capacity,
        open: sum('open'),
        opened: sum('opened'),
        rows: sum('rows'),
        pressure: sum('pressure'),
        collisions: sum('collisions'),
        fragment_trains_dropped: sum('fragmentTrainsDropped'),
        fragment_trains_headless: sum('fragmentTrainsHeadless'),
        duplicates: sum('duplicates'),
        duplicates_forgotten: sum('duplicatesForgotten'),
        copies: sum('copies'),
        uncompared: sum('uncompared'),
        group_handed_over: sum('groupHandedOver'),
        group_copies: sum('groupCopies'),
        group_frames_forgotten: sum('groupFramesForgotten'),
        group_members_shared: sum('groupMembersShared'),
        dropped: sum('rowsDropped'),
      },
      applications: addedUp(snapshots.map((s) => s.applications)),
      ...clockStatusOf(snapshots),
      tunnels: this.tunnels.status(),
      ...(refused && { tunnels_refused: refused }),
      store: this.storeless ? STORELESS : this.store.status,
      troubles: this.chores.troubles,
      ...(this.console !== undefined && { console: this.console.status() }),
      connections: {
        control_refused: this.control?.refused ?? 0,
        listen_refused: this.http?.refused ?? 0,
        control_cut: this.control?.cut ?? 0,
        listen_cut: this.http?.cut ?? 0,
      },
      shown_rows: this.live.shownRows,
      ...(this.paths && { paths: this.paths.status() }),
      ...(!this.storeless && this.addressStatus(snapshots)),
    };
  }

  private addressStatus(
    snapshots: readonly PathSnapshot[],
  ): Pick<CollectorSummary, 'addresses' | 'policies'> {
    const counts = addressCounts(snapshots);
    const policies = this.addresses.policyStatus(counts);
    return { addresses: this.addresses.status(counts), ...(policies.length > 0 && { policies }) };
  }

  /** Stops receiving, ends and stores open sessions. @returns the last status */
  async stop(): Promise<CollectorStatus> {
    this.chores.stop();
    await this.ring?.finish();
    await this.raw?.close();
    this.rawPath?.finish();
    this.account();
    if (!this.storeless) this.accounts.finish();
    this.paths?.finish();
    await this.tunnels.finish();
    await this.console?.stop();
    await this.storeThread?.close(STORE_CLOSE_MS);
    const status = this.status();
    await this.close();
    return status;
  }

  /** Closes everything that is open. */
  private async close(): Promise<void> {
    this.chores.stop();
    this.addresses.close();
    await this.console?.stop();
    await this.http?.close();
    await this.control?.close();
    await this.ring?.finish();
    await this.raw?.close();
    this.markers?.close();
    this.markers = undefined;
    await this.tunnels.close();
    await this.storeThread?.close(0);
    for (const tap of this.taps.values()) tap.close();
  }
}

/** What is received without a ring, and where. */
function socketWords(inputs: Inputs): string {
  const sockets = inputs.udp.length === 0 ? 'raw' : inputs.gre ? 'raw and UDP' : 'UDP';
  return `${inputWords(inputs)} on ${sockets} sockets`;
}

/** The same with a ring: what is encapsulated, and the frames of SPAN ports. */
function ringWords({ inputs, interfaces }: Config): string {
  const words = inputWords(inputs);
  return [
    ...(words === '' ? [] : [`${words} on ${interfaces.join(', ')}`]),
    ...(inputs.span.length === 0 ? [] : [`all frames on ${inputs.span.join(', ')}`]),
  ].join('; ');
}

/** The sessions that each worker holds. */
function sessionsPerWorker(capacity: number, workers: number): number {
  return Math.ceil(capacity / workers);
}

/** What all packet paths have counted of addresses. */
function addressCounts(snapshots: readonly PathSnapshot[]): AddressCounts {
  const policies: Record<string, number> = {};
  for (const { addresses } of snapshots)
    for (const [name, n] of Object.entries(addresses.policies)) policies[name] = (policies[name] ?? 0) + n;
  const sum = (field: 'lookups' | 'cold' | 'damaged') =>
    snapshots.reduce((n, { addresses }) => n + addresses[field], 0);
  return { lookups: sum('lookups'), cold: sum('cold'), damaged: sum('damaged'), policies };
}

/** Each worker knows the clocks of its packets. */
function clockStatusOf(snapshots: readonly PathSnapshot[]): { clocks?: ClockStatus } {
  const all = snapshots.flatMap(({ clocks }) => clocks ?? []);
  if (all.length === 0) return {};
  const most = (field: keyof ClockStatus) => Math.max(...all.map((c) => c[field]));
  const sum = (field: keyof ClockStatus) => all.reduce((n, c) => n + c[field], 0);
  const clocks = {
    known: most('known'),
    disbelieved: sum('disbelieved'),
    crowded: sum('crowded'),
    jumps: most('jumps'),
    markers: most('markers'),
  };
  return { clocks };
}

/** Keys that differ, other than those that {@link Collector.reload} takes over. */
function changedLater(before: Config, after: Config): string[] {
  const plain = (config: Config): Record<string, unknown> => ({
    ...config,
    hardware_time: { ...config.hardware_time, within: undefined },
  });
  const [old, now] = [plain(before), plain(after)];
  const keys = Object.keys({ ...old, ...now }).filter((key) => !RELOADED.has(key));
  return keys.filter((key) => JSON.stringify(old[key]) !== JSON.stringify(now[key]));
}

function spoolOf(config: Config): string {
  return config.spool.directory ?? spoolDirectory(config.store);
}
