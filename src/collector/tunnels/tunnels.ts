/** The configured tunnels of a collector: their devices, their rows in the store, and what they claim of the traffic. */
import type { TunnelConfig as TunnelText } from '../../config/schema.js';
import { UsageError } from '../../model/errors.js';
import type { RefusedTunnelPackets, TunnelStatus } from '../../model/tunnel-status.js';
import type { Logger } from '../../observe/log.js';
import { TunnelSegment } from '../../store/segment/tunnel-segment.js';
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

  /** @throws UsageError for a tunnel that cannot be */
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

  /** What packets may belong to; those of a tunnel with `observe` are observed as well. */
  get claims(): readonly TunnelConfig[] {
    return this.configs;
  }

  /** What a raw socket of protocol 47 need not receive, as a socket filter. */
  readonly filter = (ipv6: boolean): Uint8Array => tunnelFilter(this.configs, ipv6);

  /** Makes the devices. @throws UsageError, LinuxError */
  async start(): Promise<void> {
    if (this.configs.length > 0) await this.run(this.configs);
  }

  /** Makes the tunnels those of a configuration read again; those that stay as they are, are not touched. */
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

  /** Says what has changed about the tunnels since the last time. */
  watch(): void {
    this.changes.look(this.status());
  }

  /** Writes the rows of the minute that is over, if one is. @param now milliseconds since 1970 */
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

  /** Writes the running minute and takes the devices away. */
  async finish(): Promise<void> {
    if (this.service === undefined) return;
    // Stopped before its first look at the clock.
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

/** @throws UsageError for a tunnel that cannot be */
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
