/**
 * A conversation, for the tests of readers: messages go through the same engine as in the session table, and
 * what is read of them is kept.
 */
import type { Certificate } from '../../src/applications/certificate.js';
import { type DialogueOptions, Dialogues, type Keeper } from '../../src/applications/engine/dialogues.js';
import { Segment } from '../../src/applications/engine/segment.js';
import type { Question } from '../../src/applications/question.js';
import { type Application, Opening } from '../../src/applications/reader.js';
import type { ApplicationName } from '../../src/model/application-names.js';
import { READING_DEFAULTS } from '../../src/model/defaults.js';
import { OUTCOME_NAMES, Told, ToldFlag } from '../../src/model/told.js';

const TOLD_NAMES = Object.keys(Told) as (keyof typeof Told)[];

/** A row of `transactions`, as far as readers fill it. */
export interface Row {
  app: ApplicationName;
  method: string;
  name: string;
  resource: string;
  user: string;
  status: string;
  outcome: (typeof OUTCOME_NAMES)[number];
  answers: string[];
  ttl: number;
  attributes: Record<string, string>;
  partial: string;
  responseUs: number;
  transferUs: number;
  requestBytes: number;
  responseBytes: number;
}

interface Table {
  readonly conversations: Conversation[];
  dialogues: Dialogues | undefined;
}

/** Keeps what is read with the conversation that has the slot. */
function keeper(of: readonly Conversation[]): Keeper {
  return {
    recognised: (slot, name) => {
      of[slot].recognised.push(name);
      return true;
    },
    tell: (slot, column, word) => {
      of[slot].told[TOLD_NAMES[column]] ??= word;
    },
    tellFlag: (slot, flag) => {
      if (flag === ToldFlag.TlsEch) of[slot].flags.ech = true;
      if (flag === ToldFlag.TlsResumed) of[slot].flags.resumed = true;
      if (flag === ToldFlag.TlsEstablished) of[slot].flags.established = true;
    },
    tellTlsTime: (slot, us) => {
      of[slot].tlsUs = us;
    },
    tellClient: (slot, side) => {
      of[slot].client = side;
    },
    certificate: (slot, c) => {
      of[slot].certificates.push(structuredClone({ ...c }));
    },
    transaction: (slot, name, q) => {
      of[slot].rows.push(rowOf(name, q));
    },
    released: (slot, forGood) => of[slot].released(forGood),
  };
}

export class Conversation {
  readonly dialogues: Dialogues;
  /** Applications recognised, in order. */
  readonly recognised: ApplicationName[] = [];
  /** Words told: by column, as in `Told` (ServerName, Ja4, …). */
  readonly told: Partial<Record<keyof typeof Told, string>> = {};
  readonly flags = { ech: false, resumed: false, established: false };
  tlsUs = 0;
  readonly certificates: Certificate[] = [];
  readonly rows: Row[] = [];
  /** Nothing more is read of it. */
  isOver = false;
  client: 0 | 1 = 0;
  /** Time of the next message, in microseconds: a millisecond more with each. */
  us = 1_000_000_000_000;
  private handle = 0;
  private readonly slot: number;
  private readonly next: [number, number];
  private readonly application: { name: ApplicationName } = { name: '' };

  constructor(
    applications: readonly Application[],
    readonly ports: {
      client: number;
      server: number;
      first?: readonly [number, number];
      /** The conversation's SYN was not seen. */
      noSyn?: true;
    },
    options: Partial<DialogueOptions> = {},
    /** The table of another one: see {@link beside}. */
    private readonly table: Table = { conversations: [], dialogues: undefined },
  ) {
    this.next = [ports.first?.[0] ?? 1000, ports.first?.[1] ?? 0xffff_fff0];
    this.slot = table.conversations.push(this) - 1;
    table.dialogues ??= new Dialogues(keeper(table.conversations), applications, 7, {
      ...READING_DEFAULTS,
      ...options,
    });
    this.dialogues = table.dialogues;
  }

  /** Another conversation in the same table. */
  beside(ports: { client: number; server: number }): Conversation {
    return new Conversation([], ports, {}, this.table);
  }

  /** Nothing reads it now; with `forGood`, never again. */
  released(forGood: boolean): void {
    this.handle = 0;
    if (forGood) this.isOver = true;
  }

  /** The client sends a segment (or several: each a message of its own). */
  ask(...messages: (Uint8Array | string)[]): this {
    for (const m of messages) this.send(0, bytesOf(m));
    return this;
  }

  /** The server sends a segment. */
  answer(...messages: (Uint8Array | string)[]): this {
    for (const m of messages) this.send(1, bytesOf(m));
    return this;
  }

  /** The next message comes that much later. */
  wait(microseconds: number): this {
    this.us += microseconds;
    return this;
  }

  /** Bytes of a side that never come: the mirror lost them. */
  lose(side: 0 | 1, length: number): this {
    this.next[side] = (this.next[side] + length) >>> 0;
    return this;
  }

  /**
   * A segment at any place of a side's stream: `offset` bytes behind its first one, captured up to `captured`
   * bytes.
   */
  segment(side: 0 | 1, offset: number, data: Uint8Array, captured = data.length): this {
    const first = this.ports.first?.[side] ?? (side === 0 ? 1000 : 0xffff_fff0);
    const end = (first + offset + data.length) >>> 0;
    if (((end - this.next[side]) | 0) > 0) this.next[side] = end;
    this.put(side, (first + offset) >>> 0, data, captured);
    return this;
  }

  /** A datagram of the client, or of the server; captured up to `captured` bytes. */
  datagram(side: 0 | 1, data: Uint8Array | string, captured = bytesOf(data).length): this {
    const bytes = bytesOf(data);
    const { dialogues } = this;
    const g = this.take(bytes, captured);
    const c = this.client;
    const [clientPort, serverPort] = this.portsNow();
    if (this.application.name === '') {
      const m = new Opening();
      m.bytes = g.bytes;
      m.start = g.start;
      m.end = g.end;
      m.length = g.length;
      m.fromClient = side === c;
      m.clientPort = clientPort;
      m.serverPort = serverPort;
      const found = dialogues.recogniseDatagram(m);
      if (found === undefined) return this;
      this.recognised.push(found.name);
      this.application.name = found.name;
    }
    if (this.isOver || !dialogues.reads(this.application.name)) return this;
    dialogues.tick(g.sec);
    if (this.handle === 0) this.handle = dialogues.begin(this.slot, false, this.application.name);
    dialogues.datagram(this.handle, side, c, clientPort, serverPort, g);
    return this;
  }

  /** The other side has had a side's stream up to here, although that has not come. */
  expectAck(side: 0 | 1, offset: number): this {
    this.next[side] = ((this.ports.first?.[side] ?? (side === 0 ? 1000 : 0xffff_fff0)) + offset) >>> 0;
    return this;
  }

  /** Time goes by until this many seconds later. */
  pass(seconds: number): this {
    this.us += seconds * 1e6;
    this.dialogues.tick(Math.floor(this.us / 1e6));
    return this;
  }

  /** The conversation ends. */
  end(): this {
    if (this.handle !== 0) this.dialogues.end(this.handle);
    return this;
  }

  private send(side: 0 | 1, data: Uint8Array): void {
    const at = this.next[side];
    this.next[side] = (at + data.length) >>> 0;
    this.put(side, at, data, data.length);
  }

  private put(side: 0 | 1, sequence: number, data: Uint8Array, captured: number): void {
    const g = this.take(data, captured);
    g.sequence = sequence;
    g.acknowledgment = this.next[1 - side];
    g.acknowledges = true;
    g.hasFirst = this.ports.noSyn !== true;
    g.first = this.ports.first?.[side] ?? (side === 0 ? 1000 : 0xffff_fff0);
    g.hasPeerFirst = this.ports.noSyn !== true;
    g.peerFirst = this.ports.first?.[1 - side] ?? (side === 1 ? 1000 : 0xffff_fff0);
    if (this.isOver) return;
    if (this.handle === 0) this.handle = this.dialogues.begin(this.slot, true, this.recognised.at(-1) ?? '');
    const [clientPort, serverPort] = this.portsNow();
    this.dialogues.segment(this.handle, side, this.client, clientPort, serverPort, g);
  }

  private portsNow(): [number, number] {
    const { client, server } = this.ports;
    return this.client === 0 ? [client, server] : [server, client];
  }

  /** Bytes as in a frame: others before and behind them. */
  private take(data: Uint8Array, captured: number): Segment {
    const g = new Segment();
    const frame = new Uint8Array(captured + 64).fill(0xa5);
    frame.set(data.subarray(0, captured), 32);
    g.bytes = frame;
    g.start = 32;
    g.end = 32 + captured;
    g.length = data.length;
    g.sec = Math.floor(this.us / 1e6);
    g.nsec = (this.us % 1e6) * 1000;
    this.us += 1000;
    return g;
  }
}

function bytesOf(message: Uint8Array | string): Uint8Array {
  return typeof message === 'string' ? Buffer.from(message, 'latin1') : message;
}

/** Bytes from hexadecimal digits; white space between them is left out. */
export function hex(digits: string): Uint8Array {
  return Buffer.from(digits.replace(/\s+/g, ''), 'hex');
}

function rowOf(app: ApplicationName, q: Question): Row {
  const us = (sec: number, nsec: number) => sec * 1e6 + Math.floor(nsec / 1000);
  const response = us(q.begunSec, q.begunNsec) - us(q.askedSec, q.askedNsec);
  return {
    app,
    method: q.method,
    name: q.name,
    resource: q.resource,
    user: q.userName,
    status: q.status,
    outcome: OUTCOME_NAMES[q.outcome],
    answers: Array.from({ length: q.answersCount }, (_, i) =>
      addressOf(q.answers.subarray(16 * i, 16 * i + 16)),
    ),
    ttl: q.ttl,
    attributes: Object.fromEntries(
      q.attributeNames.slice(0, q.attributesCount).map((name, i) => [name, q.attributeValues[i]]),
    ),
    partial: q.partial,
    responseUs: q.begun && q.outcome !== 4 ? Math.max(0, response) : 0,
    transferUs: q.answered ? us(q.endedSec, q.endedNsec) - us(q.begunSec, q.begunNsec) : 0,
    requestBytes: q.requestBytes < 0 ? q.askedBytes : q.requestBytes,
    responseBytes: q.responseBytes < 0 ? q.answeredBytes : q.responseBytes,
  };
}

function addressOf(b: Uint8Array): string {
  if (b.subarray(0, 10).every((x) => x === 0) && b[10] === 0xff) return b.subarray(12).join('.');
  const words = Array.from({ length: 8 }, (_, i) => ((b[2 * i] << 8) | b[2 * i + 1]).toString(16));
  return words.join(':');
}
