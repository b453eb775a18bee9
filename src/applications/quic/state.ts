import type { State } from '../reader.js';
import type { CryptoStream, StreamOwner } from './crypto-stream.js';
import { InitialSecret } from './keys.js';

/** What is kept of one conversation. */
export class QuicState implements State, StreamOwner {
  /** What keys are made of, as soon as the client's first destination id is known. */
  secret = new InitialSecret();
  /** The version of the last packet; 0 before. */
  readonly version = new Uint8Array(4);
  hasVersion = false;
  versionTold = false;
  /** Who sent packets with a long header: the client 1, the server 2. */
  seen = 0;
  /** Datagrams, since the client's hello was told if it was. */
  datagrams = 0;
  /** Payloads that were decrypted. */
  decrypted = 0;
  /** What the client, and the server, sent of their hellos, while they are not whole. */
  readonly streams: [CryptoStream | undefined, CryptoStream | undefined] = [undefined, undefined];
  clientTold = false;
  serverTold = false;
  /** Whether memory for a stream went to another conversation. */
  isLimited = false;
  /** A packet that came before the one that has the keys; who sent it. */
  early: CryptoStream | undefined;
  earlyByClient = false;

  /** Takes the version at `o`. */
  takeVersion(b: Uint8Array, o: number): void {
    for (let i = 0; i < 4; i++) this.version[i] = b[o + i];
    this.hasVersion = true;
  }

  /** Forgets memory that went to another conversation. */
  lose(stream: CryptoStream): void {
    if (this.early === stream) this.early = undefined;
    if (this.streams[0] === stream) this.streams[0] = undefined;
    if (this.streams[1] === stream) this.streams[1] = undefined;
    this.isLimited = true;
  }

  reset(): void {
    this.secret.forget();
    this.seen = this.datagrams = this.decrypted = 0;
    this.hasVersion = this.versionTold = this.clientTold = this.serverTold = this.isLimited = false;
    this.earlyByClient = false;
    this.streams[0] = this.streams[1] = this.early = undefined;
  }
}
