import { expect, it } from 'vitest';
import { FTP } from '../../../src/applications/ftp/application.js';
import { Conversation } from '../../support/conversation.js';
import { fakeTls, hello, playOn } from '../../support/handed-on.js';
import { samples } from './samples.js';

const PORTS = { client: 40_000, server: 21 };

it('goes on in TLS behind AUTH TLS', () => {
  expect(playOn(FTP, samples[0]).told).toEqual({ ServerName: 'client', ServerSoftware: 'server' });
});

it('tells who logs on, and nothing else', () => {
  const c = playOn(FTP, samples[1]);
  expect([c.told, c.isOver]).toEqual([{ UserName: 'alice' }, true]);
});

it('is recognised by a client that does not wait', () => {
  const c = new Conversation([FTP, fakeTls()], PORTS);
  c.ask('USER a\r\n', 'PASS b\r\n', 'SYST\r\n', 'TYPE I\r\n').answer('220 ftpd ready\r\n');
  expect([c.recognised, c.told]).toEqual([['ftp'], { UserName: 'a' }]);
});

it('goes on in clear if the server refuses', () => {
  const c = new Conversation([FTP, fakeTls()], PORTS);
  c.answer('220 ready\r\n')
    .ask('AUTH TLS\r\n')
    .answer('534 no\r\n')
    .ask('USER bob\r\n')
    .answer('331 password\r\n');
  expect([c.told, c.isOver]).toEqual([{ UserName: 'bob' }, false]);
  c.ask('AUTH SSL\r\n').answer('234 go\r\n').ask(hello('client'));
  expect(c.told.ServerName).toBe('client');
});
