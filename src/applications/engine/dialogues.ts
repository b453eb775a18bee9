/** The conversations that are read, their readers, and the bounds of it all. */

import type { ApplicationName } from '../../model/application-names.js';
import { type Partial, Told, type ToldFlag } from '../../model/told.js';
import type { Certificate } from '../certificate.js';
import { Question } from '../question.js';
import { type Application, Opening, Read, type Reader, STATELESS, type State } from '../reader.js';
import { BLOCK_BYTES, type Block, Blocks } from './blocks.js';
import { Dialogue, type Host, Phase } from './dialogue.js';
import { Expected } from './expected.js';
import { Held } from './held.js';
import { Questions } from './questions.js';
import { Recogniser } from './recogniser.js';
import { Segment } from './segment.js';
import { count, type StreamOwner, Streams } from './streams.js';
import { Texts } from './texts.js';

/** Messages of a side by which its application is looked for. */
export const MAX_TRIES = 4;
/** Shorter beginnings wait for more before they count as a try: a length that came alone. */
const SHORT = 16;
/** Seconds after which a datagram has not been answered. */
export const ANSWER_SECONDS = 10;
/** The part of the memory for messages that answers may take which wait for their question: a quarter. */
export const SPARE_SHARE = 4;
/** Seconds after which an answer waits no longer for its question. */
export const HELD_SECONDS = 1;
/** Conversations looked at for one that is silent, or that has a block, before any of them has to go. */
const MOST_LOOKED_AT = 64;

/** Bounds, of one session table. */
export interface DialogueOptions {
  /** Conversations that are read at once. */
  readonly conversations: number;
  /** Open questions of all of them. */
  readonly questions: number;
  /** Bytes of memory for messages in several segments. */
  readonly memory: number;
}

/** Who keeps what is read. */
export interface Keeper {
  /** The conversation's application is recognised. @returns whether its messages are to be read */
  recognised(slot: number, name: ApplicationName): boolean;
  tell(slot: number, column: Told, word: string): void;
  tellFlag(slot: number, flag: ToldFlag): void;
  tellTlsTime(slot: number, us: number): void;
  /** @param side the client's */
  tellClient(slot: number, side: 0 | 1): void;
  certificate(slot: number, c: Certificate, sec: number): void;
  /** A question and its answer; the object is used for another one afterwards. */
  transaction(slot: number, name: ApplicationName, q: Question): void;
  /** The conversation's dialogue is another's now; with `forGood`, nothing more is to be read of it. */
  released(slot: number, forGood: boolean): void;
}

/** What was counted since the table was made. */
export class ReadingCounters {
  /** Conversations that lost their place to others, so that something of them may not have been read. */
  conversationsGivenUp = 0;
  /** Questions whose row was written before its time, as too many were open. */
  questionsGivenUp = 0;
  /** Messages in pieces that were given up, as memory was used up. */
  blocksGivenUp = 0;
  /** Messages that were read only in part, by why. */
  readonly partial: Record<Partial, number> = { cut: 0, gap: 0, limit: 0, malformed: 0 };
}

/** A reader, and states that no conversation uses. */
interface Reading {
  readonly reader: Reader;
  readonly free: State[];
}

export class Dialogues implements Host, StreamOwner {
  readonly counters = new ReadingCounters();
  readonly texts: Texts;
  private readonly tcp: Recogniser;
  private readonly udp: Recogniser;
  private readonly streams = new Streams(this);
  private readonly readings = new Map<ApplicationName, Reading>();
  /** A handle is the place in this list, plus 1. */
  private readonly dialogues: Dialogue[] = [];
  private readonly free: Dialogue[] = [];
  /** Where the search for a conversation that can go began last. */
  private hand = 0;
  private readonly questions: Questions;
  private readonly blocks: Blocks;
  private readonly opening = new Opening();
  private readonly late = new Segment();
  /** Conversations with answers that wait for their question, in the order in which they began to. */
  private readonly waiting = new Set<Dialogue>();
  /** Blocks that they take. */
  private spares = 0;
  private readonly byName = new Map<ApplicationName, Application>();
  private readonly expected = new Expected();

  /** @param seed see Texts */
  constructor(
    private readonly keeper: Keeper,
    applications: readonly Application[],
    seed: number,
    private readonly options: DialogueOptions,
  ) {
    this.texts = new Texts(seed);
    this.tcp = new Recogniser(applications, 'tcp');
    this.udp = new Recogniser(applications, 'udp');
    this.blocks = new Blocks(this.options.memory);
    this.questions = new Questions(this.options.questions);
    for (const application of applications) this.byName.set(application.name, application);
    for (const { name, newReader } of applications)
      if (newReader !== undefined) this.readings.set(name, { reader: newReader(), free: [] });
  }

  /** Conversations that are read now. */
  get used(): number {
    return this.dialogues.length - this.free.length;
  }

  /**
   * Begins to read a conversation.
   *
   * @param name its application; '' if it is still to be recognised
   * @returns a handle, 1 or more
   */
  begin(slot: number, isTcp: boolean, name: ApplicationName): number {
    const d = this.free.pop() ?? this.another();
    d.slot = slot;
    d.isTcp = isTcp;
    d.isActive = true;
    if (name !== '') {
      this.attach(d, name);
      // Its streams were read before, up to where nobody knows now.
      for (const s of d.sides) s.phase = Phase.Waiting;
    }
    return d.handle;
  }

  /** Whether nothing came yet of a side of a conversation: the next segment says where its bytes begin. */
  begins(handle: number): boolean {
    const [a, b] = this.dialogues[handle - 1].sides;
    return a.phase === Phase.Begin || b.phase === Phase.Begin;
  }

  /** Takes a segment of a conversation over TCP, of side 0 (A) or 1 (B). */
  segment(
    handle: number,
    side: 0 | 1,
    client: 0 | 1,
    clientPort: number,
    serverPort: number,
    g: Segment,
  ): void {
    const d = this.dialogues[handle - 1];
    face(d, side, client, clientPort, serverPort);
    this.streams.segment(d, side, g);
    if (d.wasHandedOn) {
      d.wasHandedOn = false;
      // What the other side sent meanwhile may have waited for this.
      if (!d.isOver) this.streams.readOn(d, (1 - side) as 0 | 1);
    }
    if (d.isOver) this.release(d, true);
  }

  /** Takes a datagram of a conversation whose application is known. */
  datagram(
    handle: number,
    side: 0 | 1,
    client: 0 | 1,
    clientPort: number,
    serverPort: number,
    g: Segment,
  ): void {
    const d = this.dialogues[handle - 1];
    face(d, side, client, clientPort, serverPort);
    if (this.waitsForQuestion(d, side, g)) return;
    this.datagramNow(d, g);
    if (d.held.length > 0) this.replay(d);
    this.endDatagram(d);
  }

  /** Whether an answer has come before its question, and is kept until that comes, or something else. */
  private waitsForQuestion(d: Dialogue, side: 0 | 1, g: Segment): boolean {
    if (side === d.client) return false;
    if (d.held.length > 0) {
      this.replay(d);
      d.side = side;
      d.fromClient = false;
    }
    if (d.reader?.inTurns !== true || d.open.length > 0 || g.end - g.start > BLOCK_BYTES) return false;
    const block = this.spareBlock();
    if (block === undefined) return false;
    const held = new Held();
    held.take(side, g, block);
    d.held.push(held);
    this.waits(d, true);
    return true;
  }

  private replay(d: Dialogue): void {
    if (d.isTcp) {
      this.streams.replay(d);
      return;
    }
    const [held] = d.held;
    held.give(this.late);
    d.side = held.side;
    d.fromClient = held.side === d.client;
    if (!d.isOver) this.datagramNow(d, this.late);
    if (held.block !== undefined) this.giveSpare(held.block);
    d.held.length = 0;
    this.waits(d, false);
  }

  private datagramNow(d: Dialogue, g: Segment): void {
    d.sec = d.beganSec = g.sec;
    d.nsec = d.beganNsec = g.nsec;
    d.asked = d.answering = undefined;
    if (g.end - g.start < g.length) this.readInPart(d, 'cut');
    d.reader?.datagram?.(d, g.bytes, g.start, g.end);
    d.ending = '';
    if (d.asked !== undefined) (d.asked as Question).askedBytes += g.length;
    if (d.answering !== undefined) (d.answering as Question).answeredBytes += g.length;
    this.settle(d);
    if (d.successor !== undefined) this.succeed(d);
  }

  private endDatagram(d: Dialogue): void {
    if (d.isOver) this.release(d, true);
    else if (d.open.length === 0 && d.state === STATELESS && d.held.length === 0) this.release(d, false);
  }

  /** The application of a datagram; undefined if it is not recognised. */
  recogniseDatagram(m: Opening): Application | undefined {
    const expected = this.expected.at(m.serverPort) ?? this.expected.at(m.clientPort);
    if (expected !== undefined) {
      const how = this.byName.get(expected);
      if (how?.whereExpected?.(m) === true) return how;
    }
    return this.udp.recognise(m);
  }

  /** Whether an application's messages are read. */
  reads(name: ApplicationName): boolean {
    return this.readings.has(name);
  }

  /** The conversation is over: what is there of it is read, open questions become rows. */
  end(handle: number): void {
    this.release(this.dialogues[handle - 1], true);
  }

  /** Time goes by: questions over UDP that were not answered become rows. */
  tick(sec: number): void {
    for (
      let q = this.questions.oldestHurried;
      q !== undefined && sec - q.askedSec > ANSWER_SECONDS;
      q = this.questions.oldestHurried
    ) {
      const d = this.dialogues[q.dialogue - 1];
      d.giveUp(q);
      this.endDatagram(d);
    }
    for (const d of this.waiting) {
      if (sec - d.held[0].sec < HELD_SECONDS) return;
      this.replay(d);
      if (!d.isTcp) this.endDatagram(d);
      else if (d.isOver) this.release(d, true);
    }
  }

  // What readers ask for.

  tell(d: Dialogue, column: Told, word: string): void {
    if (column === Told.Partial) this.counters.partial[word as Partial]++;
    this.keeper.tell(d.slot, column, word);
  }

  tellFlag(d: Dialogue, flag: ToldFlag): void {
    this.keeper.tellFlag(d.slot, flag);
  }

  tellTlsTime(d: Dialogue, us: number): void {
    this.keeper.tellTlsTime(d.slot, us);
  }

  tellClient(d: Dialogue, side: 0 | 1): void {
    this.keeper.tellClient(d.slot, side);
    if (d.client !== side) {
      const port = d.clientPort;
      d.clientPort = d.serverPort;
      d.serverPort = port;
    }
    d.client = side;
    d.fromClient = d.side === side;
  }

  certificate(d: Dialogue, c: Certificate): void {
    this.keeper.certificate(d.slot, c, d.sec);
  }

  takeQuestion(d: Dialogue): Question {
    const { questions } = this;
    const free = questions.take(d.handle, d.isTcp);
    if (free !== undefined) return free;
    this.giveUpOldest();
    return questions.take(d.handle, d.isTcp) ?? new Question();
  }

  weigh(q: Question): void {
    if (q.dialogue === 0) return;
    this.questions.weigh(q);
    while (this.questions.areHeavy) this.giveUpOldest();
  }

  private giveUpOldest(): void {
    const { oldest } = this.questions;
    if (oldest === undefined) return;
    this.counters.questionsGivenUp++;
    this.dialogues[oldest.dialogue - 1].giveUp(oldest, 'limit');
  }

  waitFor(q: Question): void {
    if (q.dialogue !== 0) this.questions.waitFor(q);
  }

  expect(port: number, name: ApplicationName, note: string): void {
    this.expected.add(port, name, note);
  }

  noteOf(port: number): string {
    return this.expected.noteOf(port);
  }

  write(d: Dialogue, q: Question): void {
    if (!q.isRepeated || q.answered)
      this.keeper.transaction(d.slot, q.appProtocol === '' ? d.readerName : q.appProtocol, q);
    this.giveQuestion(q);
  }

  giveQuestion(q: Question): void {
    if (q.dialogue === 0) return;
    const d = this.dialogues[q.dialogue - 1];
    if (d.asked === q) d.asked = undefined;
    if (d.answering === q) d.answering = undefined;
    for (const s of d.sides) if (s.going === q) s.going = undefined;
    this.questions.give(q);
  }

  // What streams ask for.

  read(d: Dialogue, b: Uint8Array, o: number, end: number): number {
    const n = this.readOnce(d, b, o, end);
    if (d.successor === undefined) return n;
    // The rows are written with the last of this reader's messages.
    if (n > 0) count(d, n);
    this.succeed(d);
    if (n !== Read.More) return n;
    // Nothing of it was for the reader before: it is the next one's.
    const taken = d.isOver ? Read.Over : this.readOnce(d, b, o, end);
    if (d.successor !== undefined) this.succeed(d);
    return taken;
  }

  takeBlock(d: Dialogue, bytes: number): Block | undefined {
    const block = this.blocks.take(bytes);
    if (block !== undefined) return block;
    for (let i = 0; i < MOST_LOOKED_AT; i++) {
      this.hand = (this.hand + 1) % this.dialogues.length;
      const other = this.dialogues[this.hand];
      if (other === d) continue;
      for (const side of [0, 1] as const) {
        if (other.sides[side].block?.bytes.length !== bytes) continue;
        this.counters.blocksGivenUp++;
        this.streams.giveUp(other, side, 'limit');
        if (other.isOver) this.release(other, true);
        const given = this.blocks.take(bytes);
        if (given !== undefined) return given;
      }
    }
    return undefined;
  }

  spareBlock(): Block | undefined {
    // Answers that wait take no more than their share, however many come without a question.
    if ((this.spares + 1) * BLOCK_BYTES > this.options.memory / SPARE_SHARE) return undefined;
    const block = this.blocks.take(BLOCK_BYTES);
    if (block !== undefined) this.spares++;
    return block;
  }

  giveSpare(block: Block): void {
    this.spares--;
    this.blocks.give(block);
  }

  waits(d: Dialogue, waits: boolean): void {
    if (waits) this.waiting.add(d);
    else this.waiting.delete(d);
  }

  giveBlock(_: Dialogue, block: Block): void {
    this.blocks.give(block);
  }

  settle(d: Dialogue): void {
    const { finished } = d;
    if (finished.length > 0) {
      let kept = 0;
      for (const q of finished) {
        if (q === d.sides[0].going || q === d.sides[1].going) finished[kept++] = q;
        else this.write(d, q);
      }
      while (finished.length > kept) finished.pop();
    }
    if (d.asked !== undefined) this.weigh(d.asked);
    if (d.answering !== undefined) this.weigh(d.answering);
  }

  private readOnce(d: Dialogue, b: Uint8Array, o: number, end: number): number {
    d.asked = d.answering = undefined;
    const reader = d.reader;
    if (reader === undefined) return this.lookAt(d, b, o, end);
    if (d.ending !== '') this.readInPart(d, d.ending);
    return reader.stream === undefined ? Read.Over : reader.stream(d, b, o, end);
  }

  /** Looks for the application of a stream, by the message that begins at `o`. */
  private lookAt(d: Dialogue, b: Uint8Array, o: number, end: number): number {
    const m = this.opening;
    m.bytes = b;
    m.start = o;
    m.end = end;
    m.length = end - o;
    m.fromClient = d.fromClient;
    m.clientPort = d.clientPort;
    m.serverPort = d.serverPort;
    const application = this.tcp.recognise(m);
    if (application !== undefined) {
      d.sentByClient(m.fromClient);
      if (this.keeper.recognised(d.slot, application.name)) this.attach(d, application.name);
      else d.isOver = true;
      return d.isOver ? Read.Over : this.readOnce(d, b, o, end);
    }
    const s = d.sides[d.side];
    if (end - o < SHORT && d.ending === '' && s.tries === 0) return Read.More;
    return ++s.tries >= MAX_TRIES ? Read.Done : end - o;
  }

  /** Gives a conversation its reader. Without one there is nothing to read. */
  private attach(d: Dialogue, name: ApplicationName): void {
    this.detach(d);
    const reading = this.readings.get(name);
    if (reading === undefined) {
      d.isOver = true;
      return;
    }
    d.reader = reading.reader;
    d.readerName = name;
    d.state = reading.free.pop() ?? reading.reader.newState();
    for (const s of d.sides) if (s.phase === Phase.Done) s.phase = Phase.Waiting;
  }

  private detach(d: Dialogue): void {
    if (d.reader === undefined) return;
    d.reader.finish?.(d);
    this.giveUpQuestions(d);
    if (d.state !== STATELESS) {
      d.state.reset();
      this.readings.get(d.readerName)?.free.push(d.state);
    }
    d.reader = undefined;
    d.readerName = '';
    d.state = STATELESS;
  }

  /** Hands a conversation to the next reader. */
  private succeed(d: Dialogue): void {
    const name = d.successor ?? '';
    d.successor = undefined;
    d.wasHandedOn = true;
    if (name !== '') this.attach(d, name);
    else {
      this.detach(d);
      for (const s of d.sides) s.tries = 0;
    }
  }

  private giveUpQuestions(d: Dialogue): void {
    for (const s of d.sides) s.going = undefined;
    this.settle(d);
    while (d.open.length > 0) d.giveUp(d.open[0]);
  }

  private readInPart(d: Dialogue, why: Partial): void {
    d.ending = why;
    this.tell(d, Told.Partial, why);
  }

  private release(d: Dialogue, forGood: boolean): void {
    if (d.held.length > 0) this.replay(d);
    if (d.isTcp) this.streams.finish(d, 'gap');
    this.detach(d);
    const { slot } = d;
    for (const s of d.sides) {
      if (s.block !== undefined) this.blocks.give(s.block);
      s.reset();
    }
    d.forget();
    this.free.push(d);
    this.keeper.released(slot, forGood);
  }

  /** A dialogue not yet in use, or that of a conversation which was silent for longer than others. */
  private another(): Dialogue {
    if (this.dialogues.length < this.options.conversations) {
      const d = new Dialogue(this, this.dialogues.length + 1);
      this.dialogues.push(d);
      return d;
    }
    for (let i = 0; ; i++) {
      this.hand = (this.hand + 1) % this.dialogues.length;
      const d = this.dialogues[this.hand];
      if (d.isActive && i < MOST_LOOKED_AT) {
        d.isActive = false;
        continue;
      }
      this.counters.conversationsGivenUp++;
      this.release(d, false);
      return this.free.pop() as Dialogue;
    }
  }
}

function face(d: Dialogue, side: 0 | 1, client: 0 | 1, clientPort: number, serverPort: number): void {
  d.isActive = true;
  d.side = side;
  d.client = client;
  d.fromClient = side === client;
  d.clientPort = clientPort;
  d.serverPort = serverPort;
}
