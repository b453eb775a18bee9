import { u16, u32 } from '../../wire/bytes.js';
import type { Application, Opening } from '../reader.js';
import { isPrintable } from '../text.js';

/** A request's header: its length, what is asked and in which version, a number, the client's name. */
const LENGTH = 4;
const NAME = 14;
const LAST_API = 100;
const LAST_VERSION = 20;
const LONGEST = 0x1000_0000;
const LONGEST_NAME = 255;
/** The name's length where there is none. */
const NO_NAME = 0xffff;

export const KAFKA: Application = { name: 'kafka', tcp: { ports: [9092], is: isKafka } };

/** Request headers of version 1 and later (Kafka's protocol guide). */
function isKafka({ bytes: b, start: o, end, fromClient }: Opening): boolean {
  if (!fromClient || end - o < NAME) return false;
  const length = u32(b, o);
  if (length < NAME - LENGTH || length > LONGEST || u16(b, o + 4) > LAST_API || u16(b, o + 6) > LAST_VERSION)
    return false;
  const name = u16(b, o + 12);
  if (name === NO_NAME) return true;
  if (name > LONGEST_NAME || NAME - LENGTH + name > length) return false;
  for (let p = o + NAME; p < Math.min(end, o + NAME + name); p++) if (!isPrintable(b[p])) return false;
  return true;
}
