import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { PacketBatch } from '../../src/model/batch.js';
import { CommandError } from '../../src/model/errors.js';
import type { UdpInput } from '../../src/model/inputs.js';
import { RawReceiver } from '../../src/receive/raw.js';
import { ethernet, ipv4, ipv6, ipv6Fragment, udp } from '../support/frames.js';
import { describeWith, ip, tryIp } from '../support/needs.js';
import { PacketSender } from '../support/packet-sender.js';
import { IN_UDP } from '../support/udp-mirrors.js';

const VXLAN: UdpInput = { kind: 'vxlan', port: 4789 };
const GENEVE: UdpInput = { kind: 'geneve', port: 6081 };
const inner = ethernet(0x0800, ipv4('10.0.0.1', '10.0.0.2', 17, udp(1, 2, new Uint8Array(700))));
const datagram = (port: number, payload = IN_UDP.vxlan(inner)): Uint8Array => udp(40000, port, payload);
const four = (p: Uint8Array, o = {}): Uint8Array => ipv4('198.18.48.1', '198.18.48.2', 17, p, o);
const six = (next: number, p: Uint8Array): Uint8Array => ipv6('2001:db8:48::1', '2001:db8:48::2', next, p);
const hex = (b: Uint8Array): string => Buffer.from(b).toString('hex');

describeWith(['root', 'ip', 'tcpdump'], 'UDP sockets of the raw receiver', () => {
  let receiver: RawReceiver | undefined;
  let sender: PacketSender;
  let mac: number[];
  const got: Uint8Array[] = [];
  const times: number[] = [];

  beforeAll(() => {
    tryIp('link del f-udp0');
    ip('link add f-udp0 type veth peer name f-udp1');
    for (const name of ['f-udp0', 'f-udp1']) ip(`link set ${name} mtu 2000 up`);
    ip('addr add 198.18.48.2/24 dev f-udp1');
    ip('-6 addr add 2001:db8:48::2/64 dev f-udp1 nodad');
    // ICMP errors of the kernel must reach the sender.
    ip('neigh add 198.18.48.1 lladdr 02:00:00:00:00:01 dev f-udp1');
    ip('neigh add 2001:db8:48::1 lladdr 02:00:00:00:00:01 dev f-udp1');
    for (const name of ['all', 'f-udp1']) writeFileSync(`/proc/sys/net/ipv4/conf/${name}/rp_filter`, '0');
    mac = readFileSync('/sys/class/net/f-udp1/address', 'utf8')
      .trim()
      .split(':')
      .map((h) => Number.parseInt(h, 16));
    sender = new PacketSender('f-udp0');
  });
  afterAll(() => {
    sender.close();
    tryIp('link del f-udp0');
  });
  afterEach(async () => {
    await receiver?.close();
    receiver = undefined;
    got.length = times.length = 0;
  });

  function open(...udp: UdpInput[]): RawReceiver {
    receiver = new RawReceiver({
      udp,
      receiveBuffer: 1 << 24,
      packets: (batch: PacketBatch) => {
        for (let i = 0; i < batch.count; i++) {
          const o = batch.offset[i];
          got.push(batch.bytes.slice(o, o + batch.captured[i]));
          times.push(batch.sec[i] * 1000 + batch.nsec[i] / 1e6);
        }
      },
      event: (message) => expect.fail(message),
    });
    receiver.open();
    return receiver;
  }

  function send(type: number, packet: Uint8Array): void {
    const f = ethernet(type, packet);
    f.set(mac);
    sender.add(f);
  }

  it('hand on whole IP packets, with addresses, ports, TTL and TOS, and without a checksum', async () => {
    const r = open(VXLAN, GENEVE);
    const before = Date.now();
    const v4 = four(datagram(4789));
    v4[1] = 0xb8;
    v4[8] = 7;
    // The header's checksum for these two fields.
    v4.set([0, 0], 10);
    let sum = 0;
    for (let i = 0; i < 20; i += 2) sum += (v4[i] << 8) | v4[i + 1];
    sum = (sum & 0xffff) + (sum >>> 16);
    v4.set([(~sum >>> 8) & 255, ~sum & 255], 10);
    const v6 = six(17, datagram(6081, IN_UDP.geneve(inner)));
    v6[0] = 0x6b;
    v6[1] = 0x80;
    v6[7] = 9;
    send(0x0800, v4);
    send(0x86dd, v6);
    send(0x0800, four(datagram(4790)));
    const whole = datagram(4789);
    send(0x0800, four(whole.subarray(0, 400), { id: 9, fragment: [0, true] }));
    send(0x0800, four(whole.subarray(400), { id: 9, fragment: [400, false] }));
    send(0x86dd, six(44, ipv6Fragment(17, 0, true, 9, whole.subarray(0, 400))));
    send(0x86dd, six(44, ipv6Fragment(17, 400, false, 9, whole.subarray(400))));
    sender.flush();
    await expect.poll(() => got.length).toBeGreaterThanOrEqual(4);
    const expected = [v4, v6, four(whole), six(17, whole)];
    const bare = (p: Uint8Array): string => {
      const b = p.slice();
      // Identification, flags and the header's checksum are nobody's business.
      if (b[0] >>> 4 === 4) b.fill(0, 4, 8).fill(0, 10, 12);
      return hex(b);
    };
    expect(got.map(bare).sort()).toEqual(expected.map(bare).sort());
    for (const time of times) {
      expect(time).toBeGreaterThanOrEqual(before);
      expect(time).toBeLessThanOrEqual(Date.now() + 1);
    }
    expect(r.udpPorts.map(({ input, packets, dropped }) => [input.port, packets, dropped])).toEqual([
      [4789, 3, 0],
      [6081, 1, 0],
    ]);
    expect(r.grePackets).toBe(0);
  });

  it('keep the kernel from sending ICMP port unreachable', async () => {
    open(VXLAN);
    const captured: ChildProcess = spawn(
      'tcpdump',
      ['-ni', 'f-udp0', '-Q', 'in', '-l', '--immediate-mode', 'icmp or icmp6'],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    try {
      let text = '';
      let said = '';
      captured.stdout!.on('data', (d: Buffer) => {
        text += d.toString();
      });
      captured.stderr!.on('data', (d: Buffer) => {
        said += d.toString();
      });
      await expect.poll(() => said).toMatch(/listening on .*\n/);
      for (let i = 0; i < 5; i++) {
        send(0x0800, four(datagram(4789)));
        send(0x86dd, six(17, datagram(4789)));
      }
      // Its answer says that the others would have been answered.
      send(0x0800, four(datagram(4799)));
      sender.flush();
      await expect.poll(() => got.length).toBe(10);
      await expect.poll(() => text).toContain('udp port 4799 unreachable');
      expect(text).not.toContain('4789');
    } finally {
      captured.kill();
    }
  });

  it('count what they have no room for, and hand on what is queued when they are closed', async () => {
    const r = open(VXLAN);
    const frame = ethernet(0x0800, four(datagram(4789)));
    frame.set(mac);
    // Nobody reads meanwhile: this thread is sending.
    const count = 100_000;
    for (let i = 0; i < count; i++) sender.add(frame);
    sender.flush();
    await r.close();
    const [port] = r.udpPorts;
    expect(port.dropped).toBeGreaterThan(0);
    expect(port.packets).toBe(got.length);
    expect(port.packets + port.dropped).toBe(count);
  });

  it('say who holds a port: a device of the kernel, or a program', async () => {
    ip('link add f-vxlan type vxlan id 7 dev f-udp1 dstport 4789');
    // It has the port while it is up.
    ip('link set f-vxlan up');
    try {
      expect(() => open(VXLAN)).toThrow(
        new CommandError(
          "cannot receive vxlan on UDP port 4789: the kernel's vxlan device f-vxlan holds it; give it free " +
            'with `ip link del f-vxlan`, list another port, or receive with a ring (--interface), which ' +
            'sees packets first',
        ),
      );
    } finally {
      ip('link del f-vxlan');
    }
    const socket = createSocket('udp4').bind(6081);
    await once(socket, 'listening');
    try {
      expect(() => open(VXLAN, GENEVE)).toThrow(
        new RegExp(`^cannot receive geneve on UDP port 6081: .* \\(process ${process.pid}\\) holds it; `),
      );
    } finally {
      socket.close();
    }
  });
});
