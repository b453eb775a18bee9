import { describe, expect, it } from 'vitest';
import { NtpReader } from '../../../src/applications/ntp/reader.js';
import type { Application } from '../../../src/applications/reader.js';
import { Conversation, hex } from '../../support/conversation.js';
import { control, type Fields, time } from './messages.js';

const NTP: Application = { name: 'ntp', udp: { is: () => true }, newReader: () => new NtpReader() };
const talk = () => new Conversation([NTP], { client: 123, server: 123 });

const T1 = 0xeb00_0001_8000_0001n;
const T2 = 0xeb00_0002_9000_0002n;
const ask = (transmit: bigint, more: Partial<Fields> = {}) => time({ mode: 3, transmit, ...more });
const answer = (origin: bigint, more: Partial<Fields> = {}) =>
  time({ mode: 4, stratum: 2, reference: 'c0000201', origin, ...more });
const said = (c: Conversation) => c.rows.map((r) => `${r.method} ${r.name} ${r.outcome}`);

describe('questions and answers', () => {
  it('are held together by the time of the question', () => {
    const c = talk()
      .datagram(0, ask(T1))
      .datagram(0, ask(T2, { version: 3 }))
      .datagram(1, answer(T2, { stratum: 1, reference: '47505300' }))
      .datagram(1, answer(T1));
    expect(c.rows).toMatchObject([
      { method: 'client', name: 'GPS', outcome: 'ok', attributes: { version: '3', stratum: '1' } },
      { method: 'client', name: '192.0.2.1', outcome: 'ok', attributes: { version: '4', stratum: '2' } },
    ]);
    expect(c.rows.map((r) => r.responseUs)).toEqual([1000, 3000]);
  });

  it('or by their order, where a client does not say its time', () => {
    const c = talk()
      .datagram(0, ask(0n))
      .datagram(0, ask(0n))
      .datagram(1, answer(0n))
      .datagram(1, answer(0n));
    expect(said(c)).toEqual(['client 192.0.2.1 ok', 'client 192.0.2.1 ok']);
  });

  it('may come twice, late, or not at all', () => {
    const c = talk()
      .datagram(0, ask(T1))
      .datagram(0, ask(T1))
      .datagram(1, answer(T1))
      .datagram(1, answer(T1));
    expect(said(c)).toEqual(['client 192.0.2.1 ok', 'client 192.0.2.1 unasked']);
    const d = talk().datagram(0, ask(T1)).pass(12);
    expect(d.rows).toMatchObject([{ method: 'client', outcome: 'unanswered', app: 'ntp' }]);
  });

  it('say who is the client', () => {
    expect(talk().datagram(0, answer(T1)).client).toBe(1);
  });
});

it('a kiss of death is a refusal, or says that there is no time', () => {
  const kiss = (code: string) =>
    talk()
      .datagram(0, ask(T1))
      .datagram(1, answer(T1, { stratum: 0, reference: Buffer.from(code).toString('hex') })).rows[0];
  expect(kiss('RATE')).toMatchObject({ name: 'RATE', status: 'RATE', outcome: 'client_error' });
  expect(kiss('INIT')).toMatchObject({ name: 'INIT', status: 'INIT', outcome: 'server_error' });
});

it('peers ask each other', () => {
  const c = talk()
    .datagram(0, time({ mode: 1, transmit: T1 }))
    .datagram(1, time({ mode: 2, stratum: 3, reference: 'c0000202', origin: T1, transmit: T2 }))
    .datagram(0, time({ mode: 1, transmit: T2 }))
    .datagram(1, time({ mode: 1, stratum: 3, reference: 'c0000202', origin: T2 }));
  expect(said(c)).toEqual(['symmetric_active 192.0.2.2 ok', 'symmetric_active 192.0.2.2 ok']);
});

it('broadcasts ask nothing', () => {
  const c = talk().datagram(0, time({ mode: 5, stratum: 2, reference: 'c0000203', transmit: T1 }));
  expect(said(c)).toEqual(['broadcast 192.0.2.3 ok']);
  expect(c.rows[0].attributes).toEqual({ version: '4', stratum: '2' });
});

describe('what ntpd says of itself', () => {
  it('has one row, of however many parts the answer is', () => {
    const c = talk()
      .datagram(0, control(0, 7))
      .datagram(1, control(0xa0, 7))
      .datagram(1, control(0x80, 7, 468))
      .datagram(0, control(0, 8))
      .datagram(1, control(0xc0, 8))
      .datagram(1, control(0x80, 9));
    expect(said(c)).toEqual(['control  ok', 'control  client_error', 'control  unasked']);
  });

  it('likewise by private messages', () => {
    const c = talk()
      .datagram(0, hex('17 00 03 2a 00000000'))
      .datagram(1, hex('d7 00 03 2a 00010000'))
      .datagram(1, hex('97 01 03 2a 00010000'))
      .datagram(0, hex('17 00 03 2b 00000000'))
      .datagram(1, hex('97 00 03 2b 40000000'));
    expect(said(c)).toEqual(['private  ok', 'private  client_error']);
    expect(c.rows[0].attributes).toEqual({ version: '2' });
  });
});

it('short messages say nothing', () => {
  expect(talk().datagram(0, ask(T1).subarray(0, 40)).told.Partial).toBe('malformed');
  const c = talk().datagram(0, ask(T1), 30);
  expect(c.told.Partial).toBe('cut');
  expect(c.end().rows).toEqual([]);
});
