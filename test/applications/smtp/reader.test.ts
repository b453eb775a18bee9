import { expect, it } from 'vitest';
import { SMTP } from '../../../src/applications/smtp/application.js';
import { Conversation } from '../../support/conversation.js';
import { fakeTls, hello, playOn } from '../../support/handed-on.js';
import { samples } from './samples.js';

const PORTS = { client: 40_000, server: 25 };
const [upgraded, plain] = samples;
const talk = () => new Conversation([SMTP, fakeTls()], PORTS);

it('goes on in TLS behind STARTTLS', () => {
  const c = playOn(SMTP, upgraded);
  expect(c.told).toEqual({ ServerName: 'client', ServerSoftware: 'server' });
  expect(c.recognised).toEqual(['smtp']);
});

it('is over with the first mail', () => {
  const c = playOn(SMTP, plain);
  expect(c.isOver).toBe(true);
  expect(c.told).toEqual({});
});

it('waits for a word of the server that comes late', () => {
  const c = playOn(SMTP, upgraded, [0, 1, 2, 3, 5, 4, 6]);
  expect(c.told).toEqual({ ServerName: 'client', ServerSoftware: 'server' });
});

it('sees TLS, whoever asked for it', () => {
  const lost = talk().answer('220 ready\r\n').ask('EHLO a\r\n').answer('250 a\r\n').ask('STARTTLS\r\n');
  lost.lose(1, 12).ask(hello('client')).answer(hello('server'));
  expect(lost.told).toEqual({ ServerName: 'client', ServerSoftware: 'server' });
  const c = playOn(SMTP, upgraded, [0, 1, 2, 3, 5]).end();
  expect(c.told).toEqual({ ServerName: 'client', Partial: 'gap' });
  expect(talk().answer('220 ready\r\n').ask('EHLO a\r\n').ask(hello('client')).told.ServerName).toBe(
    'client',
  );
});

it('goes on in clear if the server refuses', () => {
  const c = talk().answer('220 ready\r\n').ask('EHLO a\r\nstarttls\r\n').answer('454 not available\r\n');
  c.ask('NOOP\r\n').answer('250 ok\r\n').ask('MAIL FROM:<a>\r\n');
  expect([c.told, c.isOver]).toEqual([{}, true]);
});

it('takes lines in pieces, and no number of them without end', () => {
  const c = talk().answer('220 re').answer('ady\r\n').ask('EHLO a\r').ask('\nSTART').ask('TLS\r\n');
  c.answer('220-go\r\n', '220 ahead\r\n').ask(hello('client'));
  expect(c.told.ServerName).toBe('client');
  const noisy = talk().answer('220 ready\r\n');
  for (let i = 0; i < 300; i++) noisy.ask('NOOP\r\n').answer('250 ok\r\n');
  expect(noisy.isOver).toBe(true);
});

it('goes on in TLS behind STARTTLS that came together with another command', () => {
  const c = talk();
  c.answer('220 mail ready\r\n').ask('NOOP\r\nSTARTTLS\r\n').answer('250 fine\r\n').answer('220 begin\r\n');
  c.ask(hello('client')).answer(hello('server'));
  expect(c.told).toEqual({ ServerName: 'client', ServerSoftware: 'server' });
});
