/** A collector that receives packets from tens of thousands of spoofed addresses. */
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { setU32 } from '../../src/wire/bytes.js';
import { TestCollector } from '../support/collector.js';
import { MirrorSource, udpFrame } from '../support/mirror-traffic.js';
import { describeWith, ip, tryIp } from '../support/needs.js';
import { PacketSender } from '../support/packet-sender.js';

const SPOOFED = 66_000;
/** Offset of the outer source in a frame on the wire. */
const SOURCE = 14 + 12;
const CONFIG = 'ring_size: 256MiB\nmirrors:\n  - { name: core, source: 198.51.100.1 }\n';

describeWith(['root', 'ip', 'tcpdump'], 'mirrorlake collect with 66,000 spoofed senders', () => {
  let sender: PacketSender;
  let collector: TestCollector | undefined;

  beforeAll(() => {
    tryIp('link del f-spo0');
    ip('link add f-spo0 type veth peer name f-spo1');
    ip('link set f-spo0 mtu 2000 up');
    ip('link set f-spo1 mtu 2000 up');
    sender = new PacketSender('f-spo0');
  });
  afterAll(() => {
    sender.close();
    tryIp('link del f-spo0');
  });
  afterEach(() => {
    collector?.remove();
    collector = undefined;
  });

  async function start(config: string, ...args: string[]): Promise<TestCollector> {
    collector = await TestCollector.start(['--interface', 'f-spo1', '--listen', '127.0.0.1:0', ...args], {
      config,
    });
    return collector;
  }

  function spoof(): void {
    const frame = new MirrorSource(7).wrap(udpFrame('10.0.0.1', '10.0.0.2', 1234));
    for (let i = 0; i < SPOOFED; i++) {
      setU32(frame, SOURCE, 0x0a000000 + i);
      MirrorSource.renumber(frame, i);
      sender.add(frame);
    }
    sender.flush();
  }

  function mirror(source: MirrorSource, packets: number): void {
    for (let i = 0; i < packets; i++) sender.add(source.wrap(udpFrame('10.0.0.1', '10.0.0.2', 99)));
    sender.flush();
  }

  async function metrics(c: TestCollector): Promise<string> {
    const url = /metrics on (http:\S+\/metrics)/.exec(c.log)?.[1];
    return (await fetch(url!)).text();
  }

  it('observes a mirror that begins after them, and refuses them without giving them places', async () => {
    const c = await start(`unknown_mirrors: refuse\n${CONFIG}`);
    // By now the engine of the store is running, which takes memory.
    const before = await c.statusWhen((s) => s.store.state === 'up');
    spoof();
    await c.statusWhen((s) => s.dropped.refused === SPOOFED);
    mirror(new MirrorSource(5), 100);
    const s = await c.statusWhen((s) => s.mirrors[0]?.packets === 100);
    expect(s.mirrors).toMatchObject([
      { name: 'core', source: '198.51.100.1', session: 5, policy: 'observe', lost: 0 },
    ]);
    expect([s.mirror_points, s.dropped.mirror_points_full]).toEqual([1, 0]);
    expect(s.refused.length).toBe(64);
    expect(s.memory_bytes - before.memory_bytes).toBeLessThan(64 << 20);
    expect(await metrics(c)).toContain(`mirrorlake_dropped_total{reason="refused"} ${SPOOFED}\n`);
  });

  it.each([1, 2])(
    'observes them in places of their own, and reports them in sum, with %i workers',
    async (workers) => {
      const c = await start(CONFIG, '--workers', String(workers));
      spoof();
      mirror(new MirrorSource(5), 1000);
      const s = await c.statusWhen(
        (s) =>
          s.unlisted.packets + s.mirrors.reduce((n, m) => n + m.packets, 0) === SPOOFED + 1000 &&
          s.mirrors.find((m) => m.name === 'core')?.sequence === 'session',
      );
      expect(s.mirrors.find((m) => m.name === 'core')).toMatchObject({ session: 5, packets: 1000, lost: 0 });
      expect(s.mirrors.length).toBe(1 + 256 + 1);
      expect(s.unlisted.points).toBeLessThan(4096 * workers);
      expect(s.pools.find((p) => p.name === '')).toMatchObject({
        places: 4096,
        full: s.dropped.mirror_points_full,
      });
      expect(c.log).toContain('the 4096 places for mirror points that no entry of mirrors names are taken');
      expect((await metrics(c)).length).toBeLessThan(600_000);
      expect(await c.stop()).toBe(0);
    },
  );
});
