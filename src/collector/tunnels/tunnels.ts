/**
 * The configured tunnels of a collector: their devices, their rows in the store, and the packets they claim.
 */
import type { TunnelConfig as TunnelText } from '../../config/schema.js';
import { UsageError } from '../../model/errors.js';
import type { RefusedTunnelPackets, TunnelStatus } from '../../model/tunnel-status.js';
import type { Logger } from '../../observe/log.js';
import { TunnelSegment } from '../../store/segment/segments.js';
import { TunnelService, tunnelFilter } from '../../tunnels/service.js';
import { type TunnelConfig, TunnelConfigError } from '../../tunnels/spec/config.js';
import { tunnelOfEntry } from '../../tunnels/spec/spec.js';
import { TunnelWatch } from './tunnel-watch.js';

const MINUTE = 60;

export class CollectorTunnels {
  private service: TunnelService | undefined;
  private readonly segment: TunnelSegment;
  private configs: readonly TunnelConfig[];
  private minute = 0;
  private readonly changes: TunnelWatch;

  /** @throws UsageError for an invalid tunnel */
  constructor(
    entries: readonly TunnelText[],
    collector: string,
    private readonly store: (bytes: Uint8Array, rows: number) => boolean,
    private readonly ended: (error: Error) => void,
    log: Logger,
  ) {
    this.changes = new TunnelWatch(log);
    this.configs = parseTunnels(entries);
    this.segment = new TunnelSegment(collector);
  }

  /** The tunnels that own packets; packets of a tunnel with `observe` are observed too. */
  get claims(): readonly TunnelConfig[] {
    return this.configs;
  }

  /** A socket filter for raw sockets of protocol 47 that leaves out the tunnels' packets. */
  readonly filter = (ipv6: boolean): Uint8Array => tunnelFilter(this.configs, ipv6);

  /** Creates the devices. @throws UsageError, LinuxError */
  async start(): Promise<void> {
    if (this.configs.length > 0) await this.run(this.configs);
  }

  /** Applies the tunnels of a configuration that was read again; unchanged ones are left alone. */
  async reload(entries: readonly TunnelText[]): Promise<void> {
    const configs = parseTunnels(entries);
    if (this.service !== undefined || configs.length > 0) await this.run(configs);
    this.configs = configs;
  }

  private async run(configs: readonly TunnelConfig[]): Promise<void> {
    try {
      if (this.service !== undefined) return await this.service.reload(configs);
      const service = new TunnelService(this.ended);
      await service.start(configs);
      this.service = service;
    } catch (e) {
      throw usage(e);
    }
  }

  status(): TunnelStatus[] {
    return this.service?.snapshot() ?? [];
  }

  refused(): RefusedTunnelPackets | undefined {
    return this.service?.refusedPackets();
  }

  /** Logs what has changed about the tunnels since the last call. */
  watch(): void {
    this.changes.look(this.status());
  }

  /** Writes the rows of the last minute once it is over. @param now milliseconds since 1970 */
  write(now: number): void {
    const minute = Math.floor(now / 1000 / MINUTE) * MINUTE;
    if (minute === this.minute) return;
    if (this.minute !== 0) this.writeMinute();
    this.minute = minute;
  }

  private writeMinute(): void {
    this.service?.records(this.minute, this.segment);
    const rows = this.segment.count;
    if (rows > 0) this.store(this.segment.take(), rows);
  }

  /** Writes the current minute and removes the devices. */
  async finish(): Promise<void> {
    if (this.service === undefined) return;
    // It was stopped before its first call of write.
    if (this.minute === 0) this.write(Date.now());
    this.writeMinute();
    await this.close();
  }

  async close(): Promise<void> {
    const service = this.service;
    this.service = undefined;
    await service?.stop();
  }
}

/** @throws UsageError for an invalid tunnel */
export function parseTunnels(entries: readonly TunnelText[]): TunnelConfig[] {
  try {
    return entries.map((entry) => tunnelOfEntry(entry));
  } catch (e) {
    throw usage(e);
  }
}

function usage(e: unknown): unknown {
  return e instanceof TunnelConfigError ? new UsageError(e.message) : e;
}
