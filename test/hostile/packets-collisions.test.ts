/**
 * Addresses and identifications that collide under unkeyed hashes: words that cancel out in an exclusive or,
 * in a sum, or after multiplication. Under a keyed hash they must cost what random ones cost.
 */
import { describe, expect, it } from 'vitest';
import { setU32 } from '../../src/wire/bytes.js';
import { expectCpu, expectCpuOfAll } from '../support/cpu.js';
import { erspan2, ethernet, ipv4, ipv6, ipv6Fragment, udp } from '../support/frames.js';
import { Random } from '../support/traffic/random.js';
import { copiesOf, type PathOptions, WatchedPath } from './support/packet-path.js';

/** Four words of a source, four of a destination, and an identification. */
type Words = readonly number[];
type Family = (n: number) => Words;

const NET = 0x20010db8;

/** The inverse of an odd number modulo 2^32. */
function inverse(odd: number): number {
  let x = odd;
  for (let i = 0; i < 5; i++) x = Math.imul(x, 2 - Math.imul(odd, x));
  return x;
}

/** Multipliers of well-known hashes (Fibonacci hashing, xxHash, MurmurHash3). */
const [A, B, C, D] = [0x9e3779b1, 0x85ebca6b, 0xc2b2ae35, 0x27d4eb2f];

const FAMILIES: Readonly<Record<string, Family>> = {
  'swap words between source and destination': (n) => [NET, n, n >>> 3, 1, NET, n >>> 3, n, 1, 7],
  'have the same exclusive or in each address': (n) => [NET, n, n ^ 0x5bd1e995, 1, NET, 0, 0, 2, 7],
  'have the same exclusive or of both addresses': (n) => [NET, 0, n, ~n, NET, 0, n, ~n ^ 3, 7],
  'have the same sum': (n) => [NET, n, -n, 1, NET, 2 * n, -2 * n, 2, 7],
  'are multiples of inverses, with the same sum of products': (n) => {
    const [a, b] = [Math.imul(n, inverse(A)), Math.imul(-n, inverse(B))];
    return [NET, a, b, 1, NET, Math.imul(n, inverse(C)), Math.imul(-n, inverse(D)), 2, 7];
  },
  'are multiples of inverses, with the same exclusive or of products': (n) => {
    const [a, b, c] = [A, B, C].map((m) => Math.imul(n, inverse(m)));
    return [NET, a, b, 1, NET, c, Math.imul(n, inverse(D)), 2, 7];
  },
  'make up for an identification': (n) => [NET, 0, 0, n ^ 7, NET, 0, 0, 1, n],
  'differ in top bits alone': (n) => {
    const top = (shift: number): number => ((n >>> shift) & 0xf) << 28;
    return [NET, top(0), top(4), 1, NET, top(8), top(12), 2, 7];
  },
};

function mapValues<T, U>(of: Readonly<Record<string, T>>, to: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(of).map(([name, value]) => [name, to(value)]));
}

const random = new Random(11);
const table = Array.from({ length: 20_000 }, () => Array.from({ length: 9 }, () => random.u32()));
const anyWords: Family = (n) => table[n];

const SOURCE = 8;
const DESTINATION = 24;
const UDP = udp(5000, 53, new Uint8Array(32));
const ONE = '2001:db8::1';
const OTHER = '2001:db8::2';

function setAddresses(b: Uint8Array, at: number, words: Words): void {
  for (let i = 0; i < 4; i++) {
    setU32(b, at + SOURCE + 4 * i, words[i] >>> 0);
    setU32(b, at + DESTINATION + 4 * i, words[4 + i] >>> 0);
  }
}

/** An attack: packets made by a family, their number, and what must hold for a path that took them. */
interface Attack {
  readonly count: number;
  readonly template: Uint8Array;
  readonly change: (packet: Uint8Array, words: Words) => void;
  readonly options?: PathOptions;
  readonly check: (path: WatchedPath) => void;
}

/** Offset of the frame's IP header: behind outer IPv4, GRE with a sequence number, ERSPAN and Ethernet. */
const INNER = 20 + 8 + 8 + 14;
const inner = (payload: Uint8Array, next = 17): Uint8Array =>
  ipv4('10.0.0.1', '10.0.0.9', 47, erspan2(5, 0, ethernet(0x86dd, ipv6(ONE, OTHER, next, payload))));
const mirrored = erspan2(5, 0, ethernet(0x0800, ipv4('192.168.1.2', '192.168.1.3', 17, UDP)));

const ATTACKS: Readonly<Record<string, Attack>> = {
  'sessions by inner addresses': {
    count: 5000,
    template: inner(UDP),
    change: (p, words) => setAddresses(p, INNER, words),
    options: { sessions: { capacity: 20_000 } },
    check: ({ snapshot: s }) => expect([s.opened, s.collisions, s.pressure]).toEqual([s.open, 0, 0]),
  },
  'mirror points by outer addresses': {
    count: 2048,
    template: ipv6(ONE, OTHER, 47, mirrored),
    change: (p, words) => setAddresses(p, 0, words),
    options: { unknownPoints: 2048 },
    check: (path) => expect(path.dropped('mirror_points_full')).toBe(0),
  },
  'inner packets in fragments by addresses and identifications': {
    count: 4096,
    template: inner(ipv6Fragment(17, 0, true, 0, UDP), 44),
    change: (p, words) => {
      setAddresses(p, INNER, words);
      setU32(p, INNER + 44, words[8] >>> 0);
    },
    options: { sessions: { capacity: 4096 } },
    // By chance some sets of 8 are full; if all fell into few sets, nearly all would be given up.
    check: ({ snapshot }) => expect(snapshot.fragmentTrainsDropped).toBeLessThan(1024),
  },
  'outer packets in fragments by addresses and identifications': {
    count: 4000,
    template: ipv6(ONE, OTHER, 44, ipv6Fragment(47, 0, true, 0, mirrored.subarray(0, mirrored.length & ~7))),
    change: (p, words) => {
      setAddresses(p, 0, words);
      setU32(p, 44, words[8] >>> 0);
    },
    check: (path) => expect(path.dropped('reassembly')).toBe(0),
  },
};

function batchesOf({ count, template, change }: Attack, family: Family): ReturnType<typeof copiesOf> {
  return copiesOf(template, count, (p, i) => change(p, family(i)));
}

function taken(attack: Attack, family: Family): () => () => void {
  const batches = batchesOf(attack, family);
  return () => {
    const path = new WatchedPath(attack.options);
    return () => {
      // The second pass has to find what the first one added.
      for (let n = 0; n < 2; n++) path.process(batches);
      attack.check(path);
    };
  };
}

const families = Object.values(FAMILIES);
const allFamilies: Family = (n) => families[n % families.length](n);

describe.each(Object.entries(ATTACKS))('%s', (_, attack) => {
  it('cost the same, whichever way they collide', () => {
    const chosen = mapValues(FAMILIES, (family) => taken(attack, family));
    expectCpuOfAll(chosen, taken(attack, anyWords), 5);
  });

  it('are all accounted for', () => {
    const path = new WatchedPath(attack.options);
    path.process(batchesOf(attack, allFamilies));
    path.finish({ kept: path.snapshot.ipv6Fragments, whole: 0 });
  });
});

it('20,000 sessions that collide in all these ways cost what 20,000 random ones do', () => {
  const attack = { ...ATTACKS['sessions by inner addresses'], count: 20_000 };
  expectCpu(taken(attack, allFamilies), taken(attack, anyWords), 5);
});
