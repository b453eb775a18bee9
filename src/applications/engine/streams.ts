/**
 * Hands a reader the messages of a TCP connection: in the order of their bytes, from the frame itself where a
 * message is whole in it, else from a block.
 *
 * Nothing waits for acknowledgments: mirrors lose and reorder. Bytes that are missing are given up when it is
 * clear that they will not come, and what is there is read as far as it goes. Where the next message begins
 * is then known from the message's own length, or from the next turn: the first bytes of a side after the
 * other one spoke.
 */

import type { Partial } from '../../model/told.js';
import { Read } from '../reader.js';
import { BLOCK_BYTES, type Block } from './blocks.js';
import { type Dialogue, Phase, type Side } from './dialogue.js';
import { HELD_TIME, Held, MOST_HELD } from './held.js';
import { Segment } from './segment.js';

/** Missing bytes are given up when so many bytes came behind them, or so many seconds went by. */
export const FAR_BEHIND = 65_536;
export const PATIENCE = 2;
/** The most messages read of one segment or block: those behind them are passed over, until the next turn. */
export const MOST_MESSAGES = 256;

/** What streams need of those who own dialogues. */
export interface StreamOwner {
  /** Memory for a message; undefined when there is none, even by giving up another's. */
  takeBlock(d: Dialogue, bytes: number): Block | undefined;
  giveBlock(d: Dialogue, block: Block): void;
  /** Calls the reader, or looks for one. @returns what Reader.stream does */
  read(d: Dialogue, b: Uint8Array, o: number, end: number): number;
  /** Memory to keep a message as it is; undefined when there is none. */
  spareBlock(): Block | undefined;
  giveSpare(block: Block): void;
  /** Answers of a conversation wait, or do no longer: see Held. */
  waits(d: Dialogue, waits: boolean): void;
  /** Writes the rows that are due, but for those whose message goes on. */
  settle(d: Dialogue): void;
}

export class Streams {
  private readonly late = new Segment();

  constructor(private readonly owner: StreamOwner) {}

  /** Takes a segment of side 0 (A) or 1 (B). An answer that came before its question waits for that. */
  segment(d: Dialogue, side: 0 | 1, g: Segment): void {
    if (d.held.length > 0 && !this.mayWait(d, side, g)) this.replay(d);
    if (d.isOver) return;
    if (g.acknowledges && this.isEarly(d, side, g) && this.hold(d, side, g)) return;
    this.segmentNow(d, side, g);
    const [first] = d.held;
    if (first !== undefined && !answersUnseen(d, first.side, first.acknowledgment)) this.replay(d);
  }

  /** Reads what waits: what it answers will not come, or has come. */
  replay(d: Dialogue): void {
    const g = this.late;
    for (const held of d.held) {
      if (!d.isOver) {
        held.give(g);
        const peer = d.sides[1 - held.side];
        this.segmentNow(d, held.side, g);
        // What it acknowledged has passed, seen or not.
        if (((held.acknowledgment - peer.top) | 0) > 0) peer.top = held.acknowledgment;
      }
      if (held.block !== undefined) this.owner.giveSpare(held.block);
      held.block = undefined;
    }
    d.held.length = 0;
    this.owner.waits(d, false);
  }

  /** Whether what waits can go on waiting, with this segment to come first. */
  private mayWait(d: Dialogue, side: 0 | 1, g: Segment): boolean {
    const [first] = d.held;
    if ((g.sec - first.sec) * 1e9 + (g.nsec - first.nsec) > HELD_TIME) return false;
    // More of the same side waits too; of the other one what comes late goes first, and nothing else.
    if (side === first.side) return d.held.length < MOST_HELD;
    return ((first.acknowledgment - g.sequence) | 0) > 0;
  }

  private isEarly(d: Dialogue, side: 0 | 1, g: Segment): boolean {
    if (d.held.length > 0) return side === d.held[0].side;
    if (d.reader !== undefined && d.reader.inTurns !== true) return false;
    const peer = d.sides[1 - side];
    if (peer.phase === Phase.Begin) {
      const unseen = g.hasPeerFirst ? (g.acknowledgment - g.peerFirst) | 0 : 0;
      return unseen > 0 && unseen <= FAR_BEHIND;
    }
    return answersUnseen(d, side, g.acknowledgment);
  }

  /** @returns whether there was room to keep it */
  private hold(d: Dialogue, side: 0 | 1, g: Segment): boolean {
    const block = g.end - g.start <= BLOCK_BYTES ? this.owner.spareBlock() : undefined;
    if (block === undefined) return false;
    const held = new Held();
    held.take(side, g, block);
    if (d.held.push(held) === 1) this.owner.waits(d, true);
    return true;
  }

  private segmentNow(d: Dialogue, side: 0 | 1, g: Segment): void {
    const s = d.sides[side];
    const peer = d.sides[1 - side];
    const { sequence, length } = g;
    d.sec = g.sec;
    d.nsec = g.nsec;
    this.lookAtTime(d, side, g.sec);
    this.lookAtTime(d, (1 - side) as 0 | 1, g.sec);
    if (g.acknowledges) this.acknowledge(d, (1 - side) as 0 | 1, g.acknowledgment);
    peer.interrupted = true;
    if (s.phase === Phase.Begin) begin(s, g);
    const isNew = ((sequence + length - s.top) | 0) > 0;
    if (s.interrupted && isNew) this.beginTurn(d, side, sequence);
    s.interrupted = false;
    if (isNew) s.top = (sequence + length) | 0;
    if (s.phase === Phase.Done) return;
    const rise = (sequence - s.next) | 0;
    if (s.phase === Phase.Waiting || rise + length <= 0) {
      if (isNew) this.goOn(d, s, g, rise + length === 0);
      else if (s.mayBeginEarlier && d.reader === undefined) this.earlier(d, side, g);
      return;
    }
    if (rise > FAR_BEHIND) {
      this.giveUp(d, side, 'gap');
      this.wait(d, s);
      return;
    }
    if (rise <= 0 && s.block === undefined) this.direct(d, side, g, -rise);
    else this.gather(d, side, g, rise);
  }

  /** Reads what is there of both sides: nothing more will come. */
  finish(d: Dialogue, why: Partial): void {
    this.giveUp(d, d.client, why);
    this.giveUp(d, (1 - d.client) as 0 | 1, why);
    for (const s of d.sides) this.endGoing(d, s);
  }

  /** Reads again what is kept of a side's message. */
  readOn(d: Dialogue, side: 0 | 1): void {
    if (d.sides[side].block !== undefined) this.fromBlock(d, side);
  }

  /** Gives up what is missing of a side's message, and reads the rest as far as it goes. */
  giveUp(d: Dialogue, side: 0 | 1, why: Partial): void {
    const s = d.sides[side];
    const block = s.block;
    if (block === undefined) return;
    this.face(d, side);
    d.beganSec = s.beganSec;
    d.beganNsec = s.beganNsec;
    d.ending = why;
    if (block.have === 0) d.asked = d.answering = undefined;
    const n = block.have > 0 ? this.owner.read(d, block.bytes, 0, block.have) : Read.Turn;
    d.ending = '';
    if (n > block.have) {
      // The message's length is known: what is behind it can be read.
      this.take(d, s, n, block.have);
      block.shift(n);
      if (block.have > 0) this.fromBlock(d, side);
      else if (!block.broken) this.drop(d, s);
      return;
    }
    const { have } = block;
    const turn = (s.turn - s.next) | 0;
    const goesOn = turn > have && why === 'gap' && n >= Read.Turn && block.beginsAt(turn);
    if (!goesOn) this.drop(d, s);
    if (n > 0) this.take(d, s, n, n);
    this.result(d, s, n > 0 ? Read.Turn : n, n > 0 ? 0 : have);
    if (goesOn) this.fromTurn(d, side, block, turn);
  }

  /** Reads what is kept behind missing bytes, from byte `turn` of the block on: a message begins there. */
  private fromTurn(d: Dialogue, side: 0 | 1, block: Block, turn: number): void {
    const s = d.sides[side];
    const { sec, nsec } = d;
    this.resume(d, s, s.turn);
    block.shift(turn);
    d.sec = s.beganSec = s.turnSec;
    d.nsec = s.beganNsec = s.turnNsec;
    this.fromBlock(d, side);
    d.sec = sec;
    d.nsec = nsec;
  }

  /** A side's first bytes after the other one spoke. */
  private beginTurn(d: Dialogue, side: 0 | 1, sequence: number): void {
    const s = d.sides[side];
    if (s.phase === Phase.Waiting) {
      if (((sequence - s.top) | 0) < 0) return;
      this.resume(d, s, sequence);
      return;
    }
    // A message that goes on is no turn: nothing is missing before this. Behind a loss it may be no message.
    const have = s.skipped ? 0 : (s.block?.have ?? 0);
    if (s.phase !== Phase.Reading || ((sequence - s.next - have) | 0) <= 0) return;
    if (!s.wasAcked || ((s.acked - sequence) | 0) < 0) {
      this.noteTurn(d, side, sequence);
      return;
    }
    // The other side has all that was before this: what is missing will not come.
    this.giveUp(d, side, 'gap');
    if (d.isOver || isDone(s) || ((sequence - s.next) | 0) <= 0) return;
    this.drop(d, s);
    this.resume(d, s, sequence);
  }

  /** Who sends this has had an answer that did not come: what is missing has a question, and this another. */
  private noteTurn(d: Dialogue, side: 0 | 1, sequence: number): void {
    const s = d.sides[side];
    const peer = d.sides[1 - side];
    if (!peer.wasAcked || ((peer.acked - peer.top) | 0) <= 0 || ((s.turn - s.next) | 0) > 0) return;
    s.turn = sequence;
    s.turnSec = d.sec;
    s.turnNsec = d.nsec;
  }

  /** What comes next begins a message, whatever was before it. */
  private resume(d: Dialogue, s: Side, sequence: number): void {
    this.endGoing(d, s);
    s.phase = Phase.Reading;
    s.next = s.turn = sequence;
    s.skipped = true;
  }

  /** The other side acknowledges what `side` sent, as far as it has it. */
  private acknowledge(d: Dialogue, side: 0 | 1, acknowledgment: number): void {
    const s = d.sides[side];
    // What is acknowledged before anything came is its SYN, or what was before all that is seen.
    if (!s.wasAcked && s.phase === Phase.Begin) s.top = acknowledgment;
    if (!s.wasAcked || ((acknowledgment - s.acked) | 0) > 0) s.acked = acknowledgment;
    s.wasAcked = true;
    if (s.block === undefined || d.reader?.inTurns !== true) return;
    // It answers what it has, and some of that never came here.
    if (((acknowledgment - s.next - s.block.have) | 0) > 0) this.giveUp(d, side, 'gap');
  }

  private lookAtTime(d: Dialogue, side: 0 | 1, sec: number): void {
    const block = d.sides[side].block;
    if (block === undefined || block.missingSince === 0 || sec - block.missingSince <= PATIENCE) return;
    this.giveUp(d, side, 'gap');
  }

  /** Reads a segment's bytes from the frame, behind the first `skip` ones. */
  private direct(d: Dialogue, side: 0 | 1, g: Segment, skip: number): void {
    const s = d.sides[side];
    if (skip > 0) this.goOn(d, s, g, true);
    let o = g.start + skip;
    const isCut = g.end - g.start < g.length;
    this.face(d, side);
    for (let i = 0; o < g.end; i++) {
      if (i === MOST_MESSAGES) {
        this.wait(d, s);
        return;
      }
      this.endGoing(d, s);
      d.beganSec = g.sec;
      d.beganNsec = g.nsec;
      let n = this.owner.read(d, g.bytes, o, g.end);
      if (n === Read.More && isCut) n = this.ending(d, 'cut', g.bytes, o, g.end);
      if (n === Read.More) {
        this.keep(d, side, g, o);
        return;
      }
      if (n < 0) {
        this.result(d, s, n, g.end - o);
        return;
      }
      this.take(d, s, n, g.end - o);
      if (d.isOver) return;
      o += n;
    }
    // The next message begins in what was cut off.
    if (isCut && ((s.next - g.sequence - g.length) | 0) < 0) this.wait(d, s);
  }

  /**
   * Reads bytes before the first ones that came of a side, while nobody knows what it speaks: frames may have
   * changed places.
   */
  private earlier(d: Dialogue, side: 0 | 1, g: Segment): void {
    const s = d.sides[side];
    s.mayBeginEarlier = false;
    this.face(d, side);
    d.beganSec = g.sec;
    d.beganNsec = g.nsec;
    let n = this.owner.read(d, g.bytes, g.start, g.end);
    if (n === Read.More) n = this.ending(d, 'gap', g.bytes, g.start, g.end);
    if (n === Read.Done || n === Read.Over) this.result(d, s, n, g.end - g.start);
    else this.owner.settle(d);
  }

  /** Keeps the beginning of a message, from `o` of a segment on. */
  private keep(d: Dialogue, side: 0 | 1, g: Segment, o: number): void {
    const s = d.sides[side];
    const size = this.sizeOf(d, side);
    const block = g.end - o < size ? this.owner.takeBlock(d, size) : undefined;
    if (block === undefined) {
      const n = this.ending(d, 'limit', g.bytes, o, g.end);
      if (n > 0) this.take(d, s, n, g.end - o);
      if (n <= 0 || n < g.end - o) this.result(d, s, n > 0 ? Read.Turn : n, n > 0 ? 0 : g.end - o);
      return;
    }
    s.block = block;
    s.beganSec = g.sec;
    s.beganNsec = g.nsec;
    block.put(0, g.bytes, o, g.end - o);
  }

  /** Puts a segment into the side's block, and reads that if it became longer. */
  private gather(d: Dialogue, side: 0 | 1, g: Segment, rise: number): void {
    const s = d.sides[side];
    let block = s.block;
    if (block === undefined) {
      const size = this.sizeOf(d, side);
      block = rise < size ? this.owner.takeBlock(d, size) : undefined;
      if (block === undefined) {
        this.wait(d, s);
        return;
      }
      s.block = block;
      s.beganSec = g.sec;
      s.beganNsec = g.nsec;
    }
    const had = block.have;
    const skip = Math.max(0, -rise);
    const captured = g.end - g.start;
    if (skip < captured && !block.put(Math.max(0, rise), g.bytes, g.start + skip, captured - skip)) {
      this.giveUp(d, side, 'gap');
      return;
    }
    if (captured < g.length) {
      const cutAt = Math.max(0, rise + captured);
      if (block.cutAt < 0 || cutAt < block.cutAt) block.cutAt = cutAt;
    }
    if (block.broken && block.missingSince === 0) block.missingSince = g.sec;
    if (block.have <= had) return;
    this.fromBlock(d, side);
    this.rest(d, side, g);
  }

  /** Reads what the block had no room for: the end of a long segment. */
  private rest(d: Dialogue, side: 0 | 1, g: Segment): void {
    const s = d.sides[side];
    const { block } = s;
    if (d.isOver || s.phase !== Phase.Reading || block?.broken === true) return;
    const rise = (g.sequence - s.next) | 0;
    if (rise > 0 || rise + g.end - g.start <= (block?.have ?? 0)) return;
    if (block === undefined) this.direct(d, side, g, -rise);
    else this.gather(d, side, g, rise);
  }

  /** Reads the messages in a side's block. */
  private fromBlock(d: Dialogue, side: 0 | 1): void {
    const s = d.sides[side];
    this.face(d, side);
    for (let i = 0; i < MOST_MESSAGES; i++) {
      const block = s.block;
      if (block === undefined) return;
      if (block.have === 0) {
        if (!block.broken) this.drop(d, s);
        return;
      }
      this.endGoing(d, s);
      d.beganSec = s.beganSec;
      d.beganNsec = s.beganNsec;
      const { have, bytes } = block;
      let n = this.owner.read(d, bytes, 0, have);
      if (n === Read.More) {
        if (block.cutAt >= 0 && have >= block.cutAt) n = this.ending(d, 'cut', bytes, 0, have);
        else if (have === bytes.length) n = this.ending(d, 'limit', bytes, 0, have);
        else return;
      }
      if (n <= 0) {
        this.drop(d, s);
        this.result(d, s, n, have);
        return;
      }
      this.take(d, s, n, have);
      if (d.isOver) return;
      block.shift(n);
      s.beganSec = d.sec;
      s.beganNsec = d.nsec;
    }
    this.drop(d, s);
    this.wait(d, s);
  }

  /** Reads a message of which nothing more will come. */
  private ending(d: Dialogue, why: Partial, b: Uint8Array, o: number, end: number): number {
    d.ending = why;
    const n = this.owner.read(d, b, o, end);
    d.ending = '';
    return n === Read.More ? Read.Turn : n;
  }

  /** A message of `n` bytes is read, of which `there` and more are here. */
  private take(d: Dialogue, s: Side, n: number, there: number): void {
    s.next = (s.next + n) | 0;
    s.skipped = false;
    count(d, n);
    if (n > there) this.going(d, s, false);
    else this.owner.settle(d);
  }

  /** What a reader said in place of a length, when `there` bytes were. */
  private result(d: Dialogue, s: Side, n: number, there: number): void {
    switch (n) {
      case Read.Done:
        this.owner.settle(d);
        this.endGoing(d, s);
        s.phase = Phase.Done;
        if (d.sides[0].phase === Phase.Done && d.sides[1].phase === Phase.Done) d.isOver = true;
        return;
      case Read.Over:
        this.owner.settle(d);
        d.isOver = true;
        return;
      default:
        count(d, there);
        this.going(d, s, true);
        s.phase = Phase.Waiting;
    }
  }

  /** The message at hand goes on: its question, or the one it answers, waits for its end. */
  private going(d: Dialogue, s: Side, unknownLength: boolean): void {
    this.endGoing(d, s);
    const q = d.answering ?? d.asked;
    s.going = q;
    s.goingIsAnswer = q !== undefined && q === d.answering;
    s.goingCounts = unknownLength;
    this.owner.settle(d);
  }

  /** More bytes of a message that is passed over. */
  private goOn(d: Dialogue, s: Side, g: Segment, isLast: boolean): void {
    const q = s.going;
    if (q === undefined) return;
    if (s.goingIsAnswer) {
      q.endedSec = g.sec;
      q.endedNsec = g.nsec;
      if (s.goingCounts) q.answeredBytes += g.length;
    } else if (!q.begun) {
      q.askedSec = g.sec;
      q.askedNsec = g.nsec;
      if (s.goingCounts) q.askedBytes += g.length;
    }
    if (isLast && s.phase !== Phase.Waiting) this.endGoing(d, s);
  }

  /** The message that went on is over. */
  private endGoing(d: Dialogue, s: Side): void {
    if (s.going === undefined) return;
    s.going = undefined;
    this.owner.settle(d);
  }

  private wait(d: Dialogue, s: Side): void {
    this.drop(d, s);
    s.phase = Phase.Waiting;
  }

  private drop(d: Dialogue, s: Side): void {
    if (s.block === undefined) return;
    this.owner.giveBlock(d, s.block);
    s.block = undefined;
  }

  private sizeOf(d: Dialogue, side: 0 | 1): number {
    return d.reader?.most?.[side === d.client ? 0 : 1] ?? BLOCK_BYTES;
  }

  private face(d: Dialogue, side: 0 | 1): void {
    d.side = side;
    d.fromClient = side === d.client;
  }
}

/** Adds the bytes of the message at hand to its question, or to the one it answers. */
export function count(d: Dialogue, bytes: number): void {
  if (d.asked !== undefined) d.asked.askedBytes += bytes;
  if (d.answering !== undefined) d.answering.answeredBytes += bytes;
}

function isDone(s: Side): boolean {
  return s.phase === Phase.Done;
}

/** A side's first bytes: those behind its SYN, or the first that came. */
function begin(s: Side, g: Segment): void {
  s.phase = Phase.Reading;
  const ahead = (g.sequence - g.first) | 0;
  const isKnown = g.hasFirst && ahead >= 0 && ahead <= FAR_BEHIND;
  s.next = isKnown ? g.first : g.sequence;
  s.mayBeginEarlier = !isKnown;
  s.top = s.turn = s.next;
}

/**
 * Whether bytes that a segment of this side acknowledges have not come, but may still: fewer than a window of
 * them are missing.
 */
function answersUnseen(d: Dialogue, side: 0 | 1, acknowledgment: number): boolean {
  const peer = d.sides[1 - side];
  const { block } = peer;
  const missing = block?.broken ? acknowledgment - peer.next - block.have : acknowledgment - peer.top;
  return (missing | 0) > 0 && (missing | 0) <= FAR_BEHIND;
}
