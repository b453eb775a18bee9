/** Light, dark, or as the system says: without React, for the first script. */

export type Theme = 'light' | 'dark';
const KEY = 'mirrorlake.theme';
const system = matchMedia('(prefers-color-scheme: dark)');
const listeners = new Set<() => void>();

export function chosenTheme(): Theme {
  const kept = localStorage.getItem(KEY);
  return kept === 'light' || kept === 'dark' ? kept : system.matches ? 'dark' : 'light';
}

/** Shows the theme that is chosen, from now on. */
export function startTheme(): void {
  apply();
  system.addEventListener('change', apply);
}

function apply(): void {
  document.documentElement.classList.toggle('dark', chosenTheme() === 'dark');
  for (const listener of listeners) listener();
}

export function toggleTheme(): void {
  localStorage.setItem(KEY, chosenTheme() === 'dark' ? 'light' : 'dark');
  apply();
}

/** @returns ends it */
export function watchTheme(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
