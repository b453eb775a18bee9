import { u16 } from '../../wire/bytes.js';
import type { Application, Opening } from '../reader.js';
import { startsWith } from '../text.js';
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

/** Also the server's answer, where CONNECT was not seen. */
function isMqtt(m: Opening): boolean {
  const { bytes: b, start: o, end } = m;
  if (m.fromClient) return isConnect(m);
  if (end - o < 4 || b[o] !== CONNACK || b[o + 1] < 2 || b[o + 1] > 0x7f || b[o + 2] > 1) return false;
  return b[o + 3] <= LAST_CODE || (b[o + 3] & REFUSED) !== 0;
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
