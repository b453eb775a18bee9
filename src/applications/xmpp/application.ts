import type { Application, Opening } from '../reader.js';
import { bytesOf, contains, startsWith } from '../text.js';
import { XmppReader } from './reader.js';

export const XMPP: Application = {
  name: 'xmpp',
  tcp: { ports: [5222, 5269, 5280], is: isXmpp, elsewhere: saysXmpp, firstBytes: bytesOf('<') },
  newReader: () => new XmppReader(),
};

/** A stream's header (RFC 6120 section 4.2), or the declaration before it. */
function isXmpp({ bytes: b, start: o, end }: Opening): boolean {
  return startsWith(b, o, end, '<?xml ') || startsWith(b, o, end, '<stream:stream');
}

function saysXmpp(m: Opening): boolean {
  const { bytes: b, start: o, end } = m;
  return isXmpp(m) && contains(b, o, end, '<stream:stream') && contains(b, o, end, 'jabber');
}
