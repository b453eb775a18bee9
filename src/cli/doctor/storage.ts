/** The doctor's look at the store and the disk under the spool. */
import { existsSync, statfsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { isServer, withoutPassword } from '../../model/store-location.js';
import { askCollector, controlPath } from '../../observe/control.js';
import { openStore } from '../../store/open.js';
import { bad, type Finding, good, poor } from './finding.js';

export async function storeFinding(location: string, control: string | undefined): Promise<Finding> {
  const subject = 'store';
  if (await running(control ?? controlPath(location)))
    return good(subject, `${withoutPassword(location)} is held by a running collector`);
  if (!isServer(location) && !existsSync(location)) {
    return good(subject, `${location} is not there yet: collect makes it`);
  }
  let store: ReturnType<typeof openStore> | undefined;
  try {
    store = openStore(location, { create: false });
    let text = '';
    for await (const piece of await store.query('SELECT version()', { format: 'TabSeparated' }))
      text += String(piece);
    return good(subject, `${store.name} answers: ClickHouse ${text.trim()}`);
  } catch (e) {
    return bad(subject, e instanceof Error ? e.message : String(e));
  } finally {
    await store?.close();
  }
}

async function running(control: string): Promise<boolean> {
  try {
    await askCollector(control, { command: 'status' });
    return true;
  } catch {
    return false;
  }
}

/** @param limit what the spool may grow to, bytes */
export function diskFinding(directory: string, limit: number): Finding {
  let place = resolve(directory);
  while (!existsSync(place)) place = dirname(place);
  const fs = statfsSync(place);
  const free = fs.bavail * fs.bsize;
  const gib = (n: number): string => `${(n / 2 ** 30).toFixed(1)} GiB`;
  const text = `${gib(free)} free in ${place}, and the spool may take ${gib(limit)} of it`;
  if (free > limit) return good('disk', text);
  return poor(
    'disk',
    `${text}: it can fill before the spool's bound is reached`,
    `set spool.limit below ${gib(free)}`,
  );
}
