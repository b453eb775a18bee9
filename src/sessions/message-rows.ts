/** Makes rows of what messages say: the conversation's part comes from its slot, the rest from the reader. */

import type { Certificate } from '../applications/certificate.js';
import { MOST_ATTRIBUTES, type Question } from '../applications/question.js';
import type { ApplicationName } from '../model/application-names.js';
import { CertificateRecord } from '../model/certificate-record.js';
import { Keep } from '../model/kept-words.js';
import type { RowFacts } from '../model/row-facts.js';
import type { RowSink } from '../model/row-sink.js';
import { Outcome } from '../model/told.js';
import { TransactionRecord } from '../model/transaction-record.js';
import type { SaidNames } from '../names/said-names.js';
import { setU32 } from '../wire/bytes.js';
import { NO_VNI } from '../wire/walk/frame.js';
import type { RowMaker } from './reading.js';
import type { SessionIds } from './session-id.js';
import { SLOT_BYTES, SLOT_VLANS } from './slot-fields.js';
import { AW, U8, U16, W } from './slot-layout.js';
import type { SlotPoints } from './slot-points.js';
import { APPLICATION_WORDS, FLAG, SLOT_WORDS, type Slots } from './slots.js';
import type { Words } from './words.js';

/** Applications whose resource is a statement. */
const WITH_STATEMENTS: ReadonlySet<ApplicationName> = new Set(['mysql', 'postgresql', 'tds']);
/** Attributes that are names, users, paths, or statements. */
export const ATTRIBUTE_KINDS: ReadonlyMap<string, number> = new Map([
  ['cname', Keep.Names],
  ['workstation', Keep.Names],
  ['mx', Keep.Names],
  ['ptr', Keep.Names],
  ['srv', Keep.Names],
  ['txt', Keep.Names],
  ['https', Keep.Names],
  ['svcb', Keep.Names],
  // Of DNS: the network of the client that a resolver asks for.
  ['ecs', Keep.Users],
  ['from', Keep.Users],
  ['calling_station', Keep.Users],
  ['client_mac', Keep.Users],
  ['x_forwarded_for', Keep.Users],
  ['referer', Keep.Paths],
  ['location', Keep.Paths],
  ['statement', Keep.Statements],
]);
/** Certificates of servers that were written today, at most. */
export const MOST_CERTIFICATES = 65_536;
const DAY = 86_400;
const MOST_MICROSECONDS = 0xffff_ffff;

export class MessageRows implements RowMaker {
  /** Attributes that are kept of a row. */
  private readonly names = new Array<string>(MOST_ATTRIBUTES).fill('');
  private readonly values = new Array<string>(MOST_ATTRIBUTES).fill('');
  private row = new TransactionRecord();
  private facts: RowFacts | undefined;
  /** VLAN ids of a row's conversation. */
  private readonly vlans = new Uint16Array(SLOT_VLANS);
  private readonly certificateRow = new CertificateRecord();
  /** Servers and fingerprints that have their row of `day`. */
  private readonly written = new Set<string>();
  private day = 0;
  certificates = 0;
  certificatesForgotten = 0;

  constructor(
    private readonly slots: Slots,
    private readonly points: SlotPoints,
    private readonly ids: SessionIds,
    private readonly sink: Partial<RowSink>,
    private readonly words: Words,
    private readonly copyOf: (slot: number) => number,
    private readonly saidNames: SaidNames | undefined,
  ) {}

  /** As {@link SessionTable.setFacts}. */
  setFacts(facts: RowFacts | undefined): void {
    this.facts = facts;
    this.row = new TransactionRecord();
  }

  transaction(slot: number, name: ApplicationName, number: number, q: Question, kept: number): void {
    const { sink, saidNames } = this;
    if (sink.transaction === undefined && saidNames === undefined) return;
    const r = this.row;
    const { u32, u16, u8 } = this.slots;
    const w = slot * SLOT_WORDS;
    const h = slot * (SLOT_BYTES / 2);
    const client = this.clientOf(slot);
    r.point = this.points.of(slot);
    this.address(slot, client, r.clientIp);
    this.address(slot, 1 - client, r.serverIp);
    r.clientPort = u16[h + U16.PORT_A + client];
    r.serverPort = u16[h + U16.PORT_A + 1 - client];
    const network = u32[w + W.VNI];
    r.vni = network === 0 ? null : network + NO_VNI;
    this.ids.write(u32[w + W.SERIAL], u32[w + W.OPENED_SEC], u32[w + W.OPENED_NSEC], r.sessionId);
    r.number = number;
    r.copy = this.copyOf(slot);
    const unasked = q.outcome === Outcome.Unasked;
    r.timeSec = unasked ? q.begunSec : q.askedSec;
    r.timeNsec = unasked ? q.begunNsec : q.askedNsec;
    r.protocol = u8[slot * SLOT_BYTES + U8.PROTOCOL];
    r.appProtocol = name;
    r.method = q.method;
    r.name = (kept & Keep.Names) !== 0 ? q.name : '';
    const kind = WITH_STATEMENTS.has(name) ? Keep.Statements : Keep.Paths;
    r.resource = (kept & kind) !== 0 ? q.resource : '';
    r.userName = (kept & Keep.Users) !== 0 ? q.userName : '';
    r.status = q.status;
    r.outcome = q.outcome;
    r.responseUs = q.begun && !unasked ? between(q.askedSec, q.askedNsec, q.begunSec, q.begunNsec) : 0;
    r.transferUs = q.answered ? between(q.begunSec, q.begunNsec, q.endedSec, q.endedNsec) : 0;
    r.requestBytes = q.requestBytes < 0 ? q.askedBytes : q.requestBytes;
    r.responseBytes = q.responseBytes < 0 ? q.answeredBytes : q.responseBytes;
    r.answers = q.answers;
    r.answersCount = q.answersCount;
    r.ttl = q.ttl;
    let count = 0;
    for (let i = 0; i < q.attributesCount; i++) {
      const attribute = q.attributeNames[i];
      const needs = ATTRIBUTE_KINDS.get(attribute) ?? 0;
      if ((kept & needs) !== needs) continue;
      this.names[count] = attribute;
      this.values[count++] = q.attributeValues[i];
    }
    r.attributeNames = this.names;
    r.attributeValues = this.values;
    r.attributesCount = count;
    r.partial = q.partial;
    if (this.facts !== undefined) {
      const vlans = u8[slot * SLOT_BYTES + U8.VLAN_COUNT];
      for (let i = 0; i < vlans; i++) this.vlans[i] = u16[h + U16.VLANS + i];
      this.facts.transaction(r, this.vlans, vlans);
    }
    saidNames?.transaction(r, q.hostPort);
    sink.transaction?.(r);
  }

  certificate(slot: number, c: Certificate, sec: number, kept: number): void {
    if (this.sink.certificate === undefined || (kept & Keep.Names) === 0) return;
    const r = this.certificateRow;
    const server = 1 - this.clientOf(slot);
    r.point = this.points.of(slot);
    this.address(slot, server, r.serverIp);
    r.serverPort = this.slots.u16[slot * (SLOT_BYTES / 2) + U16.PORT_A + server];
    if (!this.isNew(r, c, this.points.identityOf(slot), sec)) return;
    r.firstSeenSec = sec;
    r.day = Math.floor(sec / DAY);
    r.fingerprint.set(c.fingerprint);
    r.serverName = this.words.text(this.slots.told[slot * APPLICATION_WORDS + AW.SERVER_NAME]);
    r.subject = c.subject;
    r.issuer = c.issuer;
    r.names = c.names;
    r.namesCount = c.names.length;
    r.serial = c.serial;
    r.notBefore = c.notBefore;
    r.notAfter = c.notAfter;
    r.keyType = c.keyType;
    r.keyBits = c.keyBits;
    r.signature = c.signature;
    r.chain = c.chain;
    r.partial = c.partial;
    this.certificates++;
    this.sink.certificate(r);
  }

  /** Whether a server's certificate has no row yet of this mirror point, or group, and day. */
  private isNew(r: CertificateRecord, c: Certificate, identity: number, sec: number): boolean {
    const day = Math.floor(sec / DAY);
    if (day !== this.day || this.written.size === MOST_CERTIFICATES) {
      if (day === this.day) this.certificatesForgotten += this.written.size;
      this.written.clear();
      this.day = day;
    }
    const print = Buffer.from(c.fingerprint).toString('latin1');
    const server = Buffer.from(r.serverIp).toString('latin1');
    const key = `${print}${server}${r.serverPort} ${identity}`;
    if (this.written.has(key)) return false;
    this.written.add(key);
    return true;
  }

  private clientOf(slot: number): 0 | 1 {
    return (this.slots.u8[slot * SLOT_BYTES + U8.FLAGS] & FLAG.CLIENT_B) as 0 | 1;
  }

  /** Writes the address of a side, 0 (A) or 1 (B). */
  private address(slot: number, side: number, to: Uint8Array): void {
    const w = slot * SLOT_WORDS + (side === 0 ? W.ADDRESS_A : W.ADDRESS_B);
    for (let i = 0; i < 4; i++) setU32(to, i * 4, this.slots.u32[w + i]);
  }
}

/** Microseconds from one time to another; 0 if that was before. */
function between(sec: number, nsec: number, toSec: number, toNsec: number): number {
  const us = (toSec - sec) * 1e6 + Math.floor((toNsec - nsec) / 1000);
  return Math.min(Math.max(us, 0), MOST_MICROSECONDS);
}
