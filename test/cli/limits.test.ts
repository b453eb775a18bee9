/** docs/reference/limits.md has the numbers that the program has. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { LISTED, LOUDEST_UNLISTED } from '../../src/cli/collector/mirror-listing.js';
import { RuleIndex } from '../../src/cli/collector/rule-index.js';
import { grouped } from '../../src/cli/grouped.js';
import { configSchema, mirrorSchema } from '../../src/config/schema.js';
import { LOUDEST } from '../../src/demux/loudest.js';
import { MIRROR_POINTS } from '../../src/demux/mirror-table-options.js';
import { NumberingShare } from '../../src/demux/numbering-share.js';

const page = readFileSync(new URL('../../docs/reference/limits.md', import.meta.url), 'utf8');
const config = configSchema.parse({});
const entry = mirrorSchema.parse({ name: 'm' });
const all = new NumberingShare();
const least = NumberingShare.oneOf(Number.POSITIVE_INFINITY);
const index = new RuleIndex(
  {
    mirrors: [entry],
    unknown: 'observe',
    unknownPoints: 1,
    packets: { bytes: 0, packets: 0 },
    taps: {},
    tapAll: -1,
    claims: [],
  },
  300,
);
const hours = (seconds: number): string => `${seconds / 3600} h`;

it.each([
  ['mirror points of an entry of `mirrors`', [`\`points\`, ${grouped(entry.points)} a worker`]],
  [
    'mirror points that no entry names',
    [
      `\`unknown_points\`, ${grouped(config.unknown_points)} a worker`,
      `\`read\` has ${grouped(MIRROR_POINTS)}`,
    ],
  ],
  ['refused mirror points', [`the ${LOUDEST} loudest`]],
  ['a mirror point without packets', [hours(index.idle(1, true)), hours(index.idle(0, false))]],
  ['unknown mirror points that', [`the first ${LISTED}`, `the ${LOUDEST_UNLISTED} loudest`]],
  ['sources whose sessions', [grouped(all.sources), `at least ${grouped(least.sources)}`]],
  [
    'counters followed by hardware id',
    [grouped(all.levelStreams), `at least ${grouped(least.levelStreams)}`],
  ],
])('of %s', (what, numbers) => {
  const row = page.split('\n').find((line) => line.startsWith(`| ${what}`));
  for (const number of numbers) expect(row).toContain(number);
});
