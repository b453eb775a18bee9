import { u24 } from '../../wire/bytes.js';
import type { Application, Opening } from '../reader.js';

const INITIATION = 1;
const INITIATION_LENGTH = 148;
/** Where an initiation's second code stands, which is zero as long as the server is not under load. */
const SECOND_CODE = 132;
const LAST_TYPE = 4;

export const WIREGUARD: Application = {
  name: 'wireguard',
  udp: { ports: [51820], is: isWireguard, elsewhere: isInitiation, firstBytes: [INITIATION] },
};

/** A type and three zeros (WireGuard's paper, section 5.4). */
function isWireguard({ bytes: b, start: o, end }: Opening): boolean {
  return end - o >= 4 && b[o] >= INITIATION && b[o] <= LAST_TYPE && u24(b, o + 1) === 0;
}

function isInitiation(m: Opening): boolean {
  const { bytes: b, start: o, end } = m;
  if (m.length !== INITIATION_LENGTH || end - o < INITIATION_LENGTH || b[o] !== INITIATION || !isWireguard(m))
    return false;
  for (let p = o + SECOND_CODE; p < end; p++) if (b[p] !== 0) return false;
  return true;
}
