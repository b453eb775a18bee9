import { describe, expect, it } from 'vitest';
import { KerberosReader } from '../../../src/applications/kerberos/reader.js';
import type { Application } from '../../../src/applications/reader.js';
import { Conversation, hex } from '../../support/conversation.js';
import { apReply, apRequest, framed, refusal, reply, request } from './messages.js';

const KERBEROS: Application = {
  name: 'kerberos',
  tcp: { is: () => true },
  udp: { is: () => true },
  newReader: () => new KerberosReader(),
};
const talk = () => new Conversation([KERBEROS], { client: 40000, server: 88 });

describe('over UDP', () => {
  it('a ticket for tickets', () => {
    const c = talk();
    c.datagram(0, request(10, { client: 'alice' }));
    c.datagram(1, refusal(25, { client: 'alice', service: 'krbtgt/EXAMPLE.ORG' }));
    c.datagram(0, request(10, { client: 'alice', nonce: 2 }))
      .datagram(1, reply(11, { etype: 23 }))
      .end();
    const asked = { method: 'AS', name: 'EXAMPLE.ORG', resource: 'krbtgt/EXAMPLE.ORG', user: 'alice' };
    expect(c.rows).toMatchObject([
      { ...asked, status: 'KDC_ERR_PREAUTH_REQUIRED', outcome: 'ok', responseUs: 1000 },
      { ...asked, status: '', outcome: 'ok', attributes: { etype: '23', till: '20370913024805Z' } },
    ]);
    expect(c.told).toEqual({ UserName: 'alice' });
  });

  it('a ticket for a service: the answer says whose', () => {
    const c = talk().datagram(0, request(12, { service: 'HTTP/www.example.org' }));
    c.datagram(1, reply(13, { client: 'bob', service: 'krbtgt/OTHER.ORG' }));
    expect(c.rows).toMatchObject([{ method: 'TGS', resource: 'HTTP/www.example.org', user: 'bob' }]);
  });

  it('a question that is sent again is the same question', () => {
    const ask = request(10, { client: 'alice' });
    const c = talk().datagram(0, ask).wait(500_000).datagram(0, ask).datagram(1, reply(11, {})).end();
    expect(c.rows.map((r) => [r.outcome, r.responseUs])).toEqual([['ok', 502_000]]);
  });

  it('no answer', () => {
    const c = talk()
      .datagram(0, request(10, { client: 'alice' }))
      .pass(12);
    expect(c.rows).toMatchObject([{ method: 'AS', outcome: 'unanswered' }]);
    expect(c.told).toEqual({});
  });

  it('answers alone', () => {
    const c = talk()
      .datagram(1, reply(11, { client: 'zoë' }))
      .datagram(1, refusal(7, { service: 'a/b' }))
      .end();
    expect(c.rows).toMatchObject([
      { method: 'AS', user: 'zoë', resource: 'krbtgt/EXAMPLE.ORG', outcome: 'unasked' },
      { method: '', status: 'KDC_ERR_S_PRINCIPAL_UNKNOWN', resource: 'a/b', outcome: 'unasked' },
    ]);
  });

  it('answers alone, of whom the client was thought to be', () => {
    const c = talk().datagram(0, reply(11, {}));
    expect(c.rows).toMatchObject([{ method: 'AS', outcome: 'unasked' }]);
    expect(c.client).toBe(1);
  });

  it('an AP-REQ that stands alone', () => {
    const c = talk().datagram(0, apRequest({})).datagram(1, apReply());
    c.datagram(0, apRequest({})).datagram(1, refusal(37, { service: 'host/db.example.org' }));
    const asked = { method: 'AP', name: 'EXAMPLE.ORG', resource: 'host/db.example.org' };
    expect(c.rows).toMatchObject([
      { ...asked, status: '', outcome: 'ok', attributes: { etype: '18' } },
      { ...asked, status: 'KRB_AP_ERR_SKEW', outcome: 'client_error' },
    ]);
  });

  it('a datagram that was cut', () => {
    const ask = request(10, { client: 'alice', service: 'cifs/fs' });
    const c = talk()
      .datagram(0, ask, ask.length - 60)
      .datagram(1, reply(11, {}));
    expect(c.rows).toMatchObject([{ method: 'AS', user: 'alice', name: 'EXAMPLE.ORG', partial: 'cut' }]);
  });

  it('nonsense', () => {
    for (const bytes of ['00', '6a', '6a05', '6a0230ff', '6c80', '7e0430020000', 'ff'.repeat(40)]) {
      const c = talk().datagram(0, hex(bytes)).end();
      expect([c.rows, bytes]).toEqual([[], bytes]);
    }
  });
});

it.each([
  [52, 'KRB_ERR_RESPONSE_TOO_BIG', 'ok'],
  [91, 'KDC_ERR_MORE_PREAUTH_DATA_REQUIRED', 'ok'],
  [24, 'KDC_ERR_PREAUTH_FAILED', 'client_error'],
  [29, 'KDC_ERR_SVC_UNAVAILABLE', 'server_error'],
  [60, 'KRB_ERR_GENERIC', 'server_error'],
  [4242, '4242', 'client_error'],
])('error %i is %s', (code, status, outcome) => {
  const c = talk().datagram(0, request(10, {})).datagram(1, refusal(code, {}));
  expect(c.rows).toMatchObject([{ status, outcome }]);
});

describe('over TCP', () => {
  it('several messages in a segment, and messages in several', () => {
    const ask = framed(request(12, { service: 'cifs/fs', padata: 6000 }));
    const answer = framed(reply(13, { etype: 18, length: 6000 }));
    const c = talk();
    for (let i = 0; i < ask.length; i += 1400) c.ask(ask.subarray(i, i + 1400));
    for (let i = 0; i < answer.length; i += 1400) c.answer(answer.subarray(i, i + 1400));
    c.ask(Buffer.concat([framed(request(12, { nonce: 1 })), framed(request(10, { nonce: 2 }))]));
    c.answer(framed(reply(11, {})), framed(refusal(13, {}))).end();
    expect(c.rows).toMatchObject([
      { method: 'TGS', resource: 'cifs/fs', outcome: 'ok', user: 'alice', attributes: { etype: '18' } },
      { method: 'AS', outcome: 'ok' },
      { method: 'TGS', status: 'KDC_ERR_BADOPTION', outcome: 'client_error' },
    ]);
    expect(c.rows.map((r) => [r.requestBytes, r.responseBytes]).at(0)).toEqual([ask.length, answer.length]);
    expect(c.told).toEqual({ UserName: 'alice' });
  });

  it('its end is not needed for what is told', () => {
    const answer = framed(reply(13, { length: 9000 }));
    const c = talk()
      .ask(framed(request(12, {})))
      .answer(answer.subarray(0, 300))
      .lose(1, answer.length - 300);
    c.ask(framed(request(12, { nonce: 9 })))
      .answer(framed(reply(13, {})))
      .end();
    expect(c.rows.map((r) => r.attributes.etype)).toEqual(['18', '18']);
  });

  it('ends at what is none', () => {
    for (const bytes of ['0000 0000', '7fff ffff', '0000 0004 47455420']) {
      const c = talk().ask(hex(bytes));
      expect([c.isOver, c.told.Partial]).toEqual([true, 'malformed']);
    }
  });
});
