/** Whether the page is as narrow as a telephone's. */
import { useSyncExternalStore } from 'react';

const query = matchMedia('(max-width: 520px)');

export function useNarrow(): boolean {
  return useSyncExternalStore(
    (listener) => {
      query.addEventListener('change', listener);
      return () => query.removeEventListener('change', listener);
    },
    () => query.matches,
  );
}
