/**
 * Arbitrary rows for property tests, made from the declared columns: every field takes its whole range,
 * including absent and extreme values.
 */
import fc from 'fast-check';
import { CertificateRecord } from '../../src/model/certificate-record.js';
import { type Column, camelCase, singular, type Table } from '../../src/model/columns/column.js';
import { TABLES } from '../../src/model/columns/tables.js';
import { HopRecord } from '../../src/model/hop-record.js';
import { MIRROR_TYPE_NAMES, MirrorPoint, type MirrorType } from '../../src/model/mirror-point.js';
import { MirrorRecord } from '../../src/model/mirror-record.js';
import { NameRecord } from '../../src/model/name-record.js';
import { NetworkRecord } from '../../src/model/network-record.js';
import { PacketRecord } from '../../src/model/packet-record.js';
import { PathRecord } from '../../src/model/path-record.js';
import { SessionRecord } from '../../src/model/session-record.js';
import { TransactionRecord } from '../../src/model/transaction-record.js';
import { TunnelRecord } from '../../src/model/tunnel-record.js';

const u32 = fc.oneof(fc.constantFrom(0, 1, 127, 128, 0xffffffff), fc.integer({ min: 0, max: 0xffffffff }));
const u53 = fc.oneof(u32, fc.maxSafeNat());
const nsec = fc.integer({ min: 0, max: 999_999_999 });
const bytes = (n: number) => fc.uint8Array({ minLength: n, maxLength: n });
const ip4 = bytes(4).map((a) => new Uint8Array([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, ...a]));
/** An IPv6 address that is not IPv4-mapped. */
const ip6 = bytes(16).map((a) => {
  a[0] |= 0x20;
  return a;
});
const group6 = bytes(16).map((a) => {
  a[0] = 0xff;
  return a;
});
/** All ICMP and ICMPv6 types that Community ID tells apart. */
const icmp = fc.oneof(
  fc.tuple(fc.constant(1), fc.constantFrom(0, 3, 8, 9, 10, 11, 13, 14, 15, 16, 17, 18)),
  fc.tuple(fc.constant(58), fc.constantFrom(1, 128, 129, 130, 131, 133, 134, 135, 136, 139, 140, 144, 145)),
);
const ETHER_TYPES: Readonly<Record<number, number>> = { 4: 0x0800, 6: 0x86dd };
const word = fc.oneof(
  { weight: 4, arbitrary: fc.string({ maxLength: 20, unit: 'grapheme-ascii' }) },
  { weight: 1, arbitrary: fc.string({ maxLength: 300, unit: 'grapheme' }) },
);
/** Objects put names that are numbers in front of others. */
const attribute = fc.stringMatching(/^[a-z_]{1,20}$/);
const key = fc.oneof(fc.constant(null), u32);

function unsigned(bits: number): fc.Arbitrary<number> {
  if (bits === 64) return u53;
  return bits === 32 ? u32 : fc.integer({ min: 0, max: 2 ** bits - 1 });
}

/** The properties of a column, by name. */
function properties({ name, type }: Column): fc.Arbitrary<Record<string, unknown>> {
  const property = camelCase(name);
  const one = (value: fc.Arbitrary<unknown>) => value.map((v) => ({ [property]: v }));
  switch (type.kind) {
    case 'uint':
    case 'later':
    case 'fixed32':
    case 'minute':
      return one(unsigned(type.bits));
    case 'int':
      return one(fc.integer({ min: -(2 ** 52), max: 2 ** 52 }));
    case 'nullable':
      return one(fc.oneof(fc.constant(null), unsigned(type.bits)));
    case 'enum':
      return one(fc.integer({ min: 0, max: (type.words?.words.length ?? 1) - 1 }));
    case 'uints':
      return fc.array(unsigned(type.bits), { maxLength: type.most ?? 0 }).map((numbers) => {
        const all = new Uint16Array(type.most ?? 0);
        all.set(numbers);
        return { [property]: all, [`${property}Count`]: numbers.length };
      });
    case 'day':
      return one(unsigned(type.bits));
    case 'second':
      return one(
        fc.oneof(
          u53.map((n) => n % 2 ** 34),
          u32.map((n) => 0 - n),
          fc.constant(253_402_300_799),
        ),
      );
    case 'ips':
      return fc.nat({ max: type.most ?? 0 }).chain((count) =>
        bytes((type.length ?? 0) * (type.most ?? 0)).map((all) => {
          all.fill(0, (type.length ?? 0) * count);
          return { [property]: all, [`${property}Count`]: count };
        }),
      );
    case 'texts':
      return fc
        .array(word, { maxLength: type.most ?? 0 })
        .map((texts) => ({ [property]: texts, [`${property}Count`]: texts.length }));
    case 'map':
      return fc.dictionary(attribute, word, { maxKeys: type.most ?? 0 }).map((map) => ({
        [`${singular(property)}Names`]: Object.keys(map),
        [`${singular(property)}Values`]: Object.values(map),
        [`${property}Count`]: Object.keys(map).length,
      }));
    case 'ip':
    case 'mac':
    case 'uuid':
    case 'hash':
      return one(bytes(type.length ?? 0));
    case 'time':
      return fc.tuple(u32, nsec).map(([sec, ns]) => ({ [`${property}Sec`]: sec, [`${property}Nsec`]: ns }));
    case 'word':
    case 'text':
      return one(word);
    case 'bytes':
      return fc.uint8Array({ maxLength: 300 }).chain((all) =>
        fc.tuple(fc.nat(all.length), fc.nat(all.length)).map(([a, b]) => ({
          [property]: all,
          [`${property}Start`]: Math.min(a, b),
          [`${property}End`]: Math.max(a, b),
        })),
      );
  }
}

function own(table: Table): fc.Arbitrary<Record<string, unknown>> {
  const columns = table.columns.filter(({ from }) => from === undefined);
  return fc.tuple(...columns.map(properties)).map((all) => Object.assign({}, ...all));
}

export const point = fc
  .tuple(
    fc.integer({ min: 1, max: MIRROR_TYPE_NAMES.length - 1 }),
    fc.oneof(ip4, ip6),
    fc.oneof(ip4, ip6),
    unsigned(16),
    key,
    word,
    word,
  )
  .map(([type, source, target, session, k, name, site]) =>
    Object.assign(new MirrorPoint(0, type as MirrorType, source, target, session, k), { name, site }),
  );

export const sessionRecord: fc.Arbitrary<SessionRecord> = fc
  .record({
    own: own(TABLES.sessions),
    hasMac: fc.boolean(),
    ips: fc.oneof(
      fc.tuple(fc.constant(4), ip4, ip4),
      fc.tuple(fc.constant(6), ip6, fc.oneof(ip6, group6)),
      // IPv4 addresses in IPv6 packets.
      fc.tuple(fc.constant(6), ip4, ip4),
      fc.constant([0, new Uint8Array(16), new Uint8Array(16)] as const),
    ),
    icmp: fc.option(icmp),
    point,
  })
  .map((v) => {
    const r = Object.assign(new SessionRecord(), v.own, { hasMac: v.hasMac, point: v.point });
    if (!v.hasMac) {
      r.clientMac.fill(0);
      r.serverMac.fill(0);
    }
    r.seenBy = [...new Set(r.seenBy)].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    r.seenByCount = r.seenBy.length;
    r.ipVersion = v.ips[0];
    r.etherType = ETHER_TYPES[r.ipVersion] ?? r.etherType;
    if (v.icmp !== null) [r.protocol, r.icmpType] = v.icmp;
    r.clientIp.set(v.ips[1]);
    r.serverIp.set(v.ips[2]);
    return r;
  });

/**
 * Moves the beginnings of all but the first 20 sessions to two days. Each day is a partition of the store,
 * whose files take longer to write than the rows in them.
 */
export function ofFewDays(records: readonly SessionRecord[]): readonly SessionRecord[] {
  for (const r of records.slice(20)) r.firstSeenSec = 1_700_000_000 + (r.firstSeenSec % (2 * 86_400));
  return records;
}

export const mirrorRecord: fc.Arbitrary<MirrorRecord> = fc
  .record({ own: own(TABLES.mirrors), point })
  .map((v) => Object.assign(new MirrorRecord(), v.own, { point: v.point }));

export const tunnelRecord: fc.Arbitrary<TunnelRecord> = own(TABLES.tunnels).map((fields) =>
  Object.assign(new TunnelRecord(), fields),
);

export const packetRecord: fc.Arbitrary<PacketRecord> = fc
  .record({ own: own(TABLES.packets), point })
  .map((v) => Object.assign(new PacketRecord(), v.own, { point: v.point }));

export const pathRecord: fc.Arbitrary<PathRecord> = own(TABLES.paths).map((fields) =>
  Object.assign(new PathRecord(), fields),
);

export const hopRecord: fc.Arbitrary<HopRecord> = own(TABLES.hops).map((fields) =>
  Object.assign(new HopRecord(), fields),
);

export const nameRecord: fc.Arbitrary<NameRecord> = own(TABLES.names).map((fields) =>
  Object.assign(new NameRecord(), fields),
);

export const networkRecord: fc.Arbitrary<NetworkRecord> = own(TABLES.network_loads).map((fields) =>
  Object.assign(new NetworkRecord(), fields),
);

/** A mirror point of which a row does not say where it sends to. */
const source = (p: MirrorPoint, key: number | null): MirrorPoint =>
  Object.assign(new MirrorPoint(0, p.type, p.source, new Uint8Array(16), p.session, key), {
    name: p.name,
    site: p.site,
  });

export const transactionRecord: fc.Arbitrary<TransactionRecord> = fc
  .record({ own: own(TABLES.transactions), ips: fc.oneof(fc.tuple(ip4, ip4), fc.tuple(ip6, ip6)), point })
  .map((v) => {
    const r = Object.assign(new TransactionRecord(), v.own, { point: source(v.point, v.point.key) });
    // They are of protocols with ports.
    r.protocol = r.protocol < 128 ? 6 : 17;
    r.clientIp.set(v.ips[0]);
    r.serverIp.set(v.ips[1]);
    return r;
  });

export const certificateRecord: fc.Arbitrary<CertificateRecord> = fc
  .record({ own: own(TABLES.certificates), point })
  .map((v) => Object.assign(new CertificateRecord(), v.own, { point: source(v.point, null) }));
