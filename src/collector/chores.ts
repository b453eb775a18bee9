/** Periodic work. A failure is logged once, shown in the status, and retried. */
import type { Logger } from '../observe/log.js';

const SAY_MS = 60_000;
/** Messages whose last time is remembered. */
const MOST_MENTIONED = 100;

export class Chores {
  private readonly timers: NodeJS.Timeout[] = [];
  private readonly failing = new Map<string, string>();
  private readonly mentioned = new Map<string, number>();

  constructor(private readonly log: Logger) {}

  /**
   * Runs `work` every `ms` milliseconds. @param name the failure in words, as in "the interfaces cannot be
   * watched"
   */
  every(ms: number, name: string, work: () => void): void {
    this.timers.push(setInterval(() => this.run(name, work), ms));
  }

  run(name: string, work: () => void): void {
    try {
      work();
    } catch (e) {
      const message = e instanceof Error ? e.message : String(e);
      if (this.failing.get(name) !== message) this.log.error(`${name}: ${message}; trying again`);
      this.failing.set(name, message);
      return;
    }
    if (this.failing.delete(name)) this.log.info(`${name}: no more`);
  }

  /** Logs a message that may recur often, at most once per minute. */
  mention(message: string): void {
    const now = Date.now();
    if (now - (this.mentioned.get(message) ?? 0) < SAY_MS) return;
    if (this.mentioned.size >= MOST_MENTIONED) this.mentioned.clear();
    this.mentioned.set(message, now);
    this.log.error(message);
  }

  /** What fails now, one line each. */
  get troubles(): string[] {
    return [...this.failing].map(([name, message]) => `${name}: ${message}`);
  }

  stop(): void {
    for (const timer of this.timers) clearInterval(timer);
  }
}
