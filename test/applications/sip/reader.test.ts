import { describe, expect, it } from 'vitest';
import type { Application } from '../../../src/applications/reader.js';
import { SipReader } from '../../../src/applications/sip/reader.js';
import { Conversation } from '../../support/conversation.js';
import { call, SDP, samples, sip } from './samples.js';

const is = () => true;
const SIP: Application = { name: 'sip', tcp: { is }, udp: { is }, newReader: () => new SipReader() };
const talk = () => new Conversation([SIP], { client: 5060, server: 5060 });
const said = (c: Conversation) => c.end().rows.map((r) => [r.method, r.name, r.status, r.outcome].join(' '));
const CALL = ['INVITE bob@example.org 200 ok', 'BYE bob@example.org 200 ok'];

describe('SIP', () => {
  it('has a row for each request, over UDP and TCP, until it rings and until the final response', () => {
    for (const { udp, messages } of samples) {
      const c = talk();
      for (const [who, bytes] of messages) {
        if (udp) c.datagram(who === 'client' ? 0 : 1, bytes);
        else if (who === 'client') c.ask(bytes);
        else c.answer(bytes);
      }
      expect(said(c)).toEqual(CALL);
      expect(c.rows[0]).toMatchObject({
        resource: 'a84b4c76e66710@10.0.0.1',
        attributes: { from: 'alice@example.net', ua: 'Phone 1.2' },
        responseUs: 2000,
        transferUs: 1000,
      });
    }
  });

  it('waits for an answer as long as it rings', () => {
    const c = talk().datagram(0, sip('INVITE sip:bob@example.org SIP/2.0', call(1, 'INVITE')));
    c.datagram(1, sip('SIP/2.0 180 Ringing', call(1, 'INVITE'))).pass(60);
    expect(c.rows).toEqual([]);
    c.datagram(1, sip('SIP/2.0 603 Decline', call(1, 'INVITE')));
    expect(said(c)).toEqual(['INVITE bob@example.org 603 server_error']);
    expect(c.rows[0].responseUs).toBe(1000);
    const silent = talk()
      .datagram(0, sip('OPTIONS sip:bob@example.org SIP/2.0', call(2, 'OPTIONS')))
      .pass(60);
    expect(silent.rows.map((r) => r.outcome)).toEqual(['unanswered']);
  });

  it('counts what is sent again once', () => {
    const ask = sip('REGISTER sip:example.org SIP/2.0', call(3, 'REGISTER'));
    const refuse = sip('SIP/2.0 403 Forbidden', call(3, 'REGISTER'));
    const c = talk().datagram(0, ask).datagram(0, ask).datagram(1, refuse).datagram(1, refuse);
    expect(said(c)).toEqual(['REGISTER bob@example.org 403 client_error']);
    expect(c.rows[0].responseUs).toBe(2000);
  });

  it('knows the user of Digest, and compact headers', () => {
    const headers = {
      t: 'sip:+4930123456@[2001:db8::1]:5061;user=phone',
      f: '<sips:alice:secret@example.net>',
      i: 'xyz',
      CSeq: '2 REGISTER',
      Authorization: 'Digest username="alice", realm="example.org", response="00112233"',
    };
    const c = talk().datagram(0, sip('REGISTER sip:example.org SIP/2.0', headers));
    c.datagram(1, sip('SIP/2.0 401 Unauthorized', headers));
    expect(said(c)).toEqual(['REGISTER +4930123456@[2001:db8::1] 401 ok']);
    expect(c.rows[0]).toMatchObject({ user: 'alice', resource: 'xyz' });
    expect(JSON.stringify(c.rows)).not.toContain('secret');
  });

  it('is read as far as it came, and across keepalives', () => {
    const invite = sip('INVITE sip:bob@example.org SIP/2.0', call(1, 'INVITE'), SDP);
    const c = talk().ask('\r\n\r\n', invite.subarray(0, 100), invite.subarray(100));
    c.answer(sip('SIP/2.0 486 Busy Here', call(1, 'INVITE')));
    expect(said(c)).toEqual(['INVITE bob@example.org 486 client_error']);
    const cut = talk().datagram(0, invite, 150);
    expect(cut.end().rows[0]).toMatchObject({ method: 'INVITE', partial: 'cut' });
  });

  it('says what answered a question that was not seen, once', () => {
    const c = talk().datagram(1, sip('SIP/2.0 500 Server Error', call(9, 'MESSAGE')));
    c.datagram(1, sip('SIP/2.0 500 Server Error', call(9, 'MESSAGE')));
    expect(said(c)).toEqual(['MESSAGE bob@example.org 500 unasked']);
  });
});
