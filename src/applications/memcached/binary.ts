/**
 * The binary protocol of memcached: a header, extras, a key, a value. Source: protocol_binary.h of its
 * distribution.
 */
import { Outcome } from '../../model/told.js';
import { u16, u32 } from '../../wire/bytes.js';
import { type Dialogue, Read } from '../reader.js';

export const BINARY_HEADER = 24;
/** What requests begin with, and what answers do. */
export const REQUEST = 0x80;
export const RESPONSE = 0x81;

/** By number. A Q at the end is for quiet: there is an answer only to what has one to give. */
const COMMANDS: readonly string[] = [
  ...['GET', 'SET', 'ADD', 'REPLACE', 'DELETE', 'INCR', 'DECR', 'QUIT', 'FLUSH_ALL', 'GETQ', 'NOOP'],
  ...['VERSION', 'GETK', 'GETKQ', 'APPEND', 'PREPEND', 'STATS', 'SETQ', 'ADDQ', 'REPLACEQ', 'DELETEQ'],
  ...['INCRQ', 'DECRQ', 'QUITQ', 'FLUSH_ALLQ', 'APPENDQ', 'PREPENDQ', 'VERBOSITY', 'TOUCH', 'GAT', 'GATQ'],
  ...['', 'SASL_LIST_MECHS', 'SASL_AUTH', 'SASL_STEP'],
];
const QUIT = 0x07;
const STATS = 0x10;
const SASL = 0x20;

interface Status {
  readonly word: string;
  readonly outcome: Outcome;
}
const { Ok, ClientError, ServerError } = Outcome;
const STATUSES: ReadonlyMap<number, Status> = new Map([
  [0x01, { word: 'NOT_FOUND', outcome: Ok }],
  [0x02, { word: 'EXISTS', outcome: Ok }],
  [0x03, { word: 'TOO_LARGE', outcome: ClientError }],
  [0x04, { word: 'INVALID_ARGUMENTS', outcome: ClientError }],
  [0x05, { word: 'NOT_STORED', outcome: Ok }],
  [0x06, { word: 'NON_NUMERIC', outcome: ClientError }],
  [0x20, { word: 'AUTH_ERROR', outcome: ClientError }],
  [0x21, { word: 'AUTH_CONTINUE', outcome: Ok }],
  [0x81, { word: 'UNKNOWN_COMMAND', outcome: ClientError }],
  [0x82, { word: 'OUT_OF_MEMORY', outcome: ServerError }],
  [0x83, { word: 'NOT_SUPPORTED', outcome: ClientError }],
  [0x84, { word: 'INTERNAL_ERROR', outcome: ServerError }],
  [0x85, { word: 'BUSY', outcome: ServerError }],
  [0x86, { word: 'TEMPORARY_FAILURE', outcome: ServerError }],
]);

/** Whether a header is one: no other data types exist, and what follows is as long as all its parts. */
export function isBinary(b: Uint8Array, o: number, end: number): boolean {
  if (end - o < BINARY_HEADER) return false;
  return b[o + 1] < 0x40 && b[o + 5] === 0 && u32(b, o + 8) >= u16(b, o + 2) + b[o + 4];
}

/** Reads a message of either side. @returns what Reader.stream does */
export function readBinary(d: Dialogue, b: Uint8Array, o: number, end: number): number {
  const more = d.ending === '' ? Read.More : Read.Turn;
  if (end - o < BINARY_HEADER) return more;
  if (!isBinary(b, o, end)) return Read.Turn;
  const key = o + BINARY_HEADER + b[o + 4];
  const keyEnd = key + u16(b, o + 2);
  if (d.fromClient) {
    if (end < keyEnd && d.ending === '') return Read.More;
    ask(d, b, o, key, Math.min(end, keyEnd));
  } else answer(d, b, o);
  return BINARY_HEADER + u32(b, o + 8);
}

function ask(d: Dialogue, b: Uint8Array, o: number, key: number, keyEnd: number): void {
  const command = b[o + 1];
  const method = COMMANDS[command] ?? '';
  if (method === '') return;
  const q = command === QUIT || isQuiet(command) ? d.row() : d.ask(numberOf(b, o));
  q.method = method;
  // Behind the name of a mechanism are passwords, and it is no key.
  if (key < keyEnd && command < SASL && command !== STATS) q.resource = d.texts.ascii(b, key, keyEnd);
}

function answer(d: Dialogue, b: Uint8Array, o: number): void {
  const command = b[o + 1];
  if ((COMMANDS[command] ?? '') === '' || isQuiet(command)) return;
  const known = d.find(numberOf(b, o));
  const status = u16(b, o + 6);
  if (known !== undefined && command === STATS && status === 0 && u16(b, o + 2) > 0) {
    // One of many: the last one has no name.
    d.begin(known);
    return;
  }
  const q = known ?? d.unasked();
  const said = STATUSES.get(status);
  if (said !== undefined) q.status = said.word;
  if (known === undefined) {
    q.method = COMMANDS[command];
    return;
  }
  if (known.method.startsWith('GET')) known.attribute('hits', status === 0 ? '1' : '0');
  d.answer(known, status === 0 ? Ok : (said?.outcome ?? ClientError));
}

function isQuiet(command: number): boolean {
  return COMMANDS[command].endsWith('Q');
}

/** What a question is found by: a number that its answer repeats, which clients may leave at 0. */
function numberOf(b: Uint8Array, o: number): number {
  return u32(b, o + 12) * 256 + b[o + 1];
}
