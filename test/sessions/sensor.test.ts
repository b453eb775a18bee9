import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Mirrored } from '../../src/model/mirrored.js';
import { PacketRecord } from '../../src/model/packet-record.js';
import type { SessionRecord } from '../../src/model/session-record.js';
import { fillPacket } from '../../src/store/segment/kept-frame.js';
import { macNumber } from '../../src/wire/ip/addresses.js';
import { Frame } from '../../src/wire/walk/frame.js';
import { mirrorPoint, SessionWorld } from '../support/session-world.js';

const FROM = '10.0.0.1:40000';
const TO = '10.0.0.2:80';
const mac = fc.integer({ min: 1, max: 2 ** 48 - 1 });

/** What rows say of their mirror, apart from the point: the client's port, sensor, port, security group. */
type Said = readonly [number, string, number, number];

function world(): { world: SessionWorld; said: Said[] } {
  const said: Said[] = [];
  const session = (r: SessionRecord): void => {
    said.push([r.clientPort, r.mirrorSensor, r.mirrorPort, r.securityGroup]);
  };
  return { world: new SessionWorld({}, { session }), said };
}

it('a session has the sensor of its first frame, or the port and the security group', () => {
  const { world: sessions, said } = world();
  const other = { port: 0xfedcba98, group: 0x7654 };
  sessions.send({ at: 0, from: FROM, to: TO, sensor: 0x02_00_00_00_00_01 });
  sessions.send({ at: 1, from: TO, to: FROM, sensor: 0x06_00_00_00_00_02 });
  sessions.send({ at: 2, from: '10.0.0.3:2000', to: TO, ...other });
  sessions.finish();
  // The slot of a session with a sensor is another one's now.
  for (const port of [3000, 3001]) sessions.send({ at: 4, from: `10.0.0.3:${port}`, to: TO, ...other });
  sessions.finish();
  expect(said.sort((a, b) => a[0] - b[0])).toEqual([
    ...[2000, 3000, 3001].map((port) => [port, '', other.port, other.group]),
    [40000, '02:00:00:00:00:01', 0, 0],
  ]);
});

it('any sensor is kept with sessions and packets, and its text gives it back', () => {
  const record = new PacketRecord();
  const mirrored = Object.assign(new Mirrored(), { point: mirrorPoint(0) });
  fc.assert(
    fc.property(mac, (sensor) => {
      const { world: sessions, said } = world();
      sessions.send({ at: 0, from: FROM, to: TO, sensor });
      sessions.finish();
      fillPacket(record, new Frame(), Object.assign(mirrored, { sensor }), 0, 0);
      for (const text of [said[0][1], record.mirrorSensor]) {
        expect(text).toMatch(/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/);
        expect(macNumber(text)).toBe(sensor);
      }
    }),
  );
  mirrored.clear();
  fillPacket(record, new Frame(), mirrored, 0, 0);
  expect(record.mirrorSensor).toBe('');
  expect(macNumber('')).toBe(0);
});
