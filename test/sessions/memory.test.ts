import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { SESSION_DEFAULTS } from '../../src/model/defaults.js';

/** Fills a table of the default capacity. Prints the resident bytes of the process, and the open sessions. */
const FILL = `
  import { SessionTable } from './src/sessions/table.ts';
  import { Frame } from './src/wire/walk/frame.ts';
  import { MirrorPoint } from './src/model/mirror-point.ts';
  import { Mirrored } from './src/model/mirrored.ts';
  const table = new SessionTable({ session() {} });
  const f = new Frame();
  const m = new Mirrored();
  m.point = new MirrorPoint(0, 2, new Uint8Array(16), new Uint8Array(16), 1, null);
  Object.assign(f, { bytes: new Uint8Array(64), ipVersion: 4, ip: 0, source: 12, destination: 16, protocol: 6,
    ipLength: 40, tcpFlags: 2, payload: 40, end: 64, sec: 1700000000, etherType: 0x800 });
  for (let i = 0; i < Number(process.argv[1]); i++) {
    f.sourceWord = i;
    f.sourcePort = i & 0xffff;
    table.frame(f, m);
  }
  console.log(JSON.stringify({ resident: process.memoryUsage.rss(), open: table.open }));
`;

it('the session table holds a million TCP sessions in under 640 MB', () => {
  const args = ['--import', 'tsx', '--input-type=module', '-e', FILL, String(SESSION_DEFAULTS.capacity)];
  const { resident, open } = JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' }));
  expect(open).toBe(1_000_000);
  expect(resident).toBeLessThan(640e6);
});
