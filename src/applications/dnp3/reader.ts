import { Outcome } from '../../model/told.js';
import { u16 } from '../../wire/bytes.js';
import { type Dialogue, Read, type Reader, type State } from '../reader.js';
import { FAULTS, FUNCTIONS, WITHOUT_RESPONSE } from './words.js';

/** The header of a link frame with its CRC; then blocks of 16 bytes, each with a CRC of two. */
const LINK = 10;
const BLOCK = 16;
/** The least length of a frame: control and addresses. */
const LEAST = 5;
/** In the link's control byte: the frame comes from a master. Function codes of frames with user data. */
const FROM_MASTER = 0x80;
const CONFIRMED_DATA = 3;
const UNCONFIRMED_DATA = 4;
/** In the transport's byte: the last, and the first, segment of an application fragment. */
const FINAL = 0x80;
const FIRST = 0x40;

/** The start of an application fragment: control, function, indications. */
class Dnp3State implements State {
  /** Of a master's message, and of an outstation's: its first bytes, and how many of them came. */
  readonly heads = [new Uint8Array(4), new Uint8Array(4)];
  readonly had = [0, 0];

  reset(): void {
    this.had[0] = this.had[1] = 0;
  }
}

/**
 * DNP3 (IEEE 1815) over TCP and UDP: link frames, in them segments of the transport, in those the fragments
 * of the application. Numbers are low byte first.
 */
export class Dnp3Reader implements Reader {
  newState() {
    return new Dnp3State();
  }

  stream(d: Dialogue, b: Uint8Array, o: number, end: number): number {
    if (end - o < LINK) return d.ending === '' ? Read.More : Read.Turn;
    if (!isLinkHeader(b, o)) return d.malformed();
    const length = frameLength(b[o + 2]);
    if (o + length > end && d.ending === '') return Read.More;
    this.frame(d, b, o, Math.min(o + length, end));
    return length;
  }

  datagram(d: Dialogue, b: Uint8Array, o: number, end: number): void {
    let at = o;
    while (end - at >= LINK && isLinkHeader(b, at)) {
      const length = frameLength(b[at + 2]);
      this.frame(d, b, at, Math.min(at + length, end));
      at += length;
    }
  }

  private frame(d: Dialogue, b: Uint8Array, o: number, end: number): void {
    const control = b[o + 3];
    const code = control & 0x0f;
    if (code !== CONFIRMED_DATA && code !== UNCONFIRMED_DATA) return;
    if (b[o + 2] <= LEAST || end <= o + LINK) return;
    const { heads, had } = d.state as Dnp3State;
    const from = (control & FROM_MASTER) !== 0 ? 0 : 1;
    const transport = b[o + LINK];
    if ((transport & FIRST) !== 0) had[from] = 0;
    else if (had[from] === 0) return;
    const head = heads[from];
    // User data without the transport's byte; checksums stand behind every sixteen bytes.
    const user = b[o + 2] - LEAST;
    for (let i = 1; i < user && had[from] < head.length; i++) {
      const at = o + LINK + i + 2 * Math.floor(i / BLOCK);
      if (at >= end) break;
      head[had[from]++] = b[at];
    }
    if ((transport & FINAL) === 0 && d.ending === '') return;
    if (had[from] >= 2) this.fragment(d, b, o, head, had[from], from === 0);
    had[from] = 0;
  }

  /** A whole application message: its first bytes, `had` of them. */
  private fragment(
    d: Dialogue,
    b: Uint8Array,
    o: number,
    head: Uint8Array,
    had: number,
    fromMaster: boolean,
  ): void {
    d.sentByClient(fromMaster);
    const destination = b[o + 4] | (b[o + 5] << 8);
    const source = b[o + 6] | (b[o + 7] << 8);
    const number = head[0] & 0x0f;
    const code = head[1];
    const word = FUNCTIONS[code] ?? `unknown-${code}`;
    if (fromMaster) {
      if (code === 0 || code >= 129) return;
      const q = WITHOUT_RESPONSE.has(code) ? d.row() : d.ask(number);
      q.method = word;
      q.name = String(destination);
      q.attribute('source', String(source));
      return;
    }
    const indications = had >= 4 ? u16(head, 2) : 0;
    if (code === 129 || code === 131) {
      // A response in several fragments: the first one answers.
      if ((head[0] & 0x80) === 0) return;
      const q = d.find(number) ?? d.unasked();
      q.status = faultOf(indications);
      if (had >= 4) q.attribute('iin', `0x${indications.toString(16).padStart(4, '0')}`);
      if (q.outcome === Outcome.Unasked) {
        q.method = word;
        q.name = String(source);
        q.attribute('source', String(destination));
      } else d.answer(q, q.status === '' ? Outcome.Ok : Outcome.ClientError);
    } else if (code === 130) {
      const q = d.row();
      q.method = word;
      q.name = String(source);
      q.attribute('source', String(destination));
      if (had >= 4) q.attribute('iin', `0x${indications.toString(16).padStart(4, '0')}`);
    }
  }
}

/** What internal indications say was wrong with a request; '' for nothing. */
function faultOf(indications: number): string {
  for (const [bit, word] of FAULTS) if ((indications & bit) !== 0) return word;
  return '';
}

/** Bytes of a link frame whose length field says so: user data in blocks, each with its CRC. */
export function frameLength(length: number): number {
  const user = Math.max(0, length - LEAST);
  return LINK + user + 2 * Math.ceil(user / BLOCK);
}

/** Start bytes, a length that can be, and the CRC of the header's eight bytes (annex E). */
export function isLinkHeader(b: Uint8Array, o: number): boolean {
  if (b[o] !== 0x05 || b[o + 1] !== 0x64 || b[o + 2] < LEAST) return false;
  return crc(b, o, o + 8) === (b[o + 8] | (b[o + 9] << 8));
}

function crc(b: Uint8Array, o: number, end: number): number {
  let c = 0;
  for (let i = o; i < end; i++) {
    c ^= b[i];
    for (let bit = 0; bit < 8; bit++) c = (c & 1) !== 0 ? (c >>> 1) ^ 0xa6bc : c >>> 1;
  }
  return ~c & 0xffff;
}
