import { describe, expect, it } from 'vitest';
import { MemcachedReader } from '../../../src/applications/memcached/reader.js';
import type { Application } from '../../../src/applications/reader.js';
import { Conversation } from '../../support/conversation.js';
import { binary, samples } from './samples.js';

const is = () => true;
const MEMCACHED: Application = {
  name: 'memcached',
  tcp: { is },
  udp: { is },
  newReader: () => new MemcachedReader(),
};
const talk = () => new Conversation([MEMCACHED], { client: 40_000, server: 11211 });
const said = (c: Conversation) =>
  c.end().rows.map((r) => [r.method, r.resource, r.status, r.outcome].join(' '));

describe('memcached', () => {
  it('has a row for each command, with its first key and what was wrong', () => {
    const c = talk();
    for (const [who, bytes] of samples[0].messages) who === 'client' ? c.ask(bytes) : c.answer(bytes);
    expect(said(c)).toEqual(['GET user:17  ok', 'SET user:19  ok', 'INCR visits CLIENT_ERROR client_error']);
    expect(c.rows[0].attributes).toEqual({ hits: '1' });
    expect(c.rows[0].responseUs).toBe(1000);
  });

  it('passes values over, in any number of segments, and never keeps them', () => {
    const c = talk().ask(`set big 0 0 9000\r\n${'s'.repeat(3000)}`, 's'.repeat(6000), '\r\nget big\r\n');
    c.answer('STORED\r\nVALUE big 0 9000\r\n', 'v'.repeat(9000), '\r\nEND\r\n');
    expect(said(c)).toEqual(['SET big  ok', 'GET big  ok']);
    expect(c.rows[1]).toMatchObject({ responseBytes: 9025, transferUs: 2000 });
  });

  it('answers several commands in their order, and none that asks for no answer', () => {
    const c = talk().ask('add a 0 0 1 noreply\r\nx\r\ndelete b\r\ntouch c 10\r\nquit\r\n');
    c.answer('NOT_FOUND\r\nTOUCHED\r\n');
    expect(said(c)).toEqual(['ADD a  ok', 'QUIT   ok', 'DELETE b NOT_FOUND ok', 'TOUCH c  ok']);
  });

  it('knows meta commands and statistics, and answers that nobody asked for', () => {
    const c = talk().ask('mg key v\r\n').answer('VA 4 \r\ndata\r\n').ask('stats\r\n');
    c.answer('STAT pid 1\r\nSTAT uptime 2\r\nEND\r\n', 'SERVER_ERROR out of memory\r\n');
    expect(said(c)).toEqual(['MG key  ok', 'STATS   ok', '  SERVER_ERROR unasked']);
  });

  it('is read over UDP', () => {
    const c = talk().datagram(0, '\0\x07\0\0\0\x01\0\0get k\r\n').datagram(1, '\0\x07\0\0\0\x01\0\0END\r\n');
    expect(said(c)).toEqual(['GET k  ok']);
  });

  it('takes no value for a command or an answer', () => {
    const c = talk().ask('password=secret 1\r\n').answer('user secret\r\n');
    c.ask('incr n 1\r\n').answer('17\r\n');
    expect(said(c)).toEqual(['INCR n  ok']);
  });

  it('reads the binary protocol', () => {
    const c = talk().ask(binary(0x80, 0, 7, 0, '', 'user:1'));
    c.answer(binary(0x81, 0, 7, 0, '\0\0\0\0', '', 'SET a\r\nGET secret\r\n'));
    c.ask(binary(0x80, 1, 8, 0, '\0\0\0\0\0\0\0\0', 'user:2', `\r\n${'s'.repeat(9000)}`));
    c.answer(binary(0x81, 1, 8, 0x82, '', '', 'Out of memory'));
    c.ask(binary(0x80, 0x0d, 0, 0, '', 'x'), binary(0x80, 0x0c, 0, 0, '', 'y'), binary(0x80, 0x0a, 0, 0));
    c.answer(binary(0x81, 0x0c, 0, 1), binary(0x81, 0x0a, 0, 0));
    c.ask(binary(0x80, 0x10, 9, 0, '', 'items'));
    c.answer(binary(0x81, 0x10, 9, 0, '', 'pid', '1'), binary(0x81, 0x10, 9, 0));
    c.ask(binary(0x80, 0x21, 9, 0, '', 'PLAIN', '\0app\0secret')).answer(binary(0x81, 0x21, 9, 0x20));
    c.ask(binary(0x80, 0x3f, 9, 0), binary(0x80, 7, 9, 0)).answer(binary(0x81, 4, 4, 1));
    expect(said(c)).toEqual([
      'GET user:1  ok',
      'SET user:2 OUT_OF_MEMORY server_error',
      'GETKQ x  ok',
      'GETK y NOT_FOUND ok',
      'NOOP   ok',
      'STATS   ok',
      'SASL_AUTH  AUTH_ERROR client_error',
      'QUIT   ok',
      'DELETE  NOT_FOUND unasked',
    ]);
    expect([c.rows[0], c.rows[3]].map((r) => r.attributes)).toEqual([{ hits: '1' }, { hits: '0' }]);
    expect(c.rows[1].requestBytes).toBe(24 + 8 + 6 + 9002);
    expect(JSON.stringify(c.rows)).not.toContain('secret');
  });

  it('finds its way in the binary protocol', () => {
    const get = binary(0x80, 0, 1, 0, '', 'key');
    const inPieces = talk();
    for (let i = 0; i < get.length; i += 5) inPieces.ask(get.subarray(i, i + 5));
    expect(said(inPieces.answer(binary(0x81, 0, 1, 1)))).toEqual(['GET key NOT_FOUND ok']);
    const wrong = Buffer.from(get);
    wrong[5] = 1;
    expect(said(talk().ask(wrong))).toEqual([]);
    expect(said(talk().lose(0, 100).ask(get.subarray(0, 20)))).toEqual([]);
  });

  it('is over where a line does not end', () => {
    expect(talk().ask('get k\r\n', 'x'.repeat(3000)).isOver).toBe(true);
  });
});
