import { describe, expect, it } from 'vitest';
import { RdpReader } from '../../../src/applications/rdp/reader.js';
import { type Application, Read, STATELESS } from '../../../src/applications/reader.js';
import { Conversation, hex } from '../../support/conversation.js';
import { connectionConfirm, connectionRequest, negotiation } from './samples.js';

const RDP: Application = { name: 'rdp', tcp: { is: () => true }, newReader: () => new RdpReader() };
const COOKIE = 'Cookie: mstshash=alice\r\n';

/** Everything that is handed over as TLS is kept. */
function talk() {
  const tls: string[] = [];
  const application: Application = {
    name: 'tls',
    newReader: () => ({
      newState: () => STATELESS,
      stream(d, b, o, end) {
        tls.push(d.texts.ascii(b, o, end));
        return Read.Turn;
      },
    }),
  };
  return Object.assign(new Conversation([RDP, application], { client: 40000, server: 3389 }), { tls });
}

describe('a connection', () => {
  it.each([
    [0, 'RDP'],
    [1, 'TLS'],
    [2, 'CredSSP'],
    [4, 'RDSTLS'],
    [8, 'CredSSP_EX'],
    [16, 'RDSAAD'],
    [64, '0x00000040'],
  ])('with security %i is %s', (code, status) => {
    const c = talk()
      .ask(connectionRequest(COOKIE, 0xb))
      .answer(connectionConfirm(negotiation(2, code)));
    expect(c.rows).toMatchObject([
      {
        app: 'rdp',
        method: 'connect',
        status,
        outcome: 'ok',
        user: 'alice',
        responseUs: 1000,
        responseBytes: 19,
      },
    ]);
    expect(c.told).toEqual({ UserName: 'alice' });
  });

  it.each([
    [1, 'SSL_REQUIRED_BY_SERVER'],
    [5, 'HYBRID_REQUIRED_BY_SERVER'],
    [6, 'SSL_WITH_USER_AUTH_REQUIRED_BY_SERVER'],
    [99, '0x00000063'],
  ])('that is refused with %i is %s', (code, status) => {
    const c = talk()
      .ask(connectionRequest(COOKIE, 0))
      .answer(connectionConfirm(negotiation(3, code)));
    c.ask('what follows').end();
    expect(c.rows).toMatchObject([{ status, outcome: 'client_error' }]);
    expect(c.tls).toEqual([]);
  });

  it('goes on as TLS where that was chosen', () => {
    const c = talk()
      .ask(connectionRequest(COOKIE, 1))
      .answer(connectionConfirm(negotiation(2, 1)));
    c.ask('a hello').end();
    expect(c.tls).toEqual(['a hello']);
  });

  it('of old clients and servers has no negotiation, and goes on in data', () => {
    const c = talk().ask(connectionRequest('')).answer(connectionConfirm()).ask(hex('03000600 02f0807f65'));
    expect(c.rows).toMatchObject([{ status: 'RDP', user: '', outcome: 'ok' }]);
    expect([c.isOver, c.told]).toEqual([true, {}]);
  });

  it('comes in pieces, with names that have spaces behind them, or tokens', () => {
    const ask = connectionRequest('Cookie: mstshash=DOM\\bob  \r\n', 3);
    const c = talk().ask(ask.subarray(0, 5), ask.subarray(5, 30), ask.subarray(30));
    c.answer(connectionConfirm(negotiation(2, 2))).end();
    expect(c.rows[0].user).toBe('DOM\\bob');
    expect(
      talk().ask(connectionRequest('Cookie: msts=3640205228.15629.0000\r\n', 3)).end().rows[0].user,
    ).toBe('');
    expect(talk().ask(connectionRequest('Cookie: mstshash=no end', 3)).end().rows[0].user).toBe('');
  });

  it('of which only the answer was seen', () => {
    const c = talk().answer(connectionConfirm(negotiation(2, 2)));
    expect(c.rows).toMatchObject([{ method: 'connect', status: 'CredSSP', outcome: 'unasked' }]);
  });

  it('that was cut', () => {
    const c = talk().segment(0, 0, connectionRequest(COOKIE, 3), 40).end();
    expect(c.rows).toMatchObject([{ user: 'alice', partial: 'cut', outcome: 'unanswered' }]);
  });

  it('that is none', () => {
    for (const bytes of ['0200000b06e0', '0300000a05e0', '030020001b70', '0300ffff1be0']) {
      const c = talk().ask(hex(bytes.padEnd(40, '0')));
      expect([c.rows, c.isOver, c.told.Partial]).toEqual([[], true, 'malformed']);
    }
  });
});
