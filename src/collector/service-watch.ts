/** Tells the service manager that the collector is ready, its status, that it is alive, and that it stops. */

import type { ServiceManager } from '../linux/service-manager.js';
import type { CollectorSummary } from '../model/status.js';
import { plural } from '../model/words.js';
import { ailments } from '../observe/ailments.js';

/** Milliseconds between two statuses without a watchdog. */
const STATUS_MS = 10_000;

export class ServiceWatch {
  private readonly timer: NodeJS.Timeout;

  /** Reports that the collector is ready, and from then on that it is alive: twice per watchdog interval. */
  constructor(
    private readonly manager: ServiceManager,
    status: () => CollectorSummary,
  ) {
    const tell = (...more: string[]): void =>
      manager.notify('WATCHDOG=1', `STATUS=${lineOf(status)}`, ...more);
    tell('READY=1');
    this.timer = setInterval(() => tell(), Math.min(STATUS_MS, manager.watchdog / 2 || STATUS_MS));
  }

  /** Restarts the watchdog's interval: storing open sessions may take as long. */
  stopping(): void {
    clearInterval(this.timer);
    this.manager.notify('STOPPING=1', 'WATCHDOG=1', 'STATUS=storing what is open');
  }
}

/** A collector that fails to describe its status is still alive. */
function lineOf(status: () => CollectorSummary): string {
  try {
    return statusLine(status());
  } catch (e) {
    return `no status: ${e instanceof Error ? e.message : e}`.replaceAll('\n', ' ');
  }
}

const n = (count: number, thing: string): string => `${count} ${plural(count, thing)}`;

/** One line, as `systemctl status` shows it. */
export function statusLine(s: CollectorSummary): string {
  const wrong = ailments(s);
  const packets = s.receivers.reduce((n, r) => n + r.packets, 0);
  const does =
    `${n(packets, 'packet')} of ${n(s.mirror_points, 'mirror point')}, ` +
    `${n(s.sessions.open, 'session')} open, ${n(s.store.rows_stored, 'row')} stored`;
  return [...wrong, does].join('; ').replaceAll('\n', ' ');
}
