/** TLS over TCP, and the hello of SSL 2.0 (RFC 8446, RFC 5246, RFC 6101, appendix E). */
import { Told, ToldFlag } from '../../model/told.js';
import { u16, u24 } from '../../wire/bytes.js';
import type { Dialogue, Reader } from '../engine/dialogue.js';
import { Read } from '../read.js';
import { CertificateList } from './certificates.js';
import { ContentType, HandshakeMessage, isRecord, RECORD_HEADER } from './handshake.js';
import { ClientHello } from './hello.js';
import { ServerHello } from './server-hello.js';
import { type End, Next, TlsState } from './state.js';
import { tellAlert, tellClientHello, tellServerHello } from './tell.js';
import { FATAL, Version, versionWord } from './versions.js';

/** Types of handshake messages. */
const Handshake = {
  HelloRequest: 0,
  ClientHello: 1,
  ServerHello: 2,
  NewSessionTicket: 4,
  /** HelloRetryRequest, in drafts of TLS 1.3. */
  DraftRetry: 6,
  Certificate: 11,
  SupplementalData: 23,
} as const;
/** Records that are none, until a side is not looked at any more. */
const MOST_STRANGE = 8;
/** Encrypted records of a client whose server is not heard, likewise. */
const MOST_EARLY = 64;

export class TlsReader implements Reader {
  readonly most = [8192, 16_384] as const;
  private readonly message = new HandshakeMessage();
  private readonly clientHello = new ClientHello();
  private readonly serverHello = new ServerHello();
  private readonly certificates = new CertificateList();

  newState(): TlsState {
    return new TlsState();
  }

  stream(d: Dialogue, b: Uint8Array, o: number, end: number): number {
    const s = d.state as TlsState;
    const e = s.ends[d.side];
    if (end - o < RECORD_HEADER) return e.left > 0 ? this.handshake(d, s, e, b, o, end) : wait(d);
    if (isRecord(b, o)) e.left = 0;
    else if (e.left === 0) return this.strange(d, s, e, b, o, end);
    if (e.left > 0 || (b[o] === ContentType.Handshake && isClear(e, b, o, end)))
      return this.handshake(d, s, e, b, o, end);
    const length = RECORD_HEADER + u16(b, o + 3);
    if (b[o] === ContentType.Alert && length === RECORD_HEADER + 2) {
      if (end - o < length) return wait(d);
      // Encrypted ones are longer.
      if (b[o + 5] === FATAL) tellAlert(d, true, b[o + 6]);
      else if (s.warning < 0) s.warning = b[o + 6];
    }
    return this.record(d, s, e, b[o], length);
  }

  finish(d: Dialogue): void {
    const { warning } = d.state as TlsState;
    if (warning >= 0) tellAlert(d, false, warning);
  }

  /** A handshake message in clear, at `o` or in the record that begins there. */
  private handshake(d: Dialogue, s: TlsState, e: End, b: Uint8Array, o: number, end: number): number {
    const m = this.message;
    m.find(b, o, end, e.left);
    if (m.start === m.end && d.ending === '') return Read.More;
    const type = m.start < m.end ? m.bytes[m.start] : -1;
    if (wants(e, type)) {
      if (!m.isWhole && !m.isBroken && d.ending === '') return Read.More;
      this.read(d, s, e, type);
      if (m.isBroken) d.tell(Told.Partial, 'malformed');
    } else if (!passes(e, type)) e.next = Next.Records;
    if (!m.isWhole && !m.isInRecord) e.next = Next.Records;
    if (e.next !== Next.Records) {
      e.left = m.left;
      return m.next - o;
    }
    // Nothing more of this record counts.
    e.left = 0;
    return m.next + m.left - o;
  }

  private read(d: Dialogue, s: TlsState, e: End, type: number): void {
    const m = this.message;
    switch (type) {
      case Handshake.ClientHello:
        this.readClientHello(d, s, e);
        return;
      case Handshake.ServerHello:
        this.readServerHello(d, s, e);
        return;
      case Handshake.Certificate:
        e.next = Next.Records;
        this.certificates.read(d, m.bytes, m.start, m.end, s.serverName);
    }
  }

  private readClientHello(d: Dialogue, s: TlsState, e: End): void {
    const { message, clientHello: hello } = this;
    e.next = Next.Records;
    e.hasHello = true;
    s.client = d.side;
    d.sentByClient(true);
    s.beganSec = d.beganSec;
    s.beganNsec = d.beganNsec;
    if (!hello.read(message.bytes, message.start, message.end)) d.tell(Told.Partial, 'malformed');
    // The first hello is another one, if this one comes behind a retry.
    if (e.changed) hello.isWhole = false;
    s.serverName = tellClientHello(d, hello, 't');
    s.hasTicket = hello.hasTicket;
    const server = s.ends[1 - d.side];
    if (server.hasHello && !s.isTls13 && s.hasId(hello.bytes, hello.sessionAt, hello.sessionEnd))
      d.tellFlag(ToldFlag.TlsResumed);
    else s.keepId(hello.bytes, hello.sessionAt, hello.sessionEnd);
  }

  private readServerHello(d: Dialogue, s: TlsState, e: End): void {
    const { message, serverHello: hello } = this;
    s.client = d.side === 0 ? 1 : 0;
    d.sentByClient(false);
    if (!hello.read(message.bytes, message.start, message.end)) d.tell(Told.Partial, 'malformed');
    tellServerHello(d, hello);
    s.isTls13 = hello.isTls13;
    if (hello.isRetry) return;
    e.hasHello = true;
    e.next = hello.isTls13 ? Next.Records : Next.Certificate;
    if (hello.isTls13) return;
    if (s.ends[1 - d.side].hasHello && s.hasId(hello.bytes, hello.sessionAt, hello.sessionEnd))
      d.tellFlag(ToldFlag.TlsResumed);
    else s.keepId(hello.bytes, hello.sessionAt, hello.sessionEnd);
  }

  /** A record of which only the type counts. */
  private record(d: Dialogue, s: TlsState, e: End, type: number, length: number): number {
    const isClient = s.client === -1 ? d.fromClient : s.client === d.side;
    const peer = s.ends[1 - d.side];
    if (type === ContentType.ChangeCipherSpec) {
      // A server that asked for no certificate and waited for no keys goes on with an earlier session.
      if (!isClient && e.next === Next.Certificate && s.hasTicket && !peer.changed)
        d.tellFlag(ToldFlag.TlsResumed);
      if (e.next === Next.Certificate) e.next = Next.Records;
      e.changed = true;
      if (isClient) tellTime(d, s, peer);
      return length;
    }
    if (type === ContentType.Data) {
      if (isClient) tellTime(d, s, peer);
    } else if (type !== ContentType.Handshake || !e.changed || s.isTls13) return length;
    // What a client sends before its server has spoken (0-RTT) says nothing of an answer.
    if (isClient && !peer.hasHello && !peer.encrypted && ++e.early < MOST_EARLY) return length;
    e.encrypted = true;
    if (!peer.encrypted) return Read.Done;
    d.tellFlag(ToldFlag.TlsEstablished);
    return Read.Over;
  }

  /** Bytes that begin no record. */
  private strange(d: Dialogue, s: TlsState, e: End, b: Uint8Array, o: number, end: number): number {
    const length = 2 + (((b[o] & 0x7f) << 8) | b[o + 1]);
    if (e.next === Next.Hello && b[o] >= 0x80) {
      if (b[o + 2] === 1 && length >= 11 && (b[o + 3] === 3 || u16(b, o + 3) === Version.Ssl2)) {
        e.next = Next.Records;
        e.hasHello = true;
        s.client = d.side;
        d.sentByClient(true);
        s.beganSec = d.beganSec;
        s.beganNsec = d.beganNsec;
        return length;
      }
      if (b[o + 2] === 4 && length >= 13) {
        if (end - o < 7) return wait(d);
        if (u16(b, o + 5) === Version.Ssl2) {
          d.sentByClient(false);
          d.tell(Told.TlsVersion, versionWord(Version.Ssl2));
          return Read.Over;
        }
      }
    }
    return ++e.strange === MOST_STRANGE ? Read.Done : Read.Turn;
  }
}

/** More bytes are needed. */
function wait(d: Dialogue): number {
  return d.ending === '' ? Read.More : Read.Turn;
}

/**
 * Whether a record of handshake messages is in clear and has what is waited for. Behind ChangeCipherSpec it
 * is encrypted, but for hellos that follow a retry.
 */
function isClear(e: End, b: Uint8Array, o: number, end: number): boolean {
  if (e.next === Next.Records || !e.changed) return e.next !== Next.Records;
  if (o + RECORD_HEADER + 4 > end) return false;
  const type = b[o + RECORD_HEADER];
  const length = u24(b, o + RECORD_HEADER + 1) + 4;
  return (type === Handshake.ClientHello || type === Handshake.ServerHello) && length === u16(b, o + 3);
}

/** Whether a message is to be read. */
function wants(e: End, type: number): boolean {
  return e.next === Next.Hello
    ? type === Handshake.ClientHello || type === Handshake.ServerHello
    : type === Handshake.Certificate;
}

/** Whether what is waited for may come behind a message. */
function passes(e: End, type: number): boolean {
  return e.next === Next.Hello
    ? type === Handshake.HelloRequest || type === Handshake.DraftRetry
    : type === Handshake.NewSessionTicket || type === Handshake.SupplementalData;
}

/** How long the handshake took: until the client's first encrypted record, or its announcement. */
function tellTime(d: Dialogue, s: TlsState, server: End): void {
  if (s.isTimed || s.beganSec < 0 || !server.hasHello) return;
  s.isTimed = true;
  const us = (d.beganSec - s.beganSec) * 1e6 + Math.floor((d.beganNsec - s.beganNsec) / 1000);
  if (us > 0) d.tellTlsTime(us);
}
