import { describe, expect, it } from 'vitest';
import { SOCKS } from '../../../src/applications/socks/application.js';
import { Conversation } from '../../support/conversation.js';
import { fakeTls, hello, playOn } from '../../support/handed-on.js';
import { hex } from '../../support/hex.js';
import { samples } from './samples.js';

const PORTS = { client: 40_000, server: 1080 };
const talk = () => new Conversation([SOCKS, fakeTls()], PORTS);
const both = { ServerName: 'client', ServerSoftware: 'server' };

describe.each(samples.map((sample, i) => [i, sample] as const))('sample %i', (i, sample) => {
  const user = i === 0 ? { UserName: 'alice' } : {};
  const last = sample.messages.length - 1;

  it('is read through, to what is behind the proxy', () => {
    const c = playOn(SOCKS, sample);
    expect(c.told).toEqual({ ...user, ...both });
    expect(c.recognised).toEqual(['socks', 'tls']);
  });

  it('likewise if the answer comes late', () => {
    const order = [...sample.messages.keys()];
    [order[last - 2], order[last - 1]] = [last - 1, last - 2];
    expect(playOn(SOCKS, sample, order).told).toEqual({ ...user, ...both });
  });

  it('likewise if it comes before the request', () => {
    const order = [...sample.messages.keys()];
    [order[last - 3], order[last - 2]] = [last - 2, last - 3];
    expect(playOn(SOCKS, sample, order).told).toEqual({ ...user, ...both });
  });

  it('likewise if the answer is lost', () => {
    const order = [...sample.messages.keys()].filter((j) => j !== last - 2);
    expect(playOn(SOCKS, sample, order).end().told.ServerName).toBe('client');
    const c = talk();
    for (const [i, [who, bytes]] of sample.messages.entries())
      if (i === last - 2) c.lose(1, bytes.length);
      else who === 'client' ? c.ask(bytes) : c.answer(bytes);
    expect(c.told).toEqual({ ...user, ...both });
  });

  it('likewise byte by byte', () => {
    const c = talk();
    for (const [who, bytes] of sample.messages)
      for (const byte of bytes) who === 'client' ? c.ask(Uint8Array.of(byte)) : c.answer(Uint8Array.of(byte));
    expect(c.told).toEqual({ ...user, ...both });
  });
});

it('takes a request whose opening was lost', () => {
  const c = talk().ask(hex('050100031f 6578616d706c652d6578616d706c652d6578616d706c652d6578616d706c6501bb'));
  c.answer(hex('05000001000000000000')).ask(hello('client')).answer(hello('server'));
  expect(c.told).toEqual(both);
});

it('is over when the proxy refuses', () => {
  expect(talk().ask(hex('050100')).answer(hex('05ff')).isOver).toBe(true);
  expect(talk().ask(hex('040101bbcb00710500')).answer(hex('005b000000000000')).isOver).toBe(true);
  const c = talk().ask(hex('050100')).answer(hex('0500')).ask(hex('05010001cb00710501bb'));
  expect(c.answer(hex('05050001000000000000')).isOver).toBe(true);
  const login = talk().ask(hex('050102')).answer(hex('0502')).ask(hex('0101610162')).answer(hex('0101'));
  expect([login.isOver, login.told]).toEqual([true, { UserName: 'a' }]);
});

it('has two answers to BIND, and nothing behind UDP ASSOCIATE', () => {
  const c = talk().ask(hex('050100')).answer(hex('0500')).ask(hex('05020001cb00710501bb'));
  c.answer(hex('05000001cb0071050400')).answer(hex('05000001cb0071050401'));
  expect(c.answer(hello('server')).ask(hello('client')).told).toEqual(both);
  const udp = talk().ask(hex('050100')).answer(hex('0500')).ask(hex('05030001000000000000'));
  expect(udp.answer(hex('05000001cb0071050400')).isOver).toBe(true);
});
