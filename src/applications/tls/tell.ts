import { Told, ToldFlag } from '../../model/told.js';
import type { Dialogue } from '../engine/dialogue.js';
import { cipherName } from './ciphers.js';
import type { ClientHello } from './hello.js';
import type { Transport } from './ja4.js';
import type { ServerHello } from './server-hello.js';
import { alertWord, versionWord } from './versions.js';

const HEX = '0123456789abcdef';

/**
 * Says what a client's hello tells of a conversation, as far as it is there: right after it was read.
 *
 * @returns the server's name
 */
export function tellClientHello(d: Dialogue, hello: ClientHello, transport: Transport): string {
  const { words } = hello;
  const serverName = d.texts.lower(hello.bytes, hello.nameAt, hello.nameEnd);
  words.read(d, hello, transport);
  d.tell(Told.ServerName, serverName);
  d.tell(Told.Alpn, words.alpn);
  d.tell(Told.Ja4, words.ja4);
  if (hello.hasEch) d.tellFlag(ToldFlag.TlsEch);
  return serverName;
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

function hexadecimal(d: Dialogue, n: number): string {
  d.texts.begin();
  d.texts.addWord('0x');
  for (let shift = 12; shift >= 0; shift -= 4) d.texts.add(HEX.charCodeAt((n >> shift) & 15));
  return d.texts.take();
}
