import { Outcome } from '../../model/told.js';
import { LONGEST_RESOURCE, type Texts } from '../engine/texts.js';
import { hostOf, pathEnd, portOf, urlOf } from '../http/url.js';
import type { Users } from '../http/user.js';
import type { Question } from '../question.js';
import type { Hpack } from './hpack.js';

const NAMES = [
  ':method',
  ':authority',
  ':path',
  ':status',
  'host',
  'user-agent',
  'referer',
  'x-forwarded-for',
  'authorization',
  'content-type',
  'location',
  'server',
  'grpc-status',
] as const;

const COMMA = 0x2c;
const SEMICOLON = 0x3b;
/** Codes of gRPC that are the server's fault: UNKNOWN, DEADLINE_EXCEEDED, UNIMPLEMENTED to DATA_LOSS. */
const GRPC_SERVER_ERRORS = [2, 4, 12, 13, 14, 15];

/** What a block of header fields says (RFC 9113, 8.3). The object is reused. */
export class Fields {
  method = '';
  host = '';
  /** The port that the host is said with, 0: none. */
  private hostPort = 0;
  path = '';
  /** '' where there is none, as in trailers; and its number. */
  status = '';
  statusNumber = 0;
  user = '';
  private userAgent = '';
  private referer = '';
  private forwardedFor = '';
  private contentType = '';
  private location = '';
  private server = '';
  private grpcStatus = '';

  /** Reads the block that `from` is at the beginning of. @returns false if it is broken */
  read(from: Hpack, texts: Texts, users: Users): boolean {
    this.method = this.host = this.path = this.status = this.user = this.userAgent = '';
    this.referer = this.forwardedFor = this.contentType = this.location = this.server = this.grpcStatus = '';
    this.statusNumber = this.hostPort = 0;
    while (from.next()) this.field(from, texts, users);
    return !from.isBroken;
  }

  addRequest(q: Question): void {
    q.method = this.method;
    q.name = this.host;
    q.hostPort = this.hostPort;
    q.resource = this.path;
    q.userName = this.user;
    if (this.userAgent !== '') q.attribute('user_agent', this.userAgent);
    if (this.referer !== '') q.attribute('referer', this.referer);
    if (this.forwardedFor !== '') q.attribute('x_forwarded_for', this.forwardedFor);
  }

  /** Of the answer's head, or its trailers, which may have the status of gRPC. */
  addResponse(q: Question): void {
    if (this.status !== '') {
      q.status = this.status;
      q.outcome = outcomeOf(this.statusNumber);
    }
    if (this.contentType !== '') q.attribute('content_type', this.contentType);
    if (this.location !== '') q.attribute('location', this.location);
    if (this.server !== '') q.attribute('server', this.server);
    if (this.grpcStatus === '') return;
    q.attribute('grpc_status', this.grpcStatus);
    if (q.outcome === Outcome.Ok && this.grpcStatus !== '0')
      q.outcome = GRPC_SERVER_ERRORS.includes(Number(this.grpcStatus))
        ? Outcome.ServerError
        : Outcome.ClientError;
  }

  private field(f: Hpack, texts: Texts, users: Users): void {
    const { valueBytes: b, valueAt: at, valueEnd: end } = f;
    switch (nameOf(f)) {
      case ':method':
        this.method = texts.ascii(b, at, end);
        return;
      case ':authority':
        this.host = hostOf(texts, b, at, end);
        this.hostPort = portOf(b, at, end);
        return;
      case 'host':
        if (this.host !== '') return;
        this.host = hostOf(texts, b, at, end);
        this.hostPort = portOf(b, at, end);
        return;
      case ':path':
        this.path = texts.ascii(b, at, pathEnd(b, at, end), LONGEST_RESOURCE);
        return;
      case ':status':
        this.readStatus(texts, b, at, end);
        return;
      case 'user-agent':
        this.userAgent = texts.ascii(b, at, end);
        return;
      case 'referer':
        this.referer = urlOf(texts, b, at, end);
        return;
      case 'x-forwarded-for':
        this.forwardedFor = texts.ascii(b, at, before(b, at, end, COMMA));
        return;
      case 'authorization':
        this.user = users.of(texts, b, at, end);
        return;
      case 'content-type':
        this.contentType = texts.lower(b, at, before(b, at, end, SEMICOLON));
        return;
      case 'location':
        this.location = urlOf(texts, b, at, end);
        return;
      case 'server':
        this.server = texts.ascii(b, at, end);
        return;
      case 'grpc-status':
        this.grpcStatus = texts.ascii(b, at, end);
    }
  }

  private readStatus(texts: Texts, b: Uint8Array, at: number, end: number): void {
    if (end - at !== 3) return;
    let n = 0;
    for (let i = at; i < end; i++) {
      if (b[i] < 0x30 || b[i] > 0x39) return;
      n = n * 10 + b[i] - 0x30;
    }
    this.status = texts.ascii(b, at, end);
    this.statusNumber = n;
  }
}

/** The name of the field at hand, if it is one that is read. */
function nameOf(f: Hpack): (typeof NAMES)[number] | undefined {
  const length = f.nameEnd - f.nameAt;
  for (const name of NAMES) if (name.length === length && isName(f, name)) return name;
  return undefined;
}

function isName(f: Hpack, name: string): boolean {
  const { nameBytes, nameAt } = f;
  for (let i = 0; i < name.length; i++) if (nameBytes[nameAt + i] !== name.charCodeAt(i)) return false;
  return true;
}

/** Where a value's first part ends, before a character and spaces. */
function before(b: Uint8Array, at: number, end: number, character: number): number {
  let q = at;
  while (q < end && b[q] !== character) q++;
  while (q > at && b[q - 1] === 0x20) q--;
  return q;
}

function outcomeOf(status: number): Outcome {
  if (status < 400) return Outcome.Ok;
  return status < 500 ? Outcome.ClientError : Outcome.ServerError;
}
