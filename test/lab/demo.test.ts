import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeDemo } from '../../lab/make-demo.js';
import { demoOwners } from '../../lab/make-owners.js';
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

  it('has the owners of addresses that are written down', () => {
    expect(readFileSync(join(ROOT, 'lab/owners.mmdb')).equals(demoOwners())).toBe(true);
  });
});
