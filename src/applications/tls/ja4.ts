/**
 * JA4, the fingerprint of a TLS client (https://github.com/FoxIO-LLC/ja4, technical_details/JA4.md). Only JA4
 * itself is made here: the others of its family have another license.
 *
 * JA4 is under the BSD 3-Clause License:
 *
 * Copyright (c) 2023, FoxIO
 *
 * Redistribution and use in source and binary forms, with or without modification, are permitted provided
 * that the following conditions are met:
 *
 * 1. Redistributions of source code must retain the above copyright notice, this list of conditions and the
 *    following disclaimer.
 * 2. Redistributions in binary form must reproduce the above copyright notice, this list of conditions and
 *    the following disclaimer in the documentation and/or other materials provided with the distribution.
 * 3. Neither the name of the copyright holder nor the names of its contributors may be used to endorse or
 *    promote products derived from this software without specific prior written permission.
 *
 * THIS SOFTWARE IS PROVIDED BY THE COPYRIGHT HOLDERS AND CONTRIBUTORS "AS IS" AND ANY EXPRESS OR IMPLIED
 * WARRANTIES, INCLUDING, BUT NOT LIMITED TO, THE IMPLIED WARRANTIES OF MERCHANTABILITY AND FITNESS FOR A
 * PARTICULAR PURPOSE ARE DISCLAIMED. IN NO EVENT SHALL THE COPYRIGHT HOLDER OR CONTRIBUTORS BE LIABLE FOR ANY
 * DIRECT, INDIRECT, INCIDENTAL, SPECIAL, EXEMPLARY, OR CONSEQUENTIAL DAMAGES (INCLUDING, BUT NOT LIMITED TO,
 * PROCUREMENT OF SUBSTITUTE GOODS OR SERVICES; LOSS OF USE, DATA, OR PROFITS; OR BUSINESS INTERRUPTION)
 * HOWEVER CAUSED AND ON ANY THEORY OF LIABILITY, WHETHER IN CONTRACT, STRICT LIABILITY, OR TORT (INCLUDING
 * NEGLIGENCE OR OTHERWISE) ARISING IN ANY WAY OUT OF THE USE OF THIS SOFTWARE, EVEN IF ADVISED OF THE
 * POSSIBILITY OF SUCH DAMAGE.
 */
import type { Dialogue } from '../engine/dialogue.js';
import { ListHash } from './list-hash.js';
import { MOST_LISTED, type Offer } from './offer.js';
import { versionOfJa4 } from './versions.js';

/** What carries the hello: TLS over TCP, QUIC, DTLS. */
export type Transport = 't' | 'q' | 'd';

/** What the fingerprint is made of: see ClientHello. */
export interface Hello {
  readonly bytes: Uint8Array;
  readonly isWhole: boolean;
  readonly version: number;
  readonly hasServerName: boolean;
  readonly offer: Offer;
  readonly alpnAt: number;
  readonly alpnEnd: number;
}

const SERVER_NAME = 0;
const ALPN = 16;
/** The hash of an empty list. */
const NOTHING = '000000000000';
const HEX = '0123456789abcdef';

/** Makes JA4 of hellos. */
export class Ja4 {
  private readonly list = new ListHash();
  private readonly types = new Uint16Array(MOST_LISTED);

  /** The fingerprint, a text of `d`; '' where not all that it needs was read. */
  of(d: Dialogue, hello: Hello, transport: Transport): string {
    const { offer } = hello;
    if (!hello.isWhole || !offer.isWhole) return '';
    const b = this.ofCiphers(offer);
    const c = this.ofExtensions(offer);
    const { texts } = d;
    texts.begin();
    texts.addWord(transport);
    texts.addWord(versionOfJa4(hello.version));
    texts.addWord(hello.hasServerName ? 'd' : 'i');
    addCount(d, offer.ciphers);
    addCount(d, offer.extensions);
    addAlpn(d, hello);
    texts.addWord('_');
    texts.addWord(b);
    texts.addWord('_');
    texts.addWord(c);
    return texts.take();
  }

  private ofCiphers(offer: Offer): string {
    const { list } = this;
    list.begin();
    for (let i = 0; i < offer.ciphers; i++) list.add(offer.cipher(i));
    list.sort();
    return list.added === 0 ? NOTHING : list.hash(offer.ciphers);
  }

  private ofExtensions(offer: Offer): string {
    const { list, types } = this;
    const count = offer.writeTypes(types);
    list.begin();
    for (let i = 0; i < count; i++) if (types[i] !== SERVER_NAME && types[i] !== ALPN) list.add(types[i]);
    const first = list.added;
    if (first === 0) return NOTHING;
    for (let i = 0; i < offer.algorithms; i++) list.add(offer.algorithm(i));
    return list.hash(first);
  }
}

function addCount(d: Dialogue, count: number): void {
  const shown = Math.min(count, 99);
  d.texts.add(0x30 + Math.floor(shown / 10));
  d.texts.add(0x30 + (shown % 10));
}

/** First and last character of the first ALPN; digits of its hexadecimal form if one of them is none. */
function addAlpn(d: Dialogue, hello: Hello): void {
  const { texts } = d;
  const { bytes, alpnAt, alpnEnd } = hello;
  const last = alpnAt < alpnEnd ? alpnAt + bytes[alpnAt] : 0;
  if (last <= alpnAt || last >= alpnEnd) {
    texts.addWord('00');
    return;
  }
  const a = bytes[alpnAt + 1];
  const z = bytes[last];
  const shown = isAlphanumeric(a) && isAlphanumeric(z);
  texts.add(shown ? a : HEX.charCodeAt(a >> 4));
  texts.add(shown ? z : HEX.charCodeAt(z & 15));
}

function isAlphanumeric(c: number): boolean {
  return (c >= 0x30 && c <= 0x39) || (c >= 0x41 && c <= 0x5a) || (c >= 0x61 && c <= 0x7a);
}
