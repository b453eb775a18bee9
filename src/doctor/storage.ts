/** The doctor's findings about the store and the disk under the spool. */
import { existsSync, statfsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import type { CollectorStatus } from '../model/status.js';
import { isLocation, isServer, NO_STORE, noStoreAt, withoutPassword } from '../model/store-location.js';
import { daysWords, sizeWords } from '../model/words.js';
import { askCollector, controlPath } from '../observe/control.js';
import { daysLeft } from '../store/growth.js';
import { openStore } from '../store/open.js';
import { retentionNotice } from '../store/retention.js';
import type { Store } from '../store/store.js';
import { bad, type Finding, good, poor } from './finding.js';

/**
 * The store: whether it answers, what confines its engine, whether it removes rows, how long its disk lasts.
 */
export async function storeFindings(location: string, control: string | undefined): Promise<Finding[]> {
  const subject = 'store';
  if (location === NO_STORE) return [good(subject, 'none: tunnels only, nothing is observed or stored')];
  if (!isLocation(location)) return [bad(subject, noStoreAt(withoutPassword(location)))];
  const collector = await running(control ?? controlPath(location));
  if (collector !== undefined) {
    const held = good(subject, `${withoutPassword(location)} is held by a running collector`);
    const { disk_free_bytes: free, bytes_per_day: daily, days_left: days } = collector.store;
    return [held, ...growthFinding(free ?? undefined, daily ?? undefined, days ?? undefined)];
  }
  if (!isServer(location) && !existsSync(location))
    return [good(subject, `${location} is not there yet: collect makes it`)];
  let store: ReturnType<typeof openStore> | undefined;
  try {
    store = openStore(location, { create: false });
    const version = (await text(await store.query('SELECT version()'))).trim();
    const found = [good(subject, `${store.name} answers: ClickHouse ${version}`)];
    const retention = await store.retention();
    if (retention !== undefined) found.push(poor('retention', retentionNotice(store.name, retention)));
    const size = await store.size();
    const daily = await lastDay(store);
    return [...found, ...growthFinding(size.free, daily, daily && daysLeft(daily, size, retention))];
  } catch (e) {
    return [bad(subject, e instanceof Error ? e.message : String(e))];
  } finally {
    await store?.close();
  }
}

/** Bytes of the last complete day with sessions, including its roll-ups and kept packets. */
async function lastDay(store: Store): Promise<number | undefined> {
  const parts =
    'FROM system.parts WHERE active AND database = currentDatabase() AND partition < toString(today())';
  const bytes = await text(
    await store.query(
      `SELECT sum(bytes_on_disk) ${parts} AND match(table, 'sessions|packets|_by_') AND partition ` +
        `= (SELECT max(partition) ${parts} AND match(table, 'sessions'))`,
    ),
  );
  return Number(bytes) > 0 ? Number(bytes) : undefined;
}

/** Fewer days than this make a disk too small. */
const FEW_DAYS = 14;

function growthFinding(
  free: number | undefined,
  daily: number | undefined,
  days: number | undefined,
): Finding[] {
  if (free === undefined || daily === undefined) return [];
  const text = `${sizeWords(free)} free under the store, ${sizeWords(daily)} a day are added`;
  if (days === undefined) return [good('growth', `${text}: it does not fill`)];
  const full = `${text}: it is full in ${daysWords(days)}`;
  if (days > FEW_DAYS) return [good('growth', full)];
  return [
    poor('growth', full, 'mirrorlake schema apply --retention 30d (it removes older rows), or a larger disk'),
  ];
}

async function running(control: string): Promise<CollectorStatus | undefined> {
  try {
    return (await askCollector(control, { command: 'status' })) as CollectorStatus;
  } catch {
    return undefined;
  }
}

/** @param limit the largest size of the spool, bytes */
export function diskFinding(directory: string, limit: number): Finding {
  let place = resolve(directory);
  while (!existsSync(place)) place = dirname(place);
  const fs = statfsSync(place);
  const free = fs.bavail * fs.bsize;
  const text = `${sizeWords(free)} free in ${place}, and the spool may take ${sizeWords(limit)} of it`;
  if (free > limit) return good('disk', text);
  return poor(
    'disk',
    `${text}: it can fill before the spool's bound is reached`,
    `set spool.limit below ${sizeWords(free)}`,
  );
}
