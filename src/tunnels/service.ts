/**
 * The tunnels of a running collector, in their own thread.
 *
 *     const service = new TunnelService();
 *     await service.start(configs);         // creates devices; throws TunnelConfigError or LinuxError
 *     service.snapshot();                   // the tunnels with their counters, for status and metrics
 *     service.records(minute, sink);        // rows of the tunnels table, increases since the last call
 *     await service.reload(newConfigs);     // adds, changes, removes; leaves the others alone
 *     await service.stop();                 // removes the devices, except persistent ones
 *
 * It receives on its own sockets, so any receiver may run beside it. Receivers leave packets of tunnels alone
 * by asking {@link tunnelClaims}, and {@link tunnelFilter} keeps them from receivers' raw sockets. Receivers
 * also take the packets of tunnels with `observe`.
 */
import { Worker } from 'node:worker_threads';
import { LinuxError } from '../linux/errors.js';
import { openEvent, signalEvent } from '../linux/event.js';
import { closeSocket } from '../linux/socket.js';
import { exceptTunnels } from '../linux/tunnel-filter.js';
import type { GreReceiver } from '../model/outer-packet.js';
import { TunnelRecord, type TunnelSink } from '../model/tunnel-record.js';
import type { RefusedTunnelPackets, TunnelStatus } from '../model/tunnel-status.js';
import { type AskedWith, Channel, DEAF, type Deaf } from '../threads/channel.js';
import { workerTransport } from '../threads/transport.js';
import type { TunnelWorkerData, TunnelWorkerSide } from './engine/dialect.js';
import { COUNTER_COUNT, namedCounters } from './kernel/counters.js';
import { REFUSED_COUNT, Refused } from './kernel/refused.js';
import { STATE_COUNT, State } from './kernel/state.js';
import { addressText, fillTunnelRecord, TunnelTable } from './kernel/table.js';
import { Tunnel } from './kernel/tunnel.js';
import { isAny } from './spec/address.js';
import {
  checkTunnel,
  isErspanMode,
  isEthernetMode,
  type TunnelConfig,
  TunnelConfigError,
} from './spec/config.js';

interface Running {
  config: TunnelConfig;
  /** Shared with the worker. */
  readonly counters: Float64Array;
  readonly reported: Float64Array;
}

export class TunnelService {
  private readonly running = new Map<string, Running>();
  /** Tunnels removed since the last call of records: their last minute is still to be written. */
  private departed: Running[] = [];
  private readonly record = new TunnelRecord();
  private worker: Worker | null = null;
  private channel: Channel<Deaf, TunnelWorkerSide> | null = null;
  private wake = -1;
  /** Shared with the worker. */
  private readonly refused = new Float64Array(
    new SharedArrayBuffer(REFUSED_COUNT * Float64Array.BYTES_PER_ELEMENT),
  );

  /** @param ended called when the thread dies unexpectedly, which ends every tunnel. */
  constructor(private readonly ended: (error: Error) => void = () => {}) {}

  /**
   * Creates the tunnels; if one cannot be created, none is.
   *
   * @throws TunnelConfigError, LinuxError
   */
  async start(configs: readonly TunnelConfig[]): Promise<void> {
    this.wake = openEvent();
    this.worker = new Worker(new URL('./tunnel-worker.js', import.meta.url), {
      workerData: { wake: this.wake, refused: this.refused } satisfies TunnelWorkerData,
    });
    const transport = workerTransport(this.worker, () => signalEvent(this.wake));
    this.channel = new Channel(transport, DEAF, {
      errors: { LinuxError, TunnelConfigError },
      ended: (e) => this.failed(e),
    });
    try {
      await this.reload(configs);
    } catch (e) {
      await this.stop();
      throw e;
    }
  }

  /**
   * Changes the tunnels to those of `configs`: new ones are added, missing ones removed, different ones
   * changed.
   */
  async reload(configs: readonly TunnelConfig[]): Promise<void> {
    checkTunnels(configs);
    const wanted = new Map(configs.map((config) => [config.name, config]));
    for (const name of [...this.running.keys()]) {
      if (!wanted.has(name)) await this.remove(name);
    }
    for (const config of configs) {
      const old = this.running.get(config.name);
      if (old === undefined) await this.add(config);
      else if (!sameConfig(old.config, config)) {
        await this.ask('change', config);
        old.config = config;
      }
    }
  }

  /** Ends the tunnels. */
  async stop(): Promise<void> {
    if (this.worker === null) return;
    const worker = this.worker;
    await this.ask('stop', undefined);
    this.channel?.close();
    await worker.terminate();
    closeSocket(this.wake);
    this.worker = null;
    this.channel = null;
    this.running.clear();
  }

  get configs(): TunnelConfig[] {
    return [...this.running.values()].map((r) => r.config);
  }

  snapshot(): TunnelStatus[] {
    return [...this.running.values()].map(({ config, counters }) => ({
      name: config.name,
      mode: config.mode,
      local: addressText(config.local),
      remote: addressText(config.remote),
      key: config.ikey,
      carrier: counters[State.carrier] === 1,
      route: counters[State.noRoute] === 0,
      mtu: counters[State.mtu],
      counters: { ...namedCounters(counters), icmp_errors: counters[State.icmpErrors] },
    }));
  }

  /** Packets that reached the tunnels' sockets and belong to none. */
  refusedPackets(): RefusedTunnelPackets {
    return {
      header: this.refused[Refused.header],
      checksum: this.refused[Refused.checksum],
      no_tunnel: this.refused[Refused.noTunnel],
    };
  }

  /**
   * Passes one row per tunnel to the sink: the increase since the last call, for the minute that starts at
   * `minute`.
   */
  records(minute: number, sink: TunnelSink): void {
    const departed = this.departed;
    this.departed = [];
    for (const { config, counters, reported } of [...departed, ...this.running.values()]) {
      fillTunnelRecord(new Tunnel(config, 0, counters), minute, reported, this.record);
      sink.tunnel(this.record);
    }
  }

  private async add(config: TunnelConfig): Promise<void> {
    const counters = new Float64Array(new SharedArrayBuffer(STATE_COUNT * Float64Array.BYTES_PER_ELEMENT));
    await this.ask('add', { config, counters });
    this.running.set(config.name, { config, counters, reported: new Float64Array(STATE_COUNT) });
  }

  private async remove(name: string): Promise<void> {
    await this.ask('remove', name);
    this.departed.push(this.running.get(name)!);
    this.running.delete(name);
  }

  /** @throws TunnelConfigError, LinuxError */
  private ask<What extends keyof TunnelWorkerSide['asks']>(
    what: What,
    value: AskedWith<TunnelWorkerSide['asks'][What]>,
  ): Promise<void> {
    return this.channel!.ask(what, value);
  }

  private failed(e: Error): void {
    this.worker = null;
    this.channel = null;
    this.ended(e);
  }
}

/** @throws TunnelConfigError for a tunnel that cannot be, or two that cannot both be. */
function checkTunnels(configs: readonly TunnelConfig[]): void {
  const table = new TunnelTable();
  for (const config of configs) {
    checkTunnel(config);
    table.add(config);
  }
}

function sameConfig(a: TunnelConfig, b: TunnelConfig): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/**
 * For a receiver beside the service: takes packets of tunnels, so that they are not observed too, and leaves
 * them to the service. Tunnels with `observe` take nothing.
 */
export function tunnelClaims(configs: readonly TunnelConfig[]): GreReceiver {
  const table = new TunnelTable();
  for (const config of configs) table.add(config, 0, new Float64Array(COUNTER_COUNT));
  return table;
}

/**
 * A socket filter that keeps packets of tunnels from a receiver's raw socket of protocol 47: those of tunnels
 * with both addresses, which can belong to no other tunnel.
 */
export function tunnelFilter(configs: readonly TunnelConfig[], ipv6: boolean): Uint8Array {
  const owned = configs.filter(
    (t) => !t.observe && !isErspanMode(t.mode) && !isAny(t.local) && !isAny(t.remote),
  );
  return exceptTunnels(
    owned.map((t) => ({ local: t.local, remote: t.remote, ethernet: isEthernetMode(t.mode), key: t.ikey })),
    ipv6,
  );
}
