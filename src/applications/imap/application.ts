import type { Application, Opening } from '../reader.js';
import { bytesOf, contains, lineEnd, startsWith, startsWithOneOf } from '../text.js';
import { ImapReader } from './reader.js';

const COMMANDS = ['CAPABILITY', 'STARTTLS', 'LOGIN ', 'AUTHENTICATE ', 'ID (', 'ID NIL', 'SELECT ', 'NOOP'];
const LONGEST_TAG = 16;
const SPACE = 0x20;

export const IMAP: Application = {
  name: 'imap',
  tcp: { ports: [143], is: isImap, elsewhere: saysImap, firstBytes: bytesOf('*') },
  newReader: () => new ImapReader(),
};

/** A command behind the client's own tag (RFC 9051 section 2.2.1), or a greeting. */
function isImap({ bytes: b, start: o, end, fromClient }: Opening): boolean {
  if (!fromClient) return isGreeting(b, o, end);
  let p = o;
  while (p < end && p - o < LONGEST_TAG && b[p] !== SPACE) p++;
  return p < end && b[p] === SPACE && startsWithOneOf(b, p + 1, end, COMMANDS);
}

function saysImap({ bytes: b, start: o, end, fromClient }: Opening): boolean {
  const line = lineEnd(b, o, end);
  return !fromClient && isGreeting(b, o, end) && contains(b, o, line < 0 ? end : line, 'IMAP');
}

function isGreeting(b: Uint8Array, o: number, end: number): boolean {
  return (
    startsWith(b, o, end, '* OK ') || startsWith(b, o, end, '* PREAUTH ') || startsWith(b, o, end, '* BYE ')
  );
}
