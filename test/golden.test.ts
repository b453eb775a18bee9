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

describe('mirrorlake read', () => {
  const shown = FIXTURES.filter(({ packets }) => packets);
  const nameOf = ({ file }: Fixture) => file.replace(/\.pcap$/, '');
  const kinds = ['sessions', 'packets', 'mirrors'] as const;

  it.each(shown.filter(({ inputs }) => inputs.length === 0))(
    'prints the expected rows of $file',
    async (fixture) => {
      const name = nameOf(fixture);
      for (const what of kinds) {
        const rows = await readLine(join(DIRECTORY, fixture.file), what);
        expect(withoutIds(rows)).toBe(readFileSync(join(DIRECTORY, `${name}.${what}.ndjson`), 'utf8'));
      }
    },
  );

  it('prints them in a process of its own', async () => {
    const rows = await readCommand([join(DIRECTORY, 'erspan2.pcap')], 'packets');
    expect(withoutIds(rows)).toBe(readFileSync(join(DIRECTORY, 'erspan2.packets.ndjson'), 'utf8'));
  });

  it.each(shown.filter(({ inputs }) => inputs.length > 0))(
    'prints the expected rows of $file with --input',
    async (fixture) => {
      const name = nameOf(fixture);
      for (const what of kinds) {
        const rows = await readLine(join(DIRECTORY, fixture.file), what, inputWords(fixture.inputs));
        expect(withoutIds(rows)).toBe(readFileSync(join(DIRECTORY, `${name}.${what}.ndjson`), 'utf8'));
      }
    },
  );
});
