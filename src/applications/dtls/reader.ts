/** DTLS 1.0, 1.2 and 1.3: hellos, and alerts in clear (RFC 4347, RFC 6347, RFC 9147). */
import { Told, ToldFlag } from '../../model/told.js';
import { u16, u24 } from '../../wire/bytes.js';
import type { Dialogue, Reader } from '../engine/dialogue.js';
import type { State } from '../read.js';
import { ContentType } from '../tls/handshake.js';
import { ClientHello, HANDSHAKE_HEADER } from '../tls/hello.js';
import { ServerHello } from '../tls/server-hello.js';
import { tellAlert, tellClientHello, tellServerHello } from '../tls/tell.js';
import { FATAL } from '../tls/versions.js';
import { FragmentsPool } from './fragments.js';

/** A record's type, version, epoch, sequence number and length. */
const RECORD_HEADER = 13;
/** A fragment's type, length of the message, its number, place and length of the fragment. */
const FRAGMENT_HEADER = 12;
const CLIENT_HELLO = 1;
const SERVER_HELLO = 2;
/** Encrypted datagrams of one side, until nothing more is looked at. */
const MOST_ENCRYPTED = 64;

class End {
  /** Datagrams with something encrypted. */
  encrypted = 0;

  reset(): void {
    this.encrypted = 0;
  }
}

class DtlsState implements State {
  /** By the side of the conversation. */
  readonly ends: readonly [End, End] = [new End(), new End()];
  /** The first warning, shown where nothing fatal follows; -1 for none. */
  warning = -1;

  reset(): void {
    for (const end of this.ends) end.reset();
    this.warning = -1;
  }
}

export class DtlsReader implements Reader {
  private readonly clientHello = new ClientHello();
  private readonly serverHello = new ServerHello();
  private readonly fragments = new FragmentsPool();

  newState(): DtlsState {
    return new DtlsState();
  }

  datagram(d: Dialogue, b: Uint8Array, o: number, end: number): void {
    const s = d.state as DtlsState;
    const e = s.ends[d.side];
    let p = o;
    while (p < end) {
      if (isEncrypted(b, p, end)) {
        this.encrypted(d, s, e);
        return;
      }
      if (p + RECORD_HEADER > end || !isRecord(b, p)) return;
      const from = p + RECORD_HEADER;
      p = from + u16(b, p + 11);
      this.record(d, s, e, b, from, Math.min(p, end));
    }
  }

  finish(d: Dialogue): void {
    const s = d.state as DtlsState;
    for (const e of s.ends) {
      const place = this.fragments.find(e);
      if (place === undefined) continue;
      place.owner = undefined;
      d.tell(Told.Partial, 'gap');
      this.hello(d, place.block.bytes, 0, place.block.have);
    }
    if (s.warning >= 0) tellAlert(d, false, s.warning);
  }

  private record(d: Dialogue, s: DtlsState, e: End, b: Uint8Array, o: number, end: number): void {
    const type = b[o - RECORD_HEADER];
    if (type === ContentType.Alert && end - o === 2) {
      if (b[o] === FATAL) tellAlert(d, true, b[o + 1]);
      else if (s.warning < 0) s.warning = b[o + 1];
    }
    if (type !== ContentType.Handshake) return;
    for (let p = o; p + FRAGMENT_HEADER <= end; ) {
      const from = p + FRAGMENT_HEADER;
      const length = u24(b, p + 9);
      if (u24(b, p + 6) + length > u24(b, p + 1)) {
        d.tell(Told.Partial, 'malformed');
        return;
      }
      if (b[p] === CLIENT_HELLO || b[p] === SERVER_HELLO)
        this.fragment(d, e, b, p, Math.min(from + length, end));
      p = from + length;
    }
  }

  /** A fragment of a hello, from its header at `o` on. */
  private fragment(d: Dialogue, e: End, b: Uint8Array, o: number, end: number): void {
    const length = u24(b, o + 1);
    if (u24(b, o + 9) === length) {
      // The last four bytes of the header, a zero and the length, are what TLS has before the body.
      this.hello(d, b, o + FRAGMENT_HEADER - HANDSHAKE_HEADER, end, b[o]);
      return;
    }
    const place = this.fragments.of(e, b[o], u16(b, o + 4), length);
    place.block.put(HANDSHAKE_HEADER + u24(b, o + 6), b, o + FRAGMENT_HEADER, end - o - FRAGMENT_HEADER);
    if (!place.isWhole) return;
    place.owner = undefined;
    this.hello(d, place.block.bytes, 0, place.block.have);
  }

  /** A hello, as far as it is there: one byte type, three bytes length, the body. */
  private hello(d: Dialogue, b: Uint8Array, o: number, end: number, type = b[o]): void {
    const isClient = type === CLIENT_HELLO;
    d.sentByClient(isClient);
    if (isClient) {
      if (!this.clientHello.read(b, o, end, true)) d.tell(Told.Partial, 'malformed');
      tellClientHello(d, this.clientHello, 'd');
      return;
    }
    if (!this.serverHello.read(b, o, end)) d.tell(Told.Partial, 'malformed');
    tellServerHello(d, this.serverHello);
  }

  /** A datagram with something encrypted. */
  private encrypted(d: Dialogue, s: DtlsState, e: End): void {
    e.encrypted++;
    const both = s.ends[0].encrypted > 0 && s.ends[1].encrypted > 0;
    if (both) d.tellFlag(ToldFlag.TlsEstablished);
    if (both || e.encrypted === MOST_ENCRYPTED) d.over();
  }
}

/** Whether a record in clear begins at `o`. */
function isRecord(b: Uint8Array, o: number): boolean {
  return (
    b[o] >= ContentType.ChangeCipherSpec && b[o] <= 26 && (b[o + 1] === 0xfe || u16(b, o + 1) === 0x0100)
  );
}

/** Whether an encrypted record begins at `o`: 001 in the highest bits (DTLS 1.3), or an epoch behind 0. */
function isEncrypted(b: Uint8Array, o: number, end: number): boolean {
  if (b[o] >> 5 === 1) return true;
  return o + RECORD_HEADER <= end && isRecord(b, o) && u16(b, o + 3) > 0;
}
