import type { State } from '../read.js';
import { Room } from '../room.js';

/** A packet's header: type, status, length (2 bytes, high byte first), and what is not needed here. */
export const HEADER = 8;
/** Of the status: the message ends with this packet. */
export const LAST = 1;
/** Bytes of a packet that are looked at. */
export const LOOKED_AT = 4096;

/** What a question is, in its note. */
export const Note = { Request: 0, Login: 1 } as const;

const MOST_PREPARED = 16;

export class TdsState implements State {
  isSure = false;
  user = '';
  database = '';
  /** "…" is a name: clients of ODBC and those that act like it say so. */
  hasQuotedNames = false;
  /** Before version 7.2: no headers before requests, counts of 4 bytes. */
  isOld = false;
  /** The message goes on in the next packet: the client's, the server's. */
  clientGoesOn = false;
  serverGoesOn = false;
  /** The client began with what it can do: the server answers so. */
  isPreloginAsked = false;
  /** The client has cancelled: an answer without a question follows. */
  isCancelled = false;
  /** Only the end of the server's packet is still looked at. */
  isAtTail = false;
  /** Rows of the answer at hand; -1 if none are counted. */
  rows = -1;
  /** Statements by the numbers that the server gave them: the latest ones. */
  private readonly handles = new Float64Array(MOST_PREPARED).fill(-1);
  private readonly statements: string[] = new Array<string>(MOST_PREPARED).fill('');
  private readonly room = new Room();
  private prepared = 0;

  reset(): void {
    this.isSure = this.hasQuotedNames = this.isOld = this.clientGoesOn = this.serverGoesOn = false;
    this.isPreloginAsked = this.isCancelled = this.isAtTail = false;
    this.user = this.database = '';
    this.rows = -1;
    this.handles.fill(-1);
    this.statements.fill('');
    this.room.reset();
    this.prepared = 0;
  }

  prepare(handle: number, statement: string): void {
    const at = this.prepared;
    this.handles[at] = handle;
    this.statements[at] = this.room.exchange(this.statements[at], statement);
    this.prepared = (at + 1) % MOST_PREPARED;
  }

  /** A prepared statement; '' if it is not known. */
  statement(handle: number): string {
    // The latest one: servers give a number again when it is free.
    for (let i = 0; i < MOST_PREPARED; i++) {
      const at = (this.prepared + MOST_PREPARED - 1 - i) % MOST_PREPARED;
      if (this.handles[at] === handle) return this.statements[at];
    }
    return '';
  }
}

/** A number of 2 bytes, low byte first; 0 where it is not there. */
export function low16(b: Uint8Array, o: number, end: number): number {
  return o >= 0 && o + 2 <= end ? b[o] | (b[o + 1] << 8) : 0;
}

/** A number of 4 bytes, low byte first; 0 where it is not there. */
export function low32(b: Uint8Array, o: number, end: number): number {
  return o >= 0 && o + 4 <= end ? (b[o] | (b[o + 1] << 8) | (b[o + 2] << 16) | (b[o + 3] << 24)) >>> 0 : 0;
}
