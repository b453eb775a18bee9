/** What the service and its worker thread say to each other. */
import type { TunnelConfig } from '../spec/config.js';

export interface TunnelWorkerData {
  /** Event descriptor that wakes the worker when a command waits. */
  readonly wake: number;
  /** Shared: what the tunnels' sockets received for none of them, see refused.ts. */
  readonly refused: Float64Array;
}

export type TunnelCommand = { readonly id: number } & (
  | { readonly kind: 'add'; readonly config: TunnelConfig; readonly counters: Float64Array }
  | { readonly kind: 'change'; readonly config: TunnelConfig }
  | { readonly kind: 'remove'; readonly name: string }
  | { readonly kind: 'stop' }
);

/** Answers command `id`; an error keeps its class by name, and the word it blames. */
export interface TunnelAnswer {
  readonly id: number;
  readonly error?: {
    readonly name: string;
    readonly message: string;
    /** Of a TunnelConfigError. */
    readonly word?: string;
    /** Of a LinuxError. */
    readonly linux?: { readonly attempt: string; readonly code: string };
  };
}
