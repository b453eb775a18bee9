/** What the fields of a head say, as fields and attributes of a question. */
import { LONGEST_RESOURCE, type Texts } from '../engine/texts.js';
import type { Question } from '../question.js';
import type { Head } from './head.js';
import { Field, isWord } from './names.js';
import { authorityAt, authorityEnd, hostOf, pathEnd, portOf, urlOf } from './url.js';
import type { Users } from './user.js';

const COMMA = 0x2c;
const SEMICOLON = 0x3b;
/** Content-Length has no more digits than numbers are exact with. */
const MOST_DIGITS = 15;
/** The words of status codes: three digits. */
const STATUSES = Array.from({ length: 1000 }, (_, status) => String(status));

/** Whether the method is this one, in lower case. */
export function isMethod(b: Uint8Array, head: Head, word: string): boolean {
  return head.methodEnd - head.methodAt === word.length && isWord(b, head.methodAt, word);
}

/** Method, host and path: the target has the host where it is absolute, or of CONNECT (RFC 9112, 3.2). */
export function addTarget(q: Question, head: Head, texts: Texts, b: Uint8Array, isConnect: boolean): void {
  const { targetAt, targetEnd } = head;
  q.method = texts.ascii(b, head.methodAt, head.methodEnd);
  if (isConnect) {
    q.name = hostOf(texts, b, targetAt, targetEnd);
    return;
  }
  const authority = authorityAt(b, targetAt, targetEnd);
  let path = targetAt;
  if (authority >= 0) {
    path = authorityEnd(b, authority, targetEnd);
    q.name = hostOf(texts, b, authority, path);
  } else {
    // A proxy would be asked for a URL: this is the server's own name.
    q.name = hostOf(texts, b, head.valueAt(Field.Host), head.valueEnd(Field.Host));
    q.hostPort = portOf(b, head.valueAt(Field.Host), head.valueEnd(Field.Host));
  }
  const resource = texts.ascii(b, path, pathEnd(b, path, targetEnd), LONGEST_RESOURCE);
  q.resource = resource === '' && authority >= 0 ? '/' : resource;
}

/** What a request says of who asks. */
export function addRequest(q: Question, head: Head, texts: Texts, b: Uint8Array, users: Users): void {
  if (head.has(Field.UserAgent)) q.attribute('user_agent', head.value(texts, b, Field.UserAgent));
  if (head.has(Field.Referer)) q.attribute('referer', url(head, texts, b, Field.Referer));
  if (head.has(Field.XForwardedFor)) {
    const at = head.valueAt(Field.XForwardedFor);
    q.attribute('x_forwarded_for', texts.ascii(b, at, partEnd(head, b, Field.XForwardedFor, COMMA)));
  }
  if (head.has(Field.Authorization)) q.userName = user(head, texts, b, Field.Authorization, users);
  if (q.userName === '' && head.has(Field.ProxyAuthorization))
    q.userName = user(head, texts, b, Field.ProxyAuthorization, users);
  if (q.userName !== '' && users.workstation !== '') q.attribute('workstation', users.workstation);
}

export function addResponse(q: Question, head: Head, texts: Texts, b: Uint8Array): void {
  q.status = STATUSES[head.status];
  if (head.has(Field.ContentType)) {
    const at = head.valueAt(Field.ContentType);
    q.attribute('content_type', texts.lower(b, at, partEnd(head, b, Field.ContentType, SEMICOLON)));
  }
  if (head.has(Field.Location)) q.attribute('location', url(head, texts, b, Field.Location));
  if (head.has(Field.Server)) q.attribute('server', head.value(texts, b, Field.Server));
}

/** Whether a field's value is a word in lower case. */
export function isValue(head: Head, b: Uint8Array, field: Field, word: string): boolean {
  const at = head.valueAt(field);
  return head.valueEnd(field) - at === word.length && isWord(b, at, word);
}

/** Whether `chunked` is the last of the codings (RFC 9112, 6.1). */
export function isChunked(head: Head, b: Uint8Array): boolean {
  const end = head.valueEnd(Field.TransferEncoding);
  return end - head.valueAt(Field.TransferEncoding) >= 7 && isWord(b, end - 7, 'chunked');
}

/** Content-Length; -1 where it is not said or is no number, and where another coding decides. */
export function contentLength(head: Head, b: Uint8Array): number {
  if (!head.has(Field.ContentLength) || head.has(Field.TransferEncoding)) return -1;
  const at = head.valueAt(Field.ContentLength);
  const end = head.valueEnd(Field.ContentLength);
  if (at === end || end - at > MOST_DIGITS) return -1;
  let length = 0;
  for (let i = at; i < end; i++) {
    if (b[i] < 0x30 || b[i] > 0x39) return -1;
    length = length * 10 + b[i] - 0x30;
  }
  return length;
}

function url(head: Head, texts: Texts, b: Uint8Array, field: Field): string {
  return urlOf(texts, b, head.valueAt(field), head.valueEnd(field));
}

function user(head: Head, texts: Texts, b: Uint8Array, field: Field, users: Users): string {
  return users.of(texts, b, head.valueAt(field), head.valueEnd(field));
}

/** Where a value's first part ends, before a character and white space. */
function partEnd(head: Head, b: Uint8Array, field: Field, character: number): number {
  const at = head.valueAt(field);
  const end = head.valueEnd(field);
  let q = at;
  while (q < end && b[q] !== character) q++;
  while (q > at && b[q - 1] <= 0x20) q--;
  return q;
}
