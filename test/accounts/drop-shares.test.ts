import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DropShares } from '../../src/accounts/drop-shares.js';
import { Account } from '../../src/accounts/mirror-account.js';
import { MirrorPoint, MirrorType } from '../../src/model/mirror-point.js';
import { SequenceUse } from '../../src/model/sequence-use.js';

const RULE = { name: '', site: '', policy: 'observe' } as const;

function account(numbered: boolean): Account {
  const point = new MirrorPoint(0, MirrorType.Gre, new Uint8Array(16), new Uint8Array(16), 0, null);
  const a = new Account('', point, undefined, -1, 0, RULE);
  if (numbered) a.sequence = SequenceUse.Session;
  return a;
}

class World {
  readonly accounts: Account[];
  readonly shares = new DropShares(() => {});
  now = 0;
  drops = 0;

  constructor(numbered: readonly boolean[]) {
    this.accounts = numbered.map(account);
  }

  sent(i: number, packets: number): void {
    this.accounts[i].packets += packets;
    this.shares.sent(this.accounts[i], packets);
  }

  missing(i: number, packets: number): void {
    this.accounts[i].missing += packets;
    this.accounts[i].givenUp += packets;
    this.shares.missing(this.accounts[i]);
  }

  share(seconds: number): number[] {
    this.now += 1000 * seconds;
    this.shares.share(this.drops, this.now, this.accounts);
    for (const a of this.accounts) a.tell();
    return this.accounts.map((a) => a.kernelDrops);
  }
}

describe('kernel drops', () => {
  it('are attributed to mirrors that miss packets, in proportion', () => {
    const world = new World([true, true, false]);
    for (const i of [0, 1, 2]) world.sent(i, 1000);
    world.missing(0, 30);
    world.missing(1, 10);
    world.drops = 20;
    expect(world.share(0)).toEqual([15, 5, 0]);
    expect(world.accounts.map((a) => a.lost)).toEqual([15, 5, 0]);
  });

  it('are not attributed to packets that went missing long before', () => {
    const world = new World([true, true]);
    world.sent(0, 1000);
    world.missing(0, 30);
    for (let i = 0; i < 4; i++) world.share(2.5);
    world.drops = 10;
    world.missing(1, 10);
    expect(world.share(0.25)).toEqual([0, 10]);
  });

  it('go to mirrors without sequence numbers that sent at the time, not long before', () => {
    const world = new World([false, false, false]);
    world.sent(0, 1_000_000);
    for (let i = 0; i < 3; i++) world.share(2.5);
    world.sent(1, 30);
    world.sent(2, 10);
    world.drops = 8;
    world.share(2.5);
    expect(world.share(2.5)).toEqual([0, 6, 2]);
  });

  it('go to mirrors without sequence numbers by all their packets if none has sent since', () => {
    const world = new World([false, true]);
    world.sent(0, 10);
    for (let i = 0; i < 3; i++) world.share(2.5);
    world.drops = 8;
    for (let i = 0; i < 3; i++) world.share(2.5);
    expect(world.share(2.5)).toEqual([8, 0]);
  });

  it('are all attributed in the end, and never more than were dropped', () => {
    const step = fc.record({
      mirror: fc.integer({ min: 0, max: 3 }),
      sent: fc.integer({ min: 0, max: 50 }),
      missing: fc.integer({ min: -3, max: 20 }),
      drops: fc.integer({ min: 0, max: 20 }),
      seconds: fc.constantFrom(0, 0.25, 1, 3),
    });
    fc.assert(
      fc.property(
        fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
        fc.array(step),
        (numbered, steps) => {
          const world = new World(numbered);
          world.sent(0, 1);
          for (const s of steps) {
            world.sent(s.mirror, s.sent);
            if (numbered[s.mirror])
              world.missing(s.mirror, Math.max(s.missing, -world.accounts[s.mirror].missing));
            world.drops += s.drops;
            const given = world.share(s.seconds);
            expect(given.reduce((a, b) => a + b)).toBeLessThanOrEqual(world.drops);
            for (const n of given) expect(n).toBeGreaterThanOrEqual(0);
          }
          world.share(0);
          world.shares.finish(world.accounts);
          expect(world.accounts.reduce((sum, a) => sum + a.kernelDrops, 0)).toBe(world.drops);
        },
      ),
    );
  });
});
