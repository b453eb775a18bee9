import { expect, it } from 'vitest';
import { XMPP } from '../../../src/applications/xmpp/application.js';
import { Conversation } from '../../support/conversation.js';
import { fakeTls, playOn } from '../../support/handed-on.js';
import { samples } from './samples.js';

it('goes on in TLS behind <proceed/>', () => {
  const c = playOn(XMPP, samples[0]);
  expect(c.told).toEqual({ ServerName: 'client', ServerSoftware: 'server' });
  expect(c.recognised).toEqual(['xmpp']);
});

it('waits for a word of the server that comes late, or never', () => {
  const both = { ServerName: 'client', ServerSoftware: 'server' };
  expect(playOn(XMPP, samples[0], [0, 1, 2, 3, 5, 4, 6]).told).toEqual(both);
  expect(playOn(XMPP, samples[0], [0, 1, 2, 3, 5]).end().told.ServerName).toBe('client');
});

it('is over when the client logs on in clear', () => {
  const c = new Conversation([XMPP, fakeTls()], { client: 40_000, server: 5222 });
  c.ask("<?xml version='1.0'?>", '<stream:str', "eam to='a'>").answer("<stream:stream from='a'>");
  expect(c.isOver).toBe(false);
  c.ask("<auth mechanism='PLAIN'>AGFsaWNlAHNlY3JldA==</auth>");
  expect([c.isOver, c.told]).toEqual([true, {}]);
});
