/** The store's thread: takes segments from the packet paths, brings them to the store, and answers queries. */
import { join } from 'node:path';
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { dropCapabilities } from '../../linux/capabilities.js';
import type { StoreStatus } from '../../model/status.js';
import { Growth, NO_FIGURES } from '../../store/growth.js';
import { openStore } from '../../store/open.js';
import { Delivery } from '../../store/spool/delivery.js';
import { SPOOL_MEMORY, Spool } from '../../store/spool/spool.js';
import { type SegmentMessage, Waiting } from './segment-port.js';
import type { FromStoreWorker, StoreWorkerData, ThreadQuestion, ToStoreWorker } from './store-protocol.js';

const STATUS_MS = 500;
/** How often the store is asked how large it is. */
const SIZE_MS = 60_000;
const STORE_CLOSE_MS = 500;

const data = workerData as StoreWorkerData;
const main = parentPort!;
const waiting = new Waiting(data.waiting);

function say(message: FromStoreWorker, transfer: ArrayBuffer[] = []): void {
  main.postMessage(message, transfer);
}

function failure(e: unknown): { message: string; exitCode: number } {
  const exitCode = (e as { exitCode?: unknown }).exitCode;
  return {
    message: e instanceof Error ? e.message : String(e),
    exitCode: typeof exitCode === 'number' ? exitCode : 1,
  };
}

// It has a use for them only where root has the engine run as the owner of the data. What it starts has none either way
// (see collect.ts). This thread shares its memory with the others: it is no wall.
if (process.geteuid?.() !== 0) dropCapabilities();

async function serve(): Promise<void> {
  const store = openStore(data.location, {
    create: true,
    spool: data.spool.directory,
    ...(data.memory !== undefined && { memory: data.memory }),
    ...(data.reader !== undefined && { reader: data.reader }),
  });
  const log = (level: 'info' | 'warn' | 'error', message: string): void =>
    say({ kind: 'log', level, message });
  const spool = new Spool(data.spool.directory, { limit: data.spool.limit, memory: SPOOL_MEMORY, log });
  const delivery = new Delivery(store, spool, { log, retention: data.retention });
  // Kept packets go their own way, so that they never delay sessions.
  const packets = new Spool(join(data.spool.directory, 'packets'), {
    limit: data.spool.packetsLimit,
    setting: 'spool.packets_limit',
    memory: SPOOL_MEMORY,
    log,
  });
  const packetDelivery = new Delivery(store, packets, {
    second: true,
    // The store is the same: what is well with it is said once.
    log: (level, message) => {
      if (level !== 'info') log(level, `packets: ${message}`);
    },
  });
  const queries = new Map<number, { readonly left: AbortController; more: () => void }>();

  const query = async (id: number, question: ThreadQuestion): Promise<void> => {
    const left = new AbortController();
    const state = { left, more: () => {} };
    queries.set(id, state);
    const { sql, format, ...options } = question;
    try {
      const answer = await store.query(sql, {
        ...options,
        ...(format !== undefined && { format }),
        signal: left.signal,
      });
      for await (const piece of answer) {
        const bytes = Uint8Array.from(piece as Uint8Array);
        const more = new Promise<void>((resolve) => {
          state.more = resolve;
        });
        say({ kind: 'piece', id, bytes }, [bytes.buffer]);
        await more;
        if (left.signal.aborted) return;
      }
      say({ kind: 'done', id });
    } catch (e) {
      say({ kind: 'error', id, ...failure(e) });
    } finally {
      queries.delete(id);
    }
  };

  const take = (m: SegmentMessage): void => {
    (m.table === 'packets' ? packets : spool).append(m.table, m.bytes, m.rows);
    waiting.give(m.bytes.length);
  };
  const ports: MessagePort[] = [];
  const listen = (port: MessagePort): void => {
    ports.push(port);
    port.on('message', take);
  };
  // Between ports there is no order: a segment that was sent before the word to close may still lie in its own.
  const takeAll = (): void => {
    for (const port of ports) {
      for (let m = receiveMessageOnPort(port); m !== undefined; m = receiveMessageOnPort(port))
        take(m.message);
    }
  };

  main.on('message', (m: ToStoreWorker) => {
    if (m.kind === 'port') listen(m.port);
    else if (m.kind === 'query') void query(m.id, m.question);
    else if (m.kind === 'more') queries.get(m.id)?.more();
    else if (m.kind === 'cancel') {
      const asked = queries.get(m.id);
      asked?.left.abort();
      asked?.more();
    } else close(m.within).catch((e: unknown) => fail(e));
  });

  const growth = new Growth();
  let figures = NO_FIGURES;
  const measure = async (): Promise<void> => {
    if (delivery.state !== 'up') return;
    try {
      const stored = new Map([...delivery.storedByTable, ...packetDelivery.storedByTable]);
      figures = growth.figures(performance.now(), stored, await store.size(), delivery.age);
    } catch (e) {
      log('warn', `how full the store is cannot be told: ${failure(e).message}`);
    }
  };
  const measuring = setInterval(() => void measure(), SIZE_MS);

  const status = (): StoreStatus => ({
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
  });
  const timer = setInterval(() => say({ kind: 'status', status: status() }), STATUS_MS);
  const close = async (within: number): Promise<void> => {
    takeAll();
    await Promise.all([delivery.drain(within), packetDelivery.drain(within)]);
    clearInterval(timer);
    clearInterval(measuring);
    await spool.close();
    await packets.close();
    say({ kind: 'closed', status: status() });
    // A store that does not answer is left to itself: what it was given is on disk.
    await Promise.race([store.close(), new Promise((done) => setTimeout(done, STORE_CLOSE_MS))]);
    process.exit(0);
  };

  await delivery.start();
  await packetDelivery.start();
  say({ kind: 'ready' });
}

function fail(e: unknown): void {
  say({ kind: 'failed', ...failure(e) });
  process.exit(1);
}

serve().catch(fail);
