/**
 * The networks that `mirrorlake networks load` has kept in the table `network_loads`. A load is a partition
 * of its own, whose rows say how many they are: one counts when all of its rows are there, in whatever order
 * they came, so that half a load is never seen. The newest that does is in effect (the view `networks`).
 */
import type { TableName } from '../../model/columns/tables.js';
import { asError, CommandError, UsageError } from '../../model/errors.js';
import type { Network } from '../../model/network.js';
import { NetworkRecord } from '../../model/network-record.js';
import type { Layout } from '../migrations.js';
import { SEGMENT_BYTES } from '../segment/segment-size.js';
import { NetworkSegment } from '../segment/segments.js';
import { LINE_COLUMNS, storedNetwork } from './network-lines.js';

/** Whole loads that stay. */
export const KEPT_LOADS = 2;
/** Networks that are asked for at once: an answer is bounded (MOST_ROWS of clickhouse/answer.ts). */
const PAGE_NETWORKS = 8_000;
/** How often a load is read that is replaced meanwhile. */
const READ_TRIES = 5;
const NANOSECONDS = 1_000_000_000n;

/** A load of which all rows are there. */
export interface NetworkLoad {
  /** When it was made, nanoseconds since 1970. */
  readonly loaded: bigint;
  /** 0: there are none any more. */
  readonly networks: number;
  /** The name of the file. */
  readonly file: string;
}

/** What became of a load. */
export interface Loaded {
  readonly load: NetworkLoad;
  /** Whether another one that came meanwhile is in effect instead. */
  readonly replaced: boolean;
  /** Why older loads could not be removed; undefined: they were. */
  readonly left: string | undefined;
}

/** How a store is asked and changed. */
export interface Engine {
  readonly layout: Layout;
  words(query: string): Promise<string>;
  command(query: string): Promise<void>;
  insert(table: TableName, segment: Uint8Array, token: string, rows: number): Promise<void>;
}

const WHOLE = 'count() >= greatest(1, max(networks))';

export class StoredNetworks {
  constructor(private readonly engine: Engine) {}

  private get table(): string {
    return `${this.engine.layout.prefix}network_loads`;
  }

  /** The load that is in effect; undefined: there was never one. Costs a look at three small columns. */
  async newest(): Promise<NetworkLoad | undefined> {
    const [row] = await this.rows<[string, number, string]>(
      `SELECT toString(toUnixTimestamp64Nano(loaded)), max(networks), any(loaded_from) FROM ${this.table} ` +
        `GROUP BY loaded HAVING ${WHOLE} ORDER BY loaded DESC LIMIT 1`,
    );
    if (row === undefined) return undefined;
    return { loaded: BigInt(row[0]), networks: row[1], file: row[2] };
  }

  /**
   * The networks of a load as lines (network-lines.ts), some thousands at a time.
   *
   * @throws CommandError if they are not all there any more, because newer loads replaced it
   */
  async *lines(load: NetworkLoad): AsyncGenerator<string> {
    const pages = Math.ceil(load.networks / PAGE_NETWORKS);
    let rows = 0;
    for (let page = 0; page < pages; page++) {
      const text = await this.engine.words(
        `SELECT ${LINE_COLUMNS} FROM ${this.table} WHERE loaded = fromUnixTimestamp64Nano(${load.loaded}, ` +
          `'UTC') AND cityHash64(address, bits) % ${pages} = ${page} FORMAT JSONCompactEachRow`,
      );
      for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) rows++;
      yield text;
    }
    if (rows < load.networks)
      throw new CommandError('the networks were loaded anew while they were read: try again');
  }

  /** The networks in effect; none if there was never a load. */
  async read(): Promise<Network[]> {
    for (let tried = 1; ; tried++) {
      const load = await this.newest();
      if (load === undefined) return [];
      try {
        const networks: Network[] = [];
        for await (const lines of this.lines(load))
          for (const line of lines.split('\n')) if (line !== '') networks.push(storedNetwork(line));
        return networks;
      } catch (error) {
        if (!(error instanceof CommandError) || tried === READ_TRIES) throw error;
      }
    }
  }

  /**
   * Keeps networks, in place of those before, and removes all loads but the newest two. Interrupted it has
   * changed nothing.
   *
   * @param networks none: there are none from now on
   */
  async load(networks: readonly Network[], file: string): Promise<Loaded> {
    const loading = await this.begin(networks.length, file);
    for (const network of networks) if (loading.add(network)) await loading.flush();
    return loading.finish();
  }

  /** The same for networks that come one after the other. @param count how many there will be */
  async begin(count: number, file: string): Promise<NetworkLoading> {
    const load = { loaded: await this.now(), networks: count, file };
    return new NetworkLoading(this.engine, load, async () => {
      const left = await this.removeOld().catch((error: unknown) => asError(error).message);
      const newest = await this.newest();
      return { load, replaced: newest?.loaded !== load.loaded, left };
    });
  }

  /**
   * The time of a load: now, and later than that of every other one, whatever the clock of whoever made it.
   * Random below a millisecond, so that two loads never have the same.
   */
  private async now(): Promise<bigint> {
    const [[newest]] = await this.rows<[string]>(
      `SELECT toString(toUnixTimestamp64Nano(max(loaded))) FROM ${this.table}`,
    );
    const clock = BigInt(Date.now()) * 1_000_000n;
    const after = BigInt(newest) + 1_000_000n;
    return (clock > after ? clock : after) + BigInt(Math.floor(Math.random() * 1_000_000));
  }

  /** Drops what is older than the newest whole loads. Half a load of those that come now is newer. */
  private async removeOld(): Promise<undefined> {
    const loads = await this.rows<[string, number]>(
      `SELECT toString(toUnixTimestamp64Nano(loaded)), ${WHOLE} FROM ${this.table} ` +
        'GROUP BY loaded ORDER BY loaded DESC',
    );
    let whole = 0;
    const old: string[] = [];
    for (const [loaded, isWhole] of loads) {
      if (whole >= KEPT_LOADS) old.push(loaded);
      whole += Number(isWhole);
    }
    for (const loaded of old)
      await this.engine.command(
        `ALTER TABLE ${await this.local()} DROP PARTITION '${timeText(BigInt(loaded))}'`,
      );
  }

  /** The table whose partitions are dropped, on all nodes. */
  private async local(): Promise<string> {
    const cluster = await clusterOf(this.engine, this.table);
    return cluster === undefined ? this.table : `${this.table}_local ON CLUSTER ${cluster}`;
  }

  private async rows<Row>(query: string): Promise<Row[]> {
    const lines = (await this.engine.words(`${query} FORMAT JSONCompactEachRow`)).split('\n');
    return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Row);
  }
}

/** A load on its way into the store. It counts once all that was announced is there. */
export class NetworkLoading {
  private readonly segment = new NetworkSegment();
  private readonly record = new NetworkRecord();
  private pieces = 0;
  private added = 0;

  /** @param ended called when all rows are stored */
  constructor(
    private readonly engine: Engine,
    private readonly load: NetworkLoad,
    private readonly ended: () => Promise<Loaded>,
  ) {
    this.record.loadedSec = Number(load.loaded / NANOSECONDS);
    this.record.loadedNsec = Number(load.loaded % NANOSECONDS);
    this.record.networks = load.networks;
    this.record.loadedFrom = load.file;
  }

  /** @returns whether {@link flush} has to be called now. @throws UsageError for one too many */
  add(network: Network): boolean {
    if (this.added++ === this.load.networks) throw this.miscounted('more');
    Object.assign(this.record, network, { vlan: network.vlan ?? null, vni: network.vni ?? null });
    this.segment.network(this.record);
    return this.segment.length >= SEGMENT_BYTES;
  }

  async flush(): Promise<void> {
    const { count } = this.segment;
    const token = `networks-${this.load.loaded}-${this.pieces++}`;
    await this.engine.insert('network_loads', this.segment.take(), token, count);
  }

  /** @throws UsageError if there are fewer than announced */
  async finish(): Promise<Loaded> {
    if (this.added < this.load.networks) throw this.miscounted('fewer');
    // One row says that there are none.
    if (this.load.networks === 0) this.segment.network(this.record);
    if (this.segment.count > 0) await this.flush();
    return this.ended();
  }

  private miscounted(what: 'more' | 'fewer'): UsageError {
    return new UsageError(`networks: ${what} came than the ${this.load.networks} that were announced`);
  }
}

/** As a DateTime64(9) in UTC is written. */
function timeText(time: bigint): string {
  const seconds = new Date(Number(time / NANOSECONDS) * 1000).toISOString().slice(0, 19).replace('T', ' ');
  return `${seconds}.${String(time % NANOSECONDS).padStart(9, '0')}`;
}

/**
 * The cluster that a table is distributed over; undefined: none. Whoever writes to a store need not know that
 * it is one of a cluster.
 */
export async function clusterOf(engine: Engine, table: string): Promise<string | undefined> {
  const name = await engine.words(
    "SELECT extract(engine_full, '^Distributed\\\\(\\'?(\\\\w+)') FROM system.tables " +
      `WHERE database = currentDatabase() AND name = '${table}'`,
  );
  return name.trim() === '' ? undefined : name.trim();
}
