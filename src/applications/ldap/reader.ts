import { Told } from '../../model/told.js';
import { Ber, Tag } from '../asn1/ber.js';
import { type Dialogue, Read, type Reader } from '../reader.js';
import { LdapMessage } from './message.js';
import { LdapOperations } from './operations.js';
import { BUFFER_HEADER_BYTES, bufferLength, bytesBehind, clearAt, SASL_HEADER_BYTES } from './sasl.js';
import { LdapState } from './state.js';

/** Longer messages are none. */
const LONGEST = 1 << 26;
/** Times that a turn may begin with something else than a message. */
const MOST_STRANGE = 8;
/** Messages of a datagram. */
const MOST_MESSAGES = 64;
const SASL_FIRST_BYTE = 0;

/**
 * LDAP (RFC 4511) over TCP and UDP (MS-ADTS 6.3.3: CLDAP). Behind a SASL bind that signs, messages are read
 * in the buffers that carry them; where they are encrypted the reading ends.
 */
export class LdapReader implements Reader {
  readonly inTurns = true;
  private readonly ber = new Ber();
  private readonly message = new LdapMessage();
  private readonly operations = new LdapOperations();

  newState(): LdapState {
    return new LdapState();
  }

  stream(d: Dialogue, b: Uint8Array, o: number, end: number): number {
    const state = d.state as LdapState;
    const side = d.fromClient ? 0 : 1;
    if (b[o] === SASL_FIRST_BYTE && state.isSasl) return this.buffer(d, state, b, o, end);
    const { ber, message: m } = this;
    ber.set(b, o, end, true);
    if (!ber.next()) {
      if (ber.bad) return strange(d, state);
      return d.ending === '' ? Read.More : Read.Turn;
    }
    if (ber.tag !== Tag.Sequence || ber.length > LONGEST) return strange(d, state);
    const size = ber.start - o + ber.length;
    if (!m.read(b, ber.start, ber.stop, ber.cut)) return strange(d, state);
    if (ber.cut && !m.isEnough && d.ending === '') return Read.More;
    state.strange = 0;
    this.operations.take(d, state, m, b, ber.cut);
    const left = state.left[side];
    if (left === 0) return size;
    // In a buffer of SASL: behind its last message is a checksum.
    const rest = left - size;
    const isLast = rest <= state.behind[side];
    state.left[side] = isLast ? 0 : rest;
    return isLast ? Math.max(size, left) : size;
  }

  datagram(d: Dialogue, b: Uint8Array, o: number, end: number): void {
    const { ber, message: m } = this;
    const state = d.state as LdapState;
    const partial = d.ending !== '';
    ber.set(b, o, end, partial);
    for (let i = 0; i < MOST_MESSAGES && ber.next(); i++) {
      if (ber.tag !== Tag.Sequence || !m.read(b, ber.start, ber.stop, ber.cut)) {
        d.malformed();
        return;
      }
      this.operations.take(d, state, m, b, ber.cut);
    }
    if (ber.bad) d.malformed();
  }

  finish(d: Dialogue): void {
    d.tell(Told.UserName, (d.state as LdapState).tried);
  }

  /** A buffer of SASL: what is before its messages. */
  private buffer(d: Dialogue, state: LdapState, b: Uint8Array, o: number, end: number): number {
    if (end - o < BUFFER_HEADER_BYTES) return d.ending === '' ? Read.More : Read.Over;
    const length = bufferLength(b, o);
    if (length === 0) return Read.Over;
    if (end - o < SASL_HEADER_BYTES) return d.ending === '' ? Read.More : Read.Over;
    const at = clearAt(b, o);
    const left = BUFFER_HEADER_BYTES + length - at;
    if (at === 0 || left <= 0) return Read.Over;
    // What NTLM says not: encrypted bytes are no messages.
    if (end - o <= at) {
      if (d.ending === '') return Read.More;
    } else if (b[o + at] !== Tag.Sequence) return Read.Over;
    const side = d.fromClient ? 0 : 1;
    state.left[side] = left;
    state.behind[side] = bytesBehind(b, o);
    return at;
  }
}

/** No message begins here, as after a loss: one may begin with the next turn. */
function strange(d: Dialogue, state: LdapState): number {
  state.left[d.fromClient ? 0 : 1] = 0;
  return ++state.strange > MOST_STRANGE ? d.malformed() : Read.Turn;
}
