import { expect, it } from 'vitest';
import { DCERPC } from '../../../src/applications/dcerpc/application.js';
import { Conversation } from '../../support/conversation.js';
import { ntlmAuthenticate, ntlmMessage } from '../../support/ntlm-messages.js';
import { message, samples, Type } from './samples.js';

const talk = () => new Conversation([DCERPC], { client: 40000, server: 135 });
const ALICE = ntlmAuthenticate('EXAMPLE', 'alice', 'PC-7');

it('tells who logs on, and makes no rows', () => {
  const c = talk();
  for (const [who, m] of samples[0].messages) who === 'client' ? c.ask(m) : c.answer(m);
  expect([c.isOver, c.end().rows, c.told]).toEqual([true, [], { UserName: 'EXAMPLE\\alice' }]);
});

it('tells it also of a context that is altered, with high bytes first, in two segments', () => {
  const alter = message(Type.Alter, ALICE, false);
  const c = talk()
    .ask(message(Type.Bind, ntlmMessage(1), false))
    .answer(message(Type.BindAck, ntlmMessage(2), false));
  c.ask(alter.subarray(0, 30)).ask(alter.subarray(30));
  expect(c.end().told).toEqual({ UserName: 'EXAMPLE\\alice' });
});

it('passes over what is not NTLM, and ends with the first call', () => {
  const c = talk()
    .ask(message(Type.Bind, Buffer.alloc(3000, 0x60)))
    .answer(message(Type.BindAck, Buffer.alloc(200, 0x61)))
    .ask(message(Type.Alter, Buffer.alloc(400, 0x62)))
    .answer(message(Type.AlterResponse));
  expect(c.isOver).toBe(false);
  c.ask(message(Type.Request, ALICE));
  expect([c.isOver, c.end().told]).toEqual([true, {}]);
});

it('takes a token that is there in part as nobody', () => {
  const auth3 = message(Type.Auth3, ALICE);
  const c = talk().ask(message(Type.Bind, ntlmMessage(1)));
  c.ask(auth3.subarray(0, auth3.length - 100)).end();
  expect(c.told.UserName).toBeUndefined();
});

it('looks at no more than one datagram', () => {
  expect(talk().datagram(0, Buffer.concat([Buffer.from([4, 0, 0, 0, 0x10]), Buffer.alloc(80)])).isOver).toBe(
    true,
  );
});
