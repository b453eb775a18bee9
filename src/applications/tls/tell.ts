import { Told, ToldFlag } from '../../model/told.js';
import type { Dialogue } from '../engine/dialogue.js';
import { cipherName } from './ciphers.js';
import type { ClientHello } from './hello.js';
import type { Transport } from './ja4.js';
import type { ServerHello } from './server-hello.js';
import { alertWord, versionWord } from './versions.js';

const HEX = '0123456789abcdef';

/** Says what a client's hello tells of a conversation, as far as it is there: right after it was read. */
export function tellClientHello(d: Dialogue, hello: ClientHello, transport: Transport): void {
  d.tell(Told.ServerName, d.texts.lower(hello.bytes, hello.nameAt, hello.nameEnd));
  d.tell(Told.Alpn, alpn(d, hello.bytes, hello.alpnAt, hello.alpnEnd));
  d.tell(Told.Ja4, hello.ja4.of(d, hello, transport));
  if (hello.hasEch) d.tellFlag(ToldFlag.TlsEch);
}

/** Says what a server's hello tells of a conversation; nothing of one that only asks for another hello. */
export function tellServerHello(d: Dialogue, hello: ServerHello): void {
  if (hello.isRetry || hello.cipher < 0) return;
  d.tell(Told.TlsVersion, versionWord(hello.version));
  d.tell(Told.TlsCipher, cipherName(hello.cipher) ?? hexadecimal(d, hello.cipher));
  d.tell(Told.AlpnChosen, d.texts.ascii(hello.bytes, hello.alpnAt, hello.alpnEnd));
  if (hello.isTls13 && hello.hasPreSharedKey) d.tellFlag(ToldFlag.TlsResumed);
}

/** Says that an alert was sent in clear. Warnings are said last: something fatal goes before them. */
export function tellAlert(d: Dialogue, isFatal: boolean, description: number): void {
  d.texts.begin();
  d.texts.addWord(isFatal ? 'fatal:' : 'warning:');
  d.texts.addWord(alertWord(description));
  d.tell(Told.TlsAlert, d.texts.take());
}

/** Protocol names, joined by commas. Each has a byte with its length before it (RFC 7301, 3.1). */
function alpn(d: Dialogue, b: Uint8Array, o: number, end: number): string {
  const { texts } = d;
  texts.begin();
  for (let p = o; p < end; ) {
    const next = p + 1 + b[p];
    if (next > end) break;
    if (p > o) texts.add(0x2c);
    texts.addBytes(b, p + 1, next);
    p = next;
  }
  return texts.take();
}

function hexadecimal(d: Dialogue, n: number): string {
  d.texts.begin();
  d.texts.addWord('0x');
  for (let shift = 12; shift >= 0; shift -= 4) d.texts.add(HEX.charCodeAt((n >> shift) & 15));
  return d.texts.take();
}
