/** What the main thread and a packet path, its own or a worker's, tell each other about what happens now. */
import type { OpenOrder, SeenFrame } from '../../model/live.js';
import type { MirrorType } from '../../model/mirror-point.js';

/** A sender whose frames are looked out for; plain data. */
export interface Watch {
  readonly id: number;
  /** 16 bytes. */
  readonly source: Uint8Array;
  /** Undefined: any. */
  readonly type: MirrorType | undefined;
  readonly session: number | undefined;
  readonly key: number | undefined;
}

/** What a packet path is asked for; it answers through its {@link LiveOutput}. */
export interface LivePath {
  /** Shows rows as they end, each with this probability; 0: none. */
  showRows(share: number): void;
  /** Looks for its strongest open sessions. It is not asked again before it has answered. */
  findOpen(by: OpenOrder): void;
  /** The senders to watch from now on. */
  watch(watches: readonly Watch[]): void;
}

/** Lines of NDJSON; `ends` has where each ends. */
export interface Lines {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly ends: Uint32Array;
}

/** Rows that ended: how many, and those of them that are shown. */
export interface EndedRows extends Lines {
  readonly ended: number;
}

/** The strongest open sessions of a path, the strongest first, and how strong each is. */
export interface OpenRows extends Lines {
  readonly strengths: Float64Array;
  /** Sessions open. */
  readonly open: number;
}

/** A frame, before the rules are asked about its mirror point. */
export interface WatchedFrame extends Omit<SeenFrame, 'policy'> {
  readonly watch: number;
}

/** Where a packet path tells what it was asked for. */
export interface LiveOutput {
  rows(rows: EndedRows): void;
  open(rows: OpenRows): void;
  frames(frames: readonly WatchedFrame[]): void;
}
