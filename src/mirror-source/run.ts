/**
 * The two sources of a mirror: an interface's packets as they come, and a capture's with their recorded
 * timing.
 */
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { LinuxError } from '../linux/errors.js';
import { ERRNO } from '../linux/libc.js';
import { PacketBatch, type PacketSource } from '../model/batch.js';
import type { InterfaceSource } from './interface-source.js';
import type { Mirror } from './mirror.js';

/** How long to wait for packets of a silent interface before checking for signals, milliseconds. */
const WAIT = 100;

/** Mirrors an interface until `signal` is aborted. @throws LinuxError if the interface is removed. */
export async function mirrorInterface(
  source: InterfaceSource,
  mirror: Mirror,
  signal: AbortSignal,
): Promise<void> {
  const batch = new PacketBatch();
  while (!signal.aborted) {
    if (source.next(batch, WAIT)) {
      const now = performance.now();
      for (let i = 0; i < batch.count; i++) {
        if (mirror.packet(batch, i, source.outgoing(i), batch.sec[i], batch.nsec[i], now) > 0) mirror.drop();
      }
      mirror.flush();
    } else if (!source.present) {
      throw new LinuxError(`go on with interface ${source.name}`, ERRNO.ENODEV, 'it has been removed');
    }
    await nextTurn();
  }
  source.count();
}

export interface ReplayOptions {
  /** A multiple of the recorded speed; Infinity: as fast as possible. */
  readonly speed: number;
  /** How often to play the capture; Infinity: until `signal` is aborted. */
  readonly loops: number;
}

/** Packets due within this time are sent together, milliseconds. */
const TICK = 1;
/**
 * The longest pause of a capture that is kept, milliseconds: a clock that was set can turn a second into
 * years.
 */
export const LONGEST_PAUSE = 600_000;

/** The clock of a replay, in milliseconds. */
export interface ReplayClock {
  /** A monotonic time. */
  now(): number;
  /** Waits; rejects when `signal` is aborted. */
  sleep(milliseconds: number, signal: AbortSignal): Promise<unknown>;
}

const CLOCK: ReplayClock = {
  now: () => performance.now(),
  sleep: (milliseconds, signal) => sleep(milliseconds, undefined, { signal }),
};

/** What a replay needs of a {@link Mirror}. */
export type ReplayTarget = Pick<Mirror, 'packet' | 'flush'>;

/** Mirrors a capture with its pauses, once or repeatedly. */
export class Replay {
  /** When the next packet is due, and the time of the last check: milliseconds since the start. */
  private due = 0;
  private now = 0;
  private readonly start: number;
  private readonly batch = new PacketBatch();

  /** @param open opens the capture at its beginning; it ends with `signal` */
  constructor(
    private readonly open: () => Promise<PacketSource>,
    private readonly mirror: ReplayTarget,
    private readonly options: ReplayOptions,
    private readonly signal: AbortSignal,
    private readonly time: ReplayClock = CLOCK,
  ) {
    this.start = time.now();
  }

  async run(): Promise<void> {
    for (let i = 0; i < this.options.loops && !this.signal.aborted; i++) {
      const source = await this.opened();
      if (source === undefined) return;
      try {
        await this.play(source);
      } finally {
        this.mirror.flush();
        await source.close();
      }
    }
  }

  /** The capture, undefined if it was aborted before it began. */
  private async opened(): Promise<PacketSource | undefined> {
    try {
      return await this.open();
    } catch (error) {
      if (this.signal.aborted) return undefined;
      throw error;
    }
  }

  private async play(source: PacketSource): Promise<void> {
    const { batch, mirror } = this;
    let sec = -1;
    let nsec = 0;
    while (!this.signal.aborted && (await source.next(batch))) {
      for (let i = 0; i < batch.count; i++) {
        if (sec >= 0) this.pass((batch.sec[i] - sec) * 1e3 + (batch.nsec[i] - nsec) / 1e6);
        if (sec < 0 || batch.sec[i] > sec || (batch.sec[i] === sec && batch.nsec[i] > nsec)) {
          sec = batch.sec[i];
          nsec = batch.nsec[i];
        }
        if (this.due > this.now && !(await this.until(this.due))) return;
        const wait = this.send(i);
        if (wait > 0) await this.sendLater(i, wait);
        if (this.signal.aborted) return;
      }
      mirror.flush();
    }
  }

  /** Delays the next packet by a pause of the capture. */
  private pass(pause: number): void {
    if (pause > 0) this.due += Math.min(pause, LONGEST_PAUSE) / this.options.speed;
  }

  private send(i: number): number {
    // Timestamps are of the mirror's own clock, as in a switch.
    const time = Date.now();
    const sec = Math.floor(time / 1000);
    return this.mirror.packet(this.batch, i, false, sec, (time % 1000) * 1_000_000, this.time.now());
  }

  /** Packets of a capture are never dropped for the rate: the capture takes longer. */
  private async sendLater(i: number, milliseconds: number): Promise<void> {
    for (let wait = milliseconds; wait > 0; wait = this.send(i)) {
      if (!(await this.until(this.clock() + wait + TICK))) return;
    }
  }

  private clock(): number {
    return this.time.now() - this.start;
  }

  /** Sends the queue and waits until a time; false if aborted. */
  private async until(time: number): Promise<boolean> {
    this.now = this.clock();
    if (time <= this.now + TICK) return true;
    this.mirror.flush();
    try {
      await this.time.sleep(time - this.now, this.signal);
    } catch {
      return false;
    }
    this.now = this.clock();
    return true;
  }
}
