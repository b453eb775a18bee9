import { Outcome } from '../../model/told.js';
import { u16, u32 } from '../../wire/bytes.js';
import type { Dialogue, Reader, State } from '../reader.js';
import { PAYLOAD_TYPES } from './payload-types.js';

/** The fixed header of RTP (RFC 3550 section 5.1). */
export const RTP_HEADER = 12;
/** Payload types that carry events and noise beside the voice: they are not the stream's type. */
const COMFORT_NOISE = 13;
/** Another number of this distance is no loss, but another stream's, or a restart (appendix A.1). */
const MAX_DROPOUT = 3000;

/** One direction's stream. */
class Stream {
  isOpen = false;
  source = 0;
  type = 0;
  /** The highest sequence number with its cycles, the first one, and packets received (appendix A.3). */
  highest = 0;
  first = 0;
  received = 0;
  /** The clock in Hz, 0 where it is unknown; the jitter in its units, and what it is computed from (A.8). */
  clock = 0;
  jitter = 0;
  transit = 0;
  firstSec = 0;
  firstNsec = 0;
  lastSec = 0;
  lastNsec = 0;
}

class RtpState implements State {
  readonly client = new Stream();
  readonly server = new Stream();
  /** The call that announced it, and its payload types. */
  note: string | undefined;

  reset(): void {
    this.client.isOpen = this.server.isOpen = false;
    this.note = undefined;
  }
}

/** RTP (RFC 3550): a row for each stream, when it ends. */
export class RtpReader implements Reader {
  newState() {
    return new RtpState();
  }

  datagram(d: Dialogue, b: Uint8Array, o: number, end: number): void {
    if (end - o < RTP_HEADER || b[o] >> 6 !== 2) return;
    const type = b[o + 1] & 0x7f;
    // RTCP on the same port (RFC 5761 section 4).
    if (type >= 64 && type <= 95) return;
    const state = d.state as RtpState;
    state.note ??= d.noteOf(d.serverPort) || d.noteOf(d.clientPort);
    const s = d.fromClient ? state.client : state.server;
    const source = u32(b, o + 8);
    if (s.isOpen && s.source !== source) write(d, s, state.note);
    const sequence = u16(b, o + 2);
    const timestamp = u32(b, o + 4);
    if (!s.isOpen) {
      begin(d, s, source, type, sequence);
      s.clock = clockOf(type, state.note);
    } else count(s, sequence);
    if (s.type === COMFORT_NOISE && type !== s.type) {
      s.type = type;
      s.clock = clockOf(type, state.note);
    }
    s.received++;
    if (type === s.type && s.clock > 0) measure(d, s, timestamp, s.received > 1);
    s.lastSec = d.sec;
    s.lastNsec = d.nsec;
  }

  finish(d: Dialogue): void {
    const { client, server, note = '' } = d.state as RtpState;
    d.fromClient = true;
    write(d, client, note);
    d.fromClient = false;
    write(d, server, note);
  }
}

function begin(d: Dialogue, s: Stream, source: number, type: number, sequence: number): void {
  s.isOpen = true;
  s.source = source;
  s.type = type;
  s.first = s.highest = sequence;
  s.received = 0;
  s.jitter = 0;
  s.firstSec = d.sec;
  s.firstNsec = d.nsec;
}

/** Extends the sequence number by its cycles (appendix A.1). */
function count(s: Stream, sequence: number): void {
  const ahead = (sequence - s.highest) & 0xffff;
  if (ahead < MAX_DROPOUT) s.highest += ahead;
  else if (ahead < 0x10000 - MAX_DROPOUT) {
    // Another numbering: what was received so far was all there was.
    s.first = sequence - s.received;
    s.highest = sequence;
  }
}

/** The interarrival jitter (section 6.4.1). */
function measure(d: Dialogue, s: Stream, timestamp: number, hasBefore: boolean): void {
  const since = (d.sec - s.firstSec) * s.clock + ((d.nsec - s.firstNsec) / 1e9) * s.clock;
  const transit = (Math.round(since) - timestamp) | 0;
  if (hasBefore) {
    const difference = Math.abs((transit - s.transit) | 0);
    s.jitter += (difference - s.jitter) / 16;
  }
  s.transit = transit;
}

function write(d: Dialogue, s: Stream, note: string): void {
  if (!s.isOpen) return;
  s.isOpen = false;
  const q = d.row(Outcome.Ok);
  q.method = nameOf(s.type, note);
  q.name = s.source.toString(16).padStart(8, '0');
  const space = note.indexOf(' ');
  q.resource = space < 0 ? note : note.slice(0, space);
  q.askedSec = q.begunSec = s.firstSec;
  q.askedNsec = q.begunNsec = s.firstNsec;
  q.endedSec = s.lastSec;
  q.endedNsec = s.lastNsec;
  q.begun = q.answered = true;
  q.attribute('sender', d.fromClient ? 'client' : 'server');
  q.attribute('packets', String(s.received));
  q.attribute('lost', String(Math.max(0, s.highest - s.first + 1 - s.received)));
  if (s.clock > 0) q.attribute('jitter_us', String(Math.round((s.jitter / s.clock) * 1e6)));
}

/** What a note says of a payload type, `96:48000:opus`, from its clock on; '' for nothing. */
function said(type: number, note: string): string {
  const at = note.indexOf(` ${type}:`);
  if (at < 0) return '';
  const start = at + String(type).length + 2;
  const end = note.indexOf(' ', start);
  return end < 0 ? note.slice(start) : note.slice(start, end);
}

function clockOf(type: number, note: string): number {
  const words = said(type, note);
  return words === '' ? (PAYLOAD_TYPES[type]?.[1] ?? 0) : Number.parseInt(words, 10) || 0;
}

function nameOf(type: number, note: string): string {
  const words = said(type, note);
  const colon = words.indexOf(':');
  return colon < 0 ? (PAYLOAD_TYPES[type]?.[0] ?? String(type)) : words.slice(colon + 1);
}
