import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Network } from '../../src/model/network.js';
import { NetworkTable, networkTable } from '../../src/networks/network-table.js';
import { parseAddress } from '../../src/wire/ip/addresses.js';

const NO_VLANS = new Uint16Array(8);

/** A network of text: `10.0.0.0/8`, its name the same with its keys. */
function network(prefix: string, keys: { vlan?: number; vni?: number } = {}): Network {
  const [text, length] = prefix.split('/');
  const address = new Uint8Array(16);
  const version = parseAddress(text!, address, 0);
  const words = [
    prefix,
    keys.vlan !== undefined && `vlan ${keys.vlan}`,
    keys.vni !== undefined && `vni ${keys.vni}`,
  ];
  return {
    address,
    bits: Number(length) + (version === 4 ? 96 : 0),
    name: words.filter((word) => word !== false).join(', '),
    site: 'Zürich',
    role: 'servers',
    tenant: '',
    vlan: keys.vlan,
    vni: keys.vni,
  };
}

/** The name of the network that an address is in. */
function asked(
  table: NetworkTable,
  address: string,
  vlans: number[] = [],
  vni: number | null = null,
): string {
  const bytes = new Uint8Array(16);
  parseAddress(address, bytes, 0);
  const ids = new Uint16Array(8);
  ids.set(vlans);
  return table.name(table.find(bytes, ids, vlans.length, vni));
}

const tableOf = (networks: Network[]): NetworkTable => new NetworkTable(networkTable(networks));

describe('the network of an address', () => {
  it('is the most specific one', () => {
    const table = tableOf([
      network('0.0.0.0/0'),
      network('10.0.0.0/8'),
      network('10.0.0.0/32'),
      network('10.1.0.0/16'),
      network('10.1.2.0/24'),
      network('255.255.255.255/32'),
    ]);
    expect(asked(table, '10.1.2.3')).toBe('10.1.2.0/24');
    expect(asked(table, '10.1.3.1')).toBe('10.1.0.0/16');
    expect(asked(table, '10.2.0.0')).toBe('10.0.0.0/8');
    expect(asked(table, '10.0.0.0')).toBe('10.0.0.0/32');
    expect(asked(table, '10.0.0.1')).toBe('10.0.0.0/8');
    expect(asked(table, '9.255.255.255')).toBe('0.0.0.0/0');
    expect(asked(table, '11.0.0.0')).toBe('0.0.0.0/0');
    expect(asked(table, '255.255.255.255')).toBe('255.255.255.255/32');
  });

  it('of IPv6 likewise, and holds no IPv4 address', () => {
    const table = tableOf([
      network('::/0'),
      network('::/80'),
      network('2001:db8::/32'),
      network('2001:db8::5/128'),
      network('ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128'),
    ]);
    expect(asked(table, '2001:db8::4')).toBe('2001:db8::/32');
    expect(asked(table, '2001:db8::5')).toBe('2001:db8::5/128');
    expect(asked(table, '::')).toBe('::/80');
    expect(asked(table, '3000::')).toBe('::/0');
    expect(asked(table, 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff')).toMatch(/128$/);
    expect(asked(table, '10.0.0.1')).toBe('');
  });

  it('is the same if IPv4 is written as IPv6', () => {
    const table = tableOf(
      ['::ffff:0.0.0.0/96', '::ffff:10.0.0.0/104', '10.1.0.0/16'].map((prefix) => network(prefix)),
    );
    expect(asked(table, '9.9.9.9')).toBe('::ffff:0.0.0.0/96');
    expect(asked(table, '10.9.9.9')).toBe('::ffff:10.0.0.0/104');
    expect(asked(table, '10.1.9.9')).toBe('10.1.0.0/16');
    expect(asked(table, '::9.9.9.9')).toBe('');
  });

  it('may depend on VLAN and VNI, of which a wider prefix makes no use', () => {
    const table = tableOf([
      network('10.0.0.0/8'),
      network('10.0.0.0/8', { vlan: 7 }),
      network('10.0.0.0/8', { vni: 7 }),
      network('10.0.0.0/8', { vlan: 7, vni: 7 }),
      network('10.5.0.0/16'),
      network('10.6.0.0/16', { vlan: 8 }),
      network('fd00::/8', { vni: 0xffffff }),
    ]);
    expect(asked(table, '10.0.0.1')).toBe('10.0.0.0/8');
    expect(asked(table, '10.0.0.1', [6], 6)).toBe('10.0.0.0/8');
    expect(asked(table, '10.0.0.1', [6, 7])).toBe('10.0.0.0/8, vlan 7');
    expect(asked(table, '10.0.0.1', [], 7)).toBe('10.0.0.0/8, vni 7');
    expect(asked(table, '10.0.0.1', [8, 7], 7)).toBe('10.0.0.0/8, vlan 7, vni 7');
    expect(asked(table, '10.0.0.1', [7], 8)).toBe('10.0.0.0/8, vlan 7');
    expect(asked(table, '10.5.0.1', [7], 7)).toBe('10.5.0.0/16');
    expect(asked(table, '10.6.0.1', [7, 8], 7)).toBe('10.6.0.0/16, vlan 8');
    expect(asked(table, 'fd00::1', [1], 0xffffff)).toBe('fd00::/8, vni 16777215');
    expect(asked(table, 'fd00::1', [1])).toBe('');
    expect(table).toMatchObject({ hasVlans: true, hasVnis: true });
  });

  it('is none where there are no networks', () => {
    const table = tableOf([]);
    expect(table).toMatchObject({ size: 0, hasVlans: false, hasVnis: false });
    expect(asked(table, '10.0.0.1', [1], 1)).toBe('');
    expect(asked(table, '2001:db8::1')).toBe('');
  });

  it('comes with its words, in any script', () => {
    const table = tableOf([
      { ...network('10.0.0.0/8'), name: 'Büro 東京 🗼', role: '', tenant: 'x'.repeat(70_000) },
    ]);
    expect(table.size).toBe(1);
    expect([table.name(0), table.site(0), table.role(0)]).toEqual(['Büro 東京 🗼', 'Zürich', '']);
    expect(table.tenant(0)).toHaveLength(70_000);
    expect([table.name(-1), table.site(-1), table.role(-1), table.tenant(-1)]).toEqual(['', '', '', '']);
  });
});

/** A prefix and a question as the second implementation has them: numbers, and the family apart. */
interface Prefix {
  readonly six: boolean;
  readonly value: bigint;
  readonly length: number;
  readonly vlan: number | undefined;
  readonly vni: number | undefined;
}

interface Question {
  readonly six: boolean;
  readonly value: bigint;
  readonly vlans: number[];
  readonly vni: number | null;
}

const width = (six: boolean): number => (six ? 128 : 32);
const MAPPED = 0xffffn << 32n;

function sixteen(six: boolean, value: bigint): Uint8Array {
  const hex = (six ? value : value | MAPPED).toString(16).padStart(32, '0');
  return Uint8Array.from(Buffer.from(hex, 'hex'));
}

function asNetwork({ six, value, length, vlan, vni }: Prefix, i: number): Network {
  const bits = six ? length : 96 + length;
  return { address: sixteen(six, value), bits, name: `n${i}`, site: '', role: '', tenant: '', vlan, vni };
}

const keysOf = (p: Prefix): number => (p.vni === undefined ? 0 : 2) + (p.vlan === undefined ? 0 : 1);

/** The plain way: all prefixes that hold the address, the best of them. */
function plainly(prefixes: readonly Prefix[], q: Question): number {
  const candidates = prefixes
    .map((p, i) => ({ p, i, at: p.vlan === undefined ? 0 : q.vlans.indexOf(p.vlan) }))
    .filter(({ p, at }) => {
      const rest = BigInt(width(p.six) - p.length);
      return p.six === q.six && p.value >> rest === q.value >> rest && at >= 0 && (p.vni ?? q.vni) === q.vni;
    });
  candidates.sort((a, b) => b.p.length - a.p.length || keysOf(b.p) - keysOf(a.p) || a.at - b.at || a.i - b.i);
  return candidates[0]?.i ?? -1;
}

function find(table: NetworkTable, q: Question): number {
  const vlans = new Uint16Array(8);
  vlans.set(q.vlans);
  return table.find(sixteen(q.six, q.value), vlans, q.vlans.length, q.vni);
}

/** Addresses that have beginnings in common, so that prefixes are nested and questions hit them. */
const value = (six: boolean): fc.Arbitrary<bigint> => {
  const all = (1n << BigInt(width(six))) - 1n;
  return fc
    .tuple(
      fc.constantFrom(0n, all, six ? 0x20010db8n << 96n : 0x0a000000n, six ? MAPPED : 0x7fffffffn),
      fc.bigInt({ min: 0n, max: all }),
      fc.nat(width(six)),
    )
    .map(([base, random, kept]) => base ^ (random >> BigInt(kept)));
};

const prefix: fc.Arbitrary<Prefix> = fc.boolean().chain((six) =>
  fc
    .record({
      value: value(six),
      length: fc.nat(width(six)),
      vlan: fc.option(fc.constantFrom(0, 1, 2, 4095), { nil: undefined, freq: 2 }),
      vni: fc.option(fc.constantFrom(0, 1, 0xffffff), { nil: undefined, freq: 2 }),
    })
    .map((p) => {
      const rest = BigInt(width(six) - p.length);
      return { ...p, six, value: (p.value >> rest) << rest };
    })
    // What begins with ::ffff:0:0/96 is IPv4, and has the other family's numbers here.
    .filter((p) => !six || p.length < 96 || p.value >> 32n !== 0xffffn),
);

/** First and last address of a prefix, and the ones beside it; or any. */
function questions(prefixes: readonly Prefix[]): fc.Arbitrary<Question> {
  const near = fc.constantFrom(...prefixes).chain(({ six, value: first, length }) => {
    const last = first | ((1n << BigInt(width(six) - length)) - 1n);
    const address = fc
      .constantFrom(first, last, first - 1n, last + 1n)
      .map((v) => BigInt.asUintN(width(six), v));
    return address.map((v) => ({ six, value: v }));
  });
  const any = fc.boolean().chain((six) => value(six).map((v) => ({ six, value: v })));
  const where = fc.oneof(near, any).filter((q) => !q.six || q.value >> 32n !== 0xffffn);
  const vlans = fc.uniqueArray(fc.constantFrom(0, 1, 2, 3, 4095), { maxLength: 4 });
  const vni = fc.constantFrom(null, 0, 1, 2, 0xffffff);
  return fc.tuple(where, vlans, vni).map(([w, v, n]) => ({ ...w, vlans: v, vni: n }));
}

it('finds what a plain search finds', () => {
  const cases = fc
    .array(prefix, { minLength: 1, maxLength: 60, size: 'max' })
    .chain((prefixes) =>
      fc.tuple(fc.constant(prefixes), fc.array(questions(prefixes), { minLength: 30, maxLength: 30 })),
    );
  let hits = 0;
  fc.assert(
    fc.property(cases, ([prefixes, asks]) => {
      const table = new NetworkTable(networkTable(prefixes.map(asNetwork)));
      for (const q of asks) {
        const expected = plainly(prefixes, q);
        expect(find(table, q)).toBe(expected);
        if (expected >= 0) hits++;
      }
    }),
    { numRuns: 100 },
  );
  // The questions are about the prefixes.
  expect(hits).toBeGreaterThan(600);
});

it('finds what prefixes by length find, among 1,000,000', () => {
  let state = 20_260_101;
  const random = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return Math.floor(((state >>> 4) * below) / 2 ** 28);
  };
  /** A copy of an address whose bits behind `bits` are 0, or random. */
  const within = (address: Uint8Array, bits: number, noise: () => number): Buffer => {
    const to = Buffer.from(address);
    for (let i = bits >> 3; i < 16; i++) {
      const kept = i === bits >> 3 ? 0xff00 >> (bits & 7) : 0;
      to[i] = (to[i]! & kept) | (noise() & ~kept);
    }
    return to;
  };
  const nothing = (): number => 0;
  const noise = (): number => random(0x100);
  const named = (first: Buffer, bits: number, vlan: number | undefined, vni: number | undefined): string =>
    `${first.toString('latin1')} ${bits} ${vlan} ${vni}`;
  const four = Buffer.from(sixteen(false, 10n << 24n));
  const six = Buffer.from(sixteen(true, 0x20010db8n << 96n));

  const prefixes = new Map<string, number>();
  const networks: Network[] = [];
  while (networks.length < 1_000_000) {
    const isSix = random(3) === 0;
    const bits = isSix ? 33 + random(96) : 104 + random(25);
    // Few of IPv6's bits, so that prefixes are nested.
    const any = isSix ? within(six, 32, () => random(2)) : within(four, 100, noise);
    const address = within(any, bits, nothing);
    const vlan = random(8) === 0 ? random(4096) : undefined;
    const vni = random(8) === 0 ? random(5000) : undefined;
    const name = named(address, bits, vlan, vni);
    if (prefixes.has(name)) continue;
    prefixes.set(name, networks.length);
    networks.push({ address, bits, name: `n${networks.length}`, site: '', role: '', tenant: '', vlan, vni });
  }
  const memory = networkTable(networks);
  const table = new NetworkTable(memory);
  expect(table.size).toBe(1_000_000);
  expect(memory.byteLength).toBeLessThan(80e6);

  const byLength = (address: Buffer, vlans: number[], vni: number | null): number => {
    for (let bits = 128; bits >= 0; bits--) {
      const first = within(address, bits, nothing);
      for (const n of vni === null ? [undefined] : [vni, undefined]) {
        for (const v of [...vlans, undefined]) {
          const found = prefixes.get(named(first, bits, v, n));
          if (found !== undefined) return found;
        }
      }
    }
    return -1;
  };
  let hits = 0;
  for (let i = 0; i < 5000; i++) {
    const near = networks[random(networks.length)]!;
    const address = within(near.address, random(4) === 0 ? random(129) : near.bits, noise);
    const vlans = random(2) === 0 ? [near.vlan ?? random(4096), random(4096)] : [];
    const vni = random(2) === 0 ? (near.vni ?? random(5000)) : null;
    const found = table.find(address, Uint16Array.from(vlans), vlans.length, vni);
    expect(found).toBe(byLength(address, vlans, vni));
    if (found >= 0) hits++;
  }
  expect(hits).toBeGreaterThan(3000);
  const chosen = [0, 499_999, 999_999];
  expect(chosen.map((i) => table.name(i))).toEqual(chosen.map((i) => `n${i}`));
});

it('finds a network among 200,000 around the same address', () => {
  // Every one holds 10.0.0.1: in so many overlays as there are, and nested as deep as prefixes go.
  const networks = Array.from({ length: 200_000 }, (_, i) =>
    network(`10.0.0.0/${8 + (i % 20)}`, { vni: Math.floor(i / 20) }),
  );
  const table = tableOf(networks);
  expect(asked(table, '10.0.0.1', [], 9_999)).toBe('10.0.0.0/27, vni 9999');
  expect(asked(table, '10.255.0.1', [], 0)).toBe('10.0.0.0/8, vni 0');
  expect(asked(table, '10.0.0.1', [], 10_000)).toBe('');
  expect(table.find(new Uint8Array(16), NO_VLANS, 0, null)).toBe(-1);
});
