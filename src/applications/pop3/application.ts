import type { Application, Opening } from '../reader.js';
import { bytesOf, contains, lineEnd, startsWith, startsWithOneOf } from '../text.js';
import { Pop3Reader } from './reader.js';

/** Commands of clients that do not wait for a greeting. */
const COMMANDS = ['USER ', 'APOP ', 'CAPA', 'STLS', 'AUTH'];

export const POP3: Application = {
  name: 'pop3',
  tcp: { ports: [110], is: isPop3, elsewhere: saysPop3, firstBytes: bytesOf('+') },
  newReader: () => new Pop3Reader(),
};

/** A command or a greeting (RFC 1939 section 4). */
function isPop3({ bytes: b, start: o, end, fromClient }: Opening): boolean {
  return fromClient ? startsWithOneOf(b, o, end, COMMANDS) : isGreeting(b, o, firstLine(b, o, end));
}

/** A greeting with the name, or the time in angle brackets that APOP needs (RFC 1939 section 7). */
function saysPop3({ bytes: b, start: o, end, fromClient }: Opening): boolean {
  const line = firstLine(b, o, end);
  return !fromClient && isGreeting(b, o, line) && (contains(b, o, line, 'POP') || b[line - 1] === 0x3e);
}

function isGreeting(b: Uint8Array, o: number, line: number): boolean {
  return startsWith(b, o, line, '+OK') && (line === o + 3 || b[o + 3] === 0x20);
}

function firstLine(b: Uint8Array, o: number, end: number): number {
  const line = lineEnd(b, o, end);
  return line < 0 ? end : line;
}
