/**
 * The store's thread: it takes segments from the packet paths, delivers them to the store, and answers
 * queries.
 */
import { join } from 'node:path';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { dropCapabilities } from '../../linux/capabilities.js';
import { asError } from '../../model/errors.js';
import type { Network } from '../../model/network.js';
import type { StoreStatus } from '../../model/status.js';
import { isServer } from '../../model/store-location.js';
import { counted } from '../../model/words.js';
import { Growth, NO_FIGURES } from '../../store/growth.js';
import { type FactLine, givenFact } from '../../store/networks/fact-lines.js';
import type { FactChange } from '../../store/networks/fact-statements.js';
import { givenNetwork } from '../../store/networks/network-lines.js';
import type { FactRewrite } from '../../store/networks/stored-facts.js';
import type { Loaded, NetworkLoading } from '../../store/networks/stored-networks.js';
import { openStore } from '../../store/open.js';
import { Delivery } from '../../store/spool/delivery.js';
import { SPOOL_MEMORY, Spool } from '../../store/spool/spool.js';
import { Channel, type Deaf, type Request } from '../../threads/channel.js';
import { PortTransport } from '../../threads/transport.js';
import { LineReader } from './line-reader.js';
import { NetworkWatch } from './network-watch.js';
import { type Segment, type SegmentSide, Waiting } from './segment-port.js';
import type { StoreMainSide, StoreWorkerData, StoreWorkerSide, ThreadQuestion } from './store-dialect.js';

const STATUS_MS = 500;
/** How often the store is asked for its size. */
const SIZE_MS = 60_000;
const STORE_CLOSE_MS = 500;

const data = workerData as StoreWorkerData;
const waiting = new Waiting(data.waiting);

// It has a use for them only where root has the engine run as the owner of the data. What it starts has none
// either way (see collect.ts). This thread shares its memory with the others: it is no wall.
if (process.geteuid?.() !== 0) dropCapabilities();

function log(level: 'info' | 'warn' | 'error', message: string): void {
  main.tell('log', { level, message });
}

/** The store, and the ways of segments to it. */
class StoreWork {
  private readonly store = openStore(data.location, {
    create: true,
    spool: data.spool.directory,
    ...(data.memory !== undefined && { memory: data.memory }),
    ...(data.reader !== undefined && { reader: data.reader }),
  });
  private readonly spool = new Spool(data.spool.directory, {
    limit: data.spool.limit,
    memory: SPOOL_MEMORY,
    log,
  });
  private readonly delivery = new Delivery(this.store, this.spool, { log, retention: data.retention });
  /** Kept packets go their own way, so that they never delay sessions. */
  private readonly packets = new Spool(join(data.spool.directory, 'packets'), {
    limit: data.spool.packetsLimit,
    setting: 'spool.packets_limit',
    memory: SPOOL_MEMORY,
    log,
  });
  private readonly packetDelivery = new Delivery(this.store, this.packets, {
    second: true,
    // Both use the same store: its state is logged once.
    log: (level, message) => {
      if (level !== 'info') log(level, `packets: ${message}`);
    },
  });
  private readonly ports: PortTransport[] = [];
  private readonly growth = new Growth();
  private figures = NO_FIGURES;
  private closing = false;
  private loading: { readonly lines: LineReader<Network>; readonly into: NetworkLoading } | undefined;
  private rewriting: { readonly lines: LineReader<FactLine>; readonly rewrite: FactRewrite } | undefined;
  private readonly networks = new NetworkWatch(this.store.networks, {
    changed: (networks) => main.tell('networks', networks, [networks.lines.buffer]),
    log,
  });
  private readonly measuring = setInterval(() => void this.measure(), SIZE_MS);
  private readonly telling = setInterval(() => main.tell('status', this.status()), STATUS_MS);

  async start(): Promise<void> {
    await this.delivery.start();
    await this.packetDelivery.start();
    void this.fillRollups();
    if (data.networks) this.networks.start();
  }

  async beginNetworks(networks: number, file: string): Promise<void> {
    this.loading = undefined;
    this.loading = {
      lines: new LineReader(givenNetwork),
      into: await this.store.networks.begin(networks, file),
    };
  }

  async networkLines(bytes: Uint8Array): Promise<void> {
    const { lines, into } = this.begun();
    for (const network of lines.take(bytes)) if (into.add(network)) await into.flush();
  }

  async endNetworks(): Promise<Loaded> {
    const { lines, into } = this.begun();
    this.loading = undefined;
    lines.end();
    const loaded = await into.finish();
    if (data.networks) this.networks.look();
    return loaded;
  }

  async beginFacts(change: FactChange): Promise<void> {
    // The store is this process's alone: what is there is left from before.
    await this.store.facts.clean();
    this.rewriting = { lines: new LineReader(givenFact), rewrite: await this.store.facts.open(change) };
  }

  async factLines(bytes: Uint8Array): Promise<void> {
    const { lines, rewrite } = this.begunFacts();
    for (const fact of lines.take(bytes)) if (rewrite.add(fact)) await rewrite.flush();
  }

  async rewriteFacts({ signal, piece }: Request): Promise<void> {
    const { lines, rewrite } = this.begunFacts();
    lines.end();
    await rewrite.run((parts) => void piece(Buffer.from(`${parts}\n`)), signal);
  }

  async endFacts(): Promise<void> {
    this.rewriting = undefined;
    await this.store.facts.clean();
  }

  private begunFacts(): NonNullable<StoreWork['rewriting']> {
    if (this.rewriting === undefined) throw new Error('no rewrite of facts has begun');
    return this.rewriting;
  }

  private begun(): NonNullable<StoreWork['loading']> {
    if (this.loading === undefined) throw new Error('no load of networks has begun');
    return this.loading;
  }

  /**
   * Fills roll-ups of days from before they were made, if this collector has the store to itself, between
   * inserts. Several collectors of a server would do it at once.
   */
  private async fillRollups(): Promise<void> {
    const { name } = this.store;
    try {
      if (this.delivery.state !== 'up') return;
      const gaps = await this.store.gaps();
      if (isServer(data.location)) {
        if (gaps.length > 0)
          log(
            'info',
            `roll-ups lack ${counted(gaps.length, 'day')}: mirrorlake schema apply --store ${name}`,
          );
        return;
      }
      for (const gap of gaps) {
        if (this.closing) return;
        await this.store.fill(gap);
        log('info', `filled ${gap.rollup} of ${gap.day}: ${counted(gap.sessions, 'session')}`);
      }
    } catch (e) {
      if (!this.closing) log('warn', `roll-ups are not complete: ${asError(e).message}`);
    }
  }

  listen(port: MessagePort): void {
    const transport = new PortTransport(port);
    this.ports.push(transport);
    new Channel<SegmentSide, Deaf>(transport, {
      asks: {},
      tells: { segment: (segment) => this.take(segment) },
    });
  }

  private take({ table, bytes, rows }: Segment): void {
    (table === 'packets' ? this.packets : this.spool).append(table, bytes, rows);
    waiting.give(bytes.length);
  }

  /** Answers no faster than pieces are taken. */
  async query({ sql, format, ...options }: ThreadQuestion, { signal, piece }: Request): Promise<void> {
    const answer = await this.store.query(sql, {
      ...options,
      ...(format !== undefined && { format }),
      signal,
    });
    for await (const part of answer) {
      const bytes = Uint8Array.from(part as Uint8Array);
      await piece(bytes, [bytes.buffer]);
      if (signal.aborted) return;
    }
  }

  async close(within: number): Promise<StoreStatus> {
    this.closing = true;
    this.networks.stop();
    try {
      // Between ports there is no order: a segment that was sent before the word to close may still lie in
      // its own.
      for (const port of this.ports) port.drain();
      await Promise.all([this.delivery.drain(within), this.packetDelivery.drain(within)]);
      clearInterval(this.telling);
      clearInterval(this.measuring);
      await this.spool.close();
      await this.packets.close();
      return this.status();
    } finally {
      // Once it is answered.
      setImmediate(() => void this.leave());
    }
  }

  /** A store that does not answer is left to itself: what it was given is on disk. */
  private async leave(): Promise<void> {
    await Promise.race([this.store.close(), new Promise((done) => setTimeout(done, STORE_CLOSE_MS))]);
    process.exit(0);
  }

  private async measure(): Promise<void> {
    if (this.delivery.state !== 'up') return;
    try {
      const stored = new Map([...this.delivery.storedByTable, ...this.packetDelivery.storedByTable]);
      this.figures = this.growth.figures(
        performance.now(),
        stored,
        await this.store.size(),
        this.delivery.age,
      );
    } catch (e) {
      log('warn', `how full the store is cannot be told: ${asError(e).message}`);
    }
  }

  private status(): StoreStatus {
    const { store, delivery, packetDelivery, spool, packets, figures } = this;
    return {
      target: store.name,
      state: delivery.state,
      error: delivery.error,
      rows_stored: delivery.storedRows + packetDelivery.storedRows,
      segments_stored: delivery.storedSegments + packetDelivery.storedSegments,
      spool_segments: spool.waitingSegments + packets.waitingSegments,
      spool_bytes: spool.waitingBytes + packets.waitingBytes,
      spool_used: Math.max(
        spool.waitingBytes / data.spool.limit,
        packets.waitingBytes / data.spool.packetsLimit,
      ),
      spool_error: spool.trouble || packets.trouble,
      segments_dropped: spool.counters.droppedSegments + packets.counters.droppedSegments,
      rows_dropped: spool.counters.droppedRows + packets.counters.droppedRows,
      segments_refused: spool.counters.refusedSegments + packets.counters.refusedSegments,
      disk_free_bytes: figures.freeBytes ?? null,
      bytes_per_day: figures.bytesPerDay ?? null,
      days_left: figures.daysLeft ?? null,
    };
  }
}

let work: StoreWork | undefined;

/** @throws Error when nothing has opened it: `open` comes first */
function opened(): StoreWork {
  if (work === undefined) throw new Error('the store is not open');
  return work;
}

const main = new Channel<StoreWorkerSide, StoreMainSide>(new PortTransport(parentPort!), {
  asks: {
    open: async () => {
      work = new StoreWork();
      await work.start();
    },
    query: (question, request) => opened().query(question, request),
    beginNetworks: ({ networks, file }) => opened().beginNetworks(networks, file),
    networkLines: (bytes) => opened().networkLines(bytes),
    endNetworks: () => opened().endNetworks(),
    beginFacts: (change) => opened().beginFacts(change),
    factLines: (bytes) => opened().factLines(bytes),
    rewriteFacts: (_, request) => opened().rewriteFacts(request),
    endFacts: () => opened().endFacts(),
    close: (within) => opened().close(within),
  },
  tells: { port: (port) => opened().listen(port) },
});
