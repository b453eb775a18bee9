/** Notices about a store that removes rows. */
import { plural } from '../model/words.js';

/** The former default that collectors set on new tables; stores made then still have it. */
const FORMER_DEFAULT = 30 * 86_400;

/** Whether a store may be removing rows although nobody asked for it. */
export function isFormerDefault(seconds: number): boolean {
  return seconds === FORMER_DEFAULT;
}

/** Says that rows are removed, after how long, and how to end it. */
export function retentionNotice(store: string, seconds: number): string {
  const why = isFormerDefault(seconds) ? ' (earlier versions set that by default)' : '';
  return `${store} removes rows ${age(seconds)} after they were seen${why}: ${howToKeep(store)}`;
}

/** Says that rows just stored will be removed. */
export function expiringNotice(store: string, rows: number, of: number, seconds: number): string {
  return (
    `${rows} of ${of} ${plural(of, 'row')} stored ${rows === 1 ? 'is' : 'are'} older than the ` +
    `${age(seconds)} after which ${store} removes rows, and ${rows === 1 ? 'goes' : 'go'} with its next ` +
    `merge: ${howToKeep(store)}`
  );
}

function howToKeep(store: string): string {
  return `to keep them, mirrorlake schema apply --store ${store} --retention none`;
}

/** A duration as the configuration writes it. */
export function age(seconds: number): string {
  if (seconds % 86_400 === 0) return `${seconds / 86_400}d`;
  return seconds % 3600 === 0 ? `${seconds / 3600}h` : `${seconds}s`;
}
