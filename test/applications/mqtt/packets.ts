/** Packets of MQTT, for tests. */
import type { Sample } from '../../support/sample.js';

type Part = string | readonly number[] | Uint8Array;
const bytes = (parts: readonly Part[]) =>
  Buffer.concat(parts.map((p) => (typeof p === 'string' ? Buffer.from(p, 'utf8') : Buffer.from(p))));
export const text = (t: string) => bytes([[Buffer.byteLength(t) >> 8, Buffer.byteLength(t) & 255], t]);
export const u16 = (n: number) => [n >> 8, n & 255];

export function packet(first: number, ...parts: Part[]): Buffer {
  const body = bytes(parts);
  const length: number[] = [];
  let n = body.length;
  do {
    length.push((n & 127) | (n > 127 ? 128 : 0));
    n >>= 7;
  } while (n > 0);
  return bytes([[first], length, body]);
}

export function connect(id: string, user = '', version = 4, will = false): Buffer {
  const properties = version === 5 ? [[5, 0x11, 0, 0, 0, 9]] : [];
  const wills: Part[] = will ? [version === 5 ? [0] : [], text('last/words'), text('secret')] : [];
  const flags = (user === '' ? 0 : 0xc0) | (will ? 4 : 0) | 2;
  const names = user === '' ? [] : [text(user), text('secret')];
  return packet(
    0x10,
    text(version === 3 ? 'MQIsdp' : 'MQTT'),
    [version, flags, 0, 60],
    ...properties,
    text(id),
    ...wills,
    ...names,
  );
}
export const connected = (code: number, properties: Part = []) => packet(0x20, [0, code], properties);
export const publish = (topic: string, body: string, qos = 0, id = 1, properties: Part = []) =>
  packet(0x30 | (qos << 1), text(topic), qos > 0 ? u16(id) : [], properties, body);
export const subscribe = (id: number, topics: readonly string[], properties: Part = []) =>
  packet(0x82, u16(id), properties, ...topics.flatMap((t) => [text(t), [1]]));
export const unsubscribe = (id: number, topic: string, properties: Part = []) =>
  packet(0xa2, u16(id), properties, text(topic));

export const samples: readonly Sample[] = [
  {
    server: 1883,
    messages: [
      ['client', connect('sensor', 'app', 5, true)],
      ['server', connected(0, [0])],
      ['client', subscribe(1, ['a/#', 'b'], [0])],
      ['server', packet(0x90, u16(1), [0, 1, 1])],
      ['client', publish('a/b', 'warm', 0, 0, [3, 0x23, 0, 1])],
      ['server', publish('a/c', 'cold', 1, 7, [0])],
      ['client', packet(0x40, u16(7))],
      ['client', publish('', 'x', 2, 2, [3, 0x23, 0, 1])],
      ['server', packet(0x50, u16(2), [0x10])],
      ['client', packet(0x62, u16(2))],
      ['server', packet(0x70, u16(2))],
      ['client', packet(0xc0)],
      ['server', packet(0xd0)],
      ['client', unsubscribe(3, 'b', [0])],
      ['server', packet(0xb0, u16(3), [0, 0])],
      ['client', packet(0xe0)],
    ],
  },
];
