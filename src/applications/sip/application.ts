import type { Application, Opening } from '../reader.js';
import { CAPITALS, isRequest, isStatus } from '../text.js';
import { SipReader } from './reader.js';

const HOW = { is: isSip, firstBytes: CAPITALS };

export const SIP: Application = { name: 'sip', newReader: () => new SipReader(), tcp: HOW, udp: HOW };

/** The first line of a request or an answer (RFC 3261 section 7). */
function isSip({ bytes: b, start: o, end }: Opening): boolean {
  return (
    isStatus(b, o, end, 'SIP/') ||
    isRequest(b, o, end, ' SIP/', 'sip') ||
    isRequest(b, o, end, ' SIP/', 'tel:')
  );
}
