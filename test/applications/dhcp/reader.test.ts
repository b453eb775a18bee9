import { describe, expect, it } from 'vitest';
import { DhcpReader } from '../../../src/applications/dhcp/reader.js';
import type { Application } from '../../../src/applications/reader.js';
import { Conversation, hex } from '../../support/conversation.js';
import { message, option } from './messages.js';

const DHCP: Application = { name: 'dhcp', udp: { is: () => true }, newReader: () => new DhcpReader() };
const talk = () => new Conversation([DHCP], { client: 68, server: 67 });
const only = (m: Uint8Array, captured = m.length) => {
  const { rows } = talk().datagram(0, m, captured);
  expect(rows).toHaveLength(1);
  return rows[0];
};

describe('messages', () => {
  it('are rows of their own, that a number holds together', () => {
    const c = talk()
      .datagram(
        0,
        message({}, option(53, [1]), option(12, Buffer.from('laptop')), option(55, [1, 3, 6, 119])),
      )
      .datagram(1, message({ op: 2, yours: '0a000014' }, option(53, [2]), option(51, [0, 0, 0x0e, 0x10])))
      .datagram(0, message({ relay: '0a000001' }, option(53, [3]), option(60, Buffer.from('MSFT 5.0\0'))))
      .datagram(1, message({ op: 2, yours: '0a000014' }, option(53, [5]), option(51, [255, 255, 255, 255])));
    const attributes = { client_mac: '02:00:5e:10:00:01', xid: '0x3903f326' };
    expect(c.rows).toMatchObject([
      { method: 'DISCOVER', name: 'laptop', attributes: { ...attributes, parameters: '1,3,6,119' } },
      { method: 'OFFER', answers: ['10.0.0.20'], ttl: 3600, attributes },
      { method: 'REQUEST', attributes: { ...attributes, vendor_class: 'MSFT 5.0', relay: '10.0.0.1' } },
      { method: 'ACK', answers: ['10.0.0.20'], ttl: 0xffff_ffff },
    ]);
    expect(c.rows.every((r) => r.outcome === 'ok' && r.responseUs === 0 && r.partial === '')).toBe(true);
  });

  it('say the address that a client has, or has been offered', () => {
    const address = (m: Uint8Array) => only(m).attributes.client_address;
    const [server, asked] = [option(54, [10, 0, 0, 1]), option(50, [10, 0, 0, 20])];
    expect(address(message({ client: '0a000007' }, option(53, [3])))).toBe('10.0.0.7');
    expect(address(message({}, option(53, [3]), server, asked))).toBe('10.0.0.20');
    expect(address(message({ client: '0a000007' }, option(53, [3]), server, asked))).toBe('10.0.0.7');
    // What it had in another network, maybe.
    expect(address(message({}, option(53, [3]), asked))).toBeUndefined();
    expect(address(message({}, option(53, [3]), server, option(50, [10, 0])))).toBeUndefined();
  });

  it('that refuse are errors', () => {
    const outcomes = [3, 4, 5, 6, 7, 8].map((type) => only(message({}, option(53, [type]))));
    expect(outcomes.map((r) => `${r.method} ${r.outcome}`)).toEqual([
      'REQUEST ok',
      'DECLINE client_error',
      'ACK ok',
      'NAK client_error',
      'RELEASE ok',
      'INFORM ok',
    ]);
    expect(only(message({}, option(53, [77]))).method).toBe('TYPE77');
  });

  it('say who is the client', () => {
    const c = talk().datagram(0, message({ op: 2 }, option(53, [2])));
    expect(c.client).toBe(1);
  });
});

describe('options', () => {
  it('go on in the fields for file and server name', () => {
    const m = message(
      { file: option(12, Buffer.from('in-file')), name: option(51, [0, 0, 1, 44]) },
      option(53, [5]),
      option(52, [3]),
    );
    expect(only(m)).toMatchObject({ method: 'ACK', name: 'in-file', ttl: 300 });
    const without = message({ file: option(12, Buffer.from('in-file')) }, option(53, [5]));
    expect(only(without).name).toBe('');
  });

  it('that stand there twice are one', () => {
    const m = message({}, option(55, [1, 2]), Buffer.alloc(3), option(53, [1]), option(55, [3]));
    expect(only(m).attributes.parameters).toBe('1,2,3');
  });

  it('have names in two forms, without what fills them up', () => {
    const text = Buffer.concat([Buffer.from([1, 0, 0]), Buffer.from('pc.example.org \0')]);
    expect(only(message({}, option(81, text))).name).toBe('pc.example.org');
    const labels = Buffer.concat([Buffer.from([4, 0, 0]), hex('02 7063 07 6578616d706c65 00')]);
    expect(only(message({}, option(81, labels))).name).toBe('pc.example');
    const both = message({}, option(81, text), option(12, Buffer.from('pc\0\0')));
    expect(only(both).name).toBe('pc');
  });

  it('need not be there', () => {
    const m = message({}).subarray(0, 236);
    expect(only(m)).toMatchObject({ method: '', attributes: { xid: '0x3903f326' }, partial: '' });
  });
});

describe('bytes', () => {
  it('that were cut off leave what is there', () => {
    const m = message({}, option(53, [1]), option(12, Buffer.from('laptop')));
    expect(only(m, 245)).toMatchObject({ method: 'DISCOVER', name: '', partial: 'cut' });
    expect(only(m, 60)).toMatchObject({ method: '', partial: 'cut' });
    expect(talk().datagram(0, m, 20).rows).toEqual([]);
  });

  it('that are no message are not taken', () => {
    const c = talk().datagram(0, Buffer.alloc(100, 1));
    expect(c.rows).toEqual([]);
    expect(c.told.Partial).toBe('malformed');
    expect(only(message({}, option(53, [1]), hex('0c ff 61'))).partial).toBe('malformed');
  });
});
