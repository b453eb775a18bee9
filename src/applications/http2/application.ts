import { u16, u24, u32 } from '../../wire/bytes.js';
import type { Application, Opening } from '../reader.js';
import { startsWith } from '../text.js';
import { Http2Reader } from './reader.js';

const SETTINGS = 4;
/** A frame's header, and one setting. */
const FRAME = 9;
const SETTING = 6;
/** The number of the last setting that servers send (RFC 9113 section 6.5.2, RFC 8441 section 3). */
const LAST_SETTING = 8;

export const HTTP2: Application = {
  name: 'http2',
  newReader: () => new Http2Reader(),
  tcp: { is: isHttp2, firstBytes: [0x50, 0] },
};

/** The client's preface, or the settings that are the server's (RFC 9113 section 3.4). */
function isHttp2({ bytes: b, start: o, end, fromClient }: Opening): boolean {
  if (fromClient) return startsWith(b, o, end, 'PRI * HTTP/2.0');
  if (end - o < FRAME + SETTING) return false;
  const length = u24(b, o);
  if (length < SETTING || length > 20 * SETTING || length % SETTING !== 0) return false;
  if (b[o + 3] !== SETTINGS || b[o + 4] !== 0 || u32(b, o + 5) !== 0) return false;
  for (let p = o + FRAME; p + SETTING <= Math.min(end, o + FRAME + length); p += SETTING)
    if (u16(b, p) < 1 || u16(b, p) > LAST_SETTING) return false;
  return true;
}
