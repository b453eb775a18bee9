import { LinuxError } from '../linux/errors.js';
import { asError } from '../model/errors.js';
import type { Encapsulation } from './encapsulation.js';
import { HealthCheck, type HealthPlace } from './health.js';
import { Refusal } from './refusal.js';
import type { Family, Resolve, Resolved } from './resolve.js';
import { type Address, Counts, type Sender } from './sender.js';

/** What the command line says of a target. */
export interface TargetSpec {
  /** As given: an address or a name. */
  readonly name: string;
  /** Undefined for a name. */
  readonly address: Address | undefined;
  readonly health: HealthPlace | undefined;
}

/** What a target needs of its surroundings. */
export interface TargetHost {
  /** Milliseconds of a monotonic clock. */
  now(): number;
  /** @throws LinuxError */
  open(to: Address, counts: Counts, unreachable: (error: string) => void): SenderLike;
  readonly resolve: Resolve;
  /** Of the outer source address, if it is given. */
  readonly family: Family;
  /** Milliseconds between two checks of health. */
  readonly healthInterval: number;
  /** Prints a line for the person who started the mirror. */
  say(line: string): void;
}

export type SenderLike = Pick<Sender, 'ipHeader' | 'buffer' | 'offset' | 'push' | 'flush' | 'hear' | 'close'>;

/** ICMP's errors in words. */
const UNREACHABLE: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'port unreachable',
  ENOPROTOOPT: 'protocol unreachable',
  EPROTO: 'protocol unreachable',
  EHOSTUNREACH: 'host unreachable',
  ENETUNREACH: 'network unreachable',
  EACCES: 'prohibited',
};

/** Errors of an address that another address of the same name may not have. */
const OF_ADDRESS = new Set(['ENETUNREACH', 'EHOSTUNREACH', 'EADDRNOTAVAIL', 'EAFNOSUPPORT', 'EINVAL']);

/** A collector, or a name for one: where it is, whether it takes packets, and how many it was sent. */
export class Target {
  readonly counts = new Counts();
  /** Frames sent in addition, to see whether it is up again. */
  trials = 0;
  /** How often it went down. */
  downs = 0;
  private refusal = new Refusal();
  /** What is wrong with its health. */
  private ill: string | undefined;
  private sender: SenderLike | undefined;
  private address: string | undefined;
  private bytes: Uint8Array | undefined;
  private readonly check: HealthCheck | undefined;
  private resolving = false;
  private closed = false;
  /** Why its name did not lead anywhere when it was resolved last. */
  private unresolved: string | undefined;

  /**
   * @param changed is called when {@link up} may have changed
   * @param moved is called when {@link to} has changed, before anything is sent there
   */
  constructor(
    private readonly spec: TargetSpec,
    readonly encapsulation: Encapsulation,
    private readonly host: TargetHost,
    private readonly changed: () => void,
    private readonly moved: () => void,
  ) {
    if (spec.health === undefined) return;
    this.check = new HealthCheck(
      spec.health,
      () => this.address,
      host.healthInterval,
      (wrong) => this.examined(wrong),
    );
  }

  /** The name, and the address that it has now. */
  get text(): string {
    const { name } = this.spec;
    return this.address === undefined || this.address === name ? name : `${name} (${this.address})`;
  }

  /** Where it is, 4 or 16 bytes; undefined while its name has not resolved. */
  get to(): Uint8Array | undefined {
    return this.bytes;
  }

  /** Whether packets can be sent there at all. */
  get usable(): boolean {
    return this.sender !== undefined;
  }

  /** Whether it takes packets, as far as one knows. */
  get up(): boolean {
    return this.sender !== undefined && this.refusal.error === undefined && this.ill === undefined;
  }

  /** Bytes of the IP header before what {@link encapsulation} writes. */
  get ipHeader(): number {
    return this.sender?.ipHeader ?? 0;
  }

  /**
   * Finds out where it is.
   *
   * @returns why it cannot be used yet, as one line; undefined if it can
   * @throws LinuxError if an address that was given cannot be sent to, or the privilege is missing
   */
  async start(): Promise<string | undefined> {
    const { address, name } = this.spec;
    if (address !== undefined) this.use({ ...address, text: name });
    else this.unresolved = await this.resolve();
    return this.unresolved;
  }

  /** Begins to ask for its health. @returns once the first answer is there */
  async watch(): Promise<void> {
    await this.check?.start();
  }

  /** Copies a frame into a packet; see {@link Encapsulation.emit}. */
  send(
    frame: Uint8Array,
    start: number,
    length: number,
    wireLength: number,
    egress: boolean,
    sec: number,
    nsec: number,
    flow: number,
  ): void {
    const { sender, encapsulation } = this;
    if (sender === undefined) return;
    sender.push(
      encapsulation.emit(
        sender.buffer,
        sender.offset,
        frame,
        start,
        length,
        wireLength,
        egress,
        sec,
        nsec,
        flow,
      ),
    );
  }

  flush(): void {
    this.sender?.flush();
  }

  /** Whether a frame has to be sent to see if it is up again. */
  due(now: number): boolean {
    return this.sender !== undefined && this.ill === undefined && this.refusal.due(now);
  }

  /** A frame has been sent because of {@link due}. */
  try(now: number): void {
    this.refusal.try(now);
  }

  /** Looks for errors, and whether it is up again. */
  tick(now: number): void {
    this.sender?.hear();
    if (!this.refusal.passed(now)) return;
    if (this.up) this.host.say(`${this.text} is up again`);
    this.changed();
  }

  private refused(error: string): void {
    const up = this.up;
    if (!this.refusal.heard(error, this.host.now())) return;
    this.down(up, `${UNREACHABLE[error] ?? 'unreachable'} (${error})`);
  }

  private examined(wrong: string | undefined): void {
    const { up, ill } = this;
    this.ill = wrong;
    if (wrong !== undefined) {
      if (ill === undefined) this.down(up, wrong);
    } else if (ill !== undefined) {
      if (this.up) this.host.say(`${this.text} is up again`);
      this.changed();
    }
  }

  private down(wasUp: boolean, why: string): void {
    if (wasUp) {
      this.downs++;
      this.host.say(`${this.text} is down: ${why}`);
    }
    this.changed();
    void this.again();
  }

  /** Asks again where it is: its name may have moved. */
  async again(): Promise<void> {
    if (this.spec.address !== undefined || this.resolving || this.closed) return;
    let why: string | undefined;
    try {
      why = await this.resolve();
    } catch (error) {
      why = `${this.spec.name}: ${asError(error).message}`;
    }
    if (why === undefined) this.unresolved = undefined;
    else if (why !== this.unresolved && !this.closed) {
      this.unresolved = why;
      this.host.say(this.address === undefined ? why : `${why}; it keeps ${this.address}`);
    }
  }

  private async resolve(): Promise<string | undefined> {
    const { name } = this.spec;
    this.resolving = true;
    let found: readonly Resolved[];
    try {
      found = await this.host.resolve(name, this.host.family);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      return `${name} does not resolve: ${code ?? message}`;
    } finally {
      this.resolving = false;
    }
    if (this.closed) return undefined;
    if (found.length === 0) return `${name} does not resolve: it has no address`;
    const current = found.findIndex((one) => one.text === this.address);
    if (current >= 0 && this.up) return undefined;
    // The others first, then the one that it has.
    const order = [...found.slice(current + 1), ...found.slice(0, current + 1)];
    return this.useFirst(order);
  }

  /** Takes the first address that can be sent to. @returns why none can */
  private useFirst(order: readonly Resolved[]): string | undefined {
    let why: string | undefined;
    for (const one of order) {
      if (one.text === this.address) return undefined;
      try {
        this.use(one);
        return undefined;
      } catch (error) {
        if (!(error instanceof LinuxError) || !OF_ADDRESS.has(error.code)) throw error;
        why = `${this.spec.name}: ${one.text}: ${error.message}`;
      }
    }
    return why;
  }

  private use(to: Resolved): void {
    const moves = this.address !== undefined || this.unresolved !== undefined;
    const sender: SenderLike = this.host.open(to, this.counts, (error) => {
      // What was sent to a former address says nothing of this one.
      if (this.sender === sender) this.refused(error);
    });
    const former = this.sender;
    former?.flush();
    former?.close();
    this.sender = sender;
    this.address = to.text;
    this.bytes = to.bytes;
    this.refusal = new Refusal();
    this.moved();
    if (moves) this.host.say(`${this.spec.name} is at ${to.text} now`);
    this.changed();
  }

  close(): void {
    this.closed = true;
    this.check?.close();
    this.sender?.flush();
    this.sender?.hear();
    this.sender?.close();
    this.sender = undefined;
  }
}
