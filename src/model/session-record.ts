import { SessionFields } from './columns/fields.js';
import type { MirrorPoint } from './mirror-point.js';

/**
 * One row of the `sessions` table, as numbers and bytes. The object is reused: a sink encodes or copies what
 * it needs before it returns.
 */
export class SessionRecord extends SessionFields {
  /** Set before the record is handed on. */
  point!: MirrorPoint;
  /** False if the frames had no Ethernet header; the MACs are 0 then. */
  hasMac = false;
  /** 4, 6, or 0 if the conversation is not IP; the addresses are :: then. */
  ipVersion = 0;
  /** Whether a SYN says which side is the client; otherwise ports, messages or the first packet do. */
  clientIsSure = false;
}

/** Where finished sessions go. */
export interface SessionSink {
  session(record: SessionRecord): void;
}
