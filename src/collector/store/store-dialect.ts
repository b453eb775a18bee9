/**
 * What the main thread and the store's thread say to each other; segments come by ports (segment-port.ts).
 */
import type { MessagePort } from 'node:worker_threads';
import type { QuestionLimits } from '../../model/question-limits.js';
import type { StoreStatus } from '../../model/status.js';
import type { FactChange } from '../../store/networks/fact-statements.js';
import type { Loaded } from '../../store/networks/stored-networks.js';
import type { LoadedNetworks } from './loaded-networks.js';

export interface StoreWorkerData {
  readonly location: string;
  readonly retention: number | undefined;
  readonly spool: { readonly directory: string; readonly limit: number; readonly packetsLimit: number };
  /** Bytes of memory of the embedded engine, undefined for its default. */
  readonly memory: number | undefined;
  /** Who asks a server's questions. */
  readonly reader: { readonly username: string; readonly password: string } | undefined;
  readonly waiting: SharedArrayBuffer;
  /** Whether the networks that are loaded into the store are wanted. */
  readonly networks: boolean;
}

/** A question that came by the control socket, checked. */
export interface ThreadQuestion {
  readonly sql: string;
  readonly format: string | undefined;
  readonly params: Readonly<Record<string, string>>;
  readonly color: boolean;
  readonly limits: QuestionLimits;
}

/** What the store's thread understands. */
export type StoreWorkerSide = {
  asks: {
    /** Opens the store: the first request. Answered when it is usable, or away for a while. */
    open: (nothing: undefined) => void;
    /** Answered in pieces. */
    query: (question: ThreadQuestion) => void;
    /** Begins a load of networks; answered when they may come. A load that has not ended is forgotten. */
    beginNetworks: (load: { readonly networks: number; readonly file: string }) => void;
    /** Lines of networks (store/networks/network-lines.ts), cut anywhere. */
    networkLines: (bytes: Uint8Array) => void;
    /** Ends the load. */
    endNetworks: (nothing: undefined) => Loaded;
    /** Begins to rewrite what rows of a day say of their addresses. */
    beginFacts: (change: FactChange) => void;
    /** Lines of facts (store/networks/fact-lines.ts), cut anywhere. */
    factLines: (bytes: Uint8Array) => void;
    /** Runs the rewrite. Answered in pieces: parts of tables to do, a line each. */
    rewriteFacts: (nothing: undefined) => void;
    /** Removes what the rewrite needed, however it ended. */
    endFacts: (nothing: undefined) => void;
    /** Stores what has come, within so many milliseconds, and leaves. */
    close: (within: number) => StoreStatus;
  };
  tells: {
    /** A way in for segments. */
    port: MessagePort;
  };
};

/** What the main thread understands of the store's thread. */
export type StoreMainSide = {
  asks: Record<never, never>;
  tells: {
    status: StoreStatus;
    /** Which networks are in effect, when that has changed. */
    networks: LoadedNetworks;
    log: { readonly level: 'info' | 'warn' | 'error'; readonly message: string };
  };
};
