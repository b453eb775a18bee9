import type { Application, Opening } from '../reader.js';

/** "Interpret as command", and the commands that follow it (RFC 854). */
const IAC = 0xff;
const FIRST_COMMAND = 0xf0;

export const TELNET: Application = { name: 'telnet', tcp: { ports: [23], is: isTelnet } };

function isTelnet({ bytes: b, start: o, end }: Opening): boolean {
  return end - o >= 3 && b[o] === IAC && b[o + 1] >= FIRST_COMMAND && b[o + 1] !== IAC;
}
