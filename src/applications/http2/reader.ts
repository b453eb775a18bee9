import { Outcome, Told } from '../../model/told.js';
import { u24, u32 } from '../../wire/bytes.js';
import { Users } from '../http/user.js';
import type { Question } from '../question.js';
import { type Dialogue, Read, type Reader, type State } from '../reader.js';
import { Fields } from './fields.js';
import { Hpack } from './hpack.js';
import { DynamicTable, LargeRooms } from './tables.js';

const FRAME_BYTES = 9;
/** Types of frames that are read (RFC 9113, 6). */
const Frame = { Data: 0, Headers: 1, Reset: 3, Settings: 4, Push: 5, Continuation: 9 } as const;
/** Flags. */
const END_STREAM = 1;
const ACK = 1;
const END_HEADERS = 4;
const PADDED = 8;
const PRIORITY = 0x20;
const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
/** Bytes of header fields that are read at once. */
const MOST_BLOCK = 16 * 1024;
/** Conversations with tables at once: those have their own memory. */
export const MOST_TABLES = 4096;

/** One direction. */
class Direction {
  /** Whether its first frame was seen. */
  isBegun = false;
  /** What it says of header fields refers to this. */
  readonly table: DynamicTable;

  constructor(large: LargeRooms) {
    this.table = new DynamicTable(large);
  }
}

class Http2State implements State {
  readonly directions: readonly [client: Direction, server: Direction] | undefined;

  /** @param large room for its tables where they grow; undefined where there is no memory for any */
  constructor(large: LargeRooms | undefined) {
    if (large !== undefined) this.directions = [new Direction(large), new Direction(large)];
  }

  reset(): void {
    for (const direction of this.directions ?? []) {
      direction.isBegun = false;
      direction.table.reset();
    }
  }
}

/**
 * HTTP/2 in clear (RFC 9113), where its beginning was seen. A request is a row, found by its stream. Header
 * fields refer to those that came before, so bytes that are missing end the reading, but for those of bodies.
 */
export class Http2Reader implements Reader {
  readonly most = [MOST_BLOCK, MOST_BLOCK] as const;
  private readonly hpack = new Hpack();
  private readonly fields = new Fields();
  private readonly users = new Users();
  /** A block whose fragments were put together, and its length. */
  private readonly block = new Uint8Array(MOST_BLOCK);
  private gathered = 0;
  private states = 0;
  private readonly large = new LargeRooms();

  newState(): State {
    return new Http2State(this.states++ < MOST_TABLES ? this.large : undefined);
  }

  stream(d: Dialogue, b: Uint8Array, o: number, end: number): number {
    const { directions } = d.state as Http2State;
    if (directions === undefined) {
      d.tell(Told.Partial, 'limit');
      return Read.Over;
    }
    const direction = directions[d.fromClient ? 0 : 1];
    if (direction.isBegun && d.isResumed) {
      d.tell(Told.Partial, 'gap');
      return Read.Over;
    }
    if (!direction.isBegun) {
      const preface = prefaceAt(b, o, end);
      if (preface === PREFACE.length) {
        d.sentByClient(true);
        return preface;
      }
      if (preface > 0 && o + preface === end && d.ending === '') return Read.More;
    }
    if (o + FRAME_BYTES > end) return d.ending === '' ? Read.More : Read.Over;
    const type = b[o + 3];
    if (!direction.isBegun && !isFirst(d, type, b[o + 4])) return d.malformed();
    direction.isBegun = true;
    return this.frame(d, direction, type, b, o, end);
  }

  private frame(
    d: Dialogue,
    direction: Direction,
    type: number,
    b: Uint8Array,
    o: number,
    end: number,
  ): number {
    const next = o + FRAME_BYTES + u24(b, o);
    const id = u32(b, o + 5) & 0x7fffffff;
    switch (type) {
      case Frame.Data:
        if (o + FRAME_BYTES === end && next > end && d.ending === '') return Read.More;
        this.data(d, id, b, o, end);
        return next - o;
      case Frame.Reset:
        this.stop(d, id);
        return next - o;
      case Frame.Headers:
      case Frame.Push:
        return this.headers(d, direction, type, id, b, o, end);
      default:
        return next - o;
    }
  }

  /** Header fields in one frame and its continuations (6.2, 6.6, 6.10). */
  private headers(
    d: Dialogue,
    direction: Direction,
    type: number,
    id: number,
    b: Uint8Array,
    o: number,
    end: number,
  ): number {
    const { hpack, fields } = this;
    const flags = b[o + 4];
    const next = o + FRAME_BYTES + u24(b, o);
    const isWhole = next <= end && (flags & END_HEADERS) !== 0;
    if (next > end && d.ending === '') return Read.More;
    const from = fragmentAt(b, o, type);
    const to = Math.min(next, end) - (next <= end ? paddingOf(b, o) : 0);
    if (from > to) return d.ending === '' ? d.malformed() : Read.Over;
    let taken = next - o;
    if (isWhole || next > end) hpack.begin(direction.table, b, from, to);
    else {
      taken = this.gather(b, o, from, to, end);
      if (taken === Read.More && d.ending === '') return Read.More;
      if (taken <= 0) return d.malformed();
      hpack.begin(direction.table, this.block, 0, this.gathered);
    }
    const isRead = fields.read(hpack, d.texts, this.users);
    if (type === Frame.Headers) {
      const isLast = (flags & END_STREAM) !== 0;
      if (d.fromClient) this.request(d, id);
      else this.response(d, id, isLast);
    }
    if (d.ending !== '') return Read.Over;
    if (isRead) return taken;
    if (!hpack.isTooLarge) return d.malformed();
    d.tell(Told.Partial, 'limit');
    return Read.Over;
  }

  /** Puts the fragments of a block together. @returns bytes of its frames; 0 for more, -1 if they are bad */
  private gather(b: Uint8Array, o: number, from: number, to: number, end: number): number {
    let n = 0;
    let fragment = from;
    let fragmentEnd = to;
    for (let p = o; ; ) {
      if (n + fragmentEnd - fragment > MOST_BLOCK) return -1;
      for (let i = fragment; i < fragmentEnd; i++) this.block[n++] = b[i];
      const isLast = (b[p + 4] & END_HEADERS) !== 0;
      p += FRAME_BYTES + u24(b, p);
      if (isLast) {
        this.gathered = n;
        return p - o;
      }
      if (p + FRAME_BYTES > end) return Read.More;
      if (b[p + 3] !== Frame.Continuation || u32(b, p + 5) !== u32(b, o + 5)) return -1;
      fragment = p + FRAME_BYTES;
      fragmentEnd = fragment + u24(b, p);
      if (fragmentEnd > end) return Read.More;
    }
  }

  /** A request's head, or its trailers. */
  private request(d: Dialogue, id: number): void {
    const asked = d.find(id);
    if (asked !== undefined) {
      d.askMore(asked);
      return;
    }
    const q = d.ask(id);
    q.requestBytes = 0;
    this.fields.addRequest(q);
  }

  /** A response's head, or its trailers. */
  private response(d: Dialogue, id: number, isLast: boolean): void {
    const { fields } = this;
    if (fields.statusNumber >= 100 && fields.statusNumber < 200) return;
    const asked = d.find(id);
    if (asked === undefined) {
      if (fields.status === '') return;
      const q = d.unasked();
      q.responseBytes = 0;
      fields.addResponse(q);
      q.outcome = Outcome.Unasked;
      return;
    }
    if (fields.status !== '' && fields.statusNumber !== 401) d.tell(Told.UserName, asked.userName);
    fields.addResponse(asked);
    if (asked.responseBytes < 0) asked.responseBytes = 0;
    if (isLast) d.answer(asked, asked.outcome);
    else goOn(d, asked);
  }

  private data(d: Dialogue, id: number, b: Uint8Array, o: number, end: number): void {
    const q = d.find(id);
    if (q === undefined) return;
    const isPadded = (b[o + 4] & PADDED) !== 0 && o + FRAME_BYTES < end;
    const bytes = Math.max(0, u24(b, o) - (isPadded ? 1 + paddingOf(b, o) : 0));
    if (d.fromClient) {
      d.askMore(q);
      q.requestBytes += bytes;
      return;
    }
    if (!q.begun) return;
    q.responseBytes += bytes;
    if ((b[o + 4] & END_STREAM) !== 0) d.answer(q, q.outcome);
    else goOn(d, q);
  }

  /** A stream ends before its time: what there is of the answer is all of it (6.4). */
  private stop(d: Dialogue, id: number): void {
    const q = d.find(id);
    if (q === undefined) return;
    if (q.begun || d.fromClient) d.giveUp(q);
    else d.answer(q, Outcome.ServerError);
  }
}

/** An answer goes on: should no more come, this is all of it. */
function goOn(d: Dialogue, q: Question): void {
  d.begin(q);
  q.answered = true;
  q.endedSec = d.sec;
  q.endedNsec = d.nsec;
}

/**
 * Whether this can be the first frame of its direction: it says how that is used (3.4). Some say before that
 * they have the other side's; after a loss it could as well be from the middle.
 */
function isFirst(d: Dialogue, type: number, flags: number): boolean {
  return type === Frame.Settings && ((flags & ACK) === 0 || !d.isResumed);
}

/** Bytes that are as in the client's preface (3.4). */
function prefaceAt(b: Uint8Array, o: number, end: number): number {
  let n = 0;
  while (n < PREFACE.length && o + n < end && b[o + n] === PREFACE.charCodeAt(n)) n++;
  return n;
}

/** Where header fields begin: behind the length of the padding, the priority or the promised stream. */
function fragmentAt(b: Uint8Array, o: number, type: number): number {
  const flags = b[o + 4];
  const before = type === Frame.Push ? 4 : (flags & PRIORITY) !== 0 ? 5 : 0;
  return o + FRAME_BYTES + ((flags & PADDED) !== 0 ? 1 : 0) + before;
}

/** Padding behind what a frame says; the byte that tells it is there, if the frame has any. */
function paddingOf(b: Uint8Array, o: number): number {
  return (b[o + 4] & PADDED) !== 0 && u24(b, o) > 0 ? b[o + FRAME_BYTES] : 0;
}
