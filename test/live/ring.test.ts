import { afterAll, beforeAll, expect, it } from 'vitest';
import { attachFilter } from '../../src/linux/bpf.js';
import { fanoutByInnerAddresses, inputFilter } from '../../src/linux/input-filter.js';
import { interfaceIndex } from '../../src/linux/interface.js';
import {
  bindRing,
  joinFanout,
  openPacketSocket,
  PacketStatistics,
  setFanoutProgram,
  setUpRing,
} from '../../src/linux/packet-socket.js';
import { POLLIN, PollSet } from '../../src/linux/poll.js';
import { closeSocket } from '../../src/linux/socket.js';
import { LinkType, PacketBatch } from '../../src/model/batch.js';
import { Ring } from '../../src/receive/ring.js';
import {
  bytes,
  erspan1,
  erspan2,
  erspan3,
  ethernet,
  gre,
  ipv4,
  ipv6,
  ipv6Fragment,
  mellanox,
  tcp,
  udp,
} from '../support/frames.js';
import { describeWith, ip, tryIp } from '../support/needs.js';
import { PacketSender } from '../support/packet-sender.js';

const SHAPE = { blockSize: 1 << 18, blocks: 8, retireMs: 5 };
const PAYLOAD = new Uint8Array(64);

function inner(a: string, b: string, port: number): Uint8Array {
  return ethernet(0x0800, ipv4(a, b, 17, udp(port, 53, PAYLOAD)));
}
const outer4 = (g: Uint8Array, o = {}): Uint8Array => ipv4('198.51.100.1', '198.51.100.2', 47, g, o);
const outer6 = (next: number, g: Uint8Array): Uint8Array => ipv6('2001:db8::1', '2001:db8::2', next, g);

describeWith(['root', 'ip'], 'the packet ring on a veth pair', () => {
  const rings: { fd: number; ring: Ring }[] = [];
  let sender: PacketSender;

  beforeAll(() => {
    tryIp('link del f-ring0');
    ip('link add f-ring0 type veth peer name f-ring1');
    for (const name of ['f-ring0', 'f-ring1']) ip(`link set ${name} mtu 2000 up`);
    sender = new PacketSender('f-ring0');
  });
  afterAll(() => {
    sender.close();
    for (const { fd, ring } of rings.splice(0)) {
      ring.close();
      closeSocket(fd);
    }
    tryIp('link del f-ring0');
  });

  function open(count: number): void {
    for (const { fd, ring } of rings.splice(0)) {
      ring.close();
      closeSocket(fd);
    }
    const program = fanoutByInnerAddresses();
    for (let i = 0; i < count; i++) {
      const fd = openPacketSocket();
      setUpRing(fd, SHAPE);
      bindRing(fd, interfaceIndex('f-ring1'), 'f-ring1');
      if (count > 1) joinFanout(fd, 4711, program);
      rings.push({ fd, ring: new Ring(fd, SHAPE, LinkType.Ethernet, i, true) });
    }
    for (const { fd } of rings) attachFilter(fd, inputFilter(true, { gre: true, udp: [] }));
  }

  interface Received {
    frame: Uint8Array;
    length: number;
    time: number;
    ring: number;
  }

  /** Sends the frames and collects packets until none has come for 50 ms. */
  function exchange(frames: Uint8Array[]): Received[] {
    for (const f of frames) sender.add(f);
    sender.flush();
    const set = new PollSet(rings.length);
    for (const { fd } of rings) set.add(fd, POLLIN);
    const batch = new PacketBatch();
    const got: Received[] = [];
    while (set.wait(50) > 0) {
      for (const { ring } of rings) {
        while (ring.fill(batch)) {
          for (let i = 0; i < batch.count; i++) {
            const o = batch.offset[i];
            got.push({
              frame: batch.bytes.slice(o, o + batch.captured[i]),
              length: batch.length[i],
              time: batch.sec[i] * 1000 + batch.nsec[i] / 1e6,
              ring: batch.interface[i],
            });
          }
        }
      }
    }
    return got;
  }

  it('passes only protocol 47 and its fragments, with tags and extension headers before it', () => {
    open(1);
    const frame = inner('10.0.0.1', '10.0.0.2', 1000);
    const g = erspan2(7, 1, frame);
    const options = [47, 0, 1, 4, 0, 0, 0, 0];
    const wanted = [
      ethernet(0x0800, outer4(g)),
      ethernet(0x0800, outer4(g), [[0x8100, 5]]),
      ethernet(0x0800, outer4(g), [
        [0x88a8, 5],
        [0x8100, 6],
      ]),
      ethernet(0x86dd, outer6(47, g)),
      ethernet(0x86dd, outer6(60, bytes(options, g)), [[0x8100, 9]]),
      ethernet(0x0800, outer4(g.subarray(0, 64), { fragment: [0, true] })),
      ethernet(0x0800, outer4(g.subarray(64), { fragment: [64, false] })),
      ethernet(0x86dd, outer6(44, ipv6Fragment(47, 0, true, 9, g.subarray(0, 64)))),
      ethernet(0x86dd, outer6(44, ipv6Fragment(47, 64, false, 9, g.subarray(64)))),
      ethernet(0x86dd, outer6(0, bytes([60, 0, 1, 4, 0, 0, 0, 0], options, g))),
    ];
    const others = [
      ethernet(0x0800, ipv4('198.51.100.1', '198.51.100.2', 17, udp(1, 2, PAYLOAD))),
      ethernet(0x86dd, outer6(17, udp(1, 2, PAYLOAD))),
      ethernet(0x86dd, outer6(44, ipv6Fragment(17, 0, true, 9, PAYLOAD))),
      ethernet(0x0806, new Uint8Array(46)),
      ethernet(0x0800, new Uint8Array(4)),
    ];
    const before = Date.now();
    const got = exchange(wanted.flatMap((w, i) => [w, others[i % others.length]]));
    expect(got.map((g) => Buffer.from(g.frame).toString('hex'))).toEqual(
      wanted.map((w) => Buffer.from(w).toString('hex')),
    );
    for (const g of got) {
      expect(g.length).toBe(g.frame.length);
      expect(g.time).toBeGreaterThanOrEqual(before);
      expect(g.time).toBeLessThanOrEqual(Date.now() + 1);
    }
    // These are the kernel's nanoseconds, not those of a coarser clock.
    expect(got.some((g) => (g.time * 1000) % 1 !== 0 || g.time % 1 !== 0)).toBe(true);
  });

  it('brings both directions of a conversation to one of several rings, and uses all rings', () => {
    open(3);
    const kinds: ((frame: Uint8Array) => Uint8Array)[] = [
      (f) => ethernet(0x0800, outer4(erspan1(f))),
      (f) => ethernet(0x0800, outer4(erspan2(1, 5, f))),
      (f) => ethernet(0x0800, outer4(erspan3(1, 5, f))),
      (f) => ethernet(0x86dd, outer6(47, erspan3(1, 5, f, 0, new Uint8Array(8)))),
      (f) => ethernet(0x86dd, outer6(47, erspan2(1, 5, f)), [[0x8100, 4]]),
      (f) => ethernet(0x0800, outer4(gre(0x6558, f, { key: 9, checksum: true }))),
      (f) => ethernet(0x0800, outer4(gre(0x0800, f.subarray(14), { key: 9, sequence: 3 }))),
      (f) => ethernet(0x0800, outer4(mellanox(f))),
      (f) => ethernet(0x86dd, outer6(47, mellanox(f))),
      (f) => ethernet(0x0800, outer4(erspan3(1, 5, f.subarray(14), 2))),
      (f) =>
        ethernet(0x0800, outer4(erspan2(1, 5, bytes(f.subarray(0, 12), [0x81, 0, 0, 7], f.subarray(12))))),
    ];
    const conversations = 40;
    const used = new Set<number>();
    kinds.forEach((wrap, k) => {
      const frames: Uint8Array[] = [];
      for (let c = 0; c < conversations; c++) {
        frames.push(
          wrap(inner(`10.1.${k}.${c}`, '10.2.0.9', 1000 + c)),
          wrap(inner('10.2.0.9', `10.1.${k}.${c}`, 1000 + c)),
        );
      }
      const got = exchange(frames);
      expect(got.length).toBe(frames.length);
      const place = new Map(got.map((g) => [Buffer.from(g.frame).toString('hex'), g.ring]));
      expect(new Set(place.values()).size).toBe(3);
      for (let c = 0; c < conversations; c++) {
        const one = place.get(Buffer.from(frames[2 * c]).toString('hex'));
        expect(one).toBeDefined();
        expect(place.get(Buffer.from(frames[2 * c + 1]).toString('hex'))).toBe(one);
        used.add(one!);
      }
    });
    expect([...used].sort()).toEqual([0, 1, 2]);

    setFanoutProgram(rings[0].fd, fanoutByInnerAddresses(true));
    const outer = Array.from({ length: conversations }, (_, c) =>
      ethernet(0x86dd, outer6(47, erspan2(1, c, inner(`10.1.9.${c}`, '10.2.0.9', 1000)))),
    );
    expect(new Set(exchange(outer).map((g) => g.ring)).size).toBe(1);

    const v6: Uint8Array[] = [];
    for (let c = 0; c < conversations; c++) {
      const t = tcp(1000 + c, 80, 2);
      const a = `2001:db8:1::${(c + 1).toString(16)}`;
      for (const p of [ipv6(a, '2001:db8:2::1', 6, t), ipv6('2001:db8:2::1', a, 6, t)]) {
        v6.push(ethernet(0x0800, outer4(erspan2(1, 5, ethernet(0x86dd, p)))));
      }
    }
    const place = new Map(exchange(v6).map((g) => [Buffer.from(g.frame).toString('hex'), g.ring]));
    for (let c = 0; c < v6.length; c += 2) {
      const [one, other] = [v6[c], v6[c + 1]].map((f) => place.get(Buffer.from(f).toString('hex')));
      expect(one).toBeDefined();
      expect(other).toBe(one);
    }
  });

  it('reassembles IPv4 fragments before it distributes packets', () => {
    open(2);
    const frames: Uint8Array[] = [];
    const wholes = new Map<string, number>();
    for (let c = 0; c < 20; c++) {
      const f = ethernet(0x0800, ipv4(`10.3.0.${c}`, '10.4.0.1', 17, udp(9, 9, new Uint8Array(1200))));
      const g = erspan2(3, c, f);
      frames.push(ethernet(0x0800, outer4(g.subarray(0, 800), { id: 100 + c, fragment: [0, true] })));
      frames.push(ethernet(0x0800, outer4(g.subarray(800), { id: 100 + c, fragment: [800, false] })));
      wholes.set(Buffer.from(g).toString('hex'), c);
    }
    const got = exchange(frames);
    expect(got.length).toBe(20);
    for (const g of got) expect(wholes.has(Buffer.from(g.frame.subarray(34)).toString('hex'))).toBe(true);
  });

  it('accounts for every packet, also those the ring had no room for', () => {
    open(1);
    const statistics = new PacketStatistics();
    statistics.read(rings[0].fd);
    const frame = ethernet(0x0800, outer4(erspan2(1, 1, inner('10.0.0.1', '10.0.0.2', 5))));
    const before = sender.sent;
    for (let i = 0; i < 50_000; i++) sender.add(frame);
    const received = exchange([]).length;
    statistics.read(rings[0].fd);
    expect(statistics.drops).toBeGreaterThan(0);
    expect(statistics.packets).toBe(sender.sent - before);
    expect(received + statistics.drops).toBe(sender.sent - before);
  });
});
