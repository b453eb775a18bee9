import type { State } from '../read.js';
import { Room } from '../room.js';

/** Bytes before what a packet carries: its length and its number. */
export const HEADER = 4;
/** A packet of this length goes on in the next one. */
export const LONGEST = 0xff_ffff;

/** Capabilities. */
export const Can = {
  ConnectWithDb: 0x8,
  Compress: 0x20,
  Protocol41: 0x200,
  Tls: 0x800,
  SecureConnection: 0x8000,
  PluginAuth: 0x8_0000,
  Attributes: 0x10_0000,
  LengthOfAuth: 0x20_0000,
  Zstd: 0x400_0000,
  QueryAttributes: 0x800_0000,
} as const;

/** What the server's next packet is. */
export const Phase = {
  /** The first one of an answer, or left over from the one before. */
  Idle: 0,
  /** The first one of a further result of the same answer. */
  Next: 1,
  /** One of the column definitions. */
  Columns: 2,
  /** The end of the column definitions, or the first row. */
  Between: 3,
  Rows: 4,
  /** What follows a file that the client sends. */
  File: 5,
} as const;
export type Phase = (typeof Phase)[keyof typeof Phase];

/** Prepared statements that are remembered. */
const MOST_PREPARED = 16;

export class MysqlState implements State {
  /** Whether it is known who is the client. */
  isSure = false;
  /** Whether the login was seen, or is behind us. */
  isLoggedIn = false;
  /** Capabilities of the server and of the client; -1 where they were not seen. */
  serverCan = -1;
  clientCan = -1;
  user = '';
  database = '';
  /** A backslash in a string is a backslash. */
  noBackslashes = false;
  /** Number of the first packet of the next answer, and of the packet that comes next. */
  first = 1;
  next = 0;
  phase: Phase = Phase.Idle;
  columns = 0;
  rows = 0;
  /** The message goes on in the next packet: the client's, the server's. */
  clientGoesOn = false;
  serverGoesOn = false;
  private readonly ids = new Float64Array(MOST_PREPARED).fill(-1);
  private readonly statements: string[] = new Array<string>(MOST_PREPARED).fill('');
  private readonly room = new Room();
  private prepared = 0;

  reset(): void {
    this.isSure = this.isLoggedIn = this.noBackslashes = false;
    this.clientGoesOn = this.serverGoesOn = false;
    this.serverCan = this.clientCan = -1;
    this.user = this.database = '';
    this.next = this.columns = this.rows = this.prepared = 0;
    this.first = 1;
    this.phase = Phase.Idle;
    this.ids.fill(-1);
    this.statements.fill('');
    this.room.reset();
  }

  /** Remembers a prepared statement, in the place of the oldest one. */
  prepare(id: number, statement: string): void {
    const at = this.prepared;
    this.ids[at] = id;
    this.statements[at] = this.room.exchange(this.statements[at], statement);
    this.prepared = (at + 1) % MOST_PREPARED;
  }

  /** A prepared statement; '' if it is not known. */
  statement(id: number): string {
    for (let i = 0; i < MOST_PREPARED; i++) if (this.ids[i] === id) return this.statements[i];
    return '';
  }

  /** Whether both sides have a capability. */
  can(bit: number): boolean {
    return this.serverCan >= 0 && this.clientCan >= 0 && (this.serverCan & this.clientCan & bit) !== 0;
  }
}
