/** Two hosts in memory with tunnels between them. */
import { TestHost } from './test-host.js';
import { TestWire } from './test-wire.js';

export const A = { 4: '198.18.1.2', 6: 'fd00:1::2' } as const;
export const B = { 4: '198.18.2.2', 6: 'fd00:2::2' } as const;
export const C = { 4: '198.18.3.2', 6: 'fd00:3::2' } as const;

export interface World {
  readonly wire: TestWire;
  readonly a: TestHost;
  readonly b: TestHost;
}

/** Two hosts without tunnels. */
export function hosts(): World {
  const wire = new TestWire();
  return { wire, a: new TestHost(wire, A), b: new TestHost(wire, B) };
}

/**
 * Tunnels t1, t2 … between two hosts, one per element of `options`: words of their specifications, the same
 * at both ends or [A's, B's].
 */
export function pair(mode: string, ...options: (string | readonly [string, string])[]): World {
  const world = hosts();
  const family = mode.startsWith('ip6') ? 6 : 4;
  options.forEach((words, i) => {
    const [mine, theirs] = typeof words === 'string' ? [words, words] : words;
    world.a.add(`t${i + 1} mode ${mode} local ${A[family]} remote ${B[family]} ${mine}`);
    world.b.add(`t${i + 1} mode ${mode} local ${B[family]} remote ${A[family]} ${theirs}`);
  });
  return world;
}
