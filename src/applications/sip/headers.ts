/** The headers of a SIP message that are read (RFC 3261 section 7.3), by offsets into its bytes. */

const CR = 0x0d;
const LF = 0x0a;
const SPACE = 0x20;
const TAB = 0x09;
const COLON = 0x3a;
/** Lines of a message that are looked at. */
const MOST_LINES = 128;

/** A header: where its value begins and ends; -1 where there is none. */
class Value {
  start = -1;
  end = -1;
}

/** Names, each with its compact form (section 7.3.3). */
const NAMES = [
  ['to', 't'],
  ['from', 'f'],
  ['call-id', 'i'],
  ['cseq', ''],
  ['user-agent', ''],
  ['authorization', ''],
  ['proxy-authorization', ''],
  ['content-length', 'l'],
] as const;

export class SipHeaders {
  readonly to = new Value();
  readonly from = new Value();
  readonly callId = new Value();
  readonly cseq = new Value();
  readonly userAgent = new Value();
  readonly authorization = new Value();
  readonly proxyAuthorization = new Value();
  readonly contentLength = new Value();
  /** Where the body begins; -1 if the headers go on behind the end. */
  body = -1;
  private readonly values = [
    this.to,
    this.from,
    this.callId,
    this.cseq,
    this.userAgent,
    this.authorization,
    this.proxyAuthorization,
    this.contentLength,
  ];

  /** Reads the lines behind the first one, which ends before `o`. The first header of a name counts. */
  read(b: Uint8Array, o: number, end: number): void {
    for (const value of this.values) value.start = value.end = -1;
    this.body = -1;
    let line = o;
    for (let n = 0; n < MOST_LINES && line < end; n++) {
      let stop = line;
      while (stop < end && b[stop] !== LF) stop++;
      const last = stop > line && b[stop - 1] === CR ? stop - 1 : stop;
      if (last === line) {
        if (stop < end) this.body = stop + 1;
        return;
      }
      if (stop < end) this.line(b, line, last);
      line = stop + 1;
    }
  }

  /** Bytes of the body, as the message says; -1 if it does not. */
  length(b: Uint8Array): number {
    const { start, end } = this.contentLength;
    if (start < 0 || end - start > 7) return -1;
    let n = 0;
    for (let i = start; i < end; i++) {
      if (b[i] < 0x30 || b[i] > 0x39) return -1;
      n = n * 10 + b[i] - 0x30;
    }
    return n;
  }

  private line(b: Uint8Array, o: number, end: number): void {
    let colon = o;
    while (colon < end && b[colon] !== COLON) colon++;
    let name = colon;
    while (name > o && (b[name - 1] === SPACE || b[name - 1] === TAB)) name--;
    for (let i = 0; i < NAMES.length; i++) {
      if (!isName(b, o, name, NAMES[i][0]) && !isName(b, o, name, NAMES[i][1])) continue;
      const value = this.values[i];
      if (value.start >= 0) return;
      let start = colon + 1;
      while (start < end && (b[start] === SPACE || b[start] === TAB)) start++;
      let stop = end;
      while (stop > start && (b[stop - 1] === SPACE || b[stop - 1] === TAB)) stop--;
      value.start = Math.min(start, end);
      value.end = Math.max(stop, value.start);
      return;
    }
  }
}

/** Whether bytes are a name, in any case. */
function isName(b: Uint8Array, o: number, end: number, name: string): boolean {
  if (name === '' || end - o !== name.length) return false;
  for (let i = 0; i < name.length; i++) {
    const c = b[o + i];
    if ((c >= 0x41 && c <= 0x5a ? c + 0x20 : c) !== name.charCodeAt(i)) return false;
  }
  return true;
}
