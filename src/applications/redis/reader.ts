/** Redis and its like: commands, answers in their order, messages of channels between them. */
import { Outcome, Told } from '../../model/told.js';
import { answerEarly, askInOrder, due, giveUpOlder } from '../in-order.js';
import type { Question } from '../question.js';
import { type Dialogue, Read, type Reader } from '../reader.js';
import { argumentsOf, newKeys } from './commands.js';
import { Resp, Type } from './resp.js';
import { RedisState } from './state.js';

const LONGEST_WORD = 32;
/** No command has more arguments. */
const MOST_ARGUMENTS = 1024 * 1024;

/** What is special about a question, in its note. */
const Note = { None: 0, Login: 1, Hello: 2, Stream: 3, Reset: 4 } as const;

export class RedisReader implements Reader {
  readonly inTurns = true;
  /** Pipelines are long. */
  readonly mostOpen = 256;
  private readonly resp = new Resp();
  private readonly keys = newKeys();

  newState(): RedisState {
    return new RedisState();
  }

  stream(d: Dialogue, b: Uint8Array, o: number, end: number): number {
    const s = d.state as RedisState;
    if (d.isResumed) {
      if (d.fromClient) s.clientLeft = 0;
      else {
        giveUpOlder(d);
        s.serverLeft = 0;
        s.answers = due(d)?.id ?? s.commands;
      }
    }
    return d.fromClient ? this.client(d, s, b, o, end) : this.server(d, s, b, o, end);
  }

  private client(d: Dialogue, s: RedisState, b: Uint8Array, o: number, end: number): number {
    const { resp } = this;
    const more = d.ending === '' ? Read.More : Read.Turn;
    if (s.clientLeft > 0) {
      const last = d.open.at(-1);
      if (last !== undefined) d.askMore(last);
      return this.rest(s, b, o, o, end, more);
    }
    if (b[o] !== Type.Array) return this.inline(d, s, b, o, end);
    if (!resp.line(b, o, end)) return more;
    const count = resp.number;
    if (count < -1 || count > MOST_ARGUMENTS) return Read.Turn;
    if (count < 1) return resp.next - o;
    const from = resp.next;
    resp.texts(b, from, end, 1);
    const method = resp.items > 0 ? d.texts.upper(b, resp.from[0], resp.to[0], LONGEST_WORD) : '';
    const wanted = Math.min(count, 1 + argumentsOf(method, this.keyOf(method)));
    const p = resp.texts(b, from, end, wanted);
    if (resp.items < wanted && d.ending === '') return Read.More;
    if (resp.items === 0) return Read.Turn;
    this.command(d, s, b, method);
    s.clientLeft = count - resp.items;
    return this.rest(s, b, o, p, end, p - o);
  }

  /** Passes over the arguments of a command that are not looked at. */
  private rest(s: RedisState, b: Uint8Array, o: number, from: number, end: number, none: number): number {
    const p = this.resp.skip(b, from, end, s.clientLeft);
    s.clientLeft = this.resp.left;
    if (p < 0) return Read.Turn;
    return p > o ? p - o : none;
  }

  /** A line, as people type it. Others than known commands are bytes from the middle of something. */
  private inline(d: Dialogue, s: RedisState, b: Uint8Array, o: number, end: number): number {
    const { resp } = this;
    const isWhole = resp.line(b, o, end);
    if (!isWhole && d.ending === '') return Read.More;
    const stop = isWhole ? resp.next : end;
    resp.words(b, o, stop);
    if (resp.items > 0) {
      const method = d.texts.upper(b, resp.from[0], resp.to[0], LONGEST_WORD);
      if (!this.keys.has(method)) return Read.Turn;
      this.command(d, s, b, method);
    }
    return stop - o;
  }

  private keyOf(method: string): number {
    // Commands of modules have a dot, and their key before all else.
    return this.keys.get(method) ?? (method.includes('.') ? 1 : 0);
  }

  /** A command whose arguments are the items of `resp`. */
  private command(d: Dialogue, s: RedisState, b: Uint8Array, method: string): void {
    const { resp } = this;
    if (!s.isSure) d.sentByClient(true);
    s.isSure = true;
    const q = this.question(d, s, b, method === 'CLIENT' && resp.is(b, 1, 'REPLY'));
    q.method = method;
    const key = this.keyOf(method);
    switch (method) {
      case 'AUTH':
        q.note = Note.Login;
        if (resp.items > 2) q.userName = this.item(d, b, 1);
        break;
      case 'HELLO':
        q.note = Note.Hello;
        if (resp.is(b, 2, 'AUTH')) q.userName = this.item(d, b, 3);
        break;
      case 'CLIENT':
        if (resp.is(b, 1, 'SETINFO') && resp.is(b, 2, 'LIB-NAME'))
          d.tell(Told.ClientSoftware, this.item(d, b, 3));
        break;
      case 'MONITOR':
      case 'SYNC':
      case 'PSYNC':
        q.note = Note.Stream;
        break;
      case 'RESET':
        q.note = Note.Reset;
        break;
      case 'SUBSCRIBE':
      case 'PSUBSCRIBE':
      case 'SSUBSCRIBE':
        s.isSubscribed = true;
        break;
      case 'XREAD':
      case 'XREADGROUP':
        for (let i = 1; i < resp.items && q.resource === ''; i++)
          if (resp.is(b, i, 'STREAMS')) q.resource = this.item(d, b, i + 1);
        break;
    }
    // A script without keys has values in their place.
    const hasNoKey = key === 3 && resp.is(b, 2, '0');
    if (key > 0 && !hasNoKey) q.resource = this.item(d, b, key);
  }

  /** @param isReply whether it says what is to be answered */
  private question(d: Dialogue, s: RedisState, b: Uint8Array, isReply: boolean): Question {
    const { resp } = this;
    const isOn = isReply && resp.is(b, 2, 'ON');
    const isOff = isReply && resp.is(b, 2, 'OFF');
    const isSkip = isReply && resp.is(b, 2, 'SKIP');
    const isSilent = !isOn && (s.isSilent || s.isNextSilent || isOff || isSkip);
    s.isSilent = isOff || (s.isSilent && !isOn);
    s.isNextSilent = isSkip && !s.isSilent;
    if (isSilent) return d.row();
    if (d.open.length === 0) s.answers = s.commands;
    const q = askInOrder(d, s.commands);
    if (!q.answered) s.commands++;
    return q;
  }

  private item(d: Dialogue, b: Uint8Array, i: number): string {
    return i < this.resp.items ? d.texts.utf8(b, this.resp.from[i], this.resp.to[i]) : '';
  }

  private server(d: Dialogue, s: RedisState, b: Uint8Array, o: number, end: number): number {
    const { resp } = this;
    const more = d.ending === '' ? Read.More : Read.Turn;
    const isNew = s.serverLeft === 0;
    if (isNew) {
      if (!resp.line(b, o, end)) return more;
      const isChannel = b[o] === Type.Push || (b[o] === Type.Array && s.isSubscribed);
      if (isChannel) {
        resp.texts(b, resp.next, end, 1);
        if (resp.items === 0 && resp.next === end && resp.number > 0 && d.ending === '') return Read.More;
      }
      s.isPush = isChannel && this.isPush(d, b, b[o] === Type.Push);
      s.isError = b[o] === Type.Error || b[o] === Type.BulkError;
    }
    // Of many commands in advance, the first ones may have been given up: their answers are passed over.
    const isUnasked = s.answers >= s.commands;
    const q = s.isPush ? undefined : d.find(s.answers);
    const p = resp.skip(b, o, end, isNew ? 1 : s.serverLeft);
    if (p < 0) {
      s.serverLeft = 0;
      return Read.Turn;
    }
    if (p === o) return more;
    s.serverLeft = resp.left;
    if (s.serverLeft === 0 && !s.isPush && !isUnasked) s.answers++;
    if (q !== undefined) this.answer(d, s, q, b, o, end, isNew);
    else if (isNew && !s.isPush && isUnasked) {
      const unasked = answerEarly(d);
      if (s.isError) unasked.status = errorOf(d, b, o, end);
    }
    return p - o;
  }

  private answer(
    d: Dialogue,
    s: RedisState,
    q: Question,
    b: Uint8Array,
    o: number,
    end: number,
    isNew: boolean,
  ): void {
    d.begin(q);
    if (isNew) {
      q.outcome = s.isError ? Outcome.ClientError : Outcome.Ok;
      if (s.isError) q.status = errorOf(d, b, o, end);
      else if (q.note === Note.Hello) this.hello(d, b, o, end);
    }
    if (s.serverLeft > 0) return;
    if (!s.isError) {
      if (q.userName !== '') d.tell(Told.UserName, q.userName);
      if (q.note === Note.Reset) s.isSubscribed = false;
      if (q.note === Note.Stream) d.over();
    }
    d.answer(q, s.isError ? Outcome.ClientError : Outcome.Ok);
  }

  /** Whether an array is nobody's answer: a message, or one more channel of a subscription. */
  private isPush(d: Dialogue, b: Uint8Array, isPushType: boolean): boolean {
    const { resp } = this;
    if (resp.is(b, 0, 'MESSAGE') || resp.is(b, 0, 'PMESSAGE') || resp.is(b, 0, 'SMESSAGE')) return true;
    if (d.oldest !== undefined && resp.is(b, 0, d.oldest.method)) return false;
    const length = resp.items === 0 ? 0 : resp.to[0] - resp.from[0];
    // …subscribe, …unsubscribe
    return isPushType || (length >= 9 && b[resp.to[0] - 1] === 0x65 && b[resp.to[0] - 2] === 0x62);
  }

  /** The version in the answer to HELLO: server, its name, version, its number. */
  private hello(d: Dialogue, b: Uint8Array, o: number, end: number): void {
    const { resp } = this;
    if (!resp.line(b, o, end)) return;
    resp.texts(b, resp.next, end, 4);
    if (resp.is(b, 2, 'VERSION')) d.tell(Told.ServerSoftware, this.item(d, b, 3));
  }
}

/** The first word of an error. */
function errorOf(d: Dialogue, b: Uint8Array, o: number, end: number): string {
  let p = o + 1;
  if (b[o] === Type.BulkError) {
    while (p < end && b[p] !== 0x0a) p++;
    p++;
  }
  let stop = p;
  while (stop < end && b[stop] > 0x20) stop++;
  return stop > p ? d.texts.ascii(b, p, stop, LONGEST_WORD) : '';
}
