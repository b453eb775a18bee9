import { Outcome } from '../../model/told.js';
import { type Dialogue, Read, type Reader, STATELESS } from '../reader.js';
import { endOfLine, isDigit } from '../text.js';
import { REQUEST, RESPONSE, readBinary } from './binary.js';
import { ANSWERS, COMMANDS } from './words.js';

const CR = 0x0d;
const SPACE = 0x20;
/** The longest line: a key has 250 bytes at most. */
const LONGEST_LINE = 2048;
const LONGEST_WORD = 32;
/** Words of a line that are looked at. */
const MOST_WORDS = 6;
/** Before the text of a datagram: its request, its number, how many there are, zeros. */
const UDP_HEADER = 8;

/** Commands with data behind their line, and which word says how long it is. */
const WITH_DATA: Readonly<Record<string, number>> = {
  SET: 4,
  ADD: 4,
  REPLACE: 4,
  APPEND: 4,
  PREPEND: 4,
  CAS: 4,
  MS: 2,
};
/** Commands without a key. */
const WITHOUT_KEY: ReadonlySet<string> = new Set(['STATS', 'VERSION', 'FLUSH_ALL', 'VERBOSITY', 'MN']);
const KNOWN_COMMANDS: ReadonlySet<string> = new Set(COMMANDS);
const KNOWN_ANSWERS: ReadonlySet<string> = new Set(ANSWERS);
/** Answers that are errors. */
const ERRORS: Readonly<Record<string, Outcome>> = {
  ERROR: Outcome.ClientError,
  CLIENT_ERROR: Outcome.ClientError,
  SERVER_ERROR: Outcome.ServerError,
};
/** Answers that say that there was nothing to do: they are statuses, not errors. */
const REFUSALS: ReadonlySet<string> = new Set(['NOT_STORED', 'EXISTS', 'NOT_FOUND']);

/**
 * The text protocol of memcached (protocol.txt of its distribution): a line for each command and its answer,
 * with data behind some; and the binary one. Keys are kept, values are not: a line that does not begin with
 * a word of the protocol may be one, and is not read.
 */
export class MemcachedReader implements Reader {
  readonly inTurns = true;
  /** Where the words of the line at hand begin and end. */
  private readonly starts = new Int32Array(MOST_WORDS);
  private readonly ends = new Int32Array(MOST_WORDS);
  private words = 0;

  newState() {
    return STATELESS;
  }

  stream(d: Dialogue, b: Uint8Array, o: number, end: number): number {
    if (b[o] === (d.fromClient ? REQUEST : RESPONSE)) return readBinary(d, b, o, end);
    const line = endOfLine(b, o, end);
    if (line < 0) {
      if (end - o > LONGEST_LINE) return d.malformed();
      if (d.ending === '') return Read.More;
    }
    const stop = line < 0 ? end : line;
    this.split(b, o, stop > o && b[stop - 1] === CR ? stop - 1 : stop);
    if (this.words === 0) return line < 0 ? Read.Turn : stop + 1 - o;
    const data = d.fromClient ? this.command(d, b) : this.answer(d, b);
    return line < 0 || data < 0 ? Read.Turn : stop + 1 - o + data;
  }

  datagram(d: Dialogue, b: Uint8Array, o: number, end: number): void {
    let at = o + UDP_HEADER;
    for (let n = 0; n < MOST_WORDS && at < end; n++) {
      const length = this.stream(d, b, at, end);
      if (length <= 0) return;
      at += length;
    }
  }

  /** @returns bytes of data behind the line; -1 if it is no command */
  private command(d: Dialogue, b: Uint8Array): number {
    const method = d.texts.upper(b, this.starts[0], this.ends[0], LONGEST_WORD);
    if (!KNOWN_COMMANDS.has(method)) return -1;
    if (method === 'QUIT') {
      d.row().method = method;
      return 0;
    }
    const isSilent = this.is(b, this.words - 1, 'noreply');
    const q = isSilent ? d.row() : d.ask();
    q.method = method;
    if (this.words > 1 && !WITHOUT_KEY.has(method))
      q.resource = d.texts.ascii(b, this.starts[1], this.ends[1]);
    const place = WITH_DATA[method];
    return place === undefined ? 0 : this.dataLength(b, place);
  }

  /** @returns bytes of data behind the line; -1 if it is no answer */
  private answer(d: Dialogue, b: Uint8Array): number {
    const q = d.oldest;
    const word = d.texts.ascii(b, this.starts[0], this.ends[0], LONGEST_WORD);
    // INCR and DECR are answered with a number.
    if (!KNOWN_ANSWERS.has(word) && (q === undefined || !isDigit(b[this.starts[0]]))) return -1;
    // Values come before the END of their answer, statistics likewise.
    if (word === 'VALUE' || word === 'STAT') {
      if (q !== undefined) {
        d.begin(q);
        q.note++;
      }
      return word === 'VALUE' ? this.dataLength(b, 3) : 0;
    }
    const said = q ?? d.unasked();
    const outcome = ERRORS[word];
    if (outcome !== undefined || REFUSALS.has(word)) said.status = word;
    if (word === 'END' && said.method.startsWith('GET')) said.attribute('hits', String(said.note));
    if (q !== undefined) d.answer(q, outcome ?? Outcome.Ok);
    // Of the meta commands: a value of this length.
    return word === 'VA' ? this.dataLength(b, 1) : 0;
  }

  /** The number in a word, and the line's end that follows the data; 0 if it is none. */
  private dataLength(b: Uint8Array, place: number): number {
    if (place >= this.words) return 0;
    let n = 0;
    for (let i = this.starts[place]; i < this.ends[place]; i++) {
      if (b[i] < 0x30 || b[i] > 0x39 || n > 0x3fffffff) return 0;
      n = n * 10 + b[i] - 0x30;
    }
    return n + 2;
  }

  private split(b: Uint8Array, o: number, end: number): void {
    this.words = 0;
    let at = o;
    while (at < end) {
      while (at < end && b[at] === SPACE) at++;
      if (at === end) return;
      // Of a long line the last word counts too.
      const place = Math.min(this.words, MOST_WORDS - 1);
      this.starts[place] = at;
      while (at < end && b[at] !== SPACE) at++;
      this.ends[place] = at;
      this.words = place + 1;
    }
  }

  private is(b: Uint8Array, place: number, word: string): boolean {
    const start = this.starts[place];
    if (this.ends[place] - start !== word.length) return false;
    for (let i = 0; i < word.length; i++) if (b[start + i] !== word.charCodeAt(i)) return false;
    return true;
  }
}
