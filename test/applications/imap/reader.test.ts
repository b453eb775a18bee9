import { expect, it } from 'vitest';
import { IMAP } from '../../../src/applications/imap/application.js';
import { Conversation } from '../../support/conversation.js';
import { fakeTls, hello, playOn } from '../../support/handed-on.js';
import { samples } from './samples.js';

const PORTS = { client: 40_000, server: 143 };
const talk = () => new Conversation([IMAP, fakeTls()], PORTS).answer('* OK ready\r\n');

it('goes on in TLS behind the answer to STARTTLS, by its tag', () => {
  expect(playOn(IMAP, samples[0]).told).toEqual({ ServerName: 'client', ServerSoftware: 'server' });
});

it('tells who logs on, and nothing else', () => {
  const c = playOn(IMAP, samples[1]);
  expect([c.told, c.isOver]).toEqual([{ UserName: 'alice' }, true]);
  expect(talk().ask('a login bob secret\r\n').told).toEqual({ UserName: 'bob' });
  expect(talk().ask('a LOGIN {3}\r\n').told).toEqual({});
  expect(talk().ask('a LOGIN "bob\r\n').told).toEqual({});
  expect(talk().ask('a LOGIN\r\n').told).toEqual({});
});

it('goes on in clear if the server refuses', () => {
  const c = talk()
    .ask('a1 STARTTLS\r\n')
    .answer('a1 BAD no\r\n')
    .ask('a2 CAPABILITY\r\n')
    .answer('a2 OK\r\n');
  expect([c.told, c.isOver]).toEqual([{}, false]);
  c.ask('a3 STARTTLS\r\n').answer('* still here\r\na3 OK go\r\n').ask(hello('client'));
  expect(c.told).toEqual({ ServerName: 'client' });
});
