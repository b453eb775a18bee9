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

describe.each(FIXTURES.filter(({ packets }) => packets))('mirrorlake read $file', ({ file }) => {
  const path = join(DIRECTORY, file);

  it.each(['sessions', 'mirrors', 'packets'] as const)('--ndjson %s', async (what) => {
    const kept = readFileSync(path.replace(/\.pcap$/, `.${what}.ndjson`), 'utf8');
    expect(withoutIds(await readCommand(path, what))).toBe(kept);
  });
});
