import { type Partial, Told } from '../../model/told.js';
import type { Dialogue, Reader } from '../reader.js';
import { ClientHello } from '../tls/hello.js';
import { ServerHello } from '../tls/server-hello.js';
import { tellClientHello, tellServerHello } from '../tls/tell.js';
import type { CryptoStream } from './crypto-stream.js';
import { Frames, NO_BEGINNING } from './frames.js';
import { InitialKeys, InitialSecret } from './keys.js';
import { LongHeader } from './packet.js';
import { Payload } from './payload.js';
import { reveal } from './reveal.js';
import { QuicState } from './state.js';
import { StreamPool } from './stream-pool.js';
import { isGoogles, isReserved, PacketType, type Version, versionOf, versionWord } from './versions.js';

/** The shortest destination id of a client's first packet (RFC 9000, 7.2). */
const SHORTEST_FIRST_ID = 8;
/** Payloads that are decrypted of a conversation, and datagrams that are looked at. */
const MOST_DECRYPTED = 16;
const MOST_DATAGRAMS = 48;
/** Datagrams in which an answer to the client's hello is looked for, or to a version that is not known. */
const MOST_FOR_ANSWER = 12;
const BOTH = 3;
/** Types of handshake messages (RFC 8446, 4). */
const CLIENT_HELLO = 1;
const SERVER_HELLO = 2;
/** Google's own versions up to Q043: flags, an id of 8 bytes, the version. */
const HAS_VERSION = 0x01;
const HAS_ID = 0x08;
const GOOGLES_VERSION_AT = 9;

/**
 * Reads the hellos of QUIC. Initial packets are encrypted with keys that anybody can make of what the
 * client's first one says. Whether keys fit is told by the frames.
 */
export class QuicReader implements Reader {
  private readonly header = new LongHeader();
  /** Made of the id in a packet that may be a client's first one. */
  private secret = new InitialSecret();
  /** Keys of the client, and of the server, for packets whose stream has none. */
  private readonly keys: [InitialKeys, InitialKeys] = [new InitialKeys(), new InitialKeys()];
  private readonly payload = new Payload();
  private readonly frames = new Frames();
  private readonly pool = new StreamPool();
  private readonly clientHello = new ClientHello();
  private readonly serverHello = new ServerHello();

  newState() {
    return new QuicState();
  }

  datagram(d: Dialogue, b: Uint8Array, o: number, end: number): void {
    const s = d.state as QuicState;
    s.datagrams++;
    if ((b[o] & 0x80) === 0) this.short(d, s, b, o, end);
    const { header } = this;
    // Packets with long headers may stand one behind the other.
    for (let p = o; p < end && header.read(b, p, end); p = header.end) this.packet(d, s, b, p);
    if (this.isOver(s)) d.over();
  }

  finish(d: Dialogue): void {
    const s = d.state as QuicState;
    const [client, server] = s.streams;
    const why = s.isLimited ? 'limit' : 'gap';
    if (client !== undefined) this.hello(d, s, true, client, why);
    if (server !== undefined) this.hello(d, s, false, server, why);
    if (s.early !== undefined) this.pool.give(s.early);
    s.early = undefined;
    this.tellVersion(d, s);
  }

  private isOver(s: QuicState): boolean {
    if (s.clientTold && s.serverTold) return true;
    if (s.decrypted >= MOST_DECRYPTED || s.datagrams >= MOST_DATAGRAMS) return true;
    return s.clientTold && s.datagrams >= MOST_FOR_ANSWER;
  }

  /** A packet with a short header, which says nothing but in Google's old versions. */
  private short(d: Dialogue, s: QuicState, b: Uint8Array, o: number, end: number): void {
    const at = o + GOOGLES_VERSION_AT;
    if ((b[o] & (HAS_VERSION | HAS_ID)) !== (HAS_VERSION | HAS_ID) || at + 4 > end || !isGoogles(b, at))
      return;
    d.sentByClient(true);
    s.takeVersion(b, at);
    d.over();
  }

  private packet(d: Dialogue, s: QuicState, b: Uint8Array, o: number): void {
    const { header } = this;
    if (header.version === 0) {
      // The version that was asked for is not spoken.
      s.hasVersion = false;
      return;
    }
    if (!isReserved(header.version)) s.takeVersion(b, o + 1);
    s.seen |= d.fromClient ? 1 : 2;
    const version = versionOf(header.version);
    if (version === undefined) {
      if (isGoogles(b, o + 1) || s.seen === BOTH || s.datagrams >= MOST_FOR_ANSWER) d.over();
      return;
    }
    if (header.type !== PacketType.Initial || (header.isCut && d.ending === '')) return;
    if (s.secret.idLength > 0) this.initial(d, s, version, b, o, d.fromClient);
    else if (this.first(s, version, b, o)) this.begin(d, s);
    else if (s.early === undefined && !header.isCut) {
      s.early = this.pool.take(s);
      s.early.keep(b, o, header.end);
      s.earlyByClient = d.fromClient;
    }
  }

  /** Reads a packet as the client's first one. @returns whether it is */
  private first(s: QuicState, version: Version, b: Uint8Array, o: number): boolean {
    const { idAt, idEnd } = this.header;
    if (idEnd - idAt < SHORTEST_FIRST_ID || s.decrypted >= MOST_DECRYPTED) return false;
    const { secret } = this;
    secret.make(version, b, idAt, idEnd);
    if (!this.open(s, secret, true, b, o)) return false;
    this.secret = s.secret;
    s.secret = secret;
    return true;
  }

  /** The client is known, and what keys are made of: reads its packet, and one that came before. */
  private begin(d: Dialogue, s: QuicState): void {
    const byClient = s.earlyByClient === d.fromClient;
    d.sentByClient(true);
    this.gather(d, s, true);
    const { early } = s;
    if (early === undefined) return;
    const { header } = this;
    const { end } = header;
    if (header.read(early.bytes, 0, early.top)) {
      const version = versionOf(header.version);
      if (version !== undefined) this.initial(d, s, version, early.bytes, 0, byClient);
    }
    header.end = end;
    // Its memory may have gone to the stream that it begins.
    if (s.early === early) this.pool.give(early);
    s.early = undefined;
  }

  /** An Initial packet, when keys are known. */
  private initial(
    d: Dialogue,
    s: QuicState,
    version: Version,
    b: Uint8Array,
    o: number,
    byClient: boolean,
  ): void {
    if (byClient ? s.clientTold : s.serverTold) return;
    if (s.decrypted >= MOST_DECRYPTED) return;
    const { secret } = s;
    secret.make(version, secret.id, 0, secret.idLength);
    // After a Retry keys are made of the id that the server asked for.
    if (this.open(s, secret, byClient, b, o) || (byClient && this.first(s, version, b, o)))
      this.gather(d, s, byClient);
  }

  /** Opens the packet at `o` with the keys of a secret. @returns whether they are its own */
  private open(s: QuicState, secret: InitialSecret, byClient: boolean, b: Uint8Array, o: number): boolean {
    const { payload } = this;
    const side = byClient ? 0 : 1;
    const stream = s.streams[side];
    const keys = stream?.keys.areOf(secret, byClient) === true ? stream.keys : this.keys[side];
    s.decrypted++;
    keys.make(secret, byClient);
    if (!payload.open(keys, b, o, this.header)) return false;
    const beginning = this.frames.look(payload, stream);
    if (beginning === (byClient ? CLIENT_HELLO : SERVER_HELLO)) return true;
    return beginning === NO_BEGINNING && !payload.isCut;
  }

  /** Takes what the payload at hand carries of a hello. */
  private gather(d: Dialogue, s: QuicState, byClient: boolean): void {
    const { payload, pool, frames, keys } = this;
    const side = byClient ? 0 : 1;
    if (!frames.hasCrypto) return;
    const stream = s.streams[side] ?? pool.take(s);
    s.streams[side] = stream;
    if (stream.keys !== payload.keys) keys[side] = stream.exchange(payload.keys);
    frames.gather(payload, stream);
    if (stream.isWhole() || (payload.isCut && stream.have > 0)) this.hello(d, s, byClient, stream, 'limit');
    else if (stream.top === 0) {
      s.streams[side] = undefined;
      pool.give(stream);
    }
  }

  /** Says what a hello tells, as far as it is there. */
  private hello(d: Dialogue, s: QuicState, byClient: boolean, stream: CryptoStream, why: Partial): void {
    reveal(stream, byClient);
    const { bytes, from, have } = stream;
    let isWhole = false;
    let isSound = false;
    if (byClient) {
      const hello = this.clientHello;
      isSound = (have === from || bytes[from] === CLIENT_HELLO) && hello.read(bytes, from, have);
      isWhole = hello.isWhole;
      if (isSound) tellClientHello(d, hello, 'q');
      this.tellVersion(d, s);
      s.clientTold = true;
      s.datagrams = 0;
    } else {
      const hello = this.serverHello;
      isSound = (have === from || bytes[from] === SERVER_HELLO) && hello.read(bytes, from, have);
      isWhole = hello.isWhole;
      if (isSound && isWhole && hello.isRetry) {
        // The hello itself comes behind.
        stream.from = stream.end();
        if (stream.isWhole()) this.hello(d, s, false, stream, why);
        return;
      }
      if (isSound) tellServerHello(d, hello);
      s.serverTold = true;
    }
    if (d.ending === '' && !isWhole) d.tell(Told.Partial, isSound ? why : 'malformed');
    s.streams[byClient ? 0 : 1] = undefined;
    this.pool.give(stream);
  }

  private tellVersion(d: Dialogue, s: QuicState): void {
    if (s.versionTold || !s.hasVersion) return;
    s.versionTold = true;
    d.tell(Told.QuicVersion, versionWord(d.texts, s.version, 0));
  }
}
