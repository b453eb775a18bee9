/** Packets of MQTT: their types, and how far they are looked at. */
import { u16 } from '../../wire/bytes.js';

export const Type = {
  Connect: 1,
  ConnAck: 2,
  Publish: 3,
  PubAck: 4,
  PubRec: 5,
  PubRel: 6,
  PubComp: 7,
  Subscribe: 8,
  SubAck: 9,
  Unsubscribe: 10,
  UnsubAck: 11,
  PingReq: 12,
  PingResp: 13,
} as const;

const MOST_TOPICS = 256;
/** Bytes of a message that are looked at behind its topic. */
const BEHIND_TOPIC = 128;

/** Whether a first byte is one: each type has its own flags, but PUBLISH. */
export function isType(first: number): boolean {
  const type = first >> 4;
  if (type === 0) return false;
  if (type === Type.Publish) return true;
  const flags = first & 15;
  // 3.1 may say that one of these is sent again.
  if (type === Type.PubRel || type === Type.Subscribe || type === Type.Unsubscribe) return (flags & 7) === 2;
  return flags === 0;
}

/** Bytes of a packet that are looked at: of a message, what stands before its contents. */
export function wanted(b: Uint8Array, o: number, p: number, end: number, whole: number): number {
  if (b[o] >> 4 !== Type.Publish) return whole;
  const head = p - o + 2;
  return Math.min(whole, end - o < head ? head : head + u16(b, p) + BEHIND_TOPIC);
}

/** Topics, each with options behind it if there are some. @returns -1 if that is not what it is */
export function countTopics(b: Uint8Array, o: number, end: number, options: number): number {
  let count = 0;
  let p = o;
  while (p + 3 <= end && count < MOST_TOPICS) {
    const length = u16(b, p);
    if (length === 0) return -1;
    p += 2 + length + options;
    count++;
  }
  return p === end || count === MOST_TOPICS ? count : -1;
}
