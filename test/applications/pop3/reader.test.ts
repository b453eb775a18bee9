import { expect, it } from 'vitest';
import { POP3 } from '../../../src/applications/pop3/application.js';
import { Conversation } from '../../support/conversation.js';
import { fakeTls, hello, playOn } from '../../support/handed-on.js';
import { samples } from './samples.js';

const PORTS = { client: 40_000, server: 110 };

it('goes on in TLS behind STLS', () => {
  expect(playOn(POP3, samples[0]).told).toEqual({ ServerName: 'client', ServerSoftware: 'server' });
});

it('tells who logs on, and nothing else', () => {
  const apop = playOn(POP3, samples[1]);
  expect([apop.told, apop.isOver]).toEqual([{ UserName: 'alice' }, true]);
  const c = new Conversation([POP3], PORTS);
  c.answer('+OK ready\r\n').ask('USER bob\r\n').answer('+OK\r\n').ask('PASS secret\r\n');
  expect([c.told, c.isOver]).toEqual([{ UserName: 'bob' }, true]);
});

it('goes on in clear if the server refuses', () => {
  const c = new Conversation([POP3, fakeTls()], PORTS);
  c.answer('+OK ready\r\n')
    .ask('STLS\r\n')
    .answer('-ERR no\r\n')
    .ask('CAPA\r\n')
    .answer('+OK\r\nUSER\r\n.\r\n');
  c.ask('STLS\r\n').answer('+OK\r\n').ask(hello('client'));
  expect(c.told).toEqual({ ServerName: 'client' });
});

it('goes on in TLS behind STLS that came together with another command', () => {
  const c = new Conversation([POP3, fakeTls()], PORTS);
  c.answer('+OK ready\r\n')
    .ask('CAPA\r\nSTLS\r\n')
    .answer('+OK capabilities follow\r\nUSER\r\nSTLS\r\n.\r\n');
  c.answer('+OK begin\r\n').ask(hello('client')).answer(hello('server'));
  expect(c.told).toEqual({ ServerName: 'client', ServerSoftware: 'server' });
});
