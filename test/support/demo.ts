/**
 * The demo's store as it is served, and as it is asked in plain SQL. Starting an engine takes longer than
 * most tests, so all tests of a process share one of each, which end with it. A test that changes a store, or
 * leaves something in a console, makes its own (console.ts, demo-store.ts).
 */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { openStore } from '../../src/store/open.js';
import type { Store } from '../../src/store/store.js';
import { startConsole, type TestConsole } from './console.js';
import { demoStore } from './demo-store.js';

let served: Promise<TestConsole> | undefined;
let plain: Promise<Store> | undefined;

/** The console over the demo's store. Nobody closes it. */
export function demoConsole(): Promise<TestConsole> {
  served ??= ownStore().then((store) => startConsole(store));
  return served;
}

/** What another copy of the demo's store answers to a statement; integers are numbers. */
export async function demoRows<Row>(sql: string): Promise<Row[]> {
  plain ??= ownStore().then((store) => openStore(store, { create: false }));
  const settings = 'SETTINGS output_format_json_quote_64bit_integers = 0';
  const answer = await text(await (await plain).query(`${sql}\n${settings}`, { format: 'JSONEachRow' }));
  return answer
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Row);
}

/** The id of a session of the demo, the one with most packets. @param condition in SQL */
export async function demoSession(condition: string): Promise<string> {
  const [{ id }] = await demoRows<{ id: string }>(
    `SELECT toString(session_id) AS id FROM sessions WHERE ${condition}
     ORDER BY client_packets + server_packets DESC, session_id LIMIT 1`,
  );
  return id;
}

function ownStore(): Promise<string> {
  return demoStore(join(mkdtempSync(join(tmpdir(), 'demo-')), 'store'));
}
