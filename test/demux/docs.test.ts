import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { LAYER_NAMES } from '../../src/wire/walk/layer-table.js';
import { MALFORMED_NAMES } from '../../src/wire/walk/malformed.js';

const page = (name: string): string =>
  readFileSync(new URL(`../../docs/reference/${name}`, import.meta.url), 'utf8');
/** What stands between backticks, code blocks apart. */
const words = (text: string): Set<string> =>
  new Set([...text.replace(/^```.*?^```/gms, '').matchAll(/`([^`]+)`/g)].map((m) => m[1]));

describe('the reference', () => {
  it('has every reason for malformed packets', () => {
    const documented = words(page('malformed.md'));
    expect(MALFORMED_NAMES.filter((word) => word !== '' && !documented.has(word))).toEqual([]);
  });

  it('has every layer of the NDJSON of packets', () => {
    const documented = words(page('ndjson.md'));
    expect(LAYER_NAMES.filter((word) => word !== '' && !documented.has(word))).toEqual([]);
  });
});
