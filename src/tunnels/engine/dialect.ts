/** What the service and the thread that the tunnels run in say to each other. */
import type { TunnelConfig } from '../spec/config.js';

export interface TunnelWorkerData {
  /** Event descriptor that wakes the worker when it was asked something. */
  readonly wake: number;
  /** Shared: what the tunnels' sockets received for none of them, see refused.ts. */
  readonly refused: Float64Array;
}

/** What the thread understands. */
export type TunnelWorkerSide = {
  asks: {
    add: (tunnel: { readonly config: TunnelConfig; readonly counters: Float64Array }) => void;
    change: (config: TunnelConfig) => void;
    remove: (name: string) => void;
    stop: (nothing: undefined) => void;
  };
  tells: Record<never, never>;
};
