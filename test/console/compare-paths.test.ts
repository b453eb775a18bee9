/** Two mirrors compared whose packets are matched: what `read --path` stores is told beside them. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Answer } from '../../src/console/contract.js';
import { PathRecord } from '../../src/model/path-record.js';
import { openStore } from '../../src/store/open.js';
import { PathSegment } from '../../src/store/segment/segments.js';
import { startConsole } from '../support/console.js';
import { demoStore } from '../support/demo-store.js';

it('tells what became of packets between them, where they are matched', async () => {
  const directory = await demoStore(join(mkdtempSync(join(tmpdir(), 'console-')), 'store'));
  const store = openStore(directory, { create: false });
  const segment = new PathSegment('demo');
  for (const [from, to, lost] of [
    ['10.0.0.11', '10.0.0.12', 4],
    ['10.0.0.12', '10.0.0.11', 0],
    ['10.0.0.11', 'elsewhere', 9],
  ] as const) {
    const r = new PathRecord();
    r.minute = Date.parse('2025-06-02T08:03:00Z') / 1000;
    [r.fromMirror, r.toMirror, r.sample, r.matched, r.lost] = [from, to, 8, 96, lost];
    [r.delayP50Ns, r.delayP99Ns] = [1_500_000, 4_000_000];
    segment.path(r);
  }
  await store.insert('paths', segment.take(), 'paths', 3);
  await store.close();
  const served = await startConsole(directory);
  try {
    const range = 'from=2025-06-02T08:00:00Z&to=2025-06-02T08:10:00Z';
    const mirrors = 'a=erspan2,10.0.0.11,1,&b=erspan3,10.0.0.12,2,';
    const { paths } = await served.json<Answer<'compare'>>(`/compare?${range}&${mirrors}`);
    const common = {
      sample: 8,
      relative: true,
      matched: 96,
      delay_p50_ns: 1_500_000,
      delay_p99_ns: 4_000_000,
    };
    expect(paths).toMatchObject([
      { from_a: true, lost: 4, ...common },
      { from_a: false, lost: 0, ...common },
    ]);
  } finally {
    await served.close();
  }
});
