import { u32 } from '../../wire/bytes.js';
import type { Application, Opening } from '../reader.js';

const VERSION = 5;
const IPV4 = 1;
const IPV6 = 2;

export const SFLOW: Application = { name: 'sflow', udp: { ports: [6343], is: isSflow } };

/** A version and the kind of the agent's address (sFlow version 5, section 5). */
function isSflow({ bytes: b, start: o, end }: Opening): boolean {
  if (end - o < 8 || u32(b, o) !== VERSION) return false;
  return u32(b, o + 4) === IPV4 || u32(b, o + 4) === IPV6;
}
