/** Whether charts and the map are shown as tables: for everybody who reads those better. */
import { useSyncExternalStore } from 'react';

const listeners = new Set<() => void>();
let tables = false;

export function toggleTwins(): void {
  tables = !tables;
  for (const listener of listeners) listener();
}

export function useTwins(): boolean {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => tables,
  );
}
