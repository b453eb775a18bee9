import type { Application, Opening } from '../reader.js';
import { NtpReader } from './reader.js';

const HEADER = 48;
/** Modes beside time itself: control messages (RFC 9327), and those of implementations (version 2). */
const CONTROL = 6;
const CONTROL_HEADER = 12;
const PRIVATE = 7;
const PRIVATE_HEADER = 8;
const LAST_VERSION = 4;

export const NTP: Application = {
  name: 'ntp',
  newReader: () => new NtpReader(),
  udp: { ports: [123], is: isNtp },
};

/** A version, a mode, and as many bytes as they have (RFC 5905 section 7.3). */
function isNtp({ bytes: b, start: o, length }: Opening): boolean {
  const mode = b[o] & 7;
  const version = (b[o] >> 3) & 7;
  if (mode === 0 || version < 1 || version > LAST_VERSION) return false;
  return length >= (mode === CONTROL ? CONTROL_HEADER : mode === PRIVATE ? PRIVATE_HEADER : HEADER);
}
