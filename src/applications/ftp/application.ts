import type { Application, Opening } from '../reader.js';
import { bytesOf, contains, isReply, lineEnd, startsWithOneOf } from '../text.js';
import { FtpReader } from './reader.js';

/** Commands of clients that do not wait for a greeting. */
const COMMANDS = ['USER ', 'AUTH TLS', 'AUTH SSL', 'AUTH GSSAPI', 'FEAT', 'SYST'];

export const FTP: Application = {
  name: 'ftp',
  tcp: { ports: [21], is: isFtp, elsewhere: saysFtp, firstBytes: bytesOf('2') },
  newReader: () => new FtpReader(),
};

/** A command, a greeting or a refusal (RFC 959 section 5.4). */
function isFtp({ bytes: b, start: o, end, fromClient }: Opening): boolean {
  if (fromClient) return startsWithOneOf(b, o, end, COMMANDS);
  return isReply(b, o, end, '220') || isReply(b, o, end, '120') || isReply(b, o, end, '421');
}

function saysFtp({ bytes: b, start: o, end, fromClient }: Opening): boolean {
  const line = lineEnd(b, o, end);
  return !fromClient && isReply(b, o, end, '220') && contains(b, o, line < 0 ? end : line, 'FTP');
}
