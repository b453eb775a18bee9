import type { SessionRecord } from '../../src/model/session-record.js';
import { SessionLines } from '../../src/store/ndjson/session-ndjson.js';

/** A session as its line of NDJSON, without the newline. */
export function sessionJson(record: SessionRecord, collector: string): string {
  const lines = new SessionLines(collector);
  lines.session(record);
  return new TextDecoder().decode(lines.take()).trimEnd();
}
