/**
 * The store side of a collector, as a process that tests may kill: it spools numbered sessions, delivers
 * them, and prints up to which number they are on disk. Arguments: spool, store, number of the first session,
 * number after the last.
 */
import { writeSync } from 'node:fs';
import { openStore } from '../../src/store/open.js';
import { Delivery } from '../../src/store/spool/delivery.js';
import { Spool } from '../../src/store/spool/spool.js';
import { numberedSegment } from './sessions.js';

const [directory, location, from, to] = process.argv.slice(2);
const STEP = 20;
const STEPS_A_SEGMENT = 5;

const log = (_: string, message: string): void => {
  writeSync(2, `${message}\n`);
};
const store = openStore(location, { create: true });
const spool = new Spool(directory, { limit: 1 << 30, log });
const delivery = new Delivery(store, spool, { log });
await delivery.start();
for (let n = Number(from), step = 1; n < Number(to); n += STEP, step++) {
  spool.append('sessions', numberedSegment(n, n + STEP), STEP);
  if (step % STEPS_A_SEGMENT !== 0) continue;
  await spool.flush();
  writeSync(1, `${n + STEP}\n`);
}
await delivery.drain(60_000);
await spool.close();
await store.close();
process.exit(0);
