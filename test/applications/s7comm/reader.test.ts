import { describe, expect, it } from 'vitest';
import type { Application } from '../../../src/applications/reader.js';
import { S7commReader } from '../../../src/applications/s7comm/reader.js';
import { Conversation } from '../../support/conversation.js';
import { s7, samples, tpkt } from './samples.js';

const S7COMM: Application = { name: 's7comm', tcp: { is: () => true }, newReader: () => new S7commReader() };
const talk = () => new Conversation([S7COMM], { client: 40_000, server: 102 });
const said = (c: Conversation) =>
  c.end().rows.map((r) => [r.method, r.resource, r.status, r.outcome].join(' '));

describe('S7 communication', () => {
  it('has a row for each job, with the error of its answer', () => {
    const c = talk();
    for (const [who, bytes] of samples[0].messages) who === 'client' ? c.ask(bytes) : c.answer(bytes);
    expect(said(c)).toEqual([
      'SETUP_COMMUNICATION   ok',
      'READ_VAR   ok',
      'USERDATA cpu  ok',
      'PLC_STOP  8104 client_error',
    ]);
    expect(c.rows[1].responseUs).toBe(1000);
  });

  it('pairs by reference, of each side apart: of a download the controller asks', () => {
    const c = talk()
      .ask(tpkt(s7(1, 7, '1a')))
      .answer(tpkt(s7(3, 7, '1a', '', '0000')));
    c.answer(tpkt(s7(1, 8, '1b 00')))
      .ask(tpkt(s7(1, 8, '04')))
      .ask(tpkt(s7(3, 8, '1b00', '', '0000')));
    c.answer(tpkt(s7(3, 8, '04', '', '0000')));
    expect(said(c)).toEqual(['REQUEST_DOWNLOAD   ok', 'DOWNLOAD_BLOCK   ok', 'READ_VAR   ok']);
    expect(c.client).toBe(0);
  });

  it('puts messages in several parts together', () => {
    const message = s7(1, 3, '0501 120a 1002 0004 0001 8400 0000', `0004 0020 ${'ab'.repeat(100)}`);
    const c = talk().ask(tpkt(message.subarray(0, 8), false), tpkt(message.subarray(8, 90), false));
    c.ask(tpkt(message.subarray(90))).answer(tpkt(s7(3, 3, '0501', 'ff', '0000')));
    expect(said(c)).toEqual(['WRITE_VAR   ok']);
  });

  it('has a row for what a controller reports, and for answers whose question was not seen', () => {
    const c = talk()
      .answer(tpkt(s7(7, 0, '000112 08 12 04 03 00 0000 0000')))
      .answer(tpkt(s7(3, 5, '28', '', 'd401')));
    expect(said(c)).toEqual(['USERDATA cpu  ok', 'PI_SERVICE  d401 unasked']);
  });

  it('is over where a packet does not begin as one', () => {
    expect(talk().ask(Buffer.from('this is no packet of TPKT')).isOver).toBe(true);
  });
});
