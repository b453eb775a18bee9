import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { FIXTURES } from './support/fixtures/all.js';
import { type Fixture, inputWords } from './support/fixtures/fixture.js';
import { GROUP_OF_FIXTURES } from './support/fixtures/groups.js';
import { fixtureList } from './support/make-fixtures.js';
import { type CaptureRows, readCapture, readCommand, readLine } from './support/read-capture.js';
import { type ExpectedRow, matchRows } from './support/traffic/expected.js';

/** With UPDATE_GOLDEN=1, the test writes its results as the expected ones. Read the diff before a commit. */
const UPDATE = process.env.UPDATE_GOLDEN === '1';
const DIRECTORY = join(import.meta.dirname, 'fixtures');

/** Lines without session ids, which are new every time. */
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

it('the list of captures is complete', () => {
  expect(readFileSync(join(DIRECTORY, 'README.md'), 'utf8')).toBe(fixtureList());
});

describe.each(FIXTURES)('$file: $about', ({ file, bytes, scene, packets, inputs }) => {
  const name = file.replace(/\.(pcap|pcapng)(\.gz|\.zst)?$/, '');
  const path = join(DIRECTORY, file);
  let rows: CaptureRows;
  beforeAll(async () => {
    rows = await readCapture(path, false, inputs);
  });

  it('is the capture that the generator writes', () => {
    expect(Buffer.from(bytes).equals(readFileSync(path))).toBe(true);
  });

  it('gives rows for what was sent', () => {
    expect(matchRows(parse(rows.sessions), scene.sessions)).toEqual([]);
    expect(matchRows(parse(rows.mirrors), scene.mirrorRows())).toEqual([]);
    expect(rows.malformed).toEqual(scene.malformed);
  });

  it('gives the expected rows', () => {
    compare(`${name}.sessions.ndjson`, withoutIds(rows.sessions));
    compare(`${name}.mirrors.ndjson`, withoutIds(rows.mirrors));
    if (packets) compare(`${name}.packets.ndjson`, withoutIds(rows.packets));
  });
});

describe.each(FIXTURES.filter(({ scene }) => scene.grouped.length > 0))('$file in a group', (fixture) => {
  const { file, scene } = fixture;
  const name = file.replace(/\.pcap$/, '');
  const words = ['--group', `pair=${GROUP_OF_FIXTURES.join(',')}`];

  it('gives rows for what was sent', async () => {
    const rows = await readLine(join(DIRECTORY, file), 'sessions', words);
    expect(matchRows(parse(rows), scene.grouped)).toEqual([]);
    compare(`${name}.grouped.ndjson`, withoutIds(rows));
    const several = await readLine(join(DIRECTORY, file), 'sessions', [...words, '--workers', '3']);
    expect(withoutIds(several.toSorted())).toEqual(withoutIds(rows.toSorted()));
  });

  it('gives the same rows of mirrors', async () => {
    const rows = await readLine(join(DIRECTORY, file), 'mirrors', words);
    expect(withoutIds(rows)).toBe(readFileSync(join(DIRECTORY, `${name}.mirrors.ndjson`), 'utf8'));
  });
});

/**
 * Groups captures for one command each, so that no two of a group have a mirror point in common: the row of a
 * point is over everything that was read. No session continues from one capture to the next, because no
 * capture is of a later time than the one before it.
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
  const shown = FIXTURES.filter(({ packets }) => packets);
  const nameOf = ({ file }: Fixture) => file.replace(/\.pcap$/, '');
  const names = shown.filter(({ inputs }) => inputs.length === 0).map(nameOf);

  it.each([
    ['sessions', names] as const,
    ['packets', names] as const,
    ...apart(names).map((some) => ['mirrors', some] as const),
  ])('prints the expected %s of %j', async (what, some) => {
    const read = what === 'mirrors' ? readLine : readCommand;
    const printed = await read(
      some.map((name) => join(DIRECTORY, `${name}.pcap`)),
      what,
    );
    const kept = some.map((name) => readFileSync(join(DIRECTORY, `${name}.${what}.ndjson`), 'utf8'));
    expect(withoutIds(printed)).toBe(kept.join(''));
  });

  it.each(shown.filter(({ inputs }) => inputs.length > 0))(
    'prints the expected rows of $file with --input',
    async (fixture) => {
      const name = nameOf(fixture);
      for (const what of ['sessions', 'packets', 'mirrors'] as const) {
        const rows = await readLine(join(DIRECTORY, fixture.file), what, inputWords(fixture.inputs));
        expect(withoutIds(rows)).toBe(readFileSync(join(DIRECTORY, `${name}.${what}.ndjson`), 'utf8'));
      }
    },
  );
});
