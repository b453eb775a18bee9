/** What people are told of a store that removes rows. */
import { plural } from '../model/counted.js';

/** What a collector set on new tables until it was asked to: stores made by then carry it. */
const FORMER_DEFAULT = 30 * 86_400;

/** Whether a store may remove rows without anybody having said so. */
export function isFormerDefault(seconds: number): boolean {
  return seconds === FORMER_DEFAULT;
}

/** That rows are removed, since when, and how that is ended. */
export function retentionNotice(store: string, seconds: number): string {
  const why = isFormerDefault(seconds) ? ' (earlier versions set that by default)' : '';
  return `${store} removes rows ${age(seconds)} after they were seen${why}: ${howToKeep(store)}`;
}

/** That rows just stored will not stay. */
export function expiringNotice(store: string, rows: number, of: number, seconds: number): string {
  return (
    `${rows} of ${of} ${plural(of, 'row')} stored ${rows === 1 ? 'is' : 'are'} older than ` +
    `the ${age(seconds)} after which ${store} removes rows, and ` +
    `${rows === 1 ? 'goes' : 'go'} with its ` +
    `next merge: ${howToKeep(store)}`
  );
}

function howToKeep(store: string): string {
  return `to keep them, mirrorlake schema apply --store ${store} --retention none`;
}

/** A time as the configuration writes it. */
export function age(seconds: number): string {
  if (seconds % 86_400 === 0) return `${seconds / 86_400}d`;
  return seconds % 3600 === 0 ? `${seconds / 3600}h` : `${seconds}s`;
}
