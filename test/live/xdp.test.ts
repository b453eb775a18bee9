import { writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { XdpInterface } from '../../src/collector/ring/xdp-interface.js';
import { attachFilter } from '../../src/linux/bpf.js';
import { attachXdp, closeBpf, loadXdp, XdpMode } from '../../src/linux/ebpf/bpf.js';
import { assemble, EXIT, R0, set } from '../../src/linux/ebpf/program.js';
import { passAll } from '../../src/linux/input-filter.js';
import { interfaceIndex } from '../../src/linux/interface.js';
import { recv } from '../../src/linux/libc.js';
import { bindRing, openPacketSocket } from '../../src/linux/packet-socket.js';
import { POLLIN, PollSet } from '../../src/linux/poll.js';
import { closeSocket } from '../../src/linux/socket.js';
import { LinkType, PacketBatch } from '../../src/model/batch.js';
import type { CollectorStatus } from '../../src/model/status.js';
import { XdpRing } from '../../src/receive/xdp.js';
import { TestCollector } from '../support/collector.js';
import { bytes, erspan2, ethernet, ipv4, ipv6, udp } from '../support/frames.js';
import { MirrorSource, tcpConversation, udpFrame } from '../support/mirror-traffic.js';
import { describeWith, ip, tryIp } from '../support/needs.js';
import { PacketSender } from '../support/packet-sender.js';

const XDP_PASS = 2;
const QUEUES = 4;

describeWith(['root', 'ip'], 'AF_XDP on a veth pair', () => {
  let sender: PacketSender;
  let collector: TestCollector | undefined;

  beforeAll(() => {
    tryIp('link del f-xdp0');
    // The queue that the peer sends by is the one that packets arrive by.
    const queues = `numtxqueues ${QUEUES} numrxqueues ${QUEUES}`;
    ip(`link add f-xdp0 ${queues} type veth peer name f-xdp1 ${queues}`);
    for (const name of ['f-xdp0', 'f-xdp1']) ip(`link set ${name} mtu 2000 up`);
    ip('addr add 198.51.100.1/24 dev f-xdp0');
    ip('addr add 198.51.100.2/24 dev f-xdp1');
    sender = new PacketSender('f-xdp0');
  });
  afterAll(() => {
    sender.close();
    tryIp('link del f-xdp0');
  });
  afterEach(() => {
    collector?.remove();
    collector = undefined;
  });

  async function start(config = '', ...args: string[]): Promise<TestCollector> {
    const words = ['--receiver', 'xdp', '--interface', 'f-xdp1', ...args];
    collector = await TestCollector.start(words, { config });
    return collector;
  }
  function send(frames: Iterable<Uint8Array>): void {
    for (const f of frames) sender.add(f);
    sender.flush();
  }
  const hex = (frames: readonly Uint8Array[]): string[] => frames.map((f) => Buffer.from(f).toString('hex'));
  const attached = (): string => ip('link show f-xdp1');
  const received = (packets: number) => (s: CollectorStatus) => s.receivers[0].packets === packets;

  it('takes what carries mirrored traffic from all queues, and leaves the rest to others', async () => {
    const c = await start('', '--workers', '3', '--input', 'gre', '--input', 'vxlan');
    expect(c.log).toMatch(/interface f-xdp1: AF_XDP, native, copied, 4 queues/);
    expect(attached()).toMatch(/prog\/xdp .*mirrorlake/);
    const above = openPacketSocket();
    bindRing(above, interfaceIndex('f-xdp1'), 'f-xdp1');
    attachFilter(above, passAll());
    const source = new MirrorSource(7);
    const vxlan = Uint8Array.of(8, 0, 0, 0, 0, 0, 5, 0);
    const carriers: ((inner: Uint8Array) => Uint8Array)[] = [
      (inner) => source.wrap(inner),
      (inner) => {
        const frame = source.wrap(inner);
        return bytes(frame.subarray(0, 12), [0x81, 0, 0, 5], frame.subarray(12));
      },
      (inner) =>
        ethernet(0x0800, ipv4('198.51.100.9', '198.51.100.2', 17, udp(5555, 4789, bytes(vxlan, inner)))),
      (inner) => ethernet(0x86dd, ipv6('2001:db8::1', '2001:db8::2', 47, erspan2(8, 1, inner))),
    ];
    const conversations = 40;
    const redirected = new Set<string>();
    for (const [k, wrap] of carriers.entries())
      for (let n = 0; n < conversations; n++) {
        const frames = tcpConversation(`10.${k}.1.${n}`, '10.9.2.1', 20_000 + n);
        const wrapped = frames.map(wrap);
        for (const h of hex(wrapped)) redirected.add(h);
        send(wrapped);
      }
    const sent = carriers.length * conversations * 9;
    const s = await c.statusWhen(received(sent));
    expect(s.receivers[0]).toMatchObject({ kind: 'xdp', dropped: 0, xdp: { mode: 'native', packets: sent } });
    // Both directions came to one worker.
    const { rows } = await c.queryWhen<Record<string, string>>(
      'SELECT count() AS n, min(client_packets + server_packets) AS least, ' +
        'max(client_packets + server_packets) AS most FROM sessions',
      (r) => Number(r[0].n) >= carriers.length * conversations,
    );
    expect(rows.map((r) => [r.n, r.least, r.most].map(Number))).toEqual([[160, 9, 9]]);
    // Everything else is passed, and nothing of what was redirected.
    const arp = ethernet(0x0806, new Uint8Array(46));
    send([arp]);
    const polls = new PollSet(1);
    polls.add(above, POLLIN);
    const heard: string[] = [];
    const frame = new Uint8Array(2048);
    // The kernel's own packets are heard, too.
    while (heard.at(-1) !== hex([arp])[0] && polls.wait(60_000) > 0)
      heard.push(...hex([frame.slice(0, recv(above, frame, frame.length, 0))]));
    expect(heard).toContain(hex([arp])[0]);
    expect(heard.filter((h) => redirected.has(h))).toEqual([]);
    closeSocket(above);
  });

  it('takes fragments, and all of their mirror, by the ring', async () => {
    const c = await start('', '--workers', '2');
    const [whole, cut] = [new MirrorSource(1, '198.51.100.7'), new MirrorSource(2, '198.51.100.8')];
    const large = udpFrame('10.0.0.1', '10.0.0.2', 5, 1200);
    const pieces = (frame: Uint8Array, id: number): Uint8Array[] => {
      const g = frame.subarray(34);
      const piece = (from: number, to: number, more: boolean): Uint8Array =>
        ethernet(
          0x0800,
          ipv4('198.51.100.8', '198.51.100.2', 47, g.subarray(from, to), { id, fragment: [from, more] }),
        );
      return [piece(0, 800, true), piece(800, g.length, false)];
    };
    send([whole.wrap(large), ...pieces(cut.wrap(large), 1)]);
    const s = await c.statusWhen((s) => s.mirrors.length === 2);
    const redirected = s.receivers[0].xdp!.packets;
    send([cut.wrap(udpFrame('10.0.0.1', '10.0.0.2', 5)), ...pieces(cut.wrap(large), 2), whole.wrap(large)]);
    const t = await c.statusWhen(
      (s) => TestCollector.mirror(s, 1).packets === 2 && TestCollector.mirror(s, 2).packets === 3,
    );
    expect(t.receivers[0].xdp!.packets).toBe(redirected + 1);
    expect(t.mirrors.map((m) => [m.session, m.reordered, m.lost])).toEqual(
      expect.arrayContaining([
        [1, 0, 0],
        [2, 0, 0],
      ]),
    );
  });

  it('leaves the packets of tunnels to them', async () => {
    const words = (name: string, remote: string): string =>
      `'${name} mode gretap local 198.51.100.2 remote ${remote}'`;
    const c = await start(`tunnels: [${words('f-xdpt1', '198.51.100.1')}]\n`);
    const mirrors = [1, 2].map((n) => new MirrorSource(n, `198.51.100.${n === 1 ? 1 : 3}`));
    const both = (): void => send(mirrors.map((m) => m.wrap(udpFrame('10.0.0.1', '10.0.0.2', 5))));
    both();
    const s = await c.statusWhen(received(2));
    expect(s.receivers[0].xdp!.packets).toBe(1);
    // Another one instead: the program follows.
    const others = [words('f-xdpt3', '198.51.100.3'), words('f-xdpt4', '198.51.100.4')];
    writeFileSync(c.configFile, `tunnels: [${others.join(', ')}]\n`);
    c.signal('SIGHUP');
    await expect.poll(() => c.log).toMatch(/configuration read again: .*2 tunnels/);
    mirrors[0] = new MirrorSource(1, '198.51.100.1');
    both();
    expect((await c.statusWhen(received(4))).receivers[0].xdp!.packets).toBe(2);
  });

  it('counts what a worker that stands still has no room for', async () => {
    const c = await start('ring_size: 4MiB\n');
    const frame = new MirrorSource(3).wrap(udpFrame('10.0.0.1', '10.0.0.2', 5, 300));
    let sequence = 0;
    const burst = (count: number): void => {
      for (let i = 0; i < count; i++) {
        MirrorSource.renumber(frame, sequence++);
        sender.add(frame);
      }
      sender.flush();
    };
    const read = (packets: number) => (s: CollectorStatus) => s.mirrors[0]?.packets === packets;
    burst(100);
    await c.statusWhen(read(100));
    c.signal('SIGSTOP');
    burst(20_000);
    c.signal('SIGCONT');
    const s = await c.statusWhen(
      ({ receivers: [r], mirrors: [m] }) => r.packets + r.dropped === sequence && m?.packets === r.packets,
    );
    const { dropped, xdp } = s.receivers[0];
    expect(dropped).toBeGreaterThan(10_000);
    expect(xdp!.ring_full + xdp!.no_frame).toBe(dropped);
    // Every frame came back: from now on nothing is dropped.
    for (let i = 1; i <= 10; i++) {
      burst(180);
      await c.statusWhen(read(s.receivers[0].packets + 180 * i));
    }
    expect((await c.status()).receivers[0].dropped).toBe(dropped);
  });

  it('is taken off at the end, and when the collector is killed', async () => {
    const c = await start();
    expect(attached()).toMatch(/mirrorlake/);
    expect(await c.stop()).toBe(0);
    expect(attached()).not.toMatch(/prog\/xdp/);
    const d = await start();
    expect(attached()).toMatch(/mirrorlake/);
    d.signal('SIGKILL');
    await d.exit();
    await expect.poll(attached).not.toMatch(/prog\/xdp/);
  });

  it('names another program, and has the ring receive', async () => {
    const program = loadXdp(assemble([set(R0, XDP_PASS), EXIT]), 'somebody');
    const link = attachXdp(program, interfaceIndex('f-xdp1'), XdpMode.Native, 'f-xdp1');
    try {
      const c = await start();
      expect(c.log).toMatch(
        /f-xdp1: the ring receives instead of AF_XDP: .* attached to f-xdp1 already: number \d+, somebody/,
      );
      send([new MirrorSource(1).wrap(udpFrame('10.0.0.1', '10.0.0.2', 5))]);
      const s = await c.statusWhen(received(1));
      expect(s.receivers[0].kind).toBe('ring');
    } finally {
      for (const fd of [link, program]) closeBpf(fd);
    }
  });

  /** Sends frames and receives them, in this process, until all are here or none has come for 10 seconds. */
  function exchange(frames: readonly Uint8Array[], longest: number): { frame: Uint8Array; time: number }[] {
    const index = interfaceIndex('f-xdp1');
    const common = { workers: 1, size: 256 << 20, gre: true, udp: [], tunnels: [] };
    const xdp = new XdpInterface({ name: 'f-xdp1', index, ...common });
    const from = new PacketSender('f-xdp0', longest);
    const rings = xdp.ofWorker(0).map(({ fd, source }) => new XdpRing(fd, source, LinkType.Ethernet, 0));
    const polls = new PollSet(rings.length);
    for (const { fd } of rings) polls.add(fd, POLLIN);
    const got: { frame: Uint8Array; time: number }[] = [];
    try {
      xdp.admit();
      for (const frame of frames) from.add(frame);
      from.flush();
      const batch = new PacketBatch();
      while (got.length < frames.length && polls.wait(10_000) > 0)
        for (const ring of rings)
          while (ring.fill(batch))
            for (let i = 0; i < batch.count; i++) {
              const o = batch.offset[i];
              expect(batch.length[i]).toBe(batch.captured[i]);
              got.push({
                frame: batch.bytes.slice(o, o + batch.captured[i]),
                time: batch.sec[i] * 1000 + batch.nsec[i] / 1e6,
              });
            }
    } finally {
      for (const ring of rings) ring.close();
      from.close();
      for (const fd of xdp.fds) xdp.release(fd);
    }
    return got;
  }

  it('gives packets as they are, with the time by the system’s clock', () => {
    const frames = Array.from({ length: 3000 }, (_, i) =>
      new MirrorSource(i & 1023).wrap(udpFrame('10.0.0.1', '10.0.0.2', 1, i % 1400)),
    );
    const before = Date.now();
    const got = exchange(frames, 2048);
    const after = Date.now();
    // Each queue is in order, and the peer may send by several: so they are by their times.
    got.sort((a, b) => a.time - b.time);
    expect(got.length).toBe(frames.length);
    expect(hex(got.map((g) => g.frame)).join() === hex(frames).join()).toBe(true);
    expect(got[0].time).toBeGreaterThanOrEqual(before - 1);
    expect(got[got.length - 1].time).toBeLessThanOrEqual(after + 1);
    expect(got.some(({ time }) => (time * 1000) % 1 !== 0)).toBe(true);
  });

  it('puts packets together that took several frames of memory', () => {
    for (const name of ['f-xdp0', 'f-xdp1']) ip(`link set ${name} mtu 9000`);
    try {
      const lengths = [100, 2000, 3500, 3700, 3840, 3841, 3900, 7600, 7680, 7700, 8800];
      const frames = [...lengths, ...lengths, ...lengths].map((length, i) => {
        const payload = Uint8Array.from({ length }, (_, at) => (at * 31 + i) & 0xff);
        const inner = ethernet(0x0800, ipv4('10.0.0.1', '10.0.0.2', 17, udp(i, 9, payload)));
        return new MirrorSource(1).wrap(inner);
      });
      const got = exchange(frames, 9216).sort((a, b) => a.time - b.time);
      expect(got.map((g) => g.frame.length)).toEqual(frames.map((f) => f.length));
      expect(hex(got.map((g) => g.frame)).join() === hex(frames).join()).toBe(true);
    } finally {
      for (const name of ['f-xdp0', 'f-xdp1']) ip(`link set ${name} mtu 2000`);
    }
  });
});
