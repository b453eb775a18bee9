import { describe, expect, it } from 'vitest';
import { RadiusReader } from '../../../src/applications/radius/reader.js';
import type { Application } from '../../../src/applications/reader.js';
import { Conversation } from '../../support/conversation.js';
import { attribute, packet } from './messages.js';

const RADIUS: Application = { name: 'radius', udp: { is: () => true }, newReader: () => new RadiusReader() };
const talk = () => new Conversation([RADIUS], { client: 50000, server: 1812 });
const said = (c: Conversation) => c.rows.map((r) => `${r.method} ${r.user} ${r.status} ${r.outcome}`);
const user = (name: string) => attribute(1, name);

describe('access', () => {
  it('is asked for in one or several steps', () => {
    const c = talk()
      .datagram(0, packet(1, 5, 1, user('ann'), attribute(2, 'hidden-password!'), attribute(32, 'nas-1\0')))
      .datagram(1, packet(11, 5, 9, attribute(24, 'state')))
      .datagram(
        0,
        packet(1, 6, 2, user('ann'), attribute(31, '00-11-22-33-44-55'), attribute(8, [9, 9, 9, 9])),
      )
      .datagram(1, packet(2, 6, 9, attribute(8, [10, 0, 0, 7]), attribute(168, Buffer.alloc(16, 0x20))));
    expect(c.rows).toMatchObject([
      { method: 'Access-Request', name: 'nas-1', user: 'ann', status: 'Access-Challenge', outcome: 'ok' },
      {
        user: 'ann',
        status: 'Access-Accept',
        outcome: 'ok',
        answers: ['10.0.0.7', '2020:2020:2020:2020:2020:2020:2020:2020'],
        attributes: { calling_station: '00-11-22-33-44-55' },
        responseUs: 1000,
      },
    ]);
    expect(JSON.stringify(c.rows)).not.toContain('hidden');
  });

  it('may be refused, or not answered', () => {
    const c = talk()
      .datagram(0, packet(1, 5, 1, user('ann')))
      .datagram(0, packet(1, 6, 1, user('bob')))
      .datagram(1, packet(3, 6, 9))
      .pass(15);
    expect(said(c)).toEqual([
      'Access-Request bob Access-Reject client_error',
      'Access-Request ann  unanswered',
    ]);
  });

  it('has numbers that come again', () => {
    const c = talk()
      .datagram(0, packet(1, 5, 1, user('ann')))
      .datagram(0, packet(1, 5, 1, user('ann')))
      .datagram(0, packet(1, 5, 2, user('bob')))
      .datagram(1, packet(2, 5, 9))
      .datagram(1, packet(2, 5, 9, user('ann')))
      .end();
    expect(said(c)).toEqual([
      'Access-Request ann  unanswered',
      'Access-Request bob Access-Accept ok',
      ' ann Access-Accept unasked',
    ]);
  });

  it('without an address of its own leaves none', () => {
    const c = talk()
      .datagram(0, packet(1, 5, 1))
      .datagram(1, packet(2, 5, 9, attribute(8, [255, 255, 255, 254]), attribute(8, [255, 255, 255, 255])));
    expect(c.rows[0].answers).toEqual([]);
  });
});

it('accounts, and changes what was granted', () => {
  const c = talk()
    .datagram(0, packet(4, 1, 1, user('ann'), attribute(8, [10, 0, 0, 7])))
    .datagram(1, packet(5, 1, 9))
    .datagram(0, packet(43, 2, 1, user('ann')))
    .datagram(1, packet(45, 2, 9))
    .datagram(0, packet(12, 3, 1))
    .datagram(1, packet(2, 3, 9));
  expect(said(c)).toEqual([
    'Accounting-Request ann Accounting-Response ok',
    'CoA-Request ann CoA-NAK client_error',
    'Status-Server  Access-Accept ok',
  ]);
  expect(c.rows[0].answers).toEqual(['10.0.0.7']);
});

it('says who is the client', () => {
  expect(talk().datagram(0, packet(2, 5, 9)).client).toBe(1);
});

describe('bytes', () => {
  it('that were cut off leave what is there', () => {
    const m = packet(1, 5, 1, user('ann'), attribute(32, 'nas-1'));
    const c = talk()
      .datagram(0, m, 27)
      .datagram(1, packet(2, 5, 9));
    expect(c.rows).toMatchObject([{ user: 'ann', name: '', partial: 'cut', outcome: 'ok' }]);
  });

  it('that are no message are not taken', () => {
    for (const bytes of [
      packet(99, 5, 1),
      packet(1, 5, 1).subarray(0, 19),
      packet(1, 5, 1, user('a')).subarray(0, 21),
    ]) {
      const c = talk().datagram(0, bytes).end();
      expect(c.rows).toEqual([]);
      expect(c.told.Partial).toBe('malformed');
    }
    const zero = packet(1, 5, 1, user('ann'), Buffer.from([32, 0, 1, 1]));
    expect(talk().datagram(0, zero).end().rows).toMatchObject([{ user: 'ann', partial: 'malformed' }]);
  });
});
