/** MQTT 3.1, 3.1.1 and 5: packets of a type, a length, what they carry. Source: OASIS, MQTT 3.1.1 and 5.0. */
import { Outcome, Told } from '../../model/told.js';
import { u16 } from '../../wire/bytes.js';
import { MOST_OPEN } from '../engine/dialogue.js';
import type { Question } from '../question.js';
import { type Dialogue, Read, type Reader } from '../reader.js';
import { countTopics, isType, Type, wanted } from './packets.js';
import { behindText, Properties, Property } from './properties.js';
import { MOST_ALIASES, MqttState } from './state.js';

const Flag = { Will: 0x04, User: 0x80 } as const;
const FAILED = 0x80;
const QOS = ['0', '1', '2'] as const;

export class MqttReader implements Reader {
  readonly inTurns = true;
  private readonly properties = new Properties();

  newState(): MqttState {
    return new MqttState();
  }

  stream(d: Dialogue, b: Uint8Array, o: number, end: number): number {
    const s = d.state as MqttState;
    const length = this.properties.number(b, o + 1, end);
    if (length === -1) return d.ending === '' ? Read.More : Read.Turn;
    const type = b[o] >> 4;
    if (length < 0 || !isType(b[o])) return Read.Turn;
    const p = this.properties.next;
    const whole = p - o + length;
    if (d.ending === '' && end - o < wanted(b, o, p, end, whole)) return Read.More;
    if (!s.isSure) whoIsWho(d, s, type);
    const stop = Math.min(end, o + whole);
    switch (type) {
      case Type.Connect:
        if (!this.connect(d, s, b, p, stop)) return d.malformed();
        break;
      case Type.ConnAck:
        this.connected(d, s, b, p, stop);
        break;
      case Type.Publish:
        this.publish(d, s, b, o, p, stop);
        break;
      case Type.PubAck:
      case Type.PubRec:
        if (p + 2 <= stop) this.acknowledge(d, s, Type.Publish, b, p, stop);
        break;
      case Type.Subscribe:
      case Type.Unsubscribe:
        if (p + 2 <= stop) this.subscribe(d, s, type, b, p, stop);
        break;
      case Type.SubAck:
        if (p + 2 <= stop) this.acknowledge(d, s, Type.Subscribe, b, p, stop);
        break;
      case Type.UnsubAck:
        if (p + 2 <= stop) this.acknowledge(d, s, Type.Unsubscribe, b, p, stop);
        break;
    }
    return whole;
  }

  /** @returns false if it is none */
  private connect(d: Dialogue, s: MqttState, b: Uint8Array, o: number, end: number): boolean {
    let p = behindText(b, o, end);
    // MQTT, and MQIsdp before
    if (p + 4 > end || b[o + 2] !== 0x4d || b[o + 3] !== 0x51) return false;
    // Brokers that connect to brokers set the highest bit.
    s.version = b[p] & 0x7f;
    const flags = b[p + 1];
    p += 4;
    if (s.version === 5) p = this.properties.skip(b, p, end);
    const idEnd = behindText(b, p, end);
    const q = d.ask(numberOf(d.fromClient, Type.Connect, 0));
    q.method = 'CONNECT';
    q.name = s.clientId = textAt(d, b, p, idEnd);
    p = idEnd;
    if ((flags & Flag.Will) !== 0) {
      if (s.version === 5) p = this.properties.skip(b, p, end);
      p = behindText(b, behindText(b, p, end), end);
    }
    if ((flags & Flag.User) !== 0) q.userName = textAt(d, b, p, behindText(b, p, end));
    return true;
  }

  private connected(d: Dialogue, s: MqttState, b: Uint8Array, o: number, end: number): void {
    if (o + 2 > end) return;
    const q = asked(d, Type.Connect, 0) ?? d.unasked();
    const code = b[o + 1];
    if (s.clientId === '' && s.version === 5) {
      const id = this.properties.find(b, o + 2, end, Property.AssignedClientId);
      if (id >= 0) s.clientId = textAt(d, b, id, behindText(b, id, end));
    }
    q.name = s.clientId;
    q.method = 'CONNECT';
    setStatus(d, q, code);
    if (q.outcome === Outcome.Unasked) return;
    if (code === 0) d.tell(Told.UserName, q.userName);
    d.answer(q, code === 0 ? Outcome.Ok : refusal(s.version, code));
  }

  private publish(d: Dialogue, s: MqttState, b: Uint8Array, o: number, from: number, end: number): void {
    const qos = (b[o] >> 1) & 3;
    if (qos === 3 || from + 2 > end) return;
    let p = behindText(b, from, end);
    let topic = textAt(d, b, from, p);
    let id = 0;
    if (qos > 0) {
      if (p + 2 > end) return;
      id = numberOf(d.fromClient, Type.Publish, u16(b, p));
      p += 2;
    }
    if (s.version === 5) topic = this.aliased(d, s, topic, b, p, end);
    // One that is sent again while it is not acknowledged is the same.
    if (qos > 0 && d.find(id) !== undefined) return;
    const q = qos === 0 ? d.row() : ask(d, s, id);
    q.method = 'PUBLISH';
    q.name = s.clientId;
    q.resource = topic;
    q.attribute('qos', QOS[qos]);
  }

  /** The topic that an alias stands for, which a message before gave it. */
  private aliased(d: Dialogue, s: MqttState, topic: string, b: Uint8Array, o: number, end: number): string {
    const at = this.properties.find(b, o, end, Property.TopicAlias);
    if (at < 0 || at + 2 > end) return topic;
    const alias = u16(b, at);
    if (alias === 0 || alias > MOST_ALIASES) return topic;
    const place = alias - 1 + (d.fromClient ? 0 : MOST_ALIASES);
    if (topic === '') return s.aliases[place];
    s.aliases[place] = s.room.exchange(s.aliases[place], topic);
    return topic;
  }

  private subscribe(d: Dialogue, s: MqttState, type: number, b: Uint8Array, o: number, end: number): void {
    const options = type === Type.Subscribe ? 1 : 0;
    const q = ask(d, s, numberOf(d.fromClient, type, u16(b, o)));
    q.method = type === Type.Subscribe ? 'SUBSCRIBE' : 'UNSUBSCRIBE';
    q.name = s.clientId;
    let p = o + 2;
    if (s.version === 0 && d.ending === '') s.version = countTopics(b, p, end, options) > 0 ? 4 : 5;
    if (s.version === 5) p = this.properties.skip(b, p, end);
    const topicEnd = behindText(b, p, end);
    q.resource = textAt(d, b, p, topicEnd);
    if (options > 0 && topicEnd < end) q.attribute('qos', QOS[b[topicEnd] & 3] ?? '');
    const count = countTopics(b, p, end, options);
    if (count <= 0) return;
    d.texts.begin();
    d.texts.addNumber(count);
    q.attribute('count', d.texts.take());
  }

  /** A number, and reasons: one of several that says no counts. */
  private acknowledge(d: Dialogue, s: MqttState, type: number, b: Uint8Array, o: number, end: number): void {
    const known = asked(d, type, u16(b, o));
    if (known === undefined && s.givenUp > 0) {
      s.givenUp--;
      return;
    }
    const q = known ?? d.unasked();
    let p = o + 2;
    let code = -1;
    if (type === Type.Publish) {
      // MQTT 5 leaves a success out; before, there was nothing to say.
      if (p < end) code = b[p];
      else if (s.version === 5) code = 0;
    } else {
      if (s.version === 5) p = this.properties.skip(b, p, end);
      for (let i = p; i < end && code < FAILED; i++) if (code < 0 || b[i] >= FAILED) code = b[i];
    }
    if (code >= 0) setStatus(d, q, code);
    if (q.outcome !== Outcome.Unasked) {
      d.answer(q, code < FAILED ? Outcome.Ok : refusal(s.version, code));
      return;
    }
    q.name = s.clientId;
    q.method = type === Type.Publish ? 'PUBLISH' : type === Type.Subscribe ? 'SUBSCRIBE' : 'UNSUBSCRIBE';
  }
}

/** What a question is found by: who asks, what, with which number. */
function numberOf(byClient: boolean, type: number, id: number): number {
  return (type << 17) | (byClient ? 1 << 16 : 0) | id;
}

function ask(d: Dialogue, s: MqttState, id: number): Question {
  if (d.open.length === MOST_OPEN) s.givenUp++;
  return d.ask(id);
}

/** The other side's question that the message at hand answers. */
function asked(d: Dialogue, type: number, id: number): Question | undefined {
  return d.find(numberOf(!d.fromClient, type, id));
}

/** Types that only one side sends say who is who. */
function whoIsWho(d: Dialogue, s: MqttState, type: number): void {
  const isClients =
    type === Type.Connect || type === Type.Subscribe || type === Type.Unsubscribe || type === Type.PingReq;
  const isServers =
    type === Type.ConnAck || type === Type.SubAck || type === Type.UnsubAck || type === Type.PingResp;
  if (!isClients && !isServers) return;
  s.isSure = true;
  d.sentByClient(isClients);
}

function textAt(d: Dialogue, b: Uint8Array, o: number, end: number): string {
  return d.texts.utf8(b, Math.min(end, o + 2), end);
}

function setStatus(d: Dialogue, q: Question, code: number): void {
  d.texts.begin();
  d.texts.addNumber(code);
  q.status = d.texts.take();
}

/** Server unavailable, busy, shutting down are the server's; other refusals the client's. */
function refusal(version: number, code: number): Outcome {
  const isServers = version === 5 ? code === 0x88 || code === 0x89 || code === 0x8b : code === 3;
  return isServers ? Outcome.ServerError : Outcome.ClientError;
}
