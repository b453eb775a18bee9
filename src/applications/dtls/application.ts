import { u16 } from '../../wire/bytes.js';
import type { Application, Opening } from '../reader.js';
import { DtlsReader } from './reader.js';

const HANDSHAKE = 22;
const HEADER = 13;
const LAST_HANDSHAKE = 24;
const FIRST_VERSION = 0xfeff;
const VERSION_1_2 = 0xfefd;

export const DTLS: Application = {
  name: 'dtls',
  newReader: () => new DtlsReader(),
  udp: { is: isDtls, firstBytes: [HANDSHAKE] },
};

/** A handshake's record in clear, of epoch 0 (RFC 6347 section 4.1). */
function isDtls({ bytes: b, start: o, end }: Opening): boolean {
  if (end - o < HEADER) return false;
  const version = u16(b, o + 1);
  if (version !== FIRST_VERSION && version !== VERSION_1_2) return false;
  if (u16(b, o + 3) !== 0 || u16(b, o + 11) < 12) return false;
  return end - o === HEADER || (b[o + HEADER] >= 1 && b[o + HEADER] <= LAST_HANDSHAKE);
}
