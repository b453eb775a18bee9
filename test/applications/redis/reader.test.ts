import { describe, expect, it } from 'vitest';
import type { Application } from '../../../src/applications/reader.js';
import { RedisReader } from '../../../src/applications/redis/reader.js';
import { Conversation } from '../../support/conversation.js';
import { array, bulk } from './values.js';

const REDIS: Application = { name: 'redis', tcp: { is: () => true }, newReader: () => new RedisReader() };
const open = () => new Conversation([REDIS], { client: 40000, server: 6379 });
const seen = (c: Conversation) =>
  c.rows.map((r) => `${r.method} ${r.resource} ${r.user} ${r.status} ${r.outcome}`.replace(/ +/g, ' '));

describe('Redis', () => {
  it('commands, with their first key and no value', () => {
    const c = open()
      .ask(array('set', 'k:1', 'secret'))
      .answer('+OK\r\n');
    c.ask(array('INCR', 'k:1')).answer('-ERR value is not an integer\r\n');
    c.ask(array('LPUSH', 'l', 'secret')).answer('-WRONGTYPE Operation against a key\r\n');
    c.ask(array('GET', 'k:1')).answer(bulk('secret'));
    c.ask(array('EVAL', 'return 1', '0', 'secret')).answer(':1\r\n');
    c.ask(array('EVAL', 'return 1', '1', 'k', 'secret')).answer(':1\r\n');
    c.ask(array('XREADGROUP', 'GROUP', 'g', 'c', 'BLOCK', '9', 'STREAMS', 's', '>')).answer('*-1\r\n');
    c.ask(array('JSON.GET', 'doc')).answer('_\r\n').ask(array('TYPO', 'secret')).answer('!5\r\nERR x\r\n');
    expect(seen(c)).toEqual([
      'SET k:1 ok',
      'INCR k:1 ERR client_error',
      'LPUSH l WRONGTYPE client_error',
      'GET k:1 ok',
      'EVAL ok',
      'EVAL k ok',
      'XREADGROUP s ok',
      'JSON.GET doc ok',
      'TYPO ERR client_error',
    ]);
    expect(c.rows[0].responseUs).toBe(1000);
    expect(JSON.stringify([c.rows, c.told])).not.toContain('secret');
  });

  it('who logs on, and what the software is', () => {
    const c = open()
      .ask(array('AUTH', 'eve', 'secret'))
      .answer('-WRONGPASS no\r\n');
    c.ask(array('AUTH', 'secret')).answer('+OK\r\n');
    c.ask(array('CLIENT', 'SETINFO', 'LIB-NAME', 'redis-py')).answer('+OK\r\n');
    c.ask(array('HELLO', '3', 'AUTH', 'app', 'secret'));
    c.answer(`%2\r\n${bulk('server')}${bulk('redis')}${bulk('version')}${bulk('7.2.4')}`);
    expect(seen(c)).toEqual(['AUTH eve WRONGPASS client_error', 'AUTH ok', 'CLIENT ok', 'HELLO app ok']);
    expect(c.told).toEqual({ ClientSoftware: 'redis-py', UserName: 'app', ServerSoftware: '7.2.4' });
  });

  it('inline commands; other lines are none', () => {
    const c = open()
      .ask('PING\r\n')
      .answer('+PONG\r\n')
      .ask('\r\n')
      .ask('set "a b" secret\r\n')
      .answer('+OK\r\n');
    c.ask('the middle of some secret text\r\n').ask('get x\n').answer('$-1\r\n');
    expect(seen(c)).toEqual(
      ['PING ok', 'SET a b ok', 'unasked'].map((t) =>
        t === 'unasked' ? '   unasked'.replace(/ +/g, ' ') : t,
      ),
    );
  });

  it('commands in advance, each with its answer', () => {
    const c = open().ask(array('GET', 'a') + array('GET', 'b'), array('GET', 'c'));
    c.answer(`${bulk('1')}*2\r\n*1\r\n:1\r\n%1\r\n+k\r\n#t\r\n`)
      .answer(',1.5\r\n')
      .end();
    expect(seen(c)).toEqual(['GET a ok', 'GET b ok', 'GET c ok']);
    expect(c.rows.map((r) => r.responseBytes)).toEqual([7, 24, 6]);
  });

  it('many commands in advance: the first ones have no place, and each answer is its own', () => {
    const c = open();
    const answers = (from: number, to: number) =>
      Array.from({ length: to - from }, (_, i) => (from + i === 290 ? '-ERR\r\n' : ':1\r\n')).join('');
    for (let i = 0; i < 300; i++) c.ask(array('GET', `k${i}`));
    c.answer(answers(0, 200), answers(200, 300));
    c.ask(array('PING')).answer('+PONG\r\n');
    expect(c.rows.length).toBe(301);
    expect(c.rows.filter((r) => r.outcome === 'client_error').map((r) => r.resource)).toEqual(['k290']);
    expect(c.rows.filter((r) => r.outcome === 'unanswered').length).toBe(300 - 256);
    expect(c.rows[300].outcome).toBe('ok');
  });

  it('large values and many arguments are passed over', () => {
    const many = array('MSET', ...Array.from({ length: 2000 }, (_, i) => `key or value ${i}`));
    const c = open().ask(array('SET', 'big', 'x'.repeat(50_000)).slice(0, 1400));
    const rest = array('SET', 'big', 'x'.repeat(50_000)).slice(1400);
    for (let i = 0; i < rest.length; i += 1400) c.ask(rest.slice(i, i + 1400));
    c.answer('+OK\r\n');
    for (let i = 0; i < many.length; i += 1400) c.ask(many.slice(i, i + 1400));
    c.answer('+OK\r\n').ask(array('LRANGE', 'l', '0', '-1'));
    for (let i = 0; i < many.length; i += 1400) c.answer(many.slice(i, i + 1400));
    c.ask(array('PING')).answer('+PONG\r\n').end();
    expect(seen(c)).toEqual(['SET big ok', 'MSET key or value 0 ok', 'LRANGE l ok', 'PING ok']);
    expect(c.rows.map((r) => [r.responseUs, r.requestBytes, r.responseBytes])).toEqual([
      [1000, 50_032, 5],
      [1000, many.length, 5],
      [1000, expect.any(Number), many.length],
      [1000, 14, 7],
    ]);
    expect(c.told.Partial).toBeUndefined();
  });

  it('messages of channels are nobody’s answers', () => {
    const c = open().ask(array('SUBSCRIBE', 'a', 'b'));
    const said = (...t: string[]) => array(...t);
    c.answer(`*3\r\n${bulk('subscribe')}${bulk('a')}:1\r\n*3\r\n${bulk('subscribe')}${bulk('b')}:2\r\n`);
    c.answer(said('message', 'a', 'secret'))
      .ask(array('PING'))
      .answer(said('pmessage', 'a*', 'a', 'x') + said('pong', ''));
    c.ask(array('RESET')).answer('+RESET\r\n').ask(array('GET', 'k')).answer(bulk('v'));
    c.answer(`>2\r\n${bulk('invalidate')}*1\r\n${bulk('k')}`)
      .ask(array('GET', 'l'))
      .answer(bulk('v'));
    expect(seen(c)).toEqual(['SUBSCRIBE a ok', 'PING ok', 'RESET ok', 'GET k ok', 'GET l ok']);
  });

  it('has no answers where the client wants none', () => {
    const c = open()
      .ask(array('CLIENT', 'REPLY', 'SKIP'), array('SET', 'a', '1'), array('GET', 'a'))
      .answer(bulk('1'));
    c.ask(array('CLIENT', 'REPLY', 'OFF'), array('SET', 'b', '1'), array('CLIENT', 'REPLY', 'ON')).answer(
      '+OK\r\n',
    );
    c.ask(
      array('CLIENT', 'REPLY', 'OFF'),
      array('CLIENT', 'REPLY', 'SKIP'),
      array('SET', 'c', '1'),
      array('SET', 'd', '1'),
    );
    c.ask(array('CLIENT', 'REPLY', 'ON')).answer('+OK\r\n');
    expect(c.rows.splice(6).map((r) => r.responseBytes)).toEqual([0, 0, 0, 0, 5]);
    expect(c.rows.map((r) => `${r.method} ${r.resource} ${r.outcome} ${r.responseBytes}`)).toEqual([
      'CLIENT  ok 0',
      'SET a ok 0',
      'GET a ok 7',
      'CLIENT  ok 0',
      'SET b ok 0',
      'CLIENT  ok 5',
    ]);
  });

  it('streams what the server does: no more is read', () => {
    const c = open().ask(array('MONITOR')).answer('+OK\r\n');
    expect(seen(c)).toEqual(['MONITOR ok']);
    expect(c.isOver).toBe(true);
  });

  it('is read again behind what was lost', () => {
    const c = open().ask(array('GET', 'a')).lose(1, 7).ask(array('GET', 'b')).answer('$-1\r\n');
    c.ask(array('GET', 'c'))
      .answer(`*2\r\n${bulk('x')}`)
      .lose(1, 7)
      .ask(array('GET', 'd'))
      .answer(':1\r\n')
      .end();
    expect(c.rows.map((r) => `${r.resource} ${r.outcome} ${r.partial}`.trim())).toEqual([
      'a unanswered gap',
      'b ok',
      'c ok gap',
      'd ok',
    ]);
  });
});
