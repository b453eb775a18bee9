import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { FIXTURES } from './support/fixtures/all.js';
import { fixtureList } from './support/make-fixtures.js';
import { type CaptureRows, readCapture, readCommand } from './support/read-capture.js';
import { type ExpectedRow, matchRows } from './support/traffic/expected.js';

/**
 * UPDATE_GOLDEN=1 writes what came out as what is expected, to be read in the diff before it is committed.
 */
const UPDATE = process.env.UPDATE_GOLDEN === '1';
const DIRECTORY = join(import.meta.dirname, 'fixtures');

/** Session ids are new every time; what a line says beside them is not. */
function withoutIds(lines: string[]): string {
  return lines.map((line) => `${line.replace(/"session_id":"[0-9a-f-]{36}"/, '"session_id":""')}\n`).join('');
}

function compare(file: string, actual: string): void {
  const path = join(DIRECTORY, file);
  if (UPDATE) writeFileSync(path, actual);
  expect(existsSync(path), `${file} is missing; UPDATE_GOLDEN=1 writes it`).toBe(true);
  expect(actual).toBe(readFileSync(path, 'utf8'));
}

const parse = (lines: string[]) => lines.map((line) => JSON.parse(line) as ExpectedRow);

it('the list of captures is whole', () => {
  expect(readFileSync(join(DIRECTORY, 'README.md'), 'utf8')).toBe(fixtureList());
});

describe.each(FIXTURES)('$file: $about', ({ file, bytes, scene, packets }) => {
  const name = file.replace(/\.(pcap|pcapng)(\.gz|\.zst)?$/, '');
  const path = join(DIRECTORY, file);
  let rows: CaptureRows;
  beforeAll(async () => {
    rows = await readCapture(path);
  });

  it('is what the generator writes', () => {
    expect(Buffer.from(bytes).equals(readFileSync(path))).toBe(true);
  });

  it('comes out as what was sent', () => {
    expect(matchRows(parse(rows.sessions), scene.sessions)).toEqual([]);
    expect(matchRows(parse(rows.mirrors), scene.mirrorRows())).toEqual([]);
    expect(rows.malformed).toEqual(scene.malformed);
  });

  it('comes out as it did', () => {
    compare(`${name}.sessions.ndjson`, withoutIds(rows.sessions));
    compare(`${name}.mirrors.ndjson`, withoutIds(rows.mirrors));
    if (packets) compare(`${name}.packets.ndjson`, withoutIds(rows.packets));
  });
});

/**
 * The captures that the command itself reads: as many at once as have no mirror point in common, because a
 * point's row is over everything that was read. Of sessions nothing goes on from one to the next, because
 * none is of a later time than the one before.
 */
function apart(names: readonly string[]): string[][] {
  const groups: { names: string[]; points: Set<string> }[] = [];
  for (const name of names) {
    const rows = parse(
      readFileSync(join(DIRECTORY, `${name}.mirrors.ndjson`), 'utf8')
        .trim()
        .split('\n'),
    );
    const points = rows.map((row) =>
      JSON.stringify([
        row.mirror_type,
        row.mirror_source,
        row.mirror_target,
        row.mirror_session,
        row.gre_key,
      ]),
    );
    const fits = groups.find((g) => !points.some((point) => g.points.has(point)));
    const group = fits ?? { names: [], points: new Set<string>() };
    if (fits === undefined) groups.push(group);
    group.names.push(name);
    for (const point of points) group.points.add(point);
  }
  return groups.map((group) => group.names);
}

describe('mirrorlake read', () => {
  const names = FIXTURES.filter(({ packets }) => packets).map(({ file }) => file.replace(/\.pcap$/, ''));

  it.each([
    ['sessions', names] as const,
    ['packets', names] as const,
    ...apart(names).map((some) => ['mirrors', some] as const),
  ])('--ndjson %s, of %j', async (what, some) => {
    const printed = await readCommand(
      some.map((name) => join(DIRECTORY, `${name}.pcap`)),
      what,
    );
    const kept = some.map((name) => readFileSync(join(DIRECTORY, `${name}.${what}.ndjson`), 'utf8'));
    expect(withoutIds(printed)).toBe(kept.join(''));
  });
});
