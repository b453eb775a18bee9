/** What is said between a process and the one that holds chDB for it (chdb-worker.ts). */

/** A statement, or the wish to end. */
export type Call =
  | {
      /** From 1; 0 is the start. */
      id: number;
      kind: 'exec';
      query: string;
      params: Record<string, unknown>;
      settings: Record<string, string | number | boolean>;
    }
  | { kind: 'close' };

export type Answer =
  | { id: number; kind: 'bytes'; bytes: Uint8Array }
  | { id: number; kind: 'done' }
  | { id: number; kind: 'failed'; message: string; code: string; type: string };
