import { Outcome } from '../../model/told.js';
import { u16 } from '../../wire/bytes.js';
import { type Dialogue, Read, type Reader, STATELESS } from '../reader.js';
import { EXCEPTIONS, FUNCTIONS, SERVERS_FAULT } from './words.js';

/** The header of Modbus over TCP: transaction, protocol (0), length, unit. */
const MBAP = 7;
/** The least and the largest length: unit and function; a PDU of 253 bytes and the unit. */
const LEAST = 2;
const MOST = 254;
const EXCEPTION = 0x80;

/** Modbus over TCP (MODBUS Messaging on TCP/IP V1.0b), numbers in network byte order. */
export class ModbusReader implements Reader {
  readonly inTurns = true;

  newState() {
    return STATELESS;
  }

  stream(d: Dialogue, b: Uint8Array, o: number, end: number): number {
    if (end - o < MBAP + 1) return d.ending === '' ? Read.More : Read.Turn;
    const length = u16(b, o + 4);
    if (u16(b, o + 2) !== 0 || length < LEAST || length > MOST) return d.malformed();
    const after = o + 6 + length;
    if (after > end && d.ending === '') return Read.More;
    const code = b[o + 7];
    if (d.fromClient) ask(d, b, o, Math.min(after, end));
    else answer(d, b, o, end, code);
    return 6 + length;
  }
}

function ask(d: Dialogue, b: Uint8Array, o: number, end: number): void {
  const q = d.ask(idOf(b, o));
  q.method = wordOf(b[o + 7]);
  q.name = String(b[o + 6]);
  if (end - o < MBAP + 3) return;
  const address = u16(b, o + 8);
  switch (b[o + 7]) {
    case 5:
    case 6:
    case 22:
      q.resource = `${address}:1`;
      break;
    case 1:
    case 2:
    case 3:
    case 4:
    case 15:
    case 16:
    case 23:
      if (end - o >= MBAP + 5) q.resource = `${address}:${u16(b, o + 10)}`;
      break;
    case 24:
      q.resource = String(address);
      break;
    default:
      break;
  }
}

function answer(d: Dialogue, b: Uint8Array, o: number, end: number, code: number): void {
  const q = d.find(idOf(b, o)) ?? unasked(d, b, o);
  if ((code & EXCEPTION) === 0) {
    if (q.outcome === Outcome.Unanswered) d.answer(q);
    return;
  }
  const exception = end - o > MBAP + 1 ? b[o + 8] : 0;
  q.status = EXCEPTIONS[exception] ?? (exception === 0 ? '' : `EXCEPTION_${exception}`);
  if (q.outcome === Outcome.Unanswered)
    d.answer(q, SERVERS_FAULT.has(exception) ? Outcome.ServerError : Outcome.ClientError);
}

function unasked(d: Dialogue, b: Uint8Array, o: number) {
  const q = d.unasked();
  q.method = wordOf(b[o + 7] & ~EXCEPTION);
  q.name = String(b[o + 6]);
  return q;
}

/** Transaction, unit and function: what an answer repeats. */
function idOf(b: Uint8Array, o: number): number {
  return u16(b, o) * 0x10000 + b[o + 6] * 0x100 + (b[o + 7] & ~EXCEPTION);
}

function wordOf(code: number): string {
  return FUNCTIONS[code] ?? `unknown-${code}`;
}
