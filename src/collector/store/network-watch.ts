/** Asks the store, again and again, which networks are in effect. */
import { asError } from '../../model/errors.js';
import { isAway } from '../../store/errors.js';
import type { StoredNetworks } from '../../store/networks/stored-networks.js';
import type { LoadedNetworks } from './loaded-networks.js';

/** How often the time of the newest load is asked for, milliseconds. */
export const NETWORKS_MS = 20_000;

export interface NetworkWatchOptions {
  /** Told what is in effect, at first and when it has changed. */
  readonly changed: (networks: LoadedNetworks) => void;
  readonly log: (level: 'warn', message: string) => void;
}

export class NetworkWatch {
  private timer: NodeJS.Timeout | undefined;
  private looking = false;
  /** The load that was told last, 0: that there was none; undefined: nothing was told yet. */
  private told: bigint | undefined;
  /** Why the store could not be asked the last time. */
  private trouble = '';

  constructor(
    private readonly stored: StoredNetworks,
    private readonly options: NetworkWatchOptions,
  ) {}

  start(): void {
    this.timer = setInterval(() => this.look(), NETWORKS_MS);
    this.look();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** Asks now. Failures are told once, until it succeeds again; that the store is away the delivery tells. */
  look(): void {
    if (this.looking) return;
    this.looking = true;
    this.ask()
      .then(
        () => {
          this.trouble = '';
        },
        (error: unknown) => {
          const { message } = asError(error);
          if (message !== this.trouble && !isAway(error))
            this.options.log('warn', `networks cannot be read from the store: ${message}; trying again`);
          this.trouble = message;
        },
      )
      .finally(() => {
        this.looking = false;
      });
  }

  private async ask(): Promise<void> {
    const load = await this.stored.newest();
    if ((load?.loaded ?? 0n) === this.told) return;
    if (load === undefined) {
      this.told = 0n;
      this.options.changed({ loaded: 0n, networks: 0, lines: new Uint8Array(0) });
      return;
    }
    const pieces: Buffer[] = [];
    for await (const lines of this.stored.lines(load)) pieces.push(Buffer.from(lines));
    const lines = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
    let at = 0;
    for (const piece of pieces) {
      lines.set(piece, at);
      at += piece.length;
    }
    this.told = load.loaded;
    this.options.changed({ loaded: load.loaded, networks: load.networks, lines });
  }
}
