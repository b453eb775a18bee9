import { describe, expect, it } from 'vitest';
import { MqttReader } from '../../../src/applications/mqtt/reader.js';
import type { Application } from '../../../src/applications/reader.js';
import { Conversation } from '../../support/conversation.js';
import {
  connect,
  connected,
  packet,
  publish,
  samples,
  subscribe,
  text,
  u16,
  unsubscribe,
} from './packets.js';

const MQTT: Application = { name: 'mqtt', tcp: { is: () => true }, newReader: () => new MqttReader() };
const open = () => new Conversation([MQTT], { client: 40000, server: 1883 });
const seen = (c: Conversation) =>
  c.rows.map((r) =>
    `${r.method} ${r.name} ${r.resource} ${r.status} ${r.outcome} ${Object.values(r.attributes)}`
      .trim()
      .replace(/ +/g, ' '),
  );

describe('MQTT', () => {
  it('connects, in all versions', () => {
    for (const version of [3, 4, 5]) {
      const c = open()
        .ask(connect('sensor', 'app', version, true))
        .answer(connected(0, version === 5 ? [0] : []));
      expect(c.rows).toEqual([
        expect.objectContaining({
          method: 'CONNECT',
          name: 'sensor',
          user: 'app',
          status: '0',
          outcome: 'ok',
          responseUs: 1000,
        }),
      ]);
      expect(c.told).toEqual({ UserName: 'app' });
      expect(JSON.stringify(c.rows)).not.toContain('secret');
    }
  });

  it('refuses', () => {
    const answers = (version: number, code: number) =>
      open()
        .ask(connect('s', 'eve', version))
        .answer(connected(code))
        .rows.map((r) => `${r.status} ${r.outcome}`)[0];
    expect([answers(4, 5), answers(4, 3), answers(5, 0x87), answers(5, 0x88)]).toEqual([
      '5 client_error',
      '3 server_error',
      '135 client_error',
      '136 server_error',
    ]);
  });

  it('gives a client a name', () => {
    const c = open()
      .ask(connect('', '', 5))
      .answer(connected(0, [13, 0x21, 0, 9, 0x12, ...text('given-1')]));
    c.ask(publish('t', 'x', 0, 0, [0]));
    expect(seen(c)).toEqual(['CONNECT given-1 0 ok', 'PUBLISH given-1 t ok 0']);
  });

  it('publishes, from both sides', () => {
    const c = open().ask(connect('s')).answer(connected(0)).ask(publish('a/b', 'secret'));
    c.ask(publish('q1', 'x', 1, 7), packet(0x3a, text('q1'), u16(7), 'x')).answer(publish('q2', 'y', 2, 7));
    c.ask(packet(0x50, u16(7)))
      .answer(packet(0x62, u16(7)), packet(0x40, u16(7)))
      .ask(packet(0x70, u16(7)));
    c.ask(packet(0xc0)).answer(packet(0xd0)).ask(packet(0xe0)).end();
    expect(seen(c)).toEqual([
      'CONNECT s 0 ok',
      'PUBLISH s a/b ok 0',
      'PUBLISH s q2 ok 2',
      'PUBLISH s q1 ok 1',
    ]);
  });

  it('has aliases of topics, and reasons, in version 5', () => {
    const c = open()
      .ask(connect('s', '', 5))
      .answer(connected(0, [0]));
    c.ask(publish('long/topic', 'x', 0, 0, [3, 0x23, 0, 2])).answer(
      publish('other', 'x', 0, 0, [3, 0x23, 0, 2]),
    );
    c.ask(publish('', 'x', 1, 1, [10, 0x26, 0, 1, 65, 0, 1, 66, 0x23, 0, 2])).answer(
      packet(0x40, u16(1), [0x10]),
    );
    c.ask(publish('t', 'x', 1, 2, [0]))
      .answer(packet(0x40, u16(2)))
      .ask(publish('t', 'x', 2, 3, [0]));
    c.answer(packet(0x50, u16(3), [0x87, 0]));
    expect(seen(c).slice(1)).toEqual([
      'PUBLISH s long/topic ok 0',
      'PUBLISH s other ok 0',
      'PUBLISH s long/topic 16 ok 1',
      'PUBLISH s t 0 ok 1',
      'PUBLISH s t 135 client_error 2',
    ]);
  });

  it('subscribes', () => {
    const c = open()
      .ask(connect('s'))
      .answer(connected(0))
      .ask(subscribe(1, ['a/#', 'b']))
      .answer(packet(0x90, u16(1), [1, 0]));
    c.ask(subscribe(2, ['a', 'b']))
      .answer(packet(0x90, u16(2), [1, 0x80]))
      .ask(unsubscribe(3, 'b'))
      .answer(packet(0xb0, u16(3)));
    expect(seen(c).slice(1)).toEqual([
      'SUBSCRIBE s a/# 1 ok 1,2',
      'SUBSCRIBE s a 128 client_error 1,2',
      'UNSUBSCRIBE s b ok 1',
    ]);
    const five = open()
      .ask(connect('s', '', 5))
      .answer(connected(0, [0]))
      .ask(unsubscribe(1, 'b', [0]))
      .answer(packet(0xb0, u16(1), [0, 17]));
    expect(seen(five).slice(1)).toEqual(['UNSUBSCRIBE s b 17 ok 1']);
  });

  it('has more messages that wait for an answer than have a place', () => {
    const c = open().ask(connect('s')).answer(connected(0));
    for (let i = 1; i <= 40; i++) c.ask(publish('t', 'x', 1, i));
    for (let i = 1; i <= 41; i++) c.answer(packet(0x40, u16(i)));
    expect(c.rows.slice(1).map((r) => r.outcome)).toEqual([
      ...Array.from({ length: 8 }, () => 'unanswered'),
      ...Array.from({ length: 32 }, () => 'ok'),
      'unasked',
    ]);
  });

  it('passes over large messages', () => {
    const big = publish('big', 'x'.repeat(300_000), 1, 5);
    const c = open().ask(connect('s')).answer(connected(0));
    for (let i = 0; i < big.length; i += 1400) c.ask(big.subarray(i, i + 1400));
    c.ask(publish('next', 'x')).answer(packet(0x40, u16(5)));
    expect(seen(c).slice(1)).toEqual(['PUBLISH s next ok 0', 'PUBLISH s big ok 1']);
    expect([c.rows[2].requestBytes, c.rows[2].responseUs]).toEqual([big.length, 2000]);
  });

  it('is read where its beginning was not seen', () => {
    const swapped = new Conversation([MQTT], { client: 1883, server: 40000 });
    swapped
      .answer(subscribe(1, ['a']))
      .ask(packet(0x90, u16(1), [0]))
      .ask(publish('a', 'x'));
    expect(seen(swapped)).toEqual(['SUBSCRIBE a 0 ok 1,1', 'PUBLISH a ok 0']);
    expect(swapped.client).toBe(1);
    const five = open()
      .ask(subscribe(1, ['a'], [0]))
      .answer(packet(0x90, u16(1), [0, 0]))
      .answer(packet(0x40, u16(9)));
    expect(seen(five)).toEqual(['SUBSCRIBE a 0 ok 1,1', 'PUBLISH 0 unasked']);
  });

  it('is not what begins otherwise', () => {
    expect(open().ask(packet(0x10, text('HTTP'), [4, 0, 0, 0], text('x'))).told.Partial).toBe('malformed');
    expect(
      open()
        .ask(Buffer.from([0x30, 0xff, 0xff, 0xff, 0xff, 1]))
        .ask(Buffer.alloc(20))
        .end().rows,
    ).toEqual([]);
  });

  it('is the same in pieces', () => {
    const whole = open();
    const pieces = open();
    for (const [who, bytes] of samples[0].messages) {
      if (who === 'client') whole.ask(bytes);
      else whole.answer(bytes);
      for (let i = 0; i < bytes.length; i += 3) {
        if (who === 'client') pieces.ask(bytes.subarray(i, i + 3));
        else pieces.answer(bytes.subarray(i, i + 3));
      }
    }
    expect(seen(pieces.end())).toEqual(seen(whole.end()));
    expect(whole.rows.length).toBe(6);
  });
});
