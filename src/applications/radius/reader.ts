import { Outcome, Told } from '../../model/told.js';
import { i32, u16 } from '../../wire/bytes.js';
import type { Question } from '../question.js';
import { type Dialogue, type Reader, STATELESS } from '../reader.js';
import { trimmed } from '../words.js';

/** Codes (RFC 2865, 3; RFC 2866, 3; RFC 5176, 2.3), and words for them. */
const Code = {
  AccessReject: 3,
  AccountingRequest: 4,
  DisconnectNak: 42,
  CoaNak: 45,
} as const;
const REQUESTS: Readonly<Record<number, string>> = {
  1: 'Access-Request',
  4: 'Accounting-Request',
  12: 'Status-Server',
  13: 'Status-Client',
  40: 'Disconnect-Request',
  43: 'CoA-Request',
};
const ANSWERS: Readonly<Record<number, string>> = {
  2: 'Access-Accept',
  3: 'Access-Reject',
  5: 'Accounting-Response',
  11: 'Access-Challenge',
  41: 'Disconnect-ACK',
  42: 'Disconnect-NAK',
  44: 'CoA-ACK',
  45: 'CoA-NAK',
};

/** Attributes (RFC 2865, 5; RFC 6911, 3.1). Passwords, in whatever form, are passed over. */
const Attribute = {
  UserName: 1,
  FramedAddress: 8,
  CallingStation: 31,
  NasIdentifier: 32,
  FramedIpv6Address: 168,
} as const;
const AUTHENTICATOR = 4;
const HEADER = 20;
/** A Framed-IP-Address that is none: the user, or the server, is to choose one (RFC 2865, 5.8). */
const USER_CHOOSES = -1;
const SERVER_CHOOSES = -2;

/** Reads RADIUS: authentication, accounting, and changes of authorization. */
export class RadiusReader implements Reader {
  readonly inTurns = true;
  newState() {
    return STATELESS;
  }

  datagram(d: Dialogue, b: Uint8Array, o: number, end: number): void {
    const isShort = end - o < HEADER || u16(b, o + 2) < HEADER || o + u16(b, o + 2) > end;
    const method = REQUESTS[b[o]];
    const status = ANSWERS[b[o]];
    if ((isShort && d.ending === '') || (method === undefined && status === undefined)) {
      d.tell(Told.Partial, 'malformed');
      return;
    }
    if (end - o < HEADER) return;
    const stop = Math.min(end, o + u16(b, o + 2));
    if (method !== undefined) this.ask(d, method, b, o, stop);
    else this.answer(d, status, b, o, stop);
  }

  private ask(d: Dialogue, method: string, b: Uint8Array, o: number, end: number): void {
    d.sentByClient(true);
    const id = b[o + 1];
    const authenticator = i32(b, o + AUTHENTICATOR);
    const before = d.find(id);
    if (before !== undefined) {
      // The same request again; another one with its number means that it is over.
      if (before.note === authenticator && before.method === method) return;
      d.giveUp(before);
    }
    const q = d.ask(id);
    q.method = method;
    q.note = authenticator;
    this.readAttributes(d, q, b, o + HEADER, end, b[o] === Code.AccountingRequest);
  }

  private answer(d: Dialogue, status: string, b: Uint8Array, o: number, end: number): void {
    d.sentByClient(false);
    const asked = d.find(b[o + 1]);
    const q = asked ?? d.unasked();
    q.status = status;
    this.readAttributes(d, q, b, o + HEADER, end, true);
    if (asked === undefined) return;
    const code = b[o];
    const refused = code === Code.AccessReject || code === Code.DisconnectNak || code === Code.CoaNak;
    d.answer(q, refused ? Outcome.ClientError : Outcome.Ok);
  }

  /** @param hasAddress whether an address in it is the user's, and no hint of the one that is wanted */
  private readAttributes(
    d: Dialogue,
    q: Question,
    b: Uint8Array,
    from: number,
    end: number,
    hasAddress: boolean,
  ): void {
    const { texts } = d;
    let o = from;
    while (o + 2 <= end) {
      const at = o + 2;
      const next = o + b[o + 1];
      if (next < at || next > end) break;
      switch (b[o]) {
        case Attribute.UserName:
          if (q.userName === '') q.userName = texts.utf8(b, at, trimmed(b, at, next));
          break;
        case Attribute.NasIdentifier:
          if (q.name === '') q.name = texts.utf8(b, at, trimmed(b, at, next));
          break;
        case Attribute.CallingStation:
          q.attribute('calling_station', texts.utf8(b, at, trimmed(b, at, next)));
          break;
        case Attribute.FramedAddress:
          if (hasAddress && next - at === 4 && isAddress(i32(b, at))) q.address(b, at, 4);
          break;
        case Attribute.FramedIpv6Address:
          if (hasAddress && next - at === 16) q.address(b, at, 16);
      }
      o = next;
    }
    if (o < end && q.partial === '') q.partial = d.ending === '' ? 'malformed' : d.ending;
  }
}

function isAddress(address: number): boolean {
  return address !== USER_CHOOSES && address !== SERVER_CHOOSES;
}
