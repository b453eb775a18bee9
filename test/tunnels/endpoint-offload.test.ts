/**
 * Segmentation and receive offload between two endpoints in memory: one large packet enters, many cross the
 * wire, and one comes out.
 */
import { describe, expect, it } from 'vitest';
import { setU16, u16, u32 } from '../../src/wire/bytes.js';
import { checksum, foldChecksum, sumWords } from '../../src/wire/checksum.js';
import { bytes, ethernet, ipv4, ipv6, tcp, udp } from '../support/frames.js';
import { settle } from '../support/test-host.js';
import { pair, type World } from '../support/test-tunnels.js';
import { changing, losing } from '../support/test-wire.js';

const [TCP, UDP] = [6, 17];
const NONE = new Uint8Array(10);
const SIZE = 1000;

interface Large {
  readonly bytes: Uint8Array;
  /** struct virtio_net_hdr, host byte order. */
  readonly header: Uint8Array;
  /** Offset of its payload. */
  readonly payload: number;
}

/** A packet as a kernel gives it to a device with segmentation offload. */
function large(protocol: number, six: boolean, tap: boolean, length: number, size = SIZE): Large {
  const data = new Uint8Array(length).map((_, i) => i * 7 + (i >>> 8));
  const segment = protocol === TCP ? tcp(4000, 80, 0x18, 1, data) : udp(4000, 80, data);
  const packet = six
    ? ipv6('fd00:10::1', 'fd00:10::2', protocol, segment)
    : ipv4('10.10.10.1', '10.10.10.2', protocol, segment);
  const network = tap ? 14 : 0;
  const transport = network + (six ? 40 : 20);
  const headers = transport + (protocol === TCP ? 20 : 8);
  const field = protocol === TCP ? 16 : 6;
  const sum = six ? sumWords(packet, 8, 40) : sumWords(packet, 12, 20);
  setU16(packet, transport - network + field, ~foldChecksum(sum + protocol + segment.length) & 0xffff);
  const header = NONE.slice();
  const view = new DataView(header.buffer);
  header[0] = 1;
  header[1] = length <= size ? 0 : protocol === UDP ? 5 : six ? 4 : 1;
  view.setUint16(2, headers, true);
  if (length > size) view.setUint16(4, size, true);
  view.setUint16(6, transport, true);
  view.setUint16(8, field, true);
  return {
    bytes: tap ? ethernet(six ? 0x86dd : 0x0800, packet) : packet,
    header,
    payload: headers,
  };
}

/** Sends from A, and returns what B's device received, with headers. */
function through({ a, b }: World, ...packets: Large[]) {
  for (const packet of packets) a.tun('t1').put(packet.bytes, packet.header);
  settle(a, b);
  return b.tun('t1').takePackets();
}

/** Whether the TCP or UDP checksum of the whole IP packet at `n` is correct. */
function isRight(packet: Uint8Array, n: number, protocol: number): boolean {
  const six = packet[n] >>> 4 === 6;
  const t = n + (six ? 40 : 20);
  const sum = six ? sumWords(packet, n + 8, n + 40) : sumWords(packet, n + 12, n + 20);
  return foldChecksum(sumWords(packet, t, packet.length, sum + protocol + packet.length - t)) === 0;
}

describe.each([
  ['gre', 'key 7 csum seq'],
  ['gretap', ''],
  ['ip6gre', 'csum'],
  ['ip6gretap', ''],
])('%s %s', (mode, options) => {
  const tap = mode.endsWith('tap');
  const head = (mode.startsWith('ip6') ? 48 : 20) + 4 + (options.match(/key|csum|seq/g) ?? []).length * 4;

  it.each([
    ['TCP', TCP, false],
    ['TCP over IPv6', TCP, true],
    ['UDP', UDP, false],
    ['UDP over IPv6', UDP, true],
  ])('carries a large packet in segments and joins them: %s', (_, protocol, six) => {
    const world = pair(mode, options);
    const packet = large(protocol, six, tap, 4500);
    const out = through(world, packet);
    expect(world.wire.sent).toHaveLength(5);
    for (const outer of world.wire.sent) {
      const inner = outer.subarray(head);
      expect(inner.length).toBeLessThanOrEqual(packet.payload + SIZE);
      expect(isRight(inner, tap ? 14 : 0, protocol)).toBe(true);
    }
    expect(out).toEqual([{ bytes: packet.bytes, header: packet.header }]);
    const length = (tap ? packet.payload - 14 : packet.payload) * 5 + 4500;
    expect(world.a.counters('t1')).toEqual({ tx_packets: 5, tx_bytes: length });
    expect(world.b.counters('t1')).toMatchObject({ rx_packets: 5 });
  });
});

describe('offloads', () => {
  it('do not join segments across a missing one', () => {
    const world = pair('gre', '');
    world.wire.breakBy(losing(2));
    const out = through(world, large(TCP, false, false, 5000));
    expect(out.map(({ bytes }) => bytes.length)).toEqual([40 + 2 * SIZE, 40 + 2 * SIZE]);
    expect(out.map(({ bytes }) => u32(bytes, 24))).toEqual([1, 1 + 3 * SIZE]);
  });

  it('do not join a damaged segment', () => {
    const world = pair('gre', '');
    const damage = (packet: Uint8Array) => {
      packet[packet.length - 1] ^= 1;
    };
    world.wire.breakBy(changing(damage, 1));
    const out = through(world, large(TCP, false, false, 3000));
    expect(out.map(({ bytes }) => bytes.length)).toEqual([1040, 1040, 1040]);
    expect(out.map(({ bytes }) => isRight(bytes, 0, TCP))).toEqual([true, false, true]);
  });

  it('join datagrams only for a device that accepts joined ones', () => {
    const world = pair('gre', '');
    world.b.tun('t1').udpSegmentation = false;
    const out = through(world, large(UDP, false, false, 3000));
    expect(out.map(({ header, bytes }) => [header, bytes.length])).toEqual([
      [NONE, 1028],
      [NONE, 1028],
      [NONE, 1028],
    ]);
    expect(out.every(({ bytes }) => isRight(bytes, 0, UDP))).toBe(true);
  });

  it('complete a checksum that was left to the device', () => {
    const [{ bytes: whole, header }] = through(pair('gre', ''), large(TCP, false, false, 500));
    expect(header).toEqual(NONE);
    expect(isRight(whole, 0, TCP)).toBe(true);
  });

  it("keep the order of a flow's packets, whatever is between them", () => {
    const world = pair('gre', '');
    const other = {
      bytes: ipv4('10.10.10.1', '10.10.10.9', 89, new Uint8Array(20)),
      header: NONE,
      payload: 20,
    };
    const out = through(world, large(TCP, false, false, 2000), other, large(TCP, false, false, 2000));
    expect(out.map(({ bytes }) => bytes.length)).toEqual([2040, 40, 2040]);
  });

  it('drop and count a packet with an impossible header from the device', () => {
    const world = pair('gre', '');
    const packet = large(TCP, false, false, 3000);
    const header = packet.header.slice();
    new DataView(header.buffer).setUint16(6, 9000, true);
    expect(through(world, { ...packet, header })).toEqual([]);
    expect(world.a.counters('t1')).toEqual({ tx_errors: 1 });
  });

  it('tell the sender of segments that are too big for the path', () => {
    const { a, b, wire } = pair('gre', 'mtu 1600');
    const packet = large(TCP, false, false, 4500, 1500);
    packet.bytes[6] = 0x40;
    setU16(packet.bytes, 10, 0);
    setU16(packet.bytes, 10, checksum(packet.bytes, 0, 20));
    a.tun('t1').put(packet.bytes, packet.header);
    settle(a, b);
    const [error] = a.tun('t1').take();
    expect([error[20], error[21], u16(error, 26)]).toEqual([3, 4, 1476]);
    expect(wire.sent).toEqual([]);
  });

  it('send and receive a batch of small packets in order', () => {
    const world = pair('gre', 'seq');
    const packets = Array.from({ length: 210 }, (_, n) =>
      ipv4('10.10.10.1', '10.10.10.2', 89, bytes([n, 0, 0, 0])),
    );
    const out = through(world, ...packets.map((bytes) => ({ bytes, header: NONE, payload: 20 })));
    expect(out.map(({ bytes }) => bytes)).toEqual(packets);
    // It pauses after many packets in one go, for others that wait.
    expect(world.a.pauses).toBeGreaterThan(0);
  });
});
