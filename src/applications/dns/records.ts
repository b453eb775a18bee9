/** What the records of a message say, as fields and attributes of a question. */
import { u16 } from '../../wire/bytes.js';
import { LONGEST_RESOURCE, type Texts } from '../engine/texts.js';
import type { Question } from '../question.js';
import type { Message } from './message.js';
import { addName } from './name.js';
import { Type } from './words.js';

/** Options of EDNS: RFC 7871 and RFC 8914. */
const CLIENT_SUBNET = 8;
const EXTENDED_ERROR = 15;
const COMMA = 0x2c;

/** Attributes of records that are read, besides addresses. */
const ATTRIBUTES: readonly (readonly [type: number, name: string])[] = [
  [Type.Cname, 'cname'],
  [Type.Mx, 'mx'],
  [Type.Txt, 'txt'],
  [Type.Ptr, 'ptr'],
  [Type.Srv, 'srv'],
  [Type.Https, 'https'],
  [Type.Svcb, 'svcb'],
];

/**
 * Takes over what the first `count` records say: addresses, the least time to live, and by type what they
 * name, several with commas between.
 *
 * @param between stands between the strings of a TXT record
 */
export function addRecords(
  q: Question,
  m: Message,
  texts: Texts,
  b: Uint8Array,
  start: number,
  count: number,
  between: string,
): void {
  let seen = 0;
  for (let i = 0; i < count; i++) {
    const type = m.typeOf(i);
    if (type === Type.Opt) continue;
    const ttl = m.ttl(b, i);
    if (i === 0 || ttl < q.ttl) q.ttl = ttl;
    const at = m.dataAt(i);
    const length = m.dataEnd(i) - at;
    if (type === Type.A && length === 4) q.address(b, at, 4);
    else if (type === Type.Aaaa && length === 16) q.address(b, at, 16);
    else seen |= 1 << bitOf(type);
  }
  for (let a = 0; seen >> a !== 0 && a < ATTRIBUTES.length; a++) {
    if ((seen & (1 << a)) === 0) continue;
    const [type, name] = ATTRIBUTES[a];
    texts.begin();
    for (let i = 0; i < count; i++) {
      if (m.typeOf(i) !== type) continue;
      if (texts.added > 0) texts.add(COMMA);
      addData(m, i, texts, b, start, between);
    }
    q.attribute(name, texts.take(LONGEST_RESOURCE));
  }
}

/** The place in ATTRIBUTES of a type; that behind the last for others. */
function bitOf(type: number): number {
  for (let a = 0; a < ATTRIBUTES.length; a++) if (ATTRIBUTES[a][0] === type) return a;
  return ATTRIBUTES.length;
}

function addData(m: Message, i: number, texts: Texts, b: Uint8Array, start: number, between: string): void {
  const at = m.dataAt(i);
  const end = m.dataEnd(i);
  switch (m.typeOf(i)) {
    case Type.Txt:
      addStrings(texts, b, at, end, between);
      return;
    case Type.Srv:
      // Priority, weight, port, target (RFC 2782).
      if (end - at < 7) return;
      addName(texts, b, start, at + 6, end);
      texts.add(0x3a);
      texts.addNumber(u16(b, at + 4));
      return;
    case Type.Mx:
    case Type.Https:
    case Type.Svcb:
      // Preference or priority, name (RFC 1035, 3.3.9; RFC 9460, 2.2).
      addName(texts, b, start, at + 2, end);
      return;
    default:
      addName(texts, b, start, at, end);
  }
}

/** Strings of a length byte each (RFC 1035, 3.3.14). */
function addStrings(texts: Texts, b: Uint8Array, at: number, end: number, between: string): void {
  for (let p = at; p < end; ) {
    const next = p + 1 + b[p];
    if (p > at) texts.addWord(between);
    texts.addBytes(b, p + 1, Math.min(next, end));
    p = next;
  }
}

/** Takes over what OPT says (RFC 6891, 6.1): size of datagrams, DNSSEC wanted, client's subnet, errors. */
export function addEdns(q: Question, m: Message, texts: Texts, b: Uint8Array): void {
  const { opt } = m;
  if (opt < 0) return;
  const at = m.dataAt(opt);
  const end = m.dataEnd(opt);
  texts.begin();
  texts.addNumber(u16(b, at - 8));
  q.attribute('edns_size', texts.take());
  if ((b[at - 4] & 0x80) !== 0) q.attribute('do', '1');
  for (let p = at; p + 4 <= end; ) {
    const code = u16(b, p);
    const value = p + 4;
    p = value + u16(b, p + 2);
    if (p > end) return;
    if (code === CLIENT_SUBNET) addSubnet(q, texts, b, value, p);
    else if (code === EXTENDED_ERROR && p - value >= 2) {
      texts.begin();
      texts.addNumber(u16(b, value));
      q.attribute('ede', texts.take());
    }
  }
}

/** Family, length of the prefix, length of the answer's prefix, as many bytes as the prefix has. */
function addSubnet(q: Question, texts: Texts, b: Uint8Array, at: number, end: number): void {
  if (end - at < 4) return;
  const family = u16(b, at);
  const bytes = end - at - 4;
  const most = family === 1 ? 4 : family === 2 ? 16 : 0;
  if (bytes > most || most === 0) return;
  texts.begin();
  if (family === 1)
    for (let i = 0; i < 4; i++) {
      if (i > 0) texts.add(0x2e);
      texts.addNumber(i < bytes ? b[at + 4 + i] : 0);
    }
  else addIpv6(texts, b, at + 4, bytes);
  texts.add(0x2f);
  texts.addNumber(b[at + 2]);
  q.attribute('ecs', texts.take());
}

/** The first `bytes` bytes of an IPv6 address, whose others are 0. */
function addIpv6(texts: Texts, b: Uint8Array, at: number, bytes: number): void {
  let groups = (bytes + 1) >> 1;
  while (groups > 0 && groupOf(b, at, bytes, groups - 1) === 0) groups--;
  for (let i = 0; i < groups; i++) {
    if (i > 0) texts.add(0x3a);
    texts.addWord(groupOf(b, at, bytes, i).toString(16));
  }
  if (groups < 7) texts.addWord('::');
  else if (groups === 7) texts.addWord(':0');
}

function groupOf(b: Uint8Array, at: number, bytes: number, i: number): number {
  return (b[at + 2 * i] << 8) | (2 * i + 1 < bytes ? b[at + 2 * i + 1] : 0);
}
