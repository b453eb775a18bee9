import { u16 } from '../../wire/bytes.js';
import type { Application, Opening } from '../reader.js';
import { CONFIRM, CONNECT, cotpKind, DATA, PARAMETERS, TPKT, USER_DATA } from '../tpkt.js';
import { S7commReader } from './reader.js';

const PROTOCOL = 0x32;
/** The kinds of messages (ROSCTR): job, acknowledgment, with data, user data. */
const KINDS: ReadonlySet<number> = new Set([1, 2, 3, 7]);
/** COTP's parameter that names the called end, and the most of one that are looked at. */
const CALLED_END = 0xc2;
const MOST_PARAMETERS = 8;

export const S7COMM: Application = {
  name: 's7comm',
  newReader: () => new S7commReader(),
  tcp: { ports: [102], is: isS7, elsewhere: isMessage, firstBytes: [TPKT] },
};

/** Also a connection to an end as S7 names it: others, as MMS, share the port. */
function isS7(m: Opening): boolean {
  const { bytes: b, start: o, end } = m;
  const kind = cotpKind(b, o, end);
  return kind === CONNECT || kind === CONFIRM ? callsController(b, o, end) : isMessage(m);
}

function isMessage({ bytes: b, start: o, end }: Opening): boolean {
  const p = o + USER_DATA;
  return (
    cotpKind(b, o, end) === DATA &&
    end - p >= 4 &&
    b[p] === PROTOCOL &&
    KINDS.has(b[p + 1]) &&
    u16(b, p + 2) === 0
  );
}

/** Whether the called end is two bytes: a kind of connection (programmer, operator, basic), rack and slot. */
function callsController(b: Uint8Array, o: number, end: number): boolean {
  let p = o + PARAMETERS;
  for (let i = 0; i < MOST_PARAMETERS && p + 4 <= end; i++) {
    if (b[p] === CALLED_END) return b[p + 1] === 2 && b[p + 2] >= 1 && b[p + 2] <= 3;
    p += 2 + b[p + 1];
  }
  return false;
}
