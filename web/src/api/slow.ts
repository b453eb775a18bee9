/** Questions that take their time: how far they are, and how they are ended. */
import { hashKey, useQueryClient } from '@tanstack/react-query';
import { useSyncExternalStore } from 'react';
import type { AnswerProgress } from '../../../src/console/contract.js';

/** How a question goes; undefined: it takes no time worth a word, or none is asked. */
export type Going = AnswerProgress | 'stopped' | undefined;

/** A question, by its key. */
export interface Slow {
  readonly hash: string;
  /** Ends it: it is asked again when somebody says so. */
  cancel(): void;
}

const goings = new Map<string, Going>();
const watchers = new Set<() => void>();

function say(hash: string, going: Going): void {
  if (goings.get(hash) === going) return;
  if (going === undefined) goings.delete(hash);
  else goings.set(hash, going);
  for (const watcher of watchers) watcher();
}

function watch(watcher: () => void): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

/** Asks, and tells its card how far it is. */
export async function told<T>(
  key: readonly unknown[],
  ask: (progress: (reached: AnswerProgress) => void) => Promise<T>,
): Promise<T> {
  const hash = hashKey(key);
  say(hash, undefined);
  try {
    return await ask((reached) => say(hash, reached));
  } finally {
    if (goings.get(hash) !== 'stopped') say(hash, undefined);
  }
}

/** The question with this key. */
export function useSlow(key: readonly unknown[]): Slow {
  const client = useQueryClient();
  const hash = hashKey(key);
  return {
    hash,
    cancel: () => {
      void client.cancelQueries({ queryKey: key, exact: true });
      say(hash, 'stopped');
    },
  };
}

export function goingOf(hash: string): Going {
  return goings.get(hash);
}

export function useGoing(slow: Slow | undefined): Going {
  return useSyncExternalStore(watch, () => (slow === undefined ? undefined : goings.get(slow.hash)));
}
