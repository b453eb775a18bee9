/** Two endpoints with devices and sockets in memory: packets from one device come out of the other. */
import { describe, expect, it } from 'vitest';
import { u16, u32 } from '../../src/wire/bytes.js';
import { checksum, foldChecksum, sumWords } from '../../src/wire/checksum.js';
import { bytes, ethernet, ipv4, ipv6, udp } from '../support/frames.js';
import { payloadOf } from '../support/test-bind.js';
import { settle, type TestHost } from '../support/test-host.js';
import { A, B, pair, type World } from '../support/test-tunnels.js';
import { changing, delaying, doubling, losing } from '../support/test-wire.js';

const DATA = new Uint8Array(33).map((_, i) => i * 5 + 1);
const datagram = (tos = 0) => ipv4('10.10.10.1', '10.10.10.2', 17, udp(4000, 5000, DATA), { tos });
const datagram6 = ipv6('fd00:10::1', 'fd00:10::2', 17, udp(4000, 5000, DATA));
const numbered = (n: number) => ipv4('10.10.10.1', '10.10.10.2', 17, udp(4000, n, DATA));

/** The GRE header of an outer packet, and what follows it. */
function greOf(packet: Uint8Array): Uint8Array {
  return packet.subarray(payloadOf(packet).at);
}

function send(from: TestHost, ...packets: Uint8Array[]): void {
  for (const packet of packets) from.tun('t1').put(packet);
}

/** Sends from A, and returns what B's device received. */
function through({ a, b }: World, ...packets: Uint8Array[]): Uint8Array[] {
  send(a, ...packets);
  settle(a, b);
  return b.tun('t1').take();
}

describe.each(['gre', 'gretap', 'ip6gre', 'ip6gretap'])('%s', (mode) => {
  const inside = (packet: Uint8Array, type: number) =>
    mode.endsWith('tap') ? ethernet(type, packet) : packet;

  it.each(['', 'key 42', 'csum', 'seq', 'key 42 csum seq'])(
    'carries packets in both directions with "%s"',
    (options) => {
      const { a, b, wire } = pair(mode, options);
      const packets = [inside(datagram(), 0x0800), inside(datagram6, 0x86dd)];
      send(a, ...packets);
      send(b, ...packets);
      settle(a, b);
      expect(b.tun('t1').take()).toEqual(packets);
      expect(a.tun('t1').take()).toEqual(packets);
      const bytesIn =
        mode.startsWith('ip6') && mode.endsWith('tap') ? 61 + 81 : packets[0].length + packets[1].length;
      for (const host of [a, b]) {
        expect(host.counters('t1')).toEqual({
          rx_packets: 2,
          rx_bytes: bytesIn,
          tx_packets: 2,
          tx_bytes: 61 + 81,
        });
      }

      const [first, second] = wire.sent.map(greOf);
      const has = (word: string) => options.includes(word);
      expect(u16(first, 0)).toBe(
        (has('csum') ? 0x8000 : 0) | (has('key') ? 0x2000 : 0) | (has('seq') ? 0x1000 : 0),
      );
      expect(u16(first, 2)).toBe(mode.endsWith('tap') ? 0x6558 : 0x0800);
      let at = 4;
      if (has('csum')) {
        expect(checksum(first, 0, first.length)).toBe(0);
        at += 4;
      }
      if (has('key')) {
        expect(u32(first, at)).toBe(42);
        at += 4;
      }
      if (has('seq')) {
        expect([u32(first, at), u32(second, at)]).toEqual([0, 1]);
        at += 4;
      }
      expect(first.slice(at)).toEqual(packets[0]);
    },
  );
});

describe.each([
  ['erspan', 'erspan_ver 0'],
  ['erspan', 'erspan_ver 1 erspan 123 key 30 seq'],
  ['erspan', 'erspan_ver 2 erspan_dir egress erspan_hwid 17 key 31 seq'],
  ['ip6erspan', 'erspan_ver 1 erspan 123 key 30 seq'],
  ['ip6erspan', 'erspan_ver 2 erspan_dir ingress erspan_hwid 3 key 31 seq'],
])('%s %s', (mode, options) => {
  it('carries frames', () => {
    const world = pair(mode, options);
    const frame = ethernet(0x0800, datagram());
    expect(through(world, frame, frame)).toEqual([frame, frame]);
    expect(world.b.counters('t1')).toMatchObject({ rx_packets: 2 });
  });

  it('cuts a frame that is too long for the path, and marks it as truncated', () => {
    const world = pair(mode, options);
    const frame = ethernet(0x0800, ipv4('10.10.10.1', '10.10.10.2', 17, udp(1, 2, new Uint8Array(1600))));
    const [cut] = through(world, frame);
    const [outer] = world.wire.sent;
    expect(outer.length).toBe(1500);
    expect(cut).toEqual(frame.slice(0, cut.length));
    if (options.includes('ver 0')) return;
    // Truncated: bit 10 of the word with the session id.
    expect((u16(greOf(outer), 8 + 2) >>> 10) & 1).toBe(1);
  });
});

describe('an incoming packet', () => {
  it('belongs to the tunnel with its key', () => {
    const specs = [1, 2, 3].map((key) => `key ${key}`);
    const { a, b } = pair('gre', ...specs);
    for (const n of [1, 2, 3]) a.tun(`t${n}`).put(numbered(n));
    settle(a, b);
    for (const n of [1, 2, 3]) expect(b.tun(`t${n}`).take()).toEqual([numbered(n)]);
  });

  it.each([
    ['key 1', 'key 2'],
    ['key 1', ''],
    ['', 'key 1'],
  ])('belongs to no tunnel if the keys differ: "%s" to "%s"', (mine, theirs) => {
    const world = pair('gre', [mine, theirs]);
    expect(through(world, datagram())).toEqual([]);
    expect(world.b.refusals()).toEqual({ header: 0, checksum: 0, noTunnel: 1 });
    expect(world.b.counters('t1')).toEqual({});
  });

  it('is refused with a wrong checksum', () => {
    const world = pair('gre', 'csum');
    world.wire.breakBy(
      changing((packet) => {
        packet[packet.length - 1] ^= 1;
      }, 0),
    );
    expect(through(world, datagram(), datagram())).toEqual([datagram()]);
    expect(world.b.refusals()).toEqual({ header: 0, checksum: 1, noTunnel: 0 });
  });

  it.each([
    ['csum', ''],
    ['', 'csum'],
  ])('is refused if only one end uses checksums: "%s" to "%s"', (mine, theirs) => {
    const world = pair('gre', [mine, theirs]);
    expect(through(world, datagram())).toEqual([]);
    expect(world.b.counters('t1')).toEqual({ rx_errors: 1, rx_crc_errors: 1 });
  });

  it('may be lost without an error, and the next ones are accepted', () => {
    const world = pair('gre', 'seq');
    world.wire.breakBy(losing(1));
    expect(through(world, numbered(1), numbered(2), numbered(3))).toEqual([numbered(1), numbered(3)]);
    expect(world.b.counters('t1')).toMatchObject({ rx_packets: 2 });
    expect(world.b.counters('t1').rx_errors).toBeUndefined();
  });

  it('is accepted once, and not after later ones, with sequence numbers', () => {
    const world = pair('gre', 'seq');
    world.wire.breakBy(doubling(1));
    expect(through(world, numbered(1), numbered(2))).toEqual([numbered(1), numbered(2)]);
    world.wire.breakBy(delaying(0));
    expect(through(world, numbered(3), numbered(4))).toEqual([numbered(4)]);
    expect(world.b.counters('t1')).toMatchObject({ rx_packets: 3, rx_errors: 2, rx_fifo_errors: 2 });
  });

  it('may come twice or late without sequence numbers', () => {
    const world = pair('gre', '');
    world.wire.breakBy(doubling(0));
    expect(through(world, numbered(1))).toEqual([numbered(1), numbered(1)]);
    world.wire.breakBy(delaying(0));
    expect(through(world, numbered(1), numbered(2))).toEqual([numbered(2), numbered(1)]);
  });

  it('is accepted when the sequence numbers wrap', () => {
    const world = pair('gre', 'seq');
    world.a.tunnel('t1').oSeqno = 0xffffffff;
    expect(through(world, numbered(1), numbered(2))).toEqual([numbered(1), numbered(2)]);
    expect(world.wire.sent.map((packet) => u32(greOf(packet), 4))).toEqual([0xffffffff, 0]);
  });

  it('is refused without a sequence number if one is expected', () => {
    const world = pair('gre', ['', 'seq']);
    expect(through(world, datagram())).toEqual([]);
    expect(world.b.counters('t1')).toEqual({ rx_errors: 1, rx_fifo_errors: 1 });
  });

  it('is dropped and counted if the device refuses it', () => {
    const world = pair('gre', '');
    world.b.tun('t1').refuses = true;
    expect(through(world, datagram())).toEqual([]);
    expect(world.b.counters('t1')).toMatchObject({ rx_packets: 1, rx_dropped: 1 });
  });

  it('is dropped and counted on an IP device if it is neither IPv4 nor IPv6', () => {
    const { b, wire } = pair('gre', '');
    wire.send(ipv4(A[4], B[4], 47, bytes([0, 0, 0x88, 0x47], DATA)));
    wire.send(ipv4(A[4], B[4], 47, bytes([0, 0, 0x08, 0x00], datagram6)));
    settle(b);
    expect(b.tun('t1').take()).toEqual([]);
    expect(b.counters('t1')).toMatchObject({ rx_dropped: 2 });
  });

  it.each([
    [4, 'gre'],
    [6, 'ip6gre'],
  ] as const)('brings congestion outside to the inside, over IPv%i', (family, mode) => {
    const world = pair(mode, '');
    const congested = changing((packet) => {
      if (family === 4) packet[1] |= 3;
      else packet[1] |= 0x30;
    }, 0);
    // ECT(0) becomes CE, and the checksum of the header stays correct.
    world.wire.breakBy(congested);
    const [marked] = through(world, datagram(2));
    expect([marked[1], checksum(marked, 0, 20)]).toEqual([3, 0]);
    // A packet that cannot carry the mark is dropped (RFC 6040).
    world.wire.breakBy(congested);
    expect(through(world, datagram(0))).toEqual([]);
    expect(world.b.counters('t1')).toMatchObject({ rx_packets: 1, rx_errors: 1, rx_frame_errors: 1 });
  });

  it('takes the outer DSCP if configured', () => {
    const world = pair('ip6gre', ['tclass 0xb8', 'dscp inherit']);
    expect(through(world, datagram(2))[0][1]).toBe(0xb8 | 2);
  });
});

describe('the outer header', () => {
  const outer = (options: string, inner: Uint8Array, mode = 'gre') => {
    const world = pair(mode, [options, '']);
    through(world, inner);
    return world.wire.sent[0];
  };
  const withDf = () => {
    const packet = datagram();
    packet[6] = 0x40;
    return packet;
  };

  it('has a configured TTL, or the inner one', () => {
    expect(outer('', datagram())[8]).toBe(datagram()[8]);
    expect(outer('ttl 9', datagram())[8]).toBe(9);
    expect(outer('', datagram(), 'ip6gre')[7]).toBe(64);
  });

  it('has a configured TOS, or the inner one; ECN is always the inner one, except CE', () => {
    expect(outer('tos 0x28', datagram(0xb9))[1]).toBe(0x29);
    expect(outer('tos inherit', datagram(0xb9))[1]).toBe(0xb9);
    expect(outer('', datagram(3))[1]).toBe(2);
  });

  it('has DF set, or the inner DF', () => {
    const df = (options: string, inner: Uint8Array) => (outer(options, inner)[6] & 0x40) !== 0;
    expect(df('', datagram())).toBe(true);
    expect(df('nopmtudisc', datagram())).toBe(false);
    expect(df('nopmtudisc', withDf())).toBe(true);
    expect(df('nopmtudisc ignore-df', withDf())).toBe(false);
  });

  it('has an encapsulation limit and a flow label over IPv6', () => {
    const packet = outer('flowlabel 0x12345', datagram(), 'ip6gre');
    expect(u32(packet, 0) & 0xfffff).toBe(0x12345);
    expect([...packet.subarray(40, 48)]).toEqual([47, 0, 4, 1, 4, 1, 1, 0]);
    expect(outer('encaplimit none', datagram(), 'ip6gre')[6]).toBe(47);
  });

  it('is followed by a checksum over the whole payload', () => {
    const packet = outer('csum', bytes(datagram()), 'ip6gre');
    const gre = greOf(packet);
    expect(foldChecksum(sumWords(gre, 0, gre.length))).toBe(0);
  });
});
