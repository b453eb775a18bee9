import { u16, u32 } from '../../wire/bytes.js';
import type { Application, Opening } from '../reader.js';
import { bytesOf, startsWith } from '../text.js';

const HEADER = 8;
/** The protocol behind the name: AMQP itself, with TLS, with SASL. */
const LAST_PROTOCOL = 3;
/** A frame's type, channel and length come before what it carries, and one byte behind it. */
const FRAME_HEAD = 7;
const FRAME_END = 0xce;
const METHOD = 1;
const HEARTBEAT = 8;
/** A class and a method. */
const SHORTEST_METHOD = 4;

export const AMQP: Application = {
  name: 'amqp',
  tcp: { ports: [5672], is: isAmqp, elsewhere: isHeader, firstBytes: bytesOf('A') },
};

/** Also a frame, where the header was not seen: connections last for days. */
function isAmqp(m: Opening): boolean {
  const { bytes: b, start: o, end } = m;
  return isHeader(m) || isFrame(b, o, end);
}

/** The header of a protocol and its version, of either side (AMQP 1.0 section 2.2, 0-9-1 section 4.2.2). */
function isHeader({ bytes: b, start: o, end }: Opening): boolean {
  return end - o >= HEADER && startsWith(b, o, end, 'AMQP') && b[o + 4] <= LAST_PROTOCOL;
}

/** A method, or a heartbeat: others follow one (AMQP 0-9-1 section 4.2.3). */
function isFrame(b: Uint8Array, o: number, end: number): boolean {
  if (end - o <= FRAME_HEAD || (b[o] !== METHOD && b[o] !== HEARTBEAT)) return false;
  const length = u32(b, o + 3);
  const last = o + FRAME_HEAD + length;
  if (last >= end || b[last] !== FRAME_END) return false;
  return b[o] === METHOD ? length >= SHORTEST_METHOD : length === 0 && u16(b, o + 1) === 0;
}
