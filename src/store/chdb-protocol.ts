/** What is said between a process and the one that holds chDB for it (chdb-worker.ts). */

/** A statement. */
export interface Call {
  /** From 1. */
  id: number;
  query: string;
  params: Record<string, unknown>;
  settings: Record<string, string | number | boolean>;
}

/** What becomes of the call `id`; 0 is the start itself. */
export type Answer =
  | { id: number; kind: 'bytes'; bytes: Uint8Array }
  | { id: number; kind: 'done' }
  | { id: number; kind: 'failed'; message: string; code: string; type: string };
