/**
 * The keyboard: every key is declared once, in KEYS, from which `?` is drawn; pages say what theirs do while
 * they are shown. Bare keys do nothing while somebody writes.
 */
import { useEffect, useRef } from 'react';

export interface Key {
  readonly id: string;
  /** `G O` one after the other, `Shift T` and `Ctrl K` together. */
  readonly keys: string;
  /** Where it does something: on every page, or on those with a table. */
  readonly scope: 'everywhere' | 'tables' | 'charts' | 'packets' | 'map';
  readonly words: string;
}

export const KEYS = [
  { id: 'search', keys: '/', scope: 'everywhere', words: 'Search an address, a port, an id' },
  { id: 'palette', keys: 'Ctrl K', scope: 'everywhere', words: 'Everything that can be done' },
  { id: 'help', keys: '?', scope: 'everywhere', words: 'These keys' },
  { id: 'overview', keys: 'G O', scope: 'everywhere', words: 'Overview' },
  { id: 'sessions', keys: 'G S', scope: 'everywhere', words: 'Sessions' },
  { id: 'hosts', keys: 'G H', scope: 'everywhere', words: 'Hosts' },
  { id: 'map', keys: 'G M', scope: 'everywhere', words: 'Map' },
  { id: 'live', keys: 'G L', scope: 'everywhere', words: 'Live' },
  { id: 'mirrors', keys: 'G R', scope: 'everywhere', words: 'Mirrors' },
  { id: 'compare', keys: 'G C', scope: 'everywhere', words: 'Compare' },
  { id: 'tunnels', keys: 'G T', scope: 'everywhere', words: 'Tunnels' },
  { id: 'sql', keys: 'G Q', scope: 'everywhere', words: 'SQL' },
  { id: 'time', keys: 'T', scope: 'everywhere', words: 'Time range' },
  { id: 'earlier', keys: '[', scope: 'everywhere', words: 'Earlier' },
  { id: 'later', keys: ']', scope: 'everywhere', words: 'Later' },
  { id: 'twins', keys: 'Shift T', scope: 'everywhere', words: 'Charts as tables' },
  { id: 'link', keys: 'Shift L', scope: 'everywhere', words: 'Copy a link to what is shown' },
  { id: 'save', keys: 'Shift S', scope: 'everywhere', words: 'Save this view' },
  { id: 'names', keys: 'Shift N', scope: 'everywhere', words: 'Names beside addresses' },
  { id: 'theme', keys: 'Shift D', scope: 'everywhere', words: 'Light or dark' },
  { id: 'next', keys: 'J', scope: 'tables', words: 'Next row' },
  { id: 'previous', keys: 'K', scope: 'tables', words: 'Previous row' },
  { id: 'open', keys: 'Enter', scope: 'tables', words: 'Open the row' },
  { id: 'packets', keys: 'P', scope: 'tables', words: 'Its packets' },
  { id: 'export', keys: 'E', scope: 'tables', words: 'Export' },
  { id: 'filter', keys: 'F', scope: 'tables', words: 'Add a condition' },
  { id: 'values', keys: 'V', scope: 'tables', words: 'Top values of a column' },
  { id: 'bytes', keys: 'H', scope: 'packets', words: 'Bytes as numbers, or as text' },
  { id: 'zoom-in', keys: '+', scope: 'map', words: 'Closer' },
  { id: 'zoom-out', keys: '-', scope: 'map', words: 'Farther' },
  { id: 'fit', keys: '0', scope: 'map', words: 'All of it' },
  { id: 'pause', keys: 'Space', scope: 'everywhere', words: 'Pause what is live' },
  { id: 'close', keys: 'Escape', scope: 'everywhere', words: 'Close what is open' },
] as const satisfies readonly Key[];

export type KeyId = (typeof KEYS)[number]['id'];

const actions = new Map<KeyId, (() => void)[]>();

/** Lets a key do something while a component is shown; the one shown last is asked. */
export function useKey(id: KeyId, action: () => void, enabled = true): void {
  const latest = useRef(action);
  latest.current = action;
  useEffect(() => {
    if (!enabled) return;
    const act = (): void => latest.current();
    const before = actions.get(id) ?? [];
    actions.set(id, [...before, act]);
    return () => {
      actions.set(
        id,
        (actions.get(id) ?? []).filter((one) => one !== act),
      );
    };
  }, [id, enabled]);
}

/** Does what a key does. @returns whether there is something */
export function press(id: KeyId): boolean {
  const act = actions.get(id)?.at(-1);
  act?.();
  return act !== undefined;
}

/** Milliseconds within which the second of two keys has to come. */
const PAUSE = 1200;

/** A pressed key in the words of KEYS. */
function spelled(event: KeyboardEvent): string {
  const name = event.key === ' ' ? 'Space' : event.key.length === 1 ? event.key.toUpperCase() : event.key;
  if (event.ctrlKey || event.metaKey) return `Ctrl ${name}`;
  const letter = /^[A-Z]$/.test(name);
  return event.shiftKey && letter ? `Shift ${name}` : name;
}

/** Whether somebody writes there, so that letters are letters. */
function isWritten(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
}

/** Listens from now on. */
export function startKeys(): void {
  let first = '';
  let at = 0;
  document.addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.altKey) return;
    const key = spelled(event);
    if (isWritten(event.target) && !key.startsWith('Ctrl ')) return;
    // Enter, Space and Escape of a button, a dialog or a menu are its own.
    if (
      (key === 'Enter' || key === 'Space') &&
      event.target instanceof HTMLElement &&
      /^(A|BUTTON|SUMMARY)$/.test(event.target.tagName)
    )
      return;
    const both = performance.now() - at < PAUSE ? `${first} ${key}` : key;
    const found = KEYS.find((one) => one.keys === both) ?? KEYS.find((one) => one.keys === key);
    first = key;
    at = performance.now();
    if (found !== undefined && press(found.id)) {
      first = '';
      event.preventDefault();
    }
  });
}
