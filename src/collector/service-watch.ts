/** What the service manager hears of a collector: that it is ready, how it does, that it is alive, that it ends. */

import type { ServiceManager } from '../linux/service-manager.js';
import { plural } from '../model/counted.js';
import type { CollectorSummary } from '../model/status.js';
import { ailments } from '../observe/http.js';

/** Milliseconds between two statuses when nobody watches. */
const STATUS_MS = 10_000;

export class ServiceWatch {
  private readonly timer: NodeJS.Timeout;

  /** Says that the collector is ready, and from then on that it is alive: twice in the watchdog's time. */
  constructor(
    private readonly manager: ServiceManager,
    status: () => CollectorSummary,
  ) {
    const tell = (...more: string[]): void =>
      manager.notify('WATCHDOG=1', `STATUS=${lineOf(status)}`, ...more);
    tell('READY=1');
    this.timer = setInterval(() => tell(), Math.min(STATUS_MS, manager.watchdog / 2 || STATUS_MS));
  }

  /** The watchdog's time begins anew: storing what is open may take as long. */
  stopping(): void {
    clearInterval(this.timer);
    this.manager.notify('STOPPING=1', 'WATCHDOG=1', 'STATUS=storing what is open');
  }
}

/** Whoever cannot say how it does is still alive. */
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
  const does = `${n(packets, 'packet')} of ${n(s.mirror_points, 'mirror point')}, ${n(s.sessions.open, 'session')} open, ${n(s.store.rows_stored, 'row')} stored`;
  return [...wrong, does].join('; ').replaceAll('\n', ' ');
}
