import type { Application, Opening } from '../reader.js';
import { bytesOf, startsWith } from '../text.js';

const HEADER = 8;
/** The protocol behind the name: AMQP itself, with TLS, with SASL. */
const LAST_PROTOCOL = 3;

export const AMQP: Application = { name: 'amqp', tcp: { is: isAmqp, firstBytes: bytesOf('A') } };

/** The header of a protocol and its version, of either side (AMQP 1.0 section 2.2, 0-9-1 section 4.2.2). */
function isAmqp({ bytes: b, start: o, end }: Opening): boolean {
  return end - o >= HEADER && startsWith(b, o, end, 'AMQP') && b[o + 4] <= LAST_PROTOCOL;
}
