import { Told } from '../../model/told.js';
import { u24 } from '../../wire/bytes.js';
import { u16le } from '../little-endian.js';
import { type Dialogue, Read, type Reader } from '../reader.js';
import { bytesNeeded } from './fields.js';
import { HEADER_BYTES, SmbHeader } from './header.js';
import { SmbMessages } from './messages.js';
import { isSmb1Reply, offersSmb2, SMB1_HEADER_BYTES, Smb1Command, smb1Status } from './smb1.js';
import { SmbState } from './state.js';

/** Types of NetBIOS session packets (RFC 1002, 4.3.1). */
const SESSION_MESSAGE = 0;
const SESSION_REQUEST = 0x81;
const SESSION_KEEPALIVE = 0x85;
const PACKET_HEADER_BYTES = 4;
/** First bytes of what is in a packet; `SMB` follows (MS-SMB2 2.2.1, 2.2.41, 2.2.42; MS-CIFS 2.2.3.1). */
const Protocol = { Smb1: 0xff, Smb2: 0xfe, Encrypted: 0xfd, Compressed: 0xfc } as const;
/** Encrypted packets in a row after which nothing in clear is expected any more. */
const MOST_ENCRYPTED = 1024;
/** Times that a turn may begin with something else than a packet. */
const MOST_STRANGE = 8;
/** Of a SESSION_SETUP of SMB 1: NTLMSSP is not longer. */
const SMB1_BYTES = 2048;

/**
 * SMB 2 and 3 (MS-SMB2), in packets of NetBIOS (RFC 1002) or behind a length of 3 bytes, high byte first,
 * which looks the same. A packet has one message or several: each is read for itself. Of SMB 1 only who logs
 * on is read.
 */
export class SmbReader implements Reader {
  readonly inTurns = true;
  readonly mostOpen = 128;
  private readonly header = new SmbHeader();
  private readonly messages = new SmbMessages();

  newState(): SmbState {
    return new SmbState();
  }

  stream(d: Dialogue, b: Uint8Array, o: number, end: number): number {
    const state = d.state as SmbState;
    const rest = state.left[d.fromClient ? 0 : 1];
    // Behind a message of a packet comes the next one of it, unless bytes were lost.
    if (rest > 0 && b[o] >= Protocol.Compressed) return this.content(d, state, b, o, o, end, rest);
    if (end - o < PACKET_HEADER_BYTES) return d.ending === '' ? Read.More : Read.Turn;
    const length = u24(b, o + 1);
    if (b[o] !== SESSION_MESSAGE) {
      if (b[o] < SESSION_REQUEST || b[o] > SESSION_KEEPALIVE) return strange(d, state);
      return PACKET_HEADER_BYTES + length;
    }
    if (length === 0) return PACKET_HEADER_BYTES;
    if (d.fromClient) {
      state.file = '';
      state.createId = -1;
    }
    return this.content(d, state, b, o, o + PACKET_HEADER_BYTES, end, length);
  }

  finish(d: Dialogue): void {
    d.tell(Told.UserName, (d.state as SmbState).tried);
  }

  /**
   * Reads the message at `h`, of a packet of which `left` bytes are left.
   *
   * @returns bytes of the stream from `o` on
   */
  private content(
    d: Dialogue,
    state: SmbState,
    b: Uint8Array,
    o: number,
    h: number,
    end: number,
    left: number,
  ): number {
    if (end - h < 4) return d.ending === '' ? Read.More : Read.Turn;
    if (b[h + 1] !== 0x53 || b[h + 2] !== 0x4d || b[h + 3] !== 0x42) return strange(d, state);
    switch (b[h]) {
      case Protocol.Smb2:
        return this.smb2(d, state, b, o, h, end, left);
      case Protocol.Smb1:
        return this.smb1(d, state, b, o, h, end, left);
      case Protocol.Encrypted:
      case Protocol.Compressed:
        leave(d, state, 0);
        return ++state.encrypted > MOST_ENCRYPTED ? Read.Over : h - o + left;
      default:
        return strange(d, state);
    }
  }

  private smb2(
    d: Dialogue,
    state: SmbState,
    b: Uint8Array,
    o: number,
    h: number,
    end: number,
    left: number,
  ): number {
    if (left < HEADER_BYTES) return strange(d, state);
    if (end - h < HEADER_BYTES) return d.ending === '' ? Read.More : Read.Turn;
    const m = this.header;
    m.read(b, h);
    if (u16le(b, h + 4) !== HEADER_BYTES) return strange(d, state);
    if (m.nextCommand !== 0 && (m.nextCommand < HEADER_BYTES || m.nextCommand > left - HEADER_BYTES))
      return strange(d, state);
    const size = m.nextCommand === 0 ? left : m.nextCommand;
    if (end - h < bytesNeeded(m, b, h, end, size) && d.ending === '') return Read.More;
    d.sentByClient(!m.isResponse);
    leave(d, state, left - size);
    state.encrypted = state.strange = 0;
    const stop = Math.min(end, h + size);
    if (m.name !== '' && !m.isNotice) {
      if (m.isResponse) this.messages.answer(d, state, m, b, h, stop);
      else this.messages.ask(d, state, m, b, h, stop);
    }
    return h - o + size;
  }

  private smb1(
    d: Dialogue,
    state: SmbState,
    b: Uint8Array,
    o: number,
    h: number,
    end: number,
    left: number,
  ): number {
    const need = Math.min(left, SMB1_BYTES);
    if (left < SMB1_HEADER_BYTES) return strange(d, state);
    if (end - h < need && d.ending === '') return Read.More;
    if (end - h < SMB1_HEADER_BYTES) return Read.Turn;
    const isReply = isSmb1Reply(b, h);
    const stop = Math.min(end, h + left);
    d.sentByClient(!isReply);
    switch (b[h + 4]) {
      case Smb1Command.Negotiate:
        if (!isReply) state.offered = offersSmb2(b, h, stop);
        break;
      case Smb1Command.SessionSetup:
        if (!isReply) {
          state.trying = this.messages.user(d, b, h, stop);
          if (state.tried === '') state.tried = state.trying;
        } else if (smb1Status(b, h) === 0) d.tell(Told.UserName, state.trying);
        break;
      default:
        return Read.Over;
    }
    leave(d, state, 0);
    return h - o + left;
  }
}

/** Notes how many bytes of the packet are left behind the message at hand. */
function leave(d: Dialogue, state: SmbState, left: number): void {
  state.left[d.fromClient ? 0 : 1] = left;
}

/** No packet begins here, as after a loss: one may begin with the next turn. */
function strange(d: Dialogue, state: SmbState): number {
  state.left[d.fromClient ? 0 : 1] = 0;
  return ++state.strange > MOST_STRANGE ? d.malformed() : Read.Turn;
}
