/**
 * Protocols of command lines that begin in clear and go on in TLS, once the client asked for it and the
 * server agreed. What is said otherwise is passed over, line by line, until that can no longer happen.
 */
import { type Dialogue, Read, type Reader, type State } from './reader.js';

/** The longest line; and the most lines of a conversation. */
const LONGEST_LINE = 2048;
const MOST_LINES = 256;

const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const HANDSHAKE = 22;
const TLS_MAJOR = 3;

/** What a line means. */
export const Step = {
  Nothing: 0,
  /** The client asks for TLS. */
  Ask: 1,
  /** The server agrees: records of TLS come behind this line. */
  Agree: 2,
  Refuse: 3,
  /** It goes on without TLS. */
  Over: 4,
} as const;
export type Step = (typeof Step)[keyof typeof Step];

class UpgradeState implements State {
  isAsked = false;
  isAgreed = false;
  lines = 0;
  /** A number of the reader's: by what it knows the answer. */
  note = 0;

  reset(): void {
    this.isAsked = this.isAgreed = false;
    this.lines = this.note = 0;
  }
}

export type { UpgradeState };

export abstract class UpgradeReader implements Reader {
  newState(): UpgradeState {
    return new UpgradeState();
  }

  stream(d: Dialogue, b: Uint8Array, o: number, end: number): number {
    const s = d.state as UpgradeState;
    if (b[o] === HANDSHAKE && (o + 1 === end || b[o + 1] === TLS_MAJOR)) {
      // The server's word may only be late.
      if (s.isAsked && !s.isAgreed && d.fromClient && d.ending === '') return Read.More;
      d.become('tls');
      return Read.More;
    }
    const n = lineLength(d, b, o, end);
    if (n < 0) return n;
    if (++s.lines > MOST_LINES) return Read.Over;
    let line = o + n - 1;
    while (line > o && (b[line - 1] === CR || b[line - 1] === SPACE)) line--;
    switch (d.fromClient ? this.command(d, s, b, o, line) : this.answer(s, b, o, line)) {
      case Step.Ask:
        s.isAsked = true;
        return n;
      case Step.Agree:
        // Lines may still follow: it can be the answer to a command before, sent together with the question.
        s.isAgreed = s.isAsked;
        return n;
      case Step.Refuse:
        s.isAsked = s.isAgreed;
        return n;
      case Step.Over:
        return Read.Over;
      default:
        return n;
    }
  }

  /** What a line of the client means; it ends at `end`. */
  protected abstract command(d: Dialogue, s: UpgradeState, b: Uint8Array, o: number, end: number): Step;

  /** What a line of the server means. */
  protected abstract answer(s: UpgradeState, b: Uint8Array, o: number, end: number): Step;
}

/** Bytes of a line, with its end; one of Read if that is not here. */
function lineLength(d: Dialogue, b: Uint8Array, o: number, end: number): number {
  const last = Math.min(end, o + LONGEST_LINE);
  for (let p = o; p < last; p++) if (b[p] === LF) return p + 1 - o;
  return d.ending !== '' || end - o >= LONGEST_LINE ? Read.Turn : Read.More;
}
