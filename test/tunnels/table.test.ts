import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OuterPacket } from '../../src/model/outer-packet.js';
import { TunnelRecord } from '../../src/model/tunnel-record.js';
import { inetEcnCopyInside, inetEcnEncapsulate } from '../../src/tunnels/kernel/inet-ecn.js';
import { fillTunnelRecord, TunnelTable, tunnelObject } from '../../src/tunnels/kernel/table.js';
import { formatAddress, parseAddress } from '../../src/tunnels/spec/address.js';
import { TunnelConfigError } from '../../src/tunnels/spec/config.js';
import { parseTunnelSpec } from '../../src/tunnels/spec/spec.js';
import { checksum } from '../../src/wire/checksum.js';
import { outerPacket } from '../support/oracle-receiver.js';
import { oraclePackets, oracleTunnels } from '../support/oracle-traffic.js';

/** IPv4 from 10.0.0.2 to 10.0.0.1 with this GRE. */
function packet(gre: number[], tos = 0): Uint8Array {
  const p = new Uint8Array([
    0x45,
    tos,
    0,
    20 + gre.length,
    0,
    0,
    0,
    0,
    64,
    47,
    0,
    0,
    10,
    0,
    0,
    2,
    10,
    0,
    0,
    1,
    ...gre,
  ]);
  return p;
}

/** An empty IPv4 packet with this TOS and a correct header checksum. */
function inner(tos: number): number[] {
  const p = new Uint8Array([0x45, tos, 0, 20, 0, 0, 0, 0, 64, 59, 0, 0, 172, 16, 0, 1, 172, 16, 0, 2]);
  const sum = checksum(p, 0, 20);
  p[10] = sum >>> 8;
  p[11] = sum & 0xff;
  return [...p];
}

describe('the tunnel table', () => {
  it('refuses a second tunnel of the same name, and one that cannot be distinguished from another', () => {
    const table = new TunnelTable();
    table.add(parseTunnelSpec('a mode gre remote 10.0.0.2 local 10.0.0.1'));
    expect(() => table.add(parseTunnelSpec('a mode gre remote 10.0.0.3'))).toThrow(
      'a tunnel of this name already',
    );
    expect(() => table.add(parseTunnelSpec('b mode gre remote 10.0.0.2 local 10.0.0.1'))).toThrow(
      'tunnel b: tunnel a has the same local, remote and key',
    );
    table.add(parseTunnelSpec('b mode gre remote 10.0.0.2 local 10.0.0.1 key 0'));
    table.add(parseTunnelSpec('c mode gretap remote 10.0.0.2 local 10.0.0.1'));
    table.remove('a');
    table.add(parseTunnelSpec('d mode gre remote 10.0.0.2 local 10.0.0.1'));
    expect([...table.tunnels()].map((t) => t.config.name)).toEqual(['b', 'c', 'd']);
  });

  it('refuses packets that no tunnel matches', () => {
    const table = new TunnelTable();
    const p = outerPacket(new OuterPacket(), packet([0, 0, 8, 0, ...inner(0)]));
    expect(table.rcv(p)).toBe(false);
    table.add(parseTunnelSpec('a mode gre remote 10.0.0.2 key 1'));
    expect(table.rcv(p)).toBe(false);
    table.add(parseTunnelSpec('b mode gre remote 10.0.0.2'));
    expect(table.rcv(p)).toBe(true);
    table.remove('b');
    expect(table.rcv(p)).toBe(false);
    expect(tunnelObject(table.get('a')!)).toMatchObject({ name: 'a', local: 'any', key: 1, rx_packets: 0 });
  });

  it('may own packets that one of its tunnels takes, and none between other addresses', () => {
    const addresses = ['10.0.0.1', '10.0.0.2', '10.0.0.3', '239.1.1.1', '2001:db8::1', '2001:db8::2', 'any'];
    const ends = fc.record({ local: fc.constantFrom(...addresses), remote: fc.constantFrom(...addresses) });
    const six = (a: string): boolean => a.includes(':');
    fc.assert(
      fc.property(fc.array(ends, { maxLength: 6 }), ends, fc.nat(6), (tunnels, from, gone) => {
        fc.pre(from.local !== 'any' && from.remote !== 'any' && six(from.local) === six(from.remote));
        const table = new TunnelTable();
        tunnels.forEach(({ local, remote }, i) => {
          if (local !== 'any' && remote !== 'any' && six(local) !== six(remote)) return;
          const mode = six(local) || six(remote) ? 'ip6gre' : 'gre';
          try {
            table.add(parseTunnelSpec(`t${i} mode ${mode} local ${local} remote ${remote} key ${i}`));
          } catch (error) {
            // A multicast address as the local one.
            expect(error).toBeInstanceOf(TunnelConfigError);
          }
        });
        const p = new OuterPacket();
        const addressed = (key: number): OuterPacket => {
          const gre = [0x20, 0, 8, 0, 0, 0, 0, key, ...inner(0)];
          const four = !six(from.local);
          const b = four
            ? packet(gre)
            : new Uint8Array([0x60, 0, 0, 0, 0, gre.length, 47, 64, ...Array(32).fill(0), ...gre]);
          b.set(parseAddress(from.remote) as Uint8Array, four ? 12 : 8);
          b.set(parseAddress(from.local) as Uint8Array, four ? 16 : 24);
          return outerPacket(p, b);
        };
        const takes = (): boolean => tunnels.some((_, key) => table.rcv(addressed(key)));
        if (takes()) expect(table.mayOwn(addressed(0))).toBe(true);
        for (let i = 0; i < tunnels.length; i++) if (i !== gone) table.remove(`t${i}`);
        if (takes()) expect(table.mayOwn(addressed(0))).toBe(true);
        table.remove(`t${gone}`);
        expect(table.mayOwn(addressed(0))).toBe(false);
      }),
      { numRuns: 2000 },
    );
    const table = new TunnelTable();
    table.add(parseTunnelSpec('a mode gre local 10.0.0.1 remote 10.0.0.3'));
    expect(table.mayOwn(outerPacket(new OuterPacket(), packet([0, 0, 8, 0])))).toBe(false);
  });

  it('prefers the tunnel on the interface that a packet came in on', () => {
    const table = new TunnelTable();
    table.add(parseTunnelSpec('exact mode gre remote 10.0.0.2 local 10.0.0.1'));
    table.add(parseTunnelSpec('linked mode gre remote 10.0.0.2'), 7);
    const p = outerPacket(new OuterPacket(), packet([0, 0, 8, 0, ...inner(0)]));
    p.link = 7;
    table.rcv(p);
    p.link = 3;
    table.rcv(p);
    expect([...table.tunnels()].map((t) => tunnelObject(t).rx_packets)).toEqual([1, 1]);
  });

  it('passes on the inner packet with congestion marked and a correct checksum', () => {
    const received: { bytes: Uint8Array; protocol: number }[] = [];
    const table = new TunnelTable({
      receive: (_t, bytes, at, end, protocol) => received.push({ bytes: bytes.slice(at, end), protocol }),
    });
    table.add(parseTunnelSpec('a mode gre remote any local 10.0.0.1 key 9'));
    table.rcv(outerPacket(new OuterPacket(), packet([0x20, 0, 8, 0, 0, 0, 0, 9, ...inner(2)], 3)));
    expect(received).toHaveLength(1);
    expect(received[0].protocol).toBe(0x0800);
    expect([...received[0].bytes]).toEqual(inner(3));
  });

  it('copies the outer DSCP inside if configured', () => {
    const received: Uint8Array[] = [];
    const table = new TunnelTable({ receive: (_t, bytes, at, end) => received.push(bytes.slice(at, end)) });
    table.add(parseTunnelSpec('a mode ip6gre remote any dscp inherit'));
    const outer = new Uint8Array(44 + 20);
    outer.set([0x6b, 0x80, 0, 0, 0, 24, 47, 64]);
    outer.set([0, 0, 8, 0, ...inner(0x02)], 40);
    table.rcv(outerPacket(new OuterPacket(), outer));
    expect(received).toEqual([new Uint8Array(inner(0xba))]);
  });

  it('finds the tunnel that an ICMP error quotes', () => {
    const table = new TunnelTable();
    const keyed = table.add(parseTunnelSpec('k mode gre local 10.0.0.2 remote 10.0.0.1 key 9'));
    const plain = table.add(parseTunnelSpec('p mode gre local 10.0.0.2 remote 10.0.0.1'));
    const quote = (gre: number[]) => table.quoted(outerPacket(new OuterPacket(), packet(gre)));
    expect(quote([0, 0, 8, 0, 0x45, 0, 0, 0])).toBe(plain);
    expect(quote([0x20, 0, 8, 0, 0, 0, 0, 9])).toBe(keyed);
    expect(quote([0x20, 0, 8, 0, 0, 0, 0, 8])).toBeNull();
    expect(quote([0xa0, 0, 8, 0, 0, 0, 0, 9])).toBeNull();
    expect(quote([0x20, 0, 8])).toBeNull();
  });

  it('fills records with the increase since the last ones', () => {
    const table = new TunnelTable();
    const t = table.add(parseTunnelSpec('a mode gre remote 10.0.0.2 local 10.0.0.1'));
    const before = new Float64Array(t.counters.length);
    const record = new TunnelRecord();
    const p = outerPacket(new OuterPacket(), packet([0, 0, 8, 0, ...inner(0)]));
    table.rcv(p);
    table.rcv(p);
    fillTunnelRecord(t, 60, before, record);
    expect(record).toMatchObject({
      minute: 60,
      name: 'a',
      mode: 'gre',
      key: null,
      rxPackets: 2,
      rxBytes: 40,
    });
    expect(record.local).toEqual(new Uint8Array([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 1]));
    table.rcv(p);
    fillTunnelRecord(t, 120, before, record);
    expect(record.rxPackets).toBe(1);
  });

  it('survives any bytes', () => {
    const tunnels = oracleTunnels(3);
    const table = new TunnelTable();
    table.add(parseTunnelSpec('any4 mode gre remote any'));
    table.add(parseTunnelSpec('tap4 mode gretap remote any'));
    table.add(parseTunnelSpec('any6 mode ip6gretap remote any'));
    const packets = oraclePackets(3, tunnels, 300);
    const p = new OuterPacket();
    fc.assert(
      fc.property(
        fc.nat(packets.length - 1),
        fc.array(fc.tuple(fc.nat(120), fc.nat(255))),
        fc.nat(200),
        (at, pokes, cut) => {
          const bytes = packets[at].slice();
          outerPacket(p, bytes);
          for (const [offset, value] of pokes)
            if (p.gre + offset < bytes.length) bytes[p.gre + offset] = value;
          p.end = Math.max(p.gre, Math.min(p.end, p.gre + cut));
          table.rcv(p);
        },
      ),
    );
  });
});

describe('ECN', () => {
  it('is marked only in packets that can carry the mark, for IPv6 too', () => {
    const six = new Uint8Array(40);
    six[0] = 0x6b;
    six[1] = 0x8f;
    inetEcnCopyInside(3, six, 0, 0x86dd);
    expect([six[0], six[1]]).toEqual([0x6b, 0x8f]);
    six[1] = 0xaf;
    inetEcnCopyInside(3, six, 0, 0x86dd);
    expect([six[0], six[1]]).toEqual([0x6b, 0xbf]);
    const four = new Uint8Array(inner(0xb9));
    inetEcnCopyInside(3, four, 0, 0x0800);
    expect([...four]).toEqual(inner(0xbb));
  });

  it('is copied from inside, but congestion is sent as ECT(0)', () => {
    expect([0, 1, 2, 3].map((ecn) => inetEcnEncapsulate(0xb8, ecn))).toEqual([0xb8, 0xb9, 0xba, 0xba]);
  });
});

describe('tunnel addresses', () => {
  it('are the same after formatting and parsing', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
        const bytes = parseAddress(text)!;
        expect(parseAddress(formatAddress(bytes))).toEqual(bytes);
      }),
    );
    expect(parseAddress('10.0.0')).toBeNull();
    expect(formatAddress(parseAddress('fd00:0:0:1:0:0:0:1')!)).toBe('fd00:0:0:1::1');
  });
});
