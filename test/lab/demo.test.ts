import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeDemo } from '../../lab/make-demo.js';
import { type Row, readCapture } from '../support/read-capture.js';

const ROOT = join(import.meta.dirname, '../..');
const CAPTURE = join(ROOT, 'lab/demo.pcapng.gz');

describe('the bundled demo', () => {
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'mirrorlake-demo-'));
  });
  afterAll(() => {
    rmSync(directory, { recursive: true });
  });

  it('is the capture that its generator writes, and shows the losses of each mirror', async () => {
    const plain = join(directory, 'demo.pcapng');
    const mirrors = await writeDemo(plain);
    expect(gunzipSync(readFileSync(CAPTURE)).equals(readFileSync(plain))).toBe(true);
    const rows = (await readCapture(CAPTURE)).mirrors.map((line) => JSON.parse(line) as Row);
    expect(rows.map((row) => [row.mirror_source, row.packets, row.lost]).sort()).toEqual(
      mirrors.map((m) => [m.options.source, m.packets, m.lost]).sort(),
    );
  });

  it('answers its questions, and gives the same answers again', () => {
    const ask = () =>
      execFileSync(join(ROOT, 'node_modules/.bin/tsx'), [join(ROOT, 'lab/demo.ts')], {
        cwd: directory,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
      });
    const first = ask();
    // The answers name the scanner, the slow service, and the mirror with losses.
    expect(first).toMatch(/1\. │ 10\.20\.0\.28 │ +\d+ │ +1\d\d │/);
    expect(first).toMatch(/1\. │ 203\.0\.113\.80 +│ +443 │/);
    expect(first).toMatch(/1\. │ erspan3 │ +9998 │ +236 │/);
    expect(ask()).toBe(first);
  });
});
