/**
 * Which mirror points `status` and metrics list one by one, and the sums of the others.
 *
 * A point that an entry of the configuration names is always listed, and so is an entry without a known point
 * ({@link ConfiguredMirrors}). Of the other points the first {@link LISTED} are. A listed point stays listed
 * until it is forgotten, and what is in the sums stays there, so that no packet moves from one counter to
 * another and no sum ever falls.
 */

import { type Account, COUNTED, noCounts } from '../../accounts/mirror-account.js';
import { MIRROR_TYPE_NAMES } from '../../model/mirror-point.js';
import { SEQUENCE_USE_NAMES } from '../../model/sequence-use.js';
import type {
  MirrorStatus,
  MirrorSums,
  MirrorsStatus,
  PoolStatus,
  RefusedStatus,
} from '../../model/status.js';
import { plural } from '../../model/words.js';
import { formatIp } from '../../wire/ip/addresses.js';
import type { MirrorRules } from '../policy.js';
import { ConfiguredMirrors } from './configured-mirrors.js';

/** Unknown mirror points listed one by one; and the number of the loudest among the others. */
export const LISTED = 256;
export const LOUDEST_UNLISTED = 16;

class Sums {
  points = 0;
  lastSeen = 0;
  readonly counts = noCounts();

  get status(): MirrorSums {
    return { points: this.points, ...this.counts, last_seen: this.lastSeen };
  }
}

class Pool {
  points = 0;
  places = 0;
  full: number;
  forgotten: number;
  /** Whether the log says that it is full. */
  said = false;

  /** @param before the pool of this name under the previous rules, whose counters continue */
  constructor(before: Pool | undefined) {
    this.full = before?.full ?? 0;
    this.forgotten = before?.forgotten ?? 0;
  }
}

export class MirrorListing {
  private readonly listed = new Set<Account>();
  private readonly unlisted = new Set<Account>();
  /** Listed points that no entry names. */
  private strangers = 0;
  private readonly others = new Sums();
  private readonly gone = new Sums();
  private readonly pools = new Map<string, Pool>();
  private readonly configured = new ConfiguredMirrors();

  /** @param warn called once per pool that is full */
  constructor(private readonly warn: (message: string) => void) {}

  /** Takes the new pools. The accounts already have their new rules. */
  setRules(rules: MirrorRules): void {
    this.configured.setRules(rules);
    const before = new Map(this.pools);
    this.pools.clear();
    for (const { name, points } of [...rules.mirrors, { name: '', points: rules.unknownPoints }]) {
      const pool = this.pools.get(name) ?? new Pool(before.get(name));
      pool.places += points;
      this.pools.set(name, pool);
    }
    this.strangers = 0;
    for (const a of this.listed) if (isStranger(a)) this.strangers++;
    for (const a of [...this.unlisted]) {
      if (isStranger(a)) continue;
      this.unlisted.delete(a);
      this.list(a);
    }
    for (const a of [...this.listed, ...this.unlisted]) if (a.sharedBy === undefined) this.poolOf(a).points++;
  }

  add(a: Account): void {
    if (a.sharedBy === undefined) this.poolOf(a).points++;
    if (isStranger(a) && this.strangers >= LISTED) {
      a.summed = noCounts();
      this.unlisted.add(a);
    } else {
      if (isStranger(a)) this.strangers++;
      this.list(a);
    }
  }

  /** A mirror point has sent packets. */
  sent(a: Account, packets: number): void {
    if (a.sharedBy === undefined) return;
    const pool = this.pools.get(a.sharedBy);
    if (pool === undefined) return;
    pool.full += packets;
    if (pool.said) return;
    pool.said = true;
    this.warn(fullText(a.sharedBy, pool.places));
  }

  /** A count of a mirror point has changed. */
  changed(a: Account): void {
    if (!a.listed) this.sum(a, this.others);
  }

  forget(a: Account): void {
    const pool = this.poolOf(a);
    if (a.sharedBy === undefined) {
      pool.points--;
      pool.forgotten++;
    }
    if (!a.listed) {
      this.changed(a);
      this.unlisted.delete(a);
      return;
    }
    this.listed.delete(a);
    this.configured.forget(a.place, a.lastSeen);
    if (isStranger(a)) this.strangers--;
    this.gone.points++;
    this.sum(a, this.gone);
  }

  /** The number of known mirror points. */
  get size(): number {
    return this.listed.size + this.unlisted.size;
  }

  status(refused: readonly RefusedStatus[]): MirrorsStatus {
    const { listed, unlisted } = this;
    this.others.points = unlisted.size;
    const known = new Set([...listed].map((a) => a.place));
    return {
      mirrors: [...[...listed].map(statusOf), ...this.configured.silent(known)],
      unlisted: { ...this.others.status, loudest: loudest(unlisted).map(statusOf) },
      forgotten: this.gone.status,
      pools: [...this.pools].map(([name, pool]): PoolStatus => {
        const { points, places, full, forgotten } = pool;
        return { name, points, places, full, forgotten };
      }),
      refused,
    };
  }

  private list(a: Account): void {
    a.listed = true;
    this.listed.add(a);
  }

  /** Adds to the sums what a mirror point has sent since it was last added. */
  private sum(a: Account, sums: Sums): void {
    const { counts } = a;
    for (const what of COUNTED) sums.counts[what] += counts[what] - (a.summed?.[what] ?? 0);
    sums.lastSeen = Math.max(sums.lastSeen, a.lastSeen);
    a.summed = counts;
  }

  private poolOf(a: Account): Pool {
    return this.pools.get(a.rule.name)!;
  }
}

/** The points shared by all without a place are few: they are always listed. So are SPAN ports. */
function isStranger(a: Account): boolean {
  return a.point.name === '' && a.sharedBy === undefined;
}

function loudest(accounts: Iterable<Account>): Account[] {
  const found: Account[] = [];
  for (const a of accounts) {
    if (found.length === LOUDEST_UNLISTED && found[found.length - 1].packets >= a.packets) continue;
    found.push(a);
    found.sort((x, y) => y.packets - x.packets);
    if (found.length > LOUDEST_UNLISTED) found.pop();
  }
  return found;
}

/** Counts that are already in the sums are left out. */
function statusOf(a: Account): MirrorStatus {
  const { counts } = a;
  if (a.listed && a.summed !== undefined) for (const what of COUNTED) counts[what] -= a.summed[what];
  return {
    name: a.point.name,
    site: a.rule.site,
    type: MIRROR_TYPE_NAMES[a.point.type],
    source: formatIp(a.point.source, 0),
    target: formatIp(a.point.target, 0),
    session: a.point.session,
    key: a.point.key,
    policy: a.rule.policy,
    ...counts,
    sequence: SEQUENCE_USE_NAMES[a.sequence],
    sessions: a.sessions,
    first_seen: a.firstSeen,
    last_seen: a.lastSeen,
    comes_twice: a.comesTwice,
  };
}

function fullText(name: string, places: number): string {
  const are = places === 1 ? 'is' : 'are';
  if (name === '') {
    return (
      `the ${places} ${plural(places, 'place')} for mirror points that no entry of mirrors ` +
      `names ${are} taken; ` +
      ('further ones share one, with source ::. Name yours in mirrors, raise unknown_points, ' +
        'or set unknown_mirrors: refuse')
    );
  }
  return (
    `mirror ${name}: its ${places} ${plural(places, 'place')} for mirror points ${are} taken; ` +
    'further ones share one, with source ::. Raise points of its entry, or look who sends in its name'
  );
}
