/** `export --where` with what is known of both ends of a conversation. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { exportPackets } from '../../src/cli/export.js';
import { demoRows } from '../support/demo.js';
import { demoStore } from '../support/demo-store.js';

it.each([
  "client_network = 'office guests' AND server_network = 'databases'",
  "policy != ''",
  "server_country = 'AU' AND server_asn = 64499 AND client_site = 'berlin'",
])('exports the packets of %s', async (where) => {
  const directory = mkdtempSync(join(tmpdir(), 'export-'));
  const store = await demoStore(join(directory, 'store'));
  const [{ n }] = await demoRows<{ n: number }>(
    `SELECT count() AS n FROM packets WHERE session_id IN (SELECT session_id FROM sessions WHERE ${where})`,
  );
  expect(n).toBeGreaterThan(0);
  const output = join(directory, 'who.pcapng');
  const said = await exportPackets({ store, where, output, encapsulated: false });
  expect(Number(/^([\d,]+) packets$/.exec(said)?.[1]?.replaceAll(',', ''))).toBe(n);
});
