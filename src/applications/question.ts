import type { ApplicationName } from '../model/application-names.js';
import { Outcome, type Partial } from '../model/told.js';

/** The most addresses that an answer keeps, and the most attributes. */
export const MOST_ANSWERS = 16;
export const MOST_ATTRIBUTES = 16;

/**
 * A question and its answer: what becomes a row of `transactions`. docs/reference/columns.md says what
 * method, name, resource and status are in each protocol. Objects are reused.
 */
export class Question {
  /** What the reader finds it by: a number of the protocol's, and a text where it needs one. */
  id = 0;
  key = '';
  /** The protocol's word, where it is not the reader's own (mdns, read as dns). */
  appProtocol: ApplicationName = '';
  method = '';
  name = '';
  resource = '';
  userName = '';
  status = '';
  outcome: Outcome = Outcome.Unanswered;
  partial: Partial | '' = '';
  ttl = 0;
  /** The port that `name` is said with, where that is what the server itself is called (HTTP); else 0. */
  hostPort = 0;
  /**
   * Bytes of the question, and of its answer, where the reader knows better than to count whole messages
   * (bodies, in HTTP); else -1.
   */
  requestBytes = -1;
  responseBytes = -1;
  /** Bytes of the messages, counted. */
  askedBytes = 0;
  answeredBytes = 0;
  /** Addresses of the answer, 16 bytes each, IPv4 as ::ffff:a.b.c.d. */
  readonly answers = new Uint8Array(16 * MOST_ANSWERS);
  answersCount = 0;
  /** Words beside these, in the order they were given. */
  readonly attributeNames: string[] = new Array<string>(MOST_ATTRIBUTES).fill('');
  readonly attributeValues: string[] = new Array<string>(MOST_ATTRIBUTES).fill('');
  attributesCount = 0;
  /** A number of the reader's own: what an answer has to know of its question. */
  note = 0;

  /** Whether it repeats a question that is open: no row, unless it has an answer of its own. */
  isRepeated = false;
  /** Whether the client asked, as in most protocols; false where the server did. */
  byClient = true;
  /** Whether the answer may take as long as the conversation: over UDP only where its reader says so. */
  isPatient = false;
  /** When its last byte came, the first byte of its answer, and the last one. */
  askedSec = 0;
  askedNsec = 0;
  begunSec = 0;
  begunNsec = 0;
  endedSec = 0;
  endedNsec = 0;
  /** Whether an answer has begun, and whether it is whole but for bytes that are still to come. */
  begun = false;
  answered = false;
  /** The handle of the conversation in which it is open, and its neighbours among all open ones, by age. */
  dialogue = 0;
  older: Question | undefined;
  newer: Question | undefined;
  /** Characters of its texts, as they were counted last. */
  weight = 0;

  /** Adds a word; one that is there is kept. Beyond MOST_ATTRIBUTES it is left out. */
  attribute(name: string, value: string): void {
    const n = this.attributesCount;
    for (let i = 0; i < n; i++) if (this.attributeNames[i] === name) return;
    if (n === MOST_ATTRIBUTES) return;
    this.attributeNames[n] = name;
    this.attributeValues[n] = value;
    this.attributesCount = n + 1;
  }

  /** Adds an IPv4 (4 bytes) or IPv6 (16 bytes) address. Beyond MOST_ANSWERS it is left out. */
  address(b: Uint8Array, o: number, length: 4 | 16): void {
    if (this.answersCount === MOST_ANSWERS) return;
    const at = 16 * this.answersCount++;
    const to = this.answers;
    const before = 16 - length;
    for (let i = 0; i < before; i++) to[at + i] = i < 10 ? 0 : 0xff;
    for (let i = 0; i < length; i++) to[at + before + i] = b[o + i];
  }

  /** Characters of its texts: about as many bytes of memory. */
  get characters(): number {
    const { key, method, name, resource, userName, status, attributeValues } = this;
    let n = key.length + method.length + name.length + resource.length + userName.length + status.length;
    for (let i = 0; i < this.attributesCount; i++) n += attributeValues[i].length;
    return n;
  }

  reset(): void {
    this.id = this.weight = 0;
    this.appProtocol = '';
    this.key = this.method = this.name = this.resource = this.userName = this.status = '';
    this.outcome = Outcome.Unanswered;
    this.partial = '';
    this.ttl = this.note = this.askedBytes = this.answeredBytes = 0;
    this.requestBytes = this.responseBytes = -1;
    this.answersCount = this.attributesCount = this.hostPort = 0;
    this.byClient = true;
    this.isRepeated = false;
    this.isPatient = false;
    this.askedSec = this.askedNsec = this.begunSec = this.begunNsec = this.endedSec = this.endedNsec = 0;
    this.begun = this.answered = false;
    this.dialogue = 0;
  }
}
