import { i32 } from '../../wire/bytes.js';
import { Aes128 } from '../crypto/aes.js';
import { expandLabel, HmacSha256 } from '../crypto/hmac.js';
import { SHA256_BYTES } from '../crypto/sha256.js';
import { LONGEST_ID } from './packet.js';
import type { Version } from './versions.js';

const CLIENT = expandLabel('client in', SHA256_BYTES);
const SERVER = expandLabel('server in', SHA256_BYTES);

/** The keys of one side's Initial packets (RFC 9001, 5.2), made of the client's first destination id. */
export class InitialKeys {
  /** For payloads, for headers; and what the packet number is added to, three words. */
  readonly payload = new Aes128();
  readonly header = new Aes128();
  readonly iv = new Int32Array(3);
  private readonly label: Uint8Array;
  private readonly hmac = new HmacSha256();
  private readonly bytes = new Uint8Array(SHA256_BYTES);
  /** What they were made of last: packets come in groups. */
  private version: Version | undefined;
  private readonly id = new Uint8Array(LONGEST_ID);
  private idLength = 0;

  constructor(ofClient: boolean) {
    this.label = ofClient ? CLIENT : SERVER;
  }

  /** Makes them for a version, of the id `o` to `end`. */
  derive(v: Version, b: Uint8Array, o: number, end: number): void {
    if (this.isOf(v, b, o, end)) return;
    const { hmac, bytes } = this;
    hmac.setKey(v.salt, 0, v.salt.length);
    hmac.of(b, o, end, bytes);
    hmac.setKey(bytes, 0, SHA256_BYTES);
    hmac.of(this.label, 0, this.label.length, bytes);
    hmac.setKey(bytes, 0, SHA256_BYTES);
    hmac.of(v.key, 0, v.key.length, bytes);
    this.payload.setKey(bytes, 0);
    hmac.of(v.iv, 0, v.iv.length, bytes);
    for (let i = 0; i < 3; i++) this.iv[i] = i32(bytes, 4 * i);
    hmac.of(v.hp, 0, v.hp.length, bytes);
    this.header.setKey(bytes, 0);
    this.version = v;
    this.idLength = end - o;
    for (let i = 0; i < this.idLength; i++) this.id[i] = b[o + i];
  }

  private isOf(v: Version, b: Uint8Array, o: number, end: number): boolean {
    if (this.version !== v || this.idLength !== end - o) return false;
    for (let i = o; i < end; i++) if (this.id[i - o] !== b[i]) return false;
    return true;
  }
}
