import { u32 } from '../../wire/bytes.js';
import type { Application, Opening } from '../reader.js';

const HEADER = 28;
/** Where packets go through NAT: those of ESP beside, so that others have four zeros before them. */
const NAT_PORT = 4500;

export const IKE: Application = { name: 'ike', udp: { ports: [500, NAT_PORT], is: isIke } };

function isIke({ bytes: b, start: o, end, serverPort, clientPort }: Opening): boolean {
  if (serverPort !== NAT_PORT && clientPort !== NAT_PORT) return isMessage(b, o, end);
  // RFC 3948 section 2.2.
  return end - o >= 4 + HEADER && u32(b, o) === 0 && isMessage(b, o + 4, end);
}

/** Version 1 or 2, and the length of the whole (RFC 7296 section 3.1, RFC 2408 section 3.1). */
function isMessage(b: Uint8Array, o: number, end: number): boolean {
  if (end - o < HEADER) return false;
  const version = b[o + 17] >>> 4;
  return (version === 1 || version === 2) && u32(b, o + 24) >= end - o;
}
