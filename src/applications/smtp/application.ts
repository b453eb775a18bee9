import type { Application, Opening } from '../reader.js';
import { bytesOf, contains, isReply, lineEnd, startsWithOneOf } from '../text.js';
import { SmtpReader } from './reader.js';

/** What a client says first, LMTP's (RFC 2033) too, and what begins every mail. */
const COMMANDS = ['EHLO ', 'HELO ', 'LHLO ', 'MAIL FROM:<', 'RCPT TO:<'];

export const SMTP: Application = {
  name: 'smtp',
  tcp: { ports: [25, 465, 587, 2525], is: isSmtp, elsewhere: saysSmtp, firstBytes: bytesOf('EHLMRehlmr2') },
  newReader: () => new SmtpReader(),
};

/** A command, a greeting or a refusal (RFC 5321 section 3.1). */
function isSmtp({ bytes: b, start: o, end, fromClient }: Opening): boolean {
  if (fromClient) return startsWithOneOf(b, o, end, COMMANDS);
  return isReply(b, o, end, '220') || isReply(b, o, end, '554') || isReply(b, o, end, '421');
}

function saysSmtp({ bytes: b, start: o, end, fromClient }: Opening): boolean {
  if (fromClient) return startsWithOneOf(b, o, end, COMMANDS);
  const line = lineEnd(b, o, end);
  return isReply(b, o, end, '220') && contains(b, o, line < 0 ? end : line, 'SMTP');
}
