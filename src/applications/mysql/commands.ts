/** Commands of MySQL's protocol, and what is special about some of them. */
import type { Texts } from '../engine/texts.js';
import type { Fields } from './packet.js';

export const Command = {
  Quit: 1,
  InitDb: 2,
  Query: 3,
  FieldList: 4,
  Statistics: 9,
  ChangeUser: 17,
  BinlogDump: 18,
  TableDump: 19,
  StmtPrepare: 22,
  StmtExecute: 23,
  StmtSendLongData: 24,
  StmtClose: 25,
  StmtFetch: 28,
  BinlogDumpGtid: 30,
  Clone: 32,
  /** Not one of the protocol's: the login, and MariaDB's execution of many rows. */
  Login: 256,
  BulkExecute: 250,
} as const;

/** Their names by number, as in the protocol without COM_. */
const NAMES: readonly string[] = [
  'SLEEP',
  'QUIT',
  'INIT_DB',
  'QUERY',
  'FIELD_LIST',
  'CREATE_DB',
  'DROP_DB',
  'REFRESH',
  'SHUTDOWN',
  'STATISTICS',
  'PROCESS_INFO',
  'CONNECT',
  'PROCESS_KILL',
  'DEBUG',
  'PING',
  'TIME',
  'DELAYED_INSERT',
  'CHANGE_USER',
  'BINLOG_DUMP',
  'TABLE_DUMP',
  'CONNECT_OUT',
  'REGISTER_SLAVE',
  'STMT_PREPARE',
  'STMT_EXECUTE',
  'STMT_SEND_LONG_DATA',
  'STMT_CLOSE',
  'STMT_RESET',
  'SET_OPTION',
  'STMT_FETCH',
  'DAEMON',
  'BINLOG_DUMP_GTID',
  'RESET_CONNECTION',
  'CLONE',
];

/** A command's name; '' if there is none with this number. */
export function commandName(command: number): string {
  return command === Command.BulkExecute ? 'STMT_BULK_EXECUTE' : (NAMES[command] ?? '');
}

/** Whether the server answers nothing. */
export function hasNoAnswer(command: number): boolean {
  return command === Command.Quit || command === Command.StmtSendLongData || command === Command.StmtClose;
}

/** Whether what follows has no end, or is not made of packets that are known here. */
export function isStream(command: number): boolean {
  return (
    command === Command.BinlogDump ||
    command === Command.BinlogDumpGtid ||
    command === Command.TableDump ||
    command === Command.Clone
  );
}

const MOST_ATTRIBUTES = 64;

/**
 * Passes over the attributes of a query (COM_QUERY with CLIENT_QUERY_ATTRIBUTES): their number, a set's
 * number, which are NULL, types and names, values.
 *
 * @returns false if they cannot be told from the statement
 */
export function skipQueryAttributes(f: Fields): boolean {
  const count = f.count();
  f.count();
  if (count === 0) return true;
  if (count < 0 || count > MOST_ATTRIBUTES) return false;
  const nulls = f.at;
  f.skip((count + 7) >> 3);
  if (f.number(1) !== 1) return false;
  let types = f.at;
  for (let i = 0; i < count; i++) {
    f.skip(2);
    f.counted();
  }
  const values = f.at;
  const { end } = f;
  let value = values;
  for (let i = 0; i < count; i++) {
    f.begin(f.bytes, types, values);
    const type = f.number(1);
    f.skip(1);
    f.counted();
    types = f.at;
    f.begin(f.bytes, value, end);
    if ((f.bytes[nulls + (i >> 3)] & (1 << (i & 7))) === 0) skipValue(f, type);
    value = f.at;
  }
  return f.left > 0;
}

/** Bytes of values of the types 0 to 9: numbers, NULL, TIMESTAMP. */
const SIZES: readonly number[] = [-1, 1, 2, 4, 4, 8, 0, -1, 8, 4];
const YEAR = 13;

/** Passes over one value of the binary protocol. Dates and texts have their length before them. */
function skipValue(f: Fields, type: number): void {
  const size = type === YEAR ? 2 : (SIZES[type] ?? -1);
  if (size >= 0) f.skip(size);
  else f.counted();
}

/** What a client says of itself in the attributes of its login. */
export function clientSoftware(texts: Texts, f: Fields): string {
  const total = f.count();
  if (total < 0) return '';
  const end = Math.min(f.end, f.at + total);
  let software = '';
  while (f.at < end) {
    const name = f.counted();
    const nameEnd = f.at;
    const value = f.counted();
    if (isName(f.bytes, name, nameEnd, 'program_name')) return texts.utf8(f.bytes, value, f.at);
    if (isName(f.bytes, name, nameEnd, '_client_name')) software = texts.utf8(f.bytes, value, f.at);
  }
  return software;
}

function isName(b: Uint8Array, o: number, end: number, name: string): boolean {
  if (end - o !== name.length) return false;
  for (let i = 0; i < name.length; i++) if (b[o + i] !== name.charCodeAt(i)) return false;
  return true;
}
