/**
 * Segments that were inserted before tables were made anew (anew.ts), and come again: a new table does not
 * know the names of what its rows were inserted by. So the store is asked for some of their rows.
 */
import { readFileSync } from 'node:fs';
import type { TableName } from '../model/columns/tables.js';
import { MIRROR_TYPE_NAMES } from '../model/mirror-point.js';
import type { MirrorRecord } from '../model/mirror-record.js';
import type { SessionRecord } from '../model/session-record.js';
import { formatIp } from '../wire/ip/addresses.js';
import { readSegment, SegmentError, type SegmentRow } from './segment/read-segment.js';
import type { Segment } from './store.js';
import { quote } from './tables.js';

const DAY = 86_400;
/**
 * Questions for rows of a segment, one of each partition, since these are stored one after the other. Each
 * answers with the number of such rows.
 *
 * @returns undefined for a segment that is damaged
 */
export function rowQuestions(table: TableName, segment: Segment, prefix: string): string[] | undefined {
  try {
    return questionsOf(table, segment, prefix);
  } catch (error) {
    if (error instanceof SegmentError) return undefined;
    throw error;
  }
}

function questionsOf(table: TableName, segment: Segment, prefix: string): string[] {
  const bytes = segment instanceof Uint8Array ? segment : readFileSync(segment.file);
  const questions = new Map<string | number, string>();
  const ask = (partition: string | number, conditions: readonly string[]): void => {
    if (!questions.has(partition))
      questions.set(partition, `SELECT count() FROM ${prefix}${table} WHERE ${conditions.join(' AND ')}`);
  };
  if (table === 'sessions')
    for (const { record } of readSegment('sessions', bytes))
      ask(Math.floor(record.firstSeenSec / DAY), sessionConditions(record));
  else if (table === 'mirrors')
    for (const row of readSegment('mirrors', bytes))
      ask(new Date(row.record.minute * 1000).toISOString().slice(0, 7), mirrorConditions(row));
  return [...questions.values()];
}

function sessionConditions(r: SessionRecord): string[] {
  const nanoseconds = BigInt(r.firstSeenSec) * 1_000_000_000n + BigInt(r.firstSeenNsec);
  return [
    `server_ip = ${address(r.serverIp)}`,
    `client_ip = ${address(r.clientIp)}`,
    `server_port = ${r.serverPort}`,
    `first_seen = fromUnixTimestamp64Nano(${nanoseconds}, 'UTC')`,
    `session_id = toUUID(UUIDNumToString(toFixedString(unhex('${hex(r.sessionId)}'), 16)))`,
    `part = ${r.part}`,
  ];
}

/** A mirror point has one row a minute, apart from rows that came late. */
function mirrorConditions({ record: r, collector }: SegmentRow<MirrorRecord>): string[] {
  const { point: p } = r;
  return [
    `minute = toDateTime(${r.minute}, 'UTC')`,
    `mirror_source = ${address(p.source)}`,
    `mirror_session = ${p.session}`,
    `mirror_target = ${address(p.target)}`,
    `mirror_type = ${quote(MIRROR_TYPE_NAMES[p.type])}`,
    p.key === null ? 'gre_key IS NULL' : `gre_key = ${p.key}`,
    ...(['packets', 'bytes', 'lost', 'late', 'reordered', 'repeated', 'truncated', 'malformed'] as const).map(
      (count) => `${count} = ${r[count]}`,
    ),
    `collector = ${quote(collector)}`,
  ];
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

function address(bytes: Uint8Array): string {
  return `toIPv6('${formatIp(bytes, 0)}')`;
}
