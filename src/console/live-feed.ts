/**
 * What the collector tells of now, for all tabs: it lets four read rows, so one reader serves every tab, and
 * only while one is open.
 */
import { asError } from '../model/errors.js';
import type { RowsSecond } from '../model/live.js';
import type { CollectorStatus } from '../model/status.js';
import { textLines } from '../model/text-lines.js';
import type { Beside } from './beside.js';
import type { LiveRow } from './contract/live.js';
import { RequestError } from './errors.js';

/** Streams that one person may have open at once. */
export const MOST_STREAMS = 4;
/** Milliseconds for which a status is told to every tab. */
const STATUS_KEPT = 900;

/** A row as the collector writes it (docs/reference/ndjson.md): those of its columns that Live shows. */
interface Row {
  readonly session_id: string;
  readonly part: number;
  readonly first_seen: string;
  readonly last_seen: string;
  readonly end_reason: string;
  readonly mirror_type: string;
  readonly mirror_source: string;
  readonly mirror_session: number;
  readonly mirror_name: string;
  readonly gre_key: number | null;
  readonly client_mac: string;
  readonly server_mac: string;
  readonly ether_type: number;
  readonly client_ip: string;
  readonly server_ip: string;
  readonly client_port: number;
  readonly server_port: number;
  readonly transport: string;
  readonly app_protocol: string;
  readonly tcp_state: string;
  readonly server_name: string;
  readonly client_packets: number;
  readonly server_packets: number;
  readonly client_bytes: number;
  readonly server_bytes: number;
}

/** Whom rows are told. */
export interface RowWatcher {
  row(row: LiveRow): void;
  second(second: RowsSecond['second']): void;
  /** No more come: the collector has gone, or lets nobody read. */
  over(error: Error): void;
}

export class LiveFeed {
  private readonly streams = new Map<string, number>();
  private readonly watchers = new Set<RowWatcher>();
  private reading: AbortController | undefined;
  private asked: { readonly at: number; readonly status: Promise<CollectorStatus | undefined> } | undefined;

  constructor(private readonly beside: Beside) {}

  /**
   * Begins a stream. @returns ends it
   *
   * @throws RequestError 429 for somebody who has as many as can be
   */
  enter(who: string): () => void {
    const open = this.streams.get(who) ?? 0;
    if (open >= MOST_STREAMS)
      throw new RequestError(`${MOST_STREAMS} tabs of yours show what happens now, as many as can`, 429, {
        hint: 'close one of them, or look at another page there',
      });
    this.streams.set(who, open + 1);
    let left = false;
    return () => {
      if (left) return;
      left = true;
      const others = (this.streams.get(who) ?? 1) - 1;
      if (others === 0) this.streams.delete(who);
      else this.streams.set(who, others);
    };
  }

  /** The collector's status, at most a second old; undefined: none runs. */
  status(): Promise<CollectorStatus | undefined> {
    const now = performance.now();
    if (this.asked === undefined || now - this.asked.at > STATUS_KEPT)
      this.asked = { at: now, status: this.beside.status() };
    return this.asked.status;
  }

  /** Tells of rows as they end, until what it returns is called, or the watcher is told that it is over. */
  watch(watcher: RowWatcher): () => void {
    this.watchers.add(watcher);
    if (this.reading === undefined) void this.read();
    return () => {
      this.watchers.delete(watcher);
      if (this.watchers.size === 0) this.stop();
    };
  }

  private stop(): void {
    this.reading?.abort();
    this.reading = undefined;
  }

  private async read(): Promise<void> {
    const reading = new AbortController();
    this.reading = reading;
    let why: Error = new RequestError('the collector has ended', 503);
    try {
      const reply = await this.beside.open({ command: 'rows' }, reading.signal);
      for await (const line of textLines(reply.body)) {
        const told = JSON.parse(line) as Row | RowsSecond;
        if ('second' in told) for (const watcher of this.watchers) watcher.second(told.second);
        else {
          const row = shownRow(told);
          for (const watcher of this.watchers) watcher.row(row);
        }
      }
    } catch (thrown) {
      why = asError(thrown);
    }
    // Nobody watches any more, or others began to after that.
    if (this.reading !== reading) return;
    this.reading = undefined;
    const watchers = [...this.watchers];
    this.watchers.clear();
    for (const watcher of watchers) watcher.over(why);
  }
}

/** A line of the collector's as Live shows it. */
export function rowOf(line: string): LiveRow {
  return shownRow(JSON.parse(line) as Row);
}

function shownRow(row: Row): LiveRow {
  const isIp = row.ether_type === 0x0800 || row.ether_type === 0x86dd;
  return {
    session_id: row.session_id,
    part: row.part,
    first_seen: row.first_seen,
    last_seen: row.last_seen,
    end_reason: row.end_reason,
    mirror: `${row.mirror_type},${row.mirror_source},${row.mirror_session},${row.gre_key ?? ''}`,
    mirror_name: row.mirror_name,
    client: isIp ? row.client_ip : row.client_mac,
    client_port: row.client_port,
    server: isIp ? row.server_ip : row.server_mac,
    server_port: row.server_port,
    transport: row.transport,
    app: row.app_protocol,
    tcp_state: row.tcp_state,
    server_name: row.server_name,
    packets: row.client_packets + row.server_packets,
    bytes: row.client_bytes + row.server_bytes,
  };
}
