/** What is read of a session's messages: hands them to applications, and keeps what those tell. */

import type { Certificate } from '../applications/certificate.js';
import { type DialogueOptions, Dialogues, type Keeper, MAX_TRIES } from '../applications/engine/dialogues.js';
import { Segment } from '../applications/engine/segment.js';
import type { Question } from '../applications/question.js';
import { type Application, Opening } from '../applications/reader.js';
import { APPLICATION_NAMES, type ApplicationName, CODE } from '../model/application-names.js';
import { KEEP_ALL, Keep } from '../model/kept-words.js';
import type { ApplicationStatus } from '../model/status.js';
import { Told, type ToldFlag } from '../model/told.js';
import { IpProtocol } from '../wire/ip/ip-protocol.js';
import { TCP_ACK, TCP_SYN } from '../wire/transport/tcp.js';
import type { Frame } from '../wire/walk/frame.js';
import { clientIs } from './opening.js';
import { SLOT_BYTES } from './slot-fields.js';
import { AW, TW, U8, W } from './slot-layout.js';
import type { SlotPoints } from './slot-points.js';
import { APPLICATION_WORDS, FLAG, READING, SLOT_WORDS, type Slots, TCP_WORDS, TIMING } from './slots.js';
import type { Words } from './words.js';

/** Who makes rows of what is read. */
export interface RowMaker {
  /** Rows of certificates, and those that were written again. */
  readonly certificates: number;
  readonly certificatesForgotten: number;
  /**
   * @param number of the row among those of its session
   * @param kept bits of Keep
   */
  transaction(slot: number, name: ApplicationName, number: number, q: Question, kept: number): void;
  certificate(slot: number, c: Certificate, sec: number, kept: number): void;
}

export interface ReadingOptions extends DialogueOptions {
  /** Bytes of memory for the words of sessions. */
  readonly words: number;
  /** Rows of transactions a second. */
  readonly rows: number;
}

export class Reading implements Keeper {
  readonly dialogues: Dialogues;
  private leftOut = 0;
  /** Rows of transactions, by the application's place in APPLICATION_NAMES. */
  private readonly written = new Float64Array(APPLICATION_NAMES.length);
  private rowsOfSecond = 0;
  /** Bits of Keep, by mirror point. */
  private readonly kept: number[] = [];
  private readonly segment = new Segment();
  private readonly opening = new Opening();

  constructor(
    private readonly slots: Slots,
    private readonly points: SlotPoints,
    private readonly rows: RowMaker,
    private readonly words: Words,
    applications: readonly Application[],
    seed: number,
    private readonly options: ReadingOptions,
  ) {
    this.dialogues = new Dialogues(this, applications, seed, options);
  }

  /** Takes the payload of a frame of side 0 (A) or 1 (B). */
  take(slot: number, side: 0 | 1, f: Frame): void {
    if (f.protocol === IpProtocol.Tcp) this.takeSegment(slot, side, f);
    else if (f.protocol === IpProtocol.Udp) this.takeDatagram(slot, side, f);
    else this.slots.u8[slot * SLOT_BYTES + U8.READING] |= READING.OVER;
  }

  /** The session ends: what is there is read, and open questions become rows. */
  end(slot: number): void {
    const handle = this.slots.u32[slot * SLOT_WORDS + W.DIALOGUE];
    if (handle !== 0) this.dialogues.end(handle);
  }

  /** The session's last row was written: its words are free. */
  forget(slot: number): void {
    const { u8, told } = this.slots;
    if (u8[slot * SLOT_BYTES + U8.TELLS] === 0) return;
    const a = slot * APPLICATION_WORDS;
    for (let i = AW.SERVER_NAME; i <= AW.PARTIAL; i++) this.words.give(told[a + i]);
  }

  /** What was read since the table was made. */
  get status(): Omit<ApplicationStatus, 'names' | 'names_early'> {
    const { counters } = this.dialogues;
    const { certificates, certificatesForgotten } = this.rows;
    const transactions: Record<string, number> = {};
    for (const [i, name] of APPLICATION_NAMES.entries())
      if (this.written[i] > 0) transactions[name] = this.written[i];
    return {
      conversations: this.dialogues.used,
      transactions,
      left_out: this.leftOut,
      certificates,
      certificates_forgotten: certificatesForgotten,
      partial: { ...counters.partial },
      conversations_given_up: counters.conversationsGivenUp,
      questions_given_up: counters.questionsGivenUp,
      messages_given_up: counters.blocksGivenUp,
      words_left_out: this.words.refused,
    };
  }

  /** The clock's next second. */
  tick(sec: number): void {
    this.rowsOfSecond = 0;
    this.dialogues.tick(sec);
  }

  /** Sets what is kept of the applications of a mirror point: bits of Keep. */
  keep(point: number, bits: number): void {
    this.kept[point] = bits;
  }

  recognised(slot: number, name: ApplicationName): boolean {
    const at = slot * SLOT_BYTES + U8.APPLICATION;
    if (this.slots.u8[at] === 0) this.slots.u8[at] = CODE[name];
    return (this.keptOf(slot) & Keep.Read) !== 0;
  }

  tell(slot: number, column: Told, word: string): void {
    if (column === Told.ServerName && (this.keptOf(slot) & Keep.Names) === 0) return;
    if (column === Told.UserName && (this.keptOf(slot) & Keep.Users) === 0) return;
    const a = this.told(slot) + column;
    const { told } = this.slots;
    if (told[a] !== 0) return;
    told[a] = this.words.take(word);
    if (told[a] === 0 && column !== Told.Partial) this.tell(slot, Told.Partial, 'limit');
  }

  tellFlag(slot: number, flag: ToldFlag): void {
    this.slots.told[this.told(slot) + AW.TOLD_FLAGS] |= flag;
  }

  tellTlsTime(slot: number, us: number): void {
    this.slots.told[this.told(slot) + AW.TLS_US] = Math.min(Math.max(us, 0), 0xffff_ffff);
  }

  tellClient(slot: number, side: 0 | 1): void {
    clientIs(this.slots, slot, side);
  }

  certificate(slot: number, c: Certificate, sec: number): void {
    this.rows.certificate(slot, c, sec, this.keptOf(slot));
  }

  transaction(slot: number, name: ApplicationName, q: Question): void {
    const number = this.slots.told[this.told(slot) + AW.TRANSACTIONS]++;
    if (++this.rowsOfSecond > this.options.rows) {
      this.leftOut++;
      return;
    }
    this.written[CODE[name]]++;
    this.rows.transaction(slot, name, number, q, this.keptOf(slot));
  }

  released(slot: number, forGood: boolean): void {
    this.slots.u32[slot * SLOT_WORDS + W.DIALOGUE] = 0;
    if (forGood) this.slots.u8[slot * SLOT_BYTES + U8.READING] |= READING.OVER;
  }

  private takeSegment(slot: number, side: 0 | 1, f: Frame): void {
    const { u8, u32, tcp32 } = this.slots;
    const b = slot * SLOT_BYTES;
    const at = slot * SLOT_WORDS + W.DIALOGUE;
    if (u32[at] === 0) {
      // Known already, it was read before, and lost its place.
      const name = APPLICATION_NAMES[u8[b + U8.APPLICATION]];
      u32[at] = this.dialogues.begin(slot, true, name);
    }
    const g = this.fill(f);
    const isSyn = (f.tcpFlags & TCP_SYN) !== 0;
    g.sequence = (isSyn ? f.tcpSequence + 1 : f.tcpSequence) | 0;
    g.acknowledges = (f.tcpFlags & TCP_ACK) !== 0;
    g.acknowledgment = f.tcpAcknowledgment | 0;
    if (this.dialogues.begins(u32[at])) {
      const t = slot * TCP_WORDS + TW.ISN_A;
      g.hasFirst = (u8[b + U8.TIMING] & (TIMING.SYN_A << side)) !== 0;
      g.first = (tcp32[t + side] + 1) | 0;
      g.hasPeerFirst = (u8[b + U8.TIMING] & (TIMING.SYN_A << (1 - side))) !== 0;
      g.peerFirst = (tcp32[t + 1 - side] + 1) | 0;
    }
    const client = (u8[b + U8.FLAGS] & FLAG.CLIENT_B) as 0 | 1;
    const isClient = client === side;
    const clientPort = isClient ? f.sourcePort : f.destinationPort;
    const serverPort = isClient ? f.destinationPort : f.sourcePort;
    this.dialogues.segment(u32[at], side, client, clientPort, serverPort, g);
  }

  private takeDatagram(slot: number, side: 0 | 1, f: Frame): void {
    const { u8, u32 } = this.slots;
    const b = slot * SLOT_BYTES;
    const client = (u8[b + U8.FLAGS] & FLAG.CLIENT_B) as 0 | 1;
    const isClient = client === side;
    const clientPort = isClient ? f.sourcePort : f.destinationPort;
    const serverPort = isClient ? f.destinationPort : f.sourcePort;
    if (u8[b + U8.APPLICATION] === 0) {
      if (!this.recogniseDatagram(b, side, f, isClient, clientPort, serverPort)) return;
    }
    const at = slot * SLOT_WORDS + W.DIALOGUE;
    if (u32[at] === 0) u32[at] = this.dialogues.begin(slot, false, APPLICATION_NAMES[u8[b + U8.APPLICATION]]);
    const g = this.fill(f);
    // Of a datagram in fragments only the first one comes here.
    if (f.moreFragments) g.length++;
    this.dialogues.datagram(u32[at], side, client, clientPort, serverPort, g);
  }

  /** @returns whether the datagram is to be read */
  private recogniseDatagram(
    b: number,
    side: 0 | 1,
    f: Frame,
    fromClient: boolean,
    clientPort: number,
    serverPort: number,
  ): boolean {
    const { u8 } = this.slots;
    const shift = side === 0 ? READING.TRIES_A : READING.TRIES_B;
    if (tries(u8[b + U8.READING], shift) === MAX_TRIES) return false;
    const m = this.opening;
    m.bytes = f.bytes;
    m.start = f.payload;
    m.end = Math.min(f.end, f.payload + f.payloadLength);
    m.length = f.payloadLength;
    m.fromClient = fromClient;
    m.clientPort = clientPort;
    m.serverPort = serverPort;
    const application = this.dialogues.recogniseDatagram(m);
    if (application !== undefined) {
      u8[b + U8.APPLICATION] = CODE[application.name];
      const isKept = (this.keptOf(b / SLOT_BYTES) & Keep.Read) !== 0;
      if (isKept && this.dialogues.reads(application.name)) return true;
      u8[b + U8.READING] |= READING.OVER;
      return false;
    }
    const reading = u8[b + U8.READING] + (1 << shift);
    const isOver =
      tries(reading, READING.TRIES_A) === MAX_TRIES && tries(reading, READING.TRIES_B) === MAX_TRIES;
    u8[b + U8.READING] = isOver ? reading | READING.OVER : reading;
    return false;
  }

  private keptOf(slot: number): number {
    return this.kept[this.points.indexOf(slot)] ?? KEEP_ALL;
  }

  private fill(f: Frame): Segment {
    const g = this.segment;
    g.bytes = f.bytes;
    g.start = f.payload;
    g.end = Math.min(f.end, f.payload + f.payloadLength);
    g.length = f.payloadLength;
    g.sec = f.sec;
    g.nsec = f.nsec;
    return g;
  }

  /** Where a slot's application begins in its memory. */
  private told(slot: number): number {
    const { u8 } = this.slots;
    const at = slot * SLOT_BYTES + U8.TELLS;
    if (u8[at] === 0) {
      u8[at] = 1;
      this.slots.beginTold(slot);
    }
    return slot * APPLICATION_WORDS;
  }
}

function tries(reading: number, shift: number): number {
  return (reading >>> shift) & 7;
}
