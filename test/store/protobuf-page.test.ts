/** docs/reference/protobuf.md names every schema, and has a program that reads a segment. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { SessionSegment } from '../../src/store/segment/segments.js';
import { sessionRecord } from '../support/arbitrary-records.js';

const ROOT = join(import.meta.dirname, '../..');
const page = readFileSync(join(ROOT, 'docs/reference/protobuf.md'), 'utf8');

it('the page names every schema', () => {
  const named = [...page.matchAll(/^\| `(\w+\.proto)` \|/gm)].map((m) => m[1]);
  expect(named.sort()).toEqual(readdirSync(join(ROOT, 'schemas/mirrorlake/v1')).sort());
});

it('the program of the page reads a segment', () => {
  const records = fc.sample(sessionRecord, 20);
  const segment = new SessionSegment('here');
  for (const record of records) segment.session(record);
  const directory = mkdtempSync(join(tmpdir(), 'mirrorlake-segment-'));
  try {
    const file = join(directory, 'segment.pb');
    writeFileSync(file, segment.take());
    const program = /```js\n([\s\S]*?)```/.exec(page)![1];
    const said = execFileSync(process.execPath, ['--input-type=module', '--eval', program, file], {
      cwd: ROOT,
      encoding: 'utf8',
    });
    const rows = said
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(rows.map((row) => row.session_id)).toEqual(
      records.map((r) => Buffer.from(r.sessionId).toString('base64')),
    );
    expect(rows.map((row) => row.collector)).toEqual(records.map(() => 'here'));
  } finally {
    rmSync(directory, { recursive: true });
  }
});
