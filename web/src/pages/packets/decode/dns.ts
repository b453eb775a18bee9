/** DNS, mDNS and LLMNR (RFC 1035, 4), field by field. */
import { knownRcode, knownType } from '../../../../../src/applications/dns/numbers.js';
import { u16, u32 } from '../../../../../src/wire/bytes.js';
import type { Sheet } from './layer.js';
import { bytesOf, count, flags, hex16, hexBytes, ipv4, ipv6, text, word } from './words.js';

/** Questions and records that are shown. */
const MOST_RECORDS = 64;
const HEADER = 12;

const typeWord = (type: number): string => knownType(type) ?? `TYPE${type}`;

/** A name, and how many bytes it takes where it stands; undefined where it is none, or goes on. */
function nameAt(
  b: Uint8Array,
  start: number,
  at: number,
  end: number,
): { readonly name: string; readonly length: number } | undefined {
  const labels: string[] = [];
  let [p, taken, least, bytes] = [at, -1, at, 0];
  for (;;) {
    if (p >= end) return undefined;
    const length = b[p]!;
    if (length === 0) {
      return { name: labels.length === 0 ? '.' : labels.join('.'), length: taken < 0 ? p + 1 - at : taken };
    }
    if (length >= 0xc0) {
      if (p + 2 > end) return undefined;
      if (taken < 0) taken = p + 2 - at;
      const to = start + (u16(b, p) & 0x3fff);
      // Pointers lead backwards, or round and round.
      if (to >= least || to < start) return undefined;
      p = least = to;
      continue;
    }
    bytes += length + 1;
    if (length > 63 || bytes > 255 || p + 1 + length > end) return undefined;
    labels.push(text(b, p + 1, p + 1 + length, 63));
    p += 1 + length;
  }
}

/** @param tcp behind a length of two bytes @returns whether a message begins here */
export function dns(s: Sheet, tcp: boolean): boolean {
  const { b, limit } = s;
  if (tcp && !s.field('length', s.at, 2, word)) return false;
  const start = tcp ? s.at + 2 : s.at;
  if (!s.has(start, HEADER)) return false;
  const bits = u16(b, start + 2);
  const isResponse = (bits & 0x8000) !== 0;
  const rcode = knownRcode(bits & 15) ?? `RCODE${bits & 15}`;
  s.field('id', start, 2, hex16);
  s.field('flags', start + 2, 2, () => {
    const set = flags(bits, [
      [0x0400, 'authoritative'],
      [0x0200, 'truncated'],
      [0x0100, 'recursion desired'],
      [0x0080, 'recursion available'],
      [0x0020, 'authenticated'],
      [0x0010, 'checking disabled'],
    ]);
    return `${isResponse ? `response, ${rcode}` : 'query'}, opcode ${(bits >> 11) & 15}; ${set}`;
  });
  const counts = [4, 6, 8, 10].map((at) => u16(b, start + at));
  for (const [i, name] of ['questions', 'answers', 'authorities', 'additional'].entries())
    s.field(name, start + 4 + 2 * i, 2, word);
  s.detail = isResponse ? `response, ${rcode}` : 'query';
  let p = start + HEADER;
  let asked = '';
  for (let i = 0; i < counts[0]! && i < MOST_RECORDS; i++) {
    const name = nameAt(b, start, p, limit);
    if (name === undefined || p + name.length + 4 > limit) return finish(s, asked, [], isResponse, rcode);
    const at = p + name.length;
    const said = `${typeWord(u16(b, at))} ${name.name}`;
    if (i === 0) asked = said;
    s.field('question', p, name.length + 4, () => said);
    p = at + 4;
  }
  const answers: string[] = [];
  const sections = ['answer', 'authority', 'additional'];
  for (const [section, label] of sections.entries())
    for (let i = 0; i < counts[section + 1]!; i++) {
      const record = recordAt(b, start, p, limit);
      if (record === undefined || s.fields.length > MOST_RECORDS)
        return finish(s, asked, answers, isResponse, rcode);
      if (section === 0) answers.push(record.data);
      s.field(label, p, record.length, () => record.words);
      p += record.length;
    }
  return finish(s, asked, answers, isResponse, rcode);
}

function finish(s: Sheet, asked: string, answers: string[], isResponse: boolean, rcode: string): true {
  const said = answers.slice(0, 3).join(', ');
  s.summary = !isResponse
    ? asked
    : `${asked}${asked === '' ? '' : ' → '}${rcode === 'NOERROR' ? said || 'nothing' : rcode}`;
  s.upTo(s.limit);
  return true;
}

function recordAt(
  b: Uint8Array,
  start: number,
  at: number,
  end: number,
): { readonly words: string; readonly data: string; readonly length: number } | undefined {
  const name = nameAt(b, start, at, end);
  if (name === undefined || at + name.length + 10 > end) return undefined;
  const fixed = at + name.length;
  const [type, dataAt, length] = [u16(b, fixed), fixed + 10, u16(b, fixed + 8)];
  if (dataAt + length > end) return undefined;
  const data = dataWords(b, start, type, dataAt, dataAt + length);
  const words =
    type === 41
      ? `OPT, ${count(u16(b, fixed + 2))} bytes, ${data}`
      : `${typeWord(type)} ${name.name} ${data}, ${count(u32(b, fixed + 4))} s`;
  return { words, data, length: name.length + 10 + length };
}

function dataWords(b: Uint8Array, start: number, type: number, at: number, end: number): string {
  const name = (o: number): string => nameAt(b, start, o, end)?.name ?? '…';
  const length = end - at;
  if (type === 1 && length === 4) return ipv4(b, at);
  if (type === 28 && length === 16) return ipv6(b, at);
  if (type === 2 || type === 5 || type === 12 || type === 39) return name(at);
  if (type === 15 && length > 2) return `${u16(b, at)} ${name(at + 2)}`;
  if (type === 33 && length > 6) return `${u16(b, at)} ${u16(b, at + 2)} ${name(at + 6)}:${u16(b, at + 4)}`;
  if (type === 6) return name(at);
  if (type === 16) {
    const texts: string[] = [];
    for (let p = at; p < end; p += 1 + b[p]!) texts.push(text(b, p + 1, Math.min(end, p + 1 + b[p]!), 100));
    return texts.join(' ').slice(0, 200);
  }
  if (type === 41) return length === 0 ? 'no options' : bytesOf(length);
  return length === 0 ? 'nothing' : hexBytes(b, at, end);
}
