import { type Dialogue, Read, type Reader, type State } from '../reader.js';
import { startsWith } from '../text.js';

/** The most tags of a conversation, and the longest one. */
const MOST_TAGS = 256;
const LONGEST_TAG = 2048;
/** What comes only once it is settled whether TLS is used. */
const LATER = ['<auth', '<iq', '<message', '<presence', '</stream'];

const LESS = 0x3c;
const GREATER = 0x3e;
const HANDSHAKE = 22;
const TLS_MAJOR = 3;

class XmppState implements State {
  isAsked = false;
  tags = 0;

  reset(): void {
    this.isAsked = false;
    this.tags = 0;
  }
}

/** XMPP as far as `<starttls/>`, which the server answers with `<proceed/>` (RFC 6120 section 5.4.2). */
export class XmppReader implements Reader {
  newState(): XmppState {
    return new XmppState();
  }

  /** A message is a tag, and the text before it. */
  stream(d: Dialogue, b: Uint8Array, o: number, end: number): number {
    const s = d.state as XmppState;
    if (b[o] === HANDSHAKE && (o + 1 === end || b[o + 1] === TLS_MAJOR)) {
      // The server's word may only be late.
      if (s.isAsked && d.fromClient && d.ending === '') return Read.More;
      d.become('tls');
      return Read.More;
    }
    const last = Math.min(end, o + LONGEST_TAG);
    let p = o;
    while (p < last && b[p] !== LESS) p++;
    const tag = p;
    while (p < last && b[p] !== GREATER) p++;
    if (p === last) return d.ending !== '' || last < end ? Read.Turn : Read.More;
    if (++s.tags > MOST_TAGS) return Read.Over;
    if (d.fromClient) {
      if (startsWith(b, tag, p, '<starttls')) s.isAsked = true;
      for (const word of LATER) if (startsWith(b, tag, p, word)) return Read.Over;
    } else if (s.isAsked && startsWith(b, tag, p, '<proceed')) d.become('tls');
    return p + 1 - o;
  }
}
