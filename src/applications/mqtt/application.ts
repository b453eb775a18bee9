import { u16 } from '../../wire/bytes.js';
import type { Application, Opening } from '../reader.js';
import { startsWith } from '../text.js';
import { isType, Type } from './packets.js';
import { Properties } from './properties.js';
import { MqttReader } from './reader.js';

const CONNECT = 0x10;
const CONNACK = 0x20;
/** Reason codes of refusals in version 5 have this bit; those before go up to 5. */
const REFUSED = 0x80;
const LAST_CODE = 5;

export const MQTT: Application = {
  name: 'mqtt',
  newReader: () => new MqttReader(),
  tcp: { ports: [1883], is: isMqtt, elsewhere: isConnect, firstBytes: [CONNECT] },
};

/** Few topics are longer, and they are looked at so far. */
const LONGEST_TOPIC = 1024;
const MOST_OF_TOPIC = 64;
const lengths = new Properties();

/** Also what is said later, where CONNECT was not seen: connections last for days. */
function isMqtt(m: Opening): boolean {
  const { bytes: b, start: o, end } = m;
  if (m.fromClient && b[o] === CONNECT) return isConnect(m);
  if (b[o] !== CONNACK) return isLater(m);
  if (m.fromClient || end - o < 4 || b[o + 1] < 2 || b[o + 1] > 0x7f || b[o + 2] > 1) return false;
  return b[o + 3] <= LAST_CODE || (b[o + 3] & REFUSED) !== 0;
}

/** A packet of a connection that is open: its length fits its type, and another may follow it. */
function isLater({ bytes: b, start: o, end, length, fromClient }: Opening): boolean {
  if (!isType(b[o])) return false;
  const size = lengths.number(b, o + 1, end);
  const p = lengths.next;
  if (size < 0) return false;
  const next = p + size;
  if (next < end ? !isType(b[next]) : next > o + length && b[o] >> 4 !== Type.Publish) return false;
  switch (b[o] >> 4) {
    case Type.PingReq:
      return fromClient && size === 0;
    case Type.PingResp:
      return !fromClient && size === 0;
    case Type.Publish:
      return isTopic(b, p, end, size);
    case Type.PubAck:
    case Type.PubRec:
    case Type.PubRel:
    case Type.PubComp:
      return size >= 2 && isNumber(b, p, end);
    case Type.Subscribe:
    case Type.Unsubscribe:
      return fromClient && size >= 5 && isNumber(b, p, end);
    case Type.SubAck:
      return !fromClient && size >= 3 && isNumber(b, p, end);
    case Type.UnsubAck:
      return !fromClient && size >= 2 && isNumber(b, p, end);
    default:
      return false;
  }
}

/** A packet's number is not 0. */
function isNumber(b: Uint8Array, o: number, end: number): boolean {
  return o + 2 <= end && u16(b, o) !== 0;
}

/** A topic of a message: some text, no wildcards. */
function isTopic(b: Uint8Array, o: number, end: number, size: number): boolean {
  if (o + 2 > end) return false;
  const length = u16(b, o);
  if (length === 0 || length > LONGEST_TOPIC || length + 2 > size) return false;
  const last = Math.min(end, o + 2 + length, o + 2 + MOST_OF_TOPIC);
  for (let p = o + 2; p < last; p++)
    if (b[p] < 0x20 || b[p] === 0x7f || b[p] === 0x23 || b[p] === 0x2b) return false;
  return true;
}

/** CONNECT with the protocol's name: MQTT, or MQIsdp in version 3.1. */
function isConnect({ bytes: b, start: o, end }: Opening): boolean {
  if (b[o] !== CONNECT) return false;
  // Seven bits of the remaining length a byte, four bytes at most.
  let p = o + 1;
  while (p < end && b[p] >= 0x80 && p < o + 4) p++;
  if (++p + 2 > end) return false;
  const name = u16(b, p) === 4 ? 'MQTT' : u16(b, p) === 6 ? 'MQIsdp' : '';
  return name !== '' && startsWith(b, p + 2, end, name);
}
