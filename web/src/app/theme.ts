/** Light, dark, or as the system says. */
import { useSyncExternalStore } from 'react';

export type Theme = 'light' | 'dark';
const KEY = 'mirrorlake.theme';
const system = matchMedia('(prefers-color-scheme: dark)');
const listeners = new Set<() => void>();

function chosen(): Theme {
  const kept = localStorage.getItem(KEY);
  return kept === 'light' || kept === 'dark' ? kept : system.matches ? 'dark' : 'light';
}

/** Shows the theme that is chosen, from now on. */
export function startTheme(): void {
  apply();
  system.addEventListener('change', apply);
}

function apply(): void {
  document.documentElement.classList.toggle('dark', chosen() === 'dark');
  for (const listener of listeners) listener();
}

export function toggleTheme(): void {
  localStorage.setItem(KEY, chosen() === 'dark' ? 'light' : 'dark');
  apply();
}

export function useTheme(): Theme {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, chosen);
}
