import { useSyncExternalStore } from 'react';
import { chosenTheme, type Theme, watchTheme } from './theme.js';

export function useTheme(): Theme {
  return useSyncExternalStore(watchTheme, chosenTheme);
}
