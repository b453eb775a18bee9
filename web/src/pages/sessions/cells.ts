import type { Row } from '../../../../src/console/contract/sessions.js';

/** A value of a row as a text. */
export function textOf(value: Row[string] | undefined): string {
  if (value === undefined || value === null) return '';
  if (Array.isArray(value)) return value.join(' ');
  if (typeof value === 'object')
    return Object.entries(value)
      .map(([name, said]) => `${name}=${said}`)
      .join(' ');
  return String(value);
}
