/** HTTP/1 and what is written like it: a line, and fields, one a line. */
import type { Sheet } from './layer.js';
import { bytesOf, lineEnd, nextLine, text } from './words.js';

/** Lines of a head that are shown. */
const MOST_LINES = 100;

/**
 * A request or a response (RFC 9112; SIP, RTSP and SSDP have the same form).
 *
 * @param word of the protocol, as it stands in its version: `HTTP`
 * @returns whether one begins here
 */
export function head(s: Sheet, word: string): boolean {
  const { b, at, limit } = s;
  const end = lineEnd(b, at, Math.min(limit, at + 8192));
  const first = text(b, at, end, 2000);
  const isResponse = first.startsWith(`${word}/`);
  const isRequest = new RegExp(`^[A-Z_-]{2,32} \\S+( ${word}/\\d.*)?$`).test(first);
  if (!isResponse && !(isRequest && (first.includes(` ${word}/`) || end === limit))) return false;
  s.detail = isResponse ? 'response' : 'request';
  s.summary = text(b, at, end, 200);
  s.field(isResponse ? 'status' : 'request', at, end - at, (b, o) => text(b, o, end));
  let p = nextLine(b, end, limit);
  for (let n = 0; p < limit && n < MOST_LINES; n++) {
    const to = lineEnd(b, p, limit);
    const next = nextLine(b, to, limit);
    if (to === p) {
      if (limit > next) s.field('body', next, limit - next, () => bytesOf(limit - next));
      return true;
    }
    const [line, from] = [text(b, p, to, 2000), p];
    const colon = line.indexOf(':');
    const name = colon > 0 && colon <= 64 ? line.slice(0, colon).toLowerCase() : 'line';
    s.field(name, from, to - from, () =>
      (name === 'line' ? line : line.slice(colon + 1).trim() || 'empty').slice(0, 300),
    );
    p = next;
  }
  s.upTo(limit);
  return true;
}

/** Lines of text, as commands and replies are. @returns whether it is text */
export function textLines(s: Sheet, most = 40): boolean {
  const { b, limit } = s;
  let p = s.at;
  for (let n = 0; p < limit && n < most; n++) {
    const to = lineEnd(b, p, Math.min(limit, p + 4096));
    if (to > p) s.field('line', p, to - p, (b, o) => text(b, o, to));
    const next = nextLine(b, to, limit);
    p = next > p ? next : limit;
  }
  s.summary = s.fields[0]?.value.slice(0, 200) ?? '';
  s.upTo(limit);
  return s.fields.length > 0;
}
