import { execFileSync, spawn } from 'node:child_process';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { openEvent, signalEvent } from '../../src/linux/event.js';
import { POLLIN, PollSet } from '../../src/linux/poll.js';
import { closeSocket } from '../../src/linux/socket.js';
import type { PacketBatch } from '../../src/model/batch.js';
import { PollLoop } from '../../src/receive/poll-loop.js';
import { RawReceiver } from '../../src/receive/raw.js';
import { rawAddon } from '../../src/receive/raw-addon.js';
import { PolledSockets } from '../../src/receive/raw-polled.js';
import { erspan2, ethernet, ipv4, ipv6, ipv6Bytes, ipv6Fragment, udp } from '../support/frames.js';
import { describeWith, ip, tryIp } from '../support/needs.js';
import { PacketSender } from '../support/packet-sender.js';

const frame = ethernet(0x0800, ipv4('10.0.0.1', '10.0.0.2', 17, udp(1, 2, new Uint8Array(700))));

interface Got {
  packet: Uint8Array;
  time: number;
}

const LIBRARIES = { "raw-socket's addon": () => rawAddon, koffi: () => new PolledSockets(new PollLoop()) };

for (const [name, library] of Object.entries(LIBRARIES)) {
  describeWith(['root', 'ip'], `raw sockets of protocol 47, by ${name}`, () => {
    const got: Got[] = [];
    const events: string[] = [];
    let receiver: RawReceiver;
    let sender: PacketSender;
    let mac = '';

    beforeAll(() => {
      tryIp('link del f-raw0');
      ip('link add f-raw0 type veth peer name f-raw1');
      ip('link set f-raw0 mtu 2000 up');
      ip('link set f-raw1 mtu 2000 up');
      ip('addr add 198.18.47.2/24 dev f-raw1');
      ip('-6 addr add 2001:db8:47::2/64 dev f-raw1 nodad');
      // ICMP errors of the kernel must reach the sender.
      ip('neigh add 198.18.47.1 lladdr 02:00:00:00:00:01 dev f-raw1');
      ip('neigh add 2001:db8:47::1 lladdr 02:00:00:00:00:01 dev f-raw1');
      // The routing table does not know the sender.
      execFileSync('sh', [
        '-c',
        'for i in all f-raw1; do echo 0 > /proc/sys/net/ipv4/conf/$i/rp_filter; done',
      ]);
      mac = execFileSync('cat', ['/sys/class/net/f-raw1/address'], { encoding: 'utf8' }).trim();
      sender = new PacketSender('f-raw0');
    });
    afterAll(() => {
      sender.close();
      tryIp('link del f-raw0');
    });

    beforeEach(() => {
      got.length = events.length = 0;
      receiver = new RawReceiver({
        library: library(),
        receiveBuffer: 1 << 24,
        packets: (batch: PacketBatch) => {
          for (let i = 0; i < batch.count; i++) {
            const o = batch.offset[i];
            got.push({
              packet: batch.bytes.slice(o, o + batch.captured[i]),
              time: batch.sec[i] * 1000 + batch.nsec[i] / 1e6,
            });
          }
        },
        event: (message) => events.push(message),
      });
      receiver.open();
    });
    afterEach(async () => receiver.close());

    function send(type: number, packet: Uint8Array): void {
      const f = ethernet(type, packet);
      f.set(mac.split(':').map((h) => Number.parseInt(h, 16)));
      sender.add(f);
    }
    it('deliver IPv4 and IPv6 packets with their outer headers, reassembled from fragments', async () => {
      const g = erspan2(7, 1, frame);
      const v4 = ipv4('198.18.47.1', '198.18.47.2', 47, g);
      const v6 = ipv6('2001:db8:47::1', '2001:db8:47::2', 47, g);
      const before = Date.now();
      send(0x0800, ipv4('198.18.47.1', '198.18.47.2', 17, udp(1, 2, new Uint8Array(9))));
      send(0x0800, v4);
      send(0x86dd, v6);
      send(
        0x0800,
        ipv4('198.18.47.1', '198.18.47.2', 47, g.subarray(0, 400), { id: 9, fragment: [0, true] }),
      );
      send(
        0x0800,
        ipv4('198.18.47.1', '198.18.47.2', 47, g.subarray(400), { id: 9, fragment: [400, false] }),
      );
      send(
        0x86dd,
        ipv6('2001:db8:47::1', '2001:db8:47::2', 44, ipv6Fragment(47, 0, true, 9, g.subarray(0, 400))),
      );
      send(
        0x86dd,
        ipv6('2001:db8:47::1', '2001:db8:47::2', 44, ipv6Fragment(47, 400, false, 9, g.subarray(400))),
      );
      sender.flush();
      await expect.poll(() => got.length).toBeGreaterThanOrEqual(4);
      const hex = (b: Uint8Array): string => Buffer.from(b).toString('hex');
      const versions = (v: number): Got[] => got.filter((p) => p.packet[0] >>> 4 === v);
      expect(versions(4).map((p) => hex(p.packet.subarray(20)))).toEqual([hex(g), hex(g)]);
      expect(hex(versions(4)[0].packet)).toBe(hex(v4));
      expect(versions(6).map((p) => hex(p.packet))).toEqual([hex(v6), hex(v6)]);
      for (const p of got) {
        expect(p.time).toBeGreaterThanOrEqual(before);
        expect(p.time).toBeLessThanOrEqual(Date.now() + 1);
      }
      expect(receiver.packets).toBe(4);
      expect(receiver.dropped).toBe(0);
    });

    it('keep the kernel from sending ICMP unreachables for them', async () => {
      const captured = spawn('tcpdump', [
        '-ni',
        'f-raw0',
        '-Q',
        'in',
        '-l',
        '--immediate-mode',
        'icmp or icmp6',
      ]);
      let text = '';
      captured.stdout.on('data', (d: Buffer) => {
        text += d.toString();
      });
      let said = '';
      captured.stderr.on('data', (d: Buffer) => {
        said += d.toString();
      });
      await expect.poll(() => said).toMatch(/listening on .*\n/);
      const g = erspan2(7, 1, frame);
      for (let i = 0; i < 5; i++) send(0x0800, ipv4('198.18.47.1', '198.18.47.2', 47, g));
      for (let i = 0; i < 5; i++) send(0x86dd, ipv6('2001:db8:47::1', '2001:db8:47::2', 47, g));
      // Nobody receives protocol 253: the kernel's error for it comes after any error for the others.
      send(0x0800, ipv4('198.18.47.1', '198.18.47.2', 253, new Uint8Array(40)));
      send(0x86dd, ipv6('2001:db8:47::1', '2001:db8:47::2', 253, new Uint8Array(40)));
      sender.flush();
      const told = (): string[] => text.match(/protocol \d+ unreachable|parameter problem/g) ?? [];
      await expect.poll(told).toHaveLength(2);
      captured.kill();
      expect(told().sort()).toEqual(['parameter problem', 'protocol 253 unreachable']);
    });

    it('count packets that found no room: received and dropped ones add up to those sent', async () => {
      const v4 = ipv4('198.18.47.1', '198.18.47.2', 47, erspan2(7, 1, frame));
      // The sender keeps this thread from reading.
      for (let i = 0; i < 40_000; i++) send(0x0800, v4);
      sender.flush();
      await expect.poll(() => receiver.packets + receiver.dropped).toBe(40_000);
      expect(receiver.dropped).toBeGreaterThan(0);
    });

    it("receive while libuv's threads are all busy with something slow", async () => {
      const event = openEvent();
      const slow = new PollSet(1);
      slow.add(event, POLLIN);
      const busy = Array.from({ length: 64 }, () => slow.waitAside(60_000));
      try {
        for (let i = 0; i < 1000; i++) {
          send(0x0800, ipv4('198.18.47.1', '198.18.47.2', 47, erspan2(7, i, frame)));
        }
        sender.flush();
        await expect.poll(() => receiver.packets + receiver.dropped).toBe(1000);
      } finally {
        signalEvent(event);
        await Promise.all(busy);
        closeSocket(event);
      }
    });

    it('receive on an IPv6 address that is added later, and report one that is gone', async () => {
      ip('-6 addr add 2001:db8:47::99/64 dev f-raw1 nodad');
      await expect.poll(() => events.join('\n')).toMatch(/receiving on 2001:db8:47::99/);
      send(0x86dd, ipv6('2001:db8:47::1', '2001:db8:47::99', 47, erspan2(7, 1, frame)));
      sender.flush();
      await expect.poll(() => got.length).toBe(1);
      expect([...got[0].packet.subarray(24, 40)]).toEqual(ipv6Bytes('2001:db8:47::99'));
      ip('-6 addr del 2001:db8:47::99/64 dev f-raw1');
      await expect.poll(() => events.join('\n')).toMatch(/no longer receiving on 2001:db8:47::99/);
    });
  });
}
