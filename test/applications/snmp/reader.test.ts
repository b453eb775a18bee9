import { describe, expect, it } from 'vitest';
import type { Application } from '../../../src/applications/reader.js';
import { SnmpReader } from '../../../src/applications/snmp/reader.js';
import { Conversation } from '../../support/conversation.js';
import { integer, message, message3, octets, oid, pdu, scoped, tlv } from './messages.js';

const SNMP: Application = { name: 'snmp', udp: { is: () => true }, newReader: () => new SnmpReader() };
const talk = (server = 161) => new Conversation([SNMP], { client: 50000, server });
const said = (c: Conversation) =>
  c.rows.map((r) => `${r.method} ${r.resource} ${r.status} ${r.outcome}`.replaceAll(/ +/g, ' '));
const FIRST = '1.3.6.1.2.1.1.1.0';
const USM_REPORT = pdu(8, 0, 0, 4);

describe('versions 1 and 2c', () => {
  it('ask and answer', () => {
    const c = talk();
    for (const type of [0, 1, 3, 5, 6])
      c.datagram(0, message(1, pdu(type, -77 - type, 0, 1, 2))).datagram(
        1,
        message(1, pdu(2, -77 - type, 0, 3)),
      );
    expect(said(c)).toEqual(
      ['get', 'get-next', 'set', 'get-bulk', 'inform'].map((word) => `${word} ${FIRST} noError ok`),
    );
    expect(c.rows.every((r) => r.attributes.version === '2c' && r.responseUs === 1000)).toBe(true);
    expect(JSON.stringify([c.rows, c.told])).not.toContain('secret');
  });

  it('in any order, twice, late, and for nothing', () => {
    const get = (id: number) => message(0, pdu(0, id, 0, id));
    const got = (id: number) => message(0, pdu(2, id, 0, id));
    const c = talk().datagram(0, get(1)).datagram(0, get(2)).datagram(0, get(1)).datagram(1, got(2));
    c.datagram(1, got(1)).datagram(1, got(1)).datagram(0, get(3)).pass(20);
    expect(said(c)).toEqual([
      'get 1.3.6.1.2.1.1.2.0 noError ok',
      `get ${FIRST} noError ok`,
      ' noError unasked',
      'get 1.3.6.1.2.1.1.3.0 unanswered',
    ]);
    expect(c.rows[0].attributes).toEqual({ version: '1' });
  });

  it('fail', () => {
    const fail = (error: number) =>
      said(
        talk()
          .datagram(0, message(0, pdu(0, 9, 0, 1)))
          .datagram(1, message(0, pdu(2, 9, error, 1))),
      )[0];
    expect(fail(2)).toBe(`get ${FIRST} noSuchName client_error`);
    expect(fail(5)).toBe(`get ${FIRST} genErr server_error`);
    expect(fail(18)).toBe(`get ${FIRST} inconsistentName client_error`);
    expect(fail(99)).toBe(`get ${FIRST} 99 client_error`);
  });

  it('tell without being asked', () => {
    const v1 = (...variables: Buffer[]) =>
      tlv(
        0xa4,
        oid(9),
        tlv(0x40, Buffer.alloc(4)),
        integer(6),
        integer(1),
        tlv(0x43, Buffer.of(1)),
        tlv(0x30, ...variables),
      );
    const c = talk(162)
      .datagram(0, message(0, v1(tlv(0x30, oid(1), tlv(5)))))
      .datagram(0, message(0, v1()))
      .datagram(0, message(1, pdu(7, 1, 0, 1)));
    expect(said(c)).toEqual([`trap ${FIRST} ok`, 'trap 1.3.6.1.2.1.1.9.0 ok', `trap ${FIRST} ok`]);
  });

  it('say who is the client', () => {
    expect(talk().datagram(0, message(1, pdu(2, 1, 0, 1))).client).toBe(1);
  });
});

describe('version 3', () => {
  it('looks for the engine first, then asks in clear', () => {
    const c = talk()
      .datagram(0, message3(1, 4, '', scoped(pdu(0, 5, 0))))
      .datagram(1, message3(1, 0, '', scoped(USM_REPORT)))
      .datagram(0, message3(2, 5, 'operator', scoped(pdu(1, 6, 0, 1))))
      .datagram(1, message3(2, 1, 'operator', scoped(pdu(2, 6, 0, 1))));
    expect(said(c)).toEqual(['get report ok', `get-next ${FIRST} noError ok`]);
    expect(c.rows.map((r) => r.user)).toEqual(['', 'operator']);
    expect(c.rows[0].attributes).toEqual({ version: '3' });
    expect(c.told.UserName).toBe('operator');
  });

  it('is refused by a report', () => {
    const c = talk()
      .datagram(0, message3(2, 7, 'nobody', octets('?'.repeat(90))))
      .datagram(1, message3(2, 0, 'nobody', scoped(USM_REPORT)));
    expect(said(c)).toEqual(['encrypted report client_error']);
    expect(c.told.UserName).toBeUndefined();
  });

  it('is paired by its numbers where it is encrypted', () => {
    const data = octets('?'.repeat(90));
    const c = talk()
      .datagram(0, message3(2, 7, 'operator', data))
      .datagram(0, message3(3, 7, 'operator', data))
      .datagram(1, message3(3, 3, 'operator', data))
      .datagram(1, message3(2, 3, 'operator', data));
    expect(said(c)).toEqual(['encrypted ok', 'encrypted ok']);
    expect(c.rows.map((r) => r.responseUs)).toEqual([1000, 3000]);
    const trap = talk(162).datagram(0, message3(4, 3, 'operator', data));
    expect(said(trap)).toEqual(['encrypted ok']);
    expect(
      said(
        talk()
          .datagram(1, message3(4, 3, 'operator', data))
          .end(),
      ),
    ).toEqual([' unasked']);
  });
});

describe('bytes', () => {
  it('that were cut off leave what is there', () => {
    const m = message(1, pdu(0, 1, 0, 1, 2, 3));
    const c = talk()
      .datagram(0, m, 60)
      .datagram(1, message(1, pdu(2, 1, 0, 1)));
    expect(c.rows).toMatchObject([{ method: 'get', resource: FIRST, outcome: 'ok', partial: 'cut' }]);
  });

  it('that are no message are not taken', () => {
    for (const bytes of [
      Buffer.alloc(30, 0x30),
      message(7, pdu(0, 1, 0, 1)),
      message(1, tlv(0xaf, Buffer.alloc(3))),
    ]) {
      const c = talk().datagram(0, bytes);
      expect(c.rows).toEqual([]);
      expect(c.told.Partial).toBe('malformed');
    }
    const broken = message(1, pdu(0, 1, 0, 1));
    broken[broken.length - 11] = 0x7f;
    expect(talk().datagram(0, broken).end().rows[0].partial).toBe('malformed');
  });
});
