/** Which table a question is asked of. */
import { describe, expect, it } from 'vitest';
import type { Scope } from '../../src/console/contract.js';
import { scoped } from '../../src/console/statements/scope.js';
import { before, fromRollUp, fromSessions, type Wanted } from '../../src/console/statements/tables.js';

const NOW = Date.parse('2025-06-03T12:34:56.789Z');
const around = { now: NOW, newest: undefined, prefix: 'lake_' };
const day: Scope = { from: '2025-06-02T00:00:00Z', to: '2025-06-03T00:00:00Z' };
const traffic: Wanted = { rollUp: 'traffic_by_minute', step: 600 };
const services: Wanted = { rollUp: 'services_by_hour' };

const table = (scope: Scope, wanted: Wanted): string | undefined => fromRollUp(scope, around, wanted)?.table;

describe('a roll-up is read', () => {
  it.each<[string, Scope, Wanted]>([
    ['for steps that are its own, or longer', day, traffic],
    ['for conditions on what it has', { ...day, f: ['app:tls', 'tcp_state:!SF'] }, traffic],
    ['for services by their address', { ...day, f: ['server:10.30.0.0/24', 'server_port:443'] }, services],
    ['for a mirror point by its id', { ...day, mirror: 'erspan2,10.0.0.11,1,' }, traffic],
    ['for the last day, though it began within an hour', { from: '-1d', to: 'now' }, services],
    ['for each conversation once', { ...day, mirror: 'once' }, traffic],
    [
      'for each conversation once, within an hour too',
      { from: '2025-06-02T08:00:00Z', to: '2025-06-02T09:00:00Z', mirror: 'once' },
      { rollUp: 'traffic_by_minute', step: 60 },
    ],
  ])('%s', (_, scope, wanted) => {
    expect(table(scope, wanted)).toBe(wanted.rollUp);
  });

  it.each<[string, Scope, Wanted]>([
    ['steps finer than its own', day, { ...traffic, step: 30 }],
    ['conditions on other columns', { ...day, f: ['server:10.30.0.30'] }, traffic],
    ['both ends of a conversation', { ...day, f: ['host:10.30.0.30'] }, services],
    ['a condition in SQL', { ...day, q: 'client_port = 1' }, traffic],
    ['a mirror by its name, which only sessions have', { ...day, mirror: 'core-1' }, traffic],
    [
      'a few hours that begin within one',
      { from: '2025-06-02T08:20:00Z', to: '2025-06-02T14:20:00Z' },
      services,
    ],
  ])('but not for %s', (_, scope, wanted) => {
    expect(table(scope, wanted)).toBeUndefined();
  });

  it('in whole steps, which is said', () => {
    const source = fromRollUp({ from: '-1d', to: 'now' }, around, services)!;
    expect(source.from).toBe('lake_services_by_hour AS t');
    expect(source.where).toContain(`${BigInt(Date.parse('2025-06-02T12:00:00Z')) * 1_000_000n}`);
    expect(source.note).toBe('Whole hours are counted.');
    expect(source.ended).toBe(false);
    expect(fromRollUp(day, around, services)!.note).toBeUndefined();
  });
});

it('each conversation counts once over any range, in whatever table', () => {
  const month: Scope = { from: '2025-05-01T00:00:00Z', to: '2025-06-01T00:00:00Z', mirror: 'once' };
  for (const source of [fromSessions(month, around), fromRollUp(month, around, services)!]) {
    expect(source.where).toContain('AND copy IN (0, 255)');
    expect(source.note).toBeUndefined();
  }
  expect(scoped(month, around, 'transactions').where).toContain('AND copy IN (0, 255)');
});

it('the period before is as long, and ends where the range begins', () => {
  const scope = before({ from: '2025-06-02T08:05:00.5Z', to: '2025-06-02T08:10:00.5Z' }, around);
  expect(scope).toMatchObject({
    from: '2025-06-02T08:00:00.500000000Z',
    to: '2025-06-02T08:05:00.500000000Z',
  });
  expect(fromSessions(scope, around)).toMatchObject({ table: 'sessions', from: 'lake_sessions AS t' });
});
