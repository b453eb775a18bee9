import { expect, it } from 'vitest';
import type { RowFacts } from '../../src/model/row-facts.js';
import { formatIp } from '../../src/wire/ip/addresses.js';
import { SessionWorld } from '../support/session-world.js';

/** Says which addresses, VLANs and VNI it was asked for. */
function echo(word: string): RowFacts {
  return {
    session: (r) => {
      r.clientNetwork = `${word} ${formatIp(r.clientIp, 0)}`;
      r.serverNetwork = `${word} ${formatIp(r.serverIp, 0)}`;
      r.policy = word;
    },
    transaction: (r, vlans, count) => {
      r.clientNetwork = `${word} ${formatIp(r.clientIp, 0)} ${vlans.subarray(0, count).join()} ${r.vni}`;
      r.serverNetwork = `${word} ${formatIp(r.serverIp, 0)}`;
    },
  };
}

const QUESTION = 'GET / HTTP/1.1\r\nHost: a.example\r\n\r\n';
const ANSWER = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n';
const CLIENT = '10.0.0.1:40000';
const SERVER = '10.0.0.2:80';

it('rows say what is known when they are made, and nothing before and after', () => {
  const said: string[][] = [];
  const world = new SessionWorld(
    { active: 10 },
    {
      session: (r) => said.push(['session', r.clientNetwork, r.serverNetwork, r.policy]),
      transaction: (r) => said.push(['transaction', r.clientNetwork, r.serverNetwork]),
    },
  );
  const ask = (at: number, seq: number): void => {
    const where = { vlans: [7, 8], vni: 5000 };
    const ack = 1 + ((seq - 1) / QUESTION.length) * ANSWER.length;
    world.send({ at, from: CLIENT, to: SERVER, payload: QUESTION, flags: 0x18, seq, ack, ...where });
    const answer = { payload: ANSWER, flags: 0x18, seq: ack, ack: seq + QUESTION.length };
    world.send({ at: at + 0.1, from: SERVER, to: CLIENT, ...answer, ...where });
  };
  world.send({ at: 0, from: CLIENT, to: SERVER, flags: 2, seq: 0, vlans: [7, 8], vni: 5000 });
  world.send({ at: 0, from: SERVER, to: CLIENT, flags: 0x12, seq: 0, ack: 1, vlans: [7, 8], vni: 5000 });
  ask(1, 1);
  world.table.setFacts(echo('first'));
  ask(2, 1 + QUESTION.length);
  world.table.advance(SessionWorld.START + 12);
  world.table.setFacts(echo('second'));
  ask(13, 1 + 2 * QUESTION.length);
  world.table.setFacts(undefined);
  ask(14, 1 + 3 * QUESTION.length);
  world.finish();
  expect(said).toEqual([
    ['transaction', '', ''],
    ['transaction', 'first 10.0.0.1 7,8 5000', 'first 10.0.0.2'],
    ['session', 'first 10.0.0.1', 'first 10.0.0.2', 'first'],
    ['transaction', 'second 10.0.0.1 7,8 5000', 'second 10.0.0.2'],
    ['transaction', '', ''],
    ['session', '', '', ''],
  ]);
});
