import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ADDRESS_WORDS, NO_KEY, POINT_WORDS, REFUSED } from '../../src/accounts/point-gate.js';
import { entryOf, type MirrorRules } from '../../src/collector/policy.js';
import { RuleIndex } from '../../src/collector/rule-index.js';
import { type MirrorConfig, mirrorSchema } from '../../src/config/schema.js';
import { prefixHolds } from '../../src/config/units.js';
import { KEEP_ALL } from '../../src/model/kept-words.js';
import { isPlain, MIRROR_TYPE_NAMES, MirrorType } from '../../src/model/mirror-point.js';
import { u32 } from '../../src/wire/bytes.js';
import { formatIp, parseAddress } from '../../src/wire/ip/addresses.js';

function rules(mirrors: MirrorConfig[], unknown: 'observe' | 'refuse'): MirrorRules {
  const packets = { bytes: 0, packets: 0 };
  return {
    unknown,
    unknownPoints: 9,
    mirrors,
    packets,
    taps: {},
    tapAll: -1,
    separateBy: ['vni'],
    applications: KEEP_ALL,
    groups: new Map(),
    overlays: [],
    timestampsWithin: 2,
    claims: [],
  };
}

interface Point {
  readonly type: MirrorType;
  readonly source: Uint8Array;
  readonly session: number;
  readonly key: number;
}

function wordsOf(p: Point): Uint32Array {
  const words = new Uint32Array(POINT_WORDS);
  for (let i = 0; i < ADDRESS_WORDS; i++) words[i] = u32(p.source, 4 * i);
  return words;
}

function poolOf(index: RuleIndex, p: Point): number {
  return index.poolOf(p.type, wordsOf(p), p.session, p.key);
}

function address(text: string): Uint8Array {
  const bytes = new Uint8Array(16);
  parseAddress(text, bytes, 0);
  return bytes;
}

/** Addresses differ in few bits, so that prefixes of any length match some and miss others. */
const addresses = fc.oneof(
  fc.integer({ min: 0, max: 15 }).map((n) => address(`10.${n & 1}.${(n >> 1) & 1}.${(n >> 2) * 64}`)),
  fc.integer({ min: 0, max: 7 }).map((n) => address(`2001:db8:${n & 1}:${n >> 1}::1`)),
);
const types = fc.constantFrom(...Object.values(MirrorType).filter((type) => !isPlain(type)));
const keys = fc.constantFrom(0, 1, 0x7fffffff, 0x80000000, 0xffffffff);
const points: fc.Arbitrary<Point> = fc.record({
  type: types,
  source: addresses,
  session: fc.constantFrom(0, 1, 1023),
  key: fc.oneof(keys, fc.constant(NO_KEY)),
});

const sources = addresses.chain((a) => {
  const text = formatIp(a, 0);
  const width = text.includes(':') ? 128 : 32;
  return fc.oneof(fc.constant(width), fc.integer({ min: 0, max: width })).map((bits) => `${text}/${bits}`);
});
const entries = fc
  .record(
    {
      source: sources,
      type: types.map((t) => MIRROR_TYPE_NAMES[t]),
      session: fc.constantFrom(0, 1, 1023),
      key: keys,
    },
    { requiredKeys: [] },
  )
  .map((entry) => mirrorSchema.parse({ name: 'm', ...entry }));

describe('the rule index', () => {
  it('gives the same answer as a search of all entries', () => {
    fc.assert(
      fc.property(
        fc.array(entries, { maxLength: 40 }),
        fc.array(points, { minLength: 1, maxLength: 20 }),
        fc.constantFrom('observe' as const, 'refuse' as const),
        (mirrors, packets, unknown) => {
          const r = rules(mirrors, unknown);
          const index = new RuleIndex(r, 300);
          for (const p of packets) {
            // What the table makes of the packet.
            const key = p.key === NO_KEY || p.type === MirrorType.Pptp ? null : p.key;
            const entry = entryOf({ ...p, key, target: new Uint8Array(16) }, r);
            const expected = entry === mirrors.length && unknown === 'refuse' ? REFUSED : entry;
            expect(poolOf(index, p)).toBe(expected);
            const named = mirrors.some((m) => m.source === undefined || prefixHolds(m.source, p.source));
            expect(index.mayAdmit(wordsOf(p))).toBe(named || unknown === 'observe');
          }
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('looks up an address in about the same time with ten entries or ten thousand', () => {
    const entry = (i: number): MirrorConfig =>
      mirrorSchema.parse({ name: 'm', source: `10.${(i >> 8) & 255}.${i & 255}.1`, session: i & 1023 });
    const few = new RuleIndex(
      rules(
        Array.from({ length: 10 }, (_, i) => entry(i)),
        'refuse',
      ),
      300,
    );
    const many = new RuleIndex(
      rules(
        Array.from({ length: 10_000 }, (_, i) => entry(i)),
        'refuse',
      ),
      300,
    );
    const cost = (index: RuleIndex): number => {
      const words = new Uint32Array(POINT_WORDS);
      words[2] = 0xffff;
      const before = process.cpuUsage();
      let refused = 0;
      for (let i = 0; i < 500_000; i++) {
        words[3] = Math.imul(i, 0x9e3779b1) | 1;
        if (index.poolOf(MirrorType.Erspan2, words, i & 1023, NO_KEY) === REFUSED) refused++;
      }
      expect(refused).toBeGreaterThan(490_000);
      const { user, system } = process.cpuUsage(before);
      return user + system;
    };
    cost(few);
    cost(many);
    expect(cost(many)).toBeLessThan(8 * cost(few));
  });

  it('keeps a named mirror for a day, or an hour if others want its place, or as long as sessions', () => {
    const mirrors = [mirrorSchema.parse({ name: 'core' })];
    const index = new RuleIndex(rules(mirrors, 'observe'), 300);
    expect(index.places).toEqual([1024, 9]);
    expect([index.idle(0, false), index.idle(0, true), index.idle(1, false)]).toEqual([86_400, 3600, 3600]);
    expect(new RuleIndex(rules(mirrors, 'observe'), 7200).idle(1, true)).toBe(14_400);
  });
});

describe('a SPAN port', () => {
  const mirror = (entry: object): MirrorConfig => mirrorSchema.parse({ name: 'a', ...entry });
  const pool = (mirrors: MirrorConfig[], origin: string): number => {
    const index = new RuleIndex(rules(mirrors, 'refuse'), 300);
    return index.poolOf(MirrorType.Span, new Uint32Array(POINT_WORDS), 0, NO_KEY, origin);
  };

  it('has the first entry that names it, or that has no addresses', () => {
    const mirrors = [
      mirror({ source: '::/0' }),
      mirror({ type: 'erspan2' }),
      mirror({ key: 0 }),
      mirror({ span: 'eth1' }),
      mirror({ type: 'span' }),
      mirror({}),
    ];
    expect(pool(mirrors, 'eth1')).toBe(3);
    expect(pool(mirrors, 'eth2')).toBe(4);
    expect(pool([mirrors[5]], 'eth2')).toBe(0);
  });

  it('is never refused: the inputs name it', () => {
    expect(pool([], 'eth1')).toBe(0);
    expect(pool([mirror({ span: 'eth2' })], 'eth1')).toBe(1);
  });

  it('lends its entry to nobody else', () => {
    const index = new RuleIndex(rules([mirror({ span: 'eth1' })], 'observe'), 300);
    const from = { type: MirrorType.Erspan2, source: address('10.0.0.1'), session: 0, key: NO_KEY };
    expect(poolOf(index, from)).toBe(1);
  });
});
