import { CommandError } from '../model/errors.js';
import type { Encapsulation } from './encapsulation.js';
import { RESOLVE_EVERY } from './limits.js';
import type { OwnOutput } from './own-output.js';
import { Spread } from './spread.js';
import { Target, type TargetHost, type TargetSpec } from './target.js';

/** How often targets without traffic are looked at, milliseconds. */
const TICK = 250;

export interface TargetsOptions {
  /** At most MOST_TARGETS, no two alike. */
  readonly specs: readonly TargetSpec[];
  /** Makes a target's encapsulation: each has sequence numbers of its own. */
  readonly encapsulation: () => Encapsulation;
  /** The UDP destination port, undefined for GRE. */
  readonly port: number | undefined;
  /** Whether the first target that is up takes all frames; otherwise all that are up share them. */
  readonly failover: boolean;
}

/** Where a mirror sends to: one collector, or several among which it chooses frame by frame. */
export class Targets {
  readonly all: readonly Target[];
  private readonly spread: Spread;
  /** With failover: which target takes the frames. */
  private active = 0;
  /** Some target is down. */
  private anyDown = false;
  /** No target is up: all of them are sent to, because the next packet may arrive. */
  private allDown = false;
  private ticks: NodeJS.Timeout | undefined;
  private resolutions: NodeJS.Timeout | undefined;
  /** Is called when addresses have changed, before anything is sent to a new one. */
  private moved: (own: OwnOutput) => void = () => undefined;

  constructor(
    private readonly options: TargetsOptions,
    private readonly host: TargetHost,
  ) {
    this.spread = new Spread(options.specs.map((spec) => spec.name));
    this.all = options.specs.map(
      (spec) =>
        new Target(
          spec,
          options.encapsulation(),
          host,
          () => this.choose(),
          () => this.moved(this.own),
        ),
    );
  }

  /**
   * Finds out where the targets are, and how.
   *
   * @throws CommandError if no name resolves; LinuxError if nothing can be sent to an address
   */
  async open(): Promise<void> {
    const why = await Promise.all(this.all.map((target) => target.start()));
    if (!this.all.some((target) => target.usable)) throw new CommandError(`mirror: --to ${why.join('; ')}`);
    for (const line of why) if (line !== undefined) this.host.say(line);
    this.choose();
    await Promise.all(this.all.map((target) => target.watch()));
    this.ticks = setInterval(() => this.tick(), TICK).unref();
    this.resolutions = setInterval(() => {
      for (const target of this.all) void target.again();
    }, RESOLVE_EVERY).unref();
  }

  /** What a mirror of the interface must not mirror, now and, through `moved`, whenever it changes. */
  follow(moved: (own: OwnOutput) => void): void {
    this.moved = moved;
    moved(this.own);
  }

  private get own(): OwnOutput {
    const addresses = this.all.map((target) => target.to).filter((to) => to !== undefined);
    return { addresses, port: this.options.port };
  }

  /** Bytes of the headers behind IP. */
  get overhead(): number {
    return this.all[0].encapsulation.overhead;
  }

  /** Whether frames have to be told apart: by their addresses to spread them, by their flow for UDP. */
  get readsFrames(): boolean {
    return this.options.port !== undefined || (this.all.length > 1 && !this.options.failover);
  }

  /** The target that frames between these addresses go to ({@link Flow.pair}). */
  target(pair: number): Target {
    return this.all[this.options.failover ? this.active : this.spread.target(pair)];
  }

  /** Sends a frame to its target, and to those that are to be tried; see {@link Target.send}. */
  send(
    to: Target,
    frame: Uint8Array,
    start: number,
    length: number,
    wireLength: number,
    egress: boolean,
    sec: number,
    nsec: number,
    flow: number,
    now: number,
  ): void {
    to.send(frame, start, length, wireLength, egress, sec, nsec, flow);
    if (!this.anyDown) return;
    for (const target of this.all) {
      if (!target.due(now)) continue;
      if (target !== to) {
        // Each has frames of its own to be tried with.
        if (this.allDown) continue;
        target.flush();
        const before = target.counts.packets;
        target.send(frame, start, length, wireLength, egress, sec, nsec, flow);
        target.flush();
        target.trials += target.counts.packets - before;
      }
      target.try(now);
    }
  }

  flush(): void {
    for (const target of this.all) target.flush();
  }

  private tick(): void {
    const now = this.host.now();
    for (const target of this.all) target.tick(now);
  }

  /** Chooses anew who takes frames. */
  private choose(): void {
    const up = this.all.map((target) => target.up);
    this.anyDown = up.includes(false);
    this.allDown = !up.includes(true);
    const takes = this.allDown ? this.all.map((target) => target.usable) : up;
    if (!takes.includes(true)) return;
    this.active = takes.indexOf(true);
    if (!this.options.failover) this.spread.divide(takes);
  }

  close(): void {
    clearInterval(this.ticks);
    clearInterval(this.resolutions);
    for (const target of this.all) target.close();
  }
}
