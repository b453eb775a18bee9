import { describe, expect, it } from 'vitest';
import { Dnp3Reader } from '../../../src/applications/dnp3/reader.js';
import type { Application } from '../../../src/applications/reader.js';
import { Conversation } from '../../support/conversation.js';
import { frame, request, response, samples } from './samples.js';

const is = () => true;
const DNP3: Application = { name: 'dnp3', tcp: { is }, udp: { is }, newReader: () => new Dnp3Reader() };
const talk = () => new Conversation([DNP3], { client: 40_000, server: 20_000 });
const said = (c: Conversation) =>
  c
    .end()
    .rows.map((r) =>
      [r.method, r.name, r.attributes.source, r.attributes.iin, r.status, r.outcome].join(' '),
    );

const EXPECTED = [
  'UNSOLICITED_RESPONSE 4 3 0x9000  ok',
  'READ 4 3 0x0000  ok',
  'DIRECT_OPERATE 4 3 0x0004 PARAMETER_ERROR client_error',
];

describe('DNP3', () => {
  it('has a row for each request and each unsolicited response, but not for confirmations', () => {
    const c = talk();
    for (const [who, bytes] of samples[0].messages) who === 'client' ? c.ask(bytes) : c.answer(bytes);
    expect(said(c)).toEqual(EXPECTED);
    expect(c.rows[1].responseUs).toBe(1000);
  });

  it('is read over UDP too, and knows the master by its frames', () => {
    const c = talk();
    // The first datagram seen is the outstation's: it was taken for the client.
    c.client = 1;
    for (const [who, bytes] of samples[1].messages) c.datagram(who === 'client' ? 0 : 1, bytes);
    expect(said(c)).toEqual(EXPECTED);
    expect(c.client).toBe(0);
  });

  it('puts fragments in several transport segments and frames together', () => {
    const c = talk();
    c.ask(frame('c4', 4, 3, `40 c5`), frame('c4', 4, 3, `81 02 3201 07 01 0102 0304 0506`));
    c.answer(
      frame('44', 3, 4, `40 a5 81 0000 ${'00'.repeat(40)}`),
      frame('44', 3, 4, `81 ${'00'.repeat(10)}`),
    );
    c.answer(frame('44', 3, 4, `c0 45 81 0000 00`));
    expect(said(c)).toEqual(['WRITE 4 3 0x0000  ok']);
  });

  it('does not wait for a response where none is due, and says what was not asked', () => {
    const c = talk().ask(request(1, '06 0c01 28 0100')).answer(response(9, '81 0001'));
    expect(said(c)).toEqual([
      'DIRECT_OPERATE_NR 4 3   ok',
      'RESPONSE 4 3 0x0001 NO_FUNC_CODE_SUPPORT unasked',
    ]);
  });

  it('is over where a frame does not begin as one', () => {
    const broken = Uint8Array.from(request(3, '01 3c01 06'));
    broken[8] ^= 1;
    const c = talk().ask(broken);
    expect(c.isOver).toBe(true);
    expect(c.told.Partial).toBe('malformed');
  });
});
