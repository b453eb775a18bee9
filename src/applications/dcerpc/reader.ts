import { Told } from '../../model/told.js';
import { u16 } from '../../wire/bytes.js';
import { u16le } from '../little-endian.js';
import { Ntlm } from '../ntlm/ntlm.js';
import { type Dialogue, Read, type Reader, STATELESS, type State } from '../reader.js';

/** Of all messages: version (2 bytes), type, flags, format of numbers (4), length (2), of the token (2) … */
const HEADER_BYTES = 16;
const VERSION = 5;
const LITTLE_ENDIAN = 0x10;
/** Types of messages that may carry a token (C706 12.6.4; MS-RPCE 2.2.2.5), and those of servers. */
const BIND = 11;
const ALTER_CONTEXT = 14;
const AUTH3 = 16;
const FROM_SERVER: ReadonlySet<number> = new Set([2, 3, 12, 13, 15]);
/** NTLMSSP's tokens are not longer, nor are the messages that have one. */
const LONGEST_TOKEN = 2048;
const LONGEST = 4096;

/**
 * DCE/RPC over connections (C706 chapter 12.6): who logs on, where NTLMSSP says it. That comes before the
 * first call, or never.
 */
export class DcerpcReader implements Reader {
  readonly inTurns = true;
  private readonly ntlm = new Ntlm();

  newState(): State {
    return STATELESS;
  }

  stream(d: Dialogue, b: Uint8Array, o: number, end: number): number {
    if (end - o < HEADER_BYTES) return d.ending === '' ? Read.More : Read.Over;
    if (b[o] !== VERSION) return Read.Over;
    const type = b[o + 2];
    if (FROM_SERVER.has(type)) {
      d.sentByClient(false);
      return Read.Done;
    }
    if (type !== BIND && type !== ALTER_CONTEXT && type !== AUTH3) return Read.Over;
    d.sentByClient(true);
    const isLittle = b[o + 4] >= LITTLE_ENDIAN;
    const length = isLittle ? u16le(b, o + 8) : u16(b, o + 8);
    const token = isLittle ? u16le(b, o + 10) : u16(b, o + 10);
    if (length < HEADER_BYTES + token) return Read.Over;
    if (token === 0 || token > LONGEST_TOKEN || length > LONGEST) return length;
    if (end - o < length && d.ending === '') return Read.More;
    const stop = Math.min(end, o + length);
    // The token is the message's end.
    if (this.ntlm.find(d.texts, b, o + length - token, stop)) d.tell(Told.UserName, this.ntlm.user);
    return this.ntlm.user === '' ? length : Read.Over;
  }

  /** Over datagrams nobody logs on in clear. */
  datagram(d: Dialogue): void {
    d.over();
  }
}
