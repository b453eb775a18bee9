import { expect, it } from 'vitest';
import { malformedStatus } from '../../src/collector/refused.js';
import { MALFORMED_SENDERS, MalformedSenders } from '../../src/demux/malformed-senders.js';
import type { OuterPacket } from '../../src/model/outer-packet.js';
import { Malformed } from '../../src/wire/walk/malformed.js';
import { outer } from './outer.js';

function packet(source: string, sec: number): OuterPacket {
  const target = source.includes(':') ? '2001:db8::9' : '10.0.0.9';
  return Object.assign(outer(source, target), { sec });
}

it('senders of packets that cannot be read are told with why, the newest first, of all paths', () => {
  const [one, two] = [new MalformedSenders(), new MalformedSenders()];
  one.count(packet('10.0.0.1', 100), Malformed.GreVersion);
  one.count(packet('10.0.0.1', 103), Malformed.GreVersion);
  one.count(packet('10.0.0.1', 101), Malformed.GreShort);
  one.count(packet('2001:db8::1', 102), Malformed.GreShort);
  two.count(packet('10.0.0.1', 99), Malformed.GreVersion);
  expect(malformedStatus([one.list(), two.list()])).toEqual([
    { source: '10.0.0.1', reason: 'gre_version', packets: 3, last_seen: 103 },
    { source: '2001:db8::1', reason: 'gre_short', packets: 1, last_seen: 102 },
    { source: '10.0.0.1', reason: 'gre_short', packets: 1, last_seen: 101 },
  ]);
});

it('any number of senders takes no more room: the ones silent for longest are forgotten', () => {
  const senders = new MalformedSenders();
  for (let i = 0; i < 1000; i++) {
    senders.count(packet(`10.0.${i >>> 8}.${i & 255}`, 100 + i), Malformed.GreShort);
    senders.count(packet('10.9.9.9', 100 + i), Malformed.GreShort);
  }
  const told = malformedStatus([senders.list(), senders.list()]);
  expect(told).toHaveLength(MALFORMED_SENDERS);
  expect(told.find((s) => s.source === '10.9.9.9')).toMatchObject({ packets: 2000, last_seen: 1099 });
  const others = told.filter((s) => s.source !== '10.9.9.9').map((s) => s.last_seen);
  expect(others).toEqual(Array.from({ length: MALFORMED_SENDERS - 1 }, (_, i) => 1099 - i));
});
