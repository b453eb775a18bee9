import { u32 } from '../../wire/bytes.js';
import type { Application, Opening } from '../reader.js';
import { DhcpReader } from './reader.js';

const COOKIE_AT = 236;
const COOKIE = 0x63825363;

export const DHCP: Application = {
  name: 'dhcp',
  newReader: () => new DhcpReader(),
  udp: { ports: [67, 68], is: isDhcp },
};

/** The cookie before the options (RFC 2131 section 3). */
function isDhcp({ bytes: b, start: o, end }: Opening): boolean {
  return end - o >= COOKIE_AT + 4 && u32(b, o + COOKIE_AT) === COOKIE;
}
