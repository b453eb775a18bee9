/** Tunnels between mirrorlake and a real Linux kernel: ours at one end, `ip link add … type gre` at the other. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { parseAddress } from '../../src/tunnels/address.js';
import { readAll } from '../receive/file/support.js';
import { LinuxPeer, linuxPeerPrograms } from '../support/linux-peer.js';
import { describeWith, ip, tryIp } from '../support/needs.js';
import { Tcpdump } from '../support/tcpdump.js';
import { inside, pings, receiveTcp, sendTcp, TunnelHost, until } from '../support/tunnel-world.js';

const NS = 'e-linux';
const TAP = 'elinux0';
const US = { 4: '198.18.3.1', 6: 'fd00:3::1' } as const;
const KERNEL = { 4: '198.18.3.2', 6: 'fd00:3::2' } as const;
const TEN_MB = 10_000_000;
const COUNTERS = ['rx_packets', 'rx_bytes', 'rx_errors', 'tx_packets', 'tx_bytes', 'tx_errors'] as const;

/**
 * The outer header, up to an echo request inside, without what differs by itself: addresses, identification, flow
 * label where none is given (the kernel makes one of a hash), checksums, sequence number, time of day.
 */
function outerHeader(b: Uint8Array): { from: string; fields: string } | null {
  const six = b[0] >>> 4 === 6;
  const at = Buffer.from(b).indexOf(Buffer.from([0x45, 0, 0, 128]));
  if (at < 0 || b[at + 20] !== 8) return null;
  const header = b.slice(0, at);
  const options = six && header[6] === 60 ? 8 : 0;
  const gre = six ? 40 + options : 20;
  const from = [...header.subarray(six ? 8 : 12, six ? 24 : 16)].join();
  if (six) {
    header.fill(0, 8, 40);
    if ((header[1] & 0x0f) !== 1 || header[2] !== 0x23 || header[3] !== 0x45) header.fill(0, 2, 4);
    if (header[2] === 0) header[1] &= 0xf0;
  } else {
    header.fill(0, 4, 6);
    header.fill(0, 10, 20);
  }
  let p = gre + 4;
  if ((header[gre] & 0x80) !== 0) {
    header.fill(0, p, p + 2);
    p += 4;
  }
  if ((header[gre] & 0x20) !== 0) p += 4;
  if ((header[gre] & 0x10) !== 0) {
    header.fill(0, p, p + 4);
    p += 4;
  }
  const type3 = header[gre + 2] === 0x22;
  if (type3) header.fill(0, p + 4, p + 8);
  // Over IPv6 the kernel reads the class of service of every frame where IPv6 has it, and ours of IPv4 where IPv4 has it.
  if (type3 && six) header[p + 2] &= 0x1f;
  // Behind it is at most an Ethernet header, whose MAC addresses are each side's own.
  const ethernet = at - 14;
  if (ethernet >= p) header.fill(0, ethernet, ethernet + 12);
  return { from, fields: Buffer.from(header).toString('hex') };
}

describeWith(
  ['root', '/dev/net/tun', 'ping', 'tcpdump', ...linuxPeerPrograms],
  'tunnels between mirrorlake and the Linux kernel',
  () => {
    let peer: LinuxPeer;
    let host: TunnelHost | null = null;

    beforeAll(async () => {
      tryIp(`netns del ${NS}`);
      ip(`netns add ${NS}`);
      ip(`-n ${NS} link set lo up`);
      peer = await LinuxPeer.start({ tap: TAP, netns: NS });
      ip(`-n ${NS} addr add ${US[4]}/24 dev ${TAP}`);
      ip(`-n ${NS} addr add ${US[6]}/64 dev ${TAP} nodad`);
      await peer.sh(
        `ip addr add ${KERNEL[4]}/24 dev eth0; ip -6 addr add ${KERNEL[6]}/64 dev eth0 nodad; ip link set eth0 up; ` +
          'echo 1 >/proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/ipv6/conf/all/forwarding; ' +
          'head -c 10000000 /dev/urandom >/tmp/data; sha256sum </tmp/data >/tmp/sum',
      );
    });
    afterEach(async () => {
      await peer.run('ip link del k1');
      await host?.stop();
      host = null;
    });
    afterAll(async () => {
      await peer?.stop();
      tryIp(`netns del ${NS}`);
    });

    /** A tunnel on both ends, 10.20.0.1 and fd00:20::1 here, .2 there. */
    async function tunnel(mode: string, options: string, kernelOptions = options): Promise<void> {
      const family = mode.startsWith('ip6') ? 6 : 4;
      await peer.sh(
        `ip link add k1 type ${mode} local ${KERNEL[family]} remote ${US[family]} ${kernelOptions} && ` +
          'ip addr add 10.20.0.2/24 dev k1 && ip -6 addr add fd00:20::2/64 dev k1 nodad && ip link set k1 up',
      );
      host = await TunnelHost.start(
        NS,
        `k1 mode ${mode} local ${US[family]} remote ${KERNEL[family]} ${options} address 10.20.0.1/24 address fd00:20::1/64`,
      );
      await until(() => pings(NS, '10.20.0.2', 1));
    }

    async function kernelCounters(): Promise<Record<(typeof COUNTERS)[number], number>> {
      const said = await peer.sh(
        `cd /sys/class/net/k1/statistics; for c in ${COUNTERS.join(' ')}; do cat $c; done`,
      );
      const values = said.trim().split('\n').map(Number);
      return Object.fromEntries(COUNTERS.map((name, i) => [name, values[i]])) as Record<
        (typeof COUNTERS)[number],
        number
      >;
    }

    /** Their data to us; whether it is what they have. */
    async function theirData(address: string): Promise<boolean> {
      const receiver = await receiveTcp(NS);
      try {
        const sum = await peer.sh(
          `nc -w 30 ${address} 5201 </tmp/data >/dev/null; cut -d" " -f1 /tmp/sum`,
          120_000,
        );
        return (await receiver.digest) === sum.trim();
      } finally {
        receiver.stop();
      }
    }

    /** Ours to them; whether it is what they got. */
    async function ourData(address: string): Promise<boolean> {
      const listening = peer.sh('nc -l -w 30 -p 5201 </dev/null | sha256sum', 120_000);
      await new Promise((resolve) => setTimeout(resolve, 500));
      const sent = await sendTcp(NS, address, TEN_MB);
      return (await listening).startsWith(sent);
    }

    describe.each(['gre', 'gretap', 'ip6gre', 'ip6gretap'])('%s', (mode) => {
      it.each(['', 'key 42', 'csum', 'seq', 'key 42 csum seq'])(
        'carries ping and TCP both ways with "%s"',
        async (options) => {
          await tunnel(mode, options);
          expect(pings(NS, '10.20.0.2')).toBe(true);
          expect(pings(NS, 'fd00:20::2')).toBe(true);
          expect(await peer.sh('ping -c 2 10.20.0.1')).toContain(' 0% packet loss');
          expect(await peer.sh('ping -c 2 fd00:20::1')).toContain(' 0% packet loss');

          expect(await theirData('10.20.0.1')).toBe(true);
          expect(await ourData('fd00:20::2')).toBe(true);

          const [ours, theirs] = [(await host!.tunnel('k1')).counters, await kernelCounters()];
          expect(ours.rx_errors).toBe(0);
          expect(theirs.rx_errors).toBe(0);
          expect(ours.rx_packets).toBeGreaterThan(1000);
          // The kernel joins segments before it counts them: fewer packets, and headers counted once.
          const headers = mode.endsWith('tap') ? 14 : 0;
          const received = theirs.rx_bytes + (mode === 'ip6gretap' ? 0 : -headers * theirs.rx_packets);
          expect(Math.abs(ours.tx_bytes - received) / received).toBeLessThan(0.08);
        },
        180_000,
      );
    });

    it.each([
      ['erspan', 'key 30 seq erspan_ver 1 erspan 123'],
      ['erspan', 'key 31 seq erspan_ver 2 erspan_dir egress erspan_hwid 17'],
      ['erspan', 'erspan_ver 0'],
      ['ip6erspan', 'key 30 seq erspan_ver 1 erspan 123'],
      ['ip6erspan', 'key 31 seq erspan_ver 2 erspan_dir ingress erspan_hwid 3'],
    ])('exchanges frames in %s %s', async (mode, options) => {
      await tunnel(mode, options);
      expect(pings(NS, '10.20.0.2')).toBe(true);
      expect(await peer.sh('ping -c 2 10.20.0.1')).toContain(' 0% packet loss');
      const [ours, theirs] = [(await host!.tunnel('k1')).counters, await kernelCounters()];
      expect(ours.rx_errors).toBe(0);
      expect(theirs.rx_errors).toBe(0);
    });

    it.each(['gre', 'gretap', 'ip6gre'])('agrees on counters, packet by packet: %s', async (mode) => {
      await tunnel(mode, 'key 7 seq csum', 'key 7 seq csum');
      // IPv6 says things of its own accord.
      const quiet = 'echo 1 >/proc/sys/net/ipv6/conf/k1/disable_ipv6';
      inside(NS, 'sh', '-c', quiet);
      await peer.sh(quiet);
      await new Promise((resolve) => setTimeout(resolve, 500));
      const before = [(await host!.tunnel('k1')).counters, await kernelCounters()] as const;
      // Small enough that nothing is segmented, and nothing else is sent meanwhile.
      inside(NS, 'ping', '-c', '50', '-i', '0.01', '-s', '1000', '10.20.0.2');
      const after = [(await host!.tunnel('k1')).counters, await kernelCounters()] as const;
      const grown = (end: 0 | 1, name: (typeof COUNTERS)[number]) => after[end][name] - before[end][name];
      for (const name of ['rx_packets', 'rx_bytes', 'tx_packets', 'tx_bytes'] as const) {
        expect([name, grown(0, name)]).toEqual([name, grown(1, name)]);
      }
      expect(grown(0, 'rx_packets')).toBeGreaterThanOrEqual(50);
    });

    describe('puts the same on the wire as the kernel', () => {
      let dir: string;
      beforeAll(() => {
        dir = mkdtempSync(join(tmpdir(), 'e-linux-'));
      });
      afterAll(() => rmSync(dir, { recursive: true }));

      it.each([
        ['gre', ''],
        ['gre', 'ttl 77 tos 10'],
        ['gre', 'ttl inherit tos inherit nopmtudisc key 1.2.3.4 csum'],
        ['gretap', 'key 5 seq tos inherit'],
        ['ip6gre', ''],
        ['ip6gre', 'hoplimit 33 tclass 0xb8 flowlabel 0x12345 encaplimit none csum seq'],
        ['ip6gretap', 'encaplimit 2 key 9 flowlabel 0x12345'],
        ['erspan', 'seq key 30 erspan_ver 1 erspan 123'],
        ['erspan', 'seq key 31 erspan_ver 2 erspan_dir egress erspan_hwid 17'],
        ['erspan', 'erspan_ver 0'],
        ['ip6erspan', 'seq key 31 erspan_ver 2 erspan_dir ingress erspan_hwid 5 flowlabel 0x12345'],
      ])('%s %s', async (mode, options) => {
        await tunnel(mode, options);
        const file = join(dir, 'wire.pcap');
        const capture = await Tcpdump.start(NS, TAP, file, 'proto 47 or ip6 proto 47 or ip6 proto 60');
        // Echo requests of either side, alike but for the addresses.
        inside(NS, 'ping', '-c', '1', '-t', '50', '-s', '100', '10.20.0.2');
        await peer.sh('ping -c 1 -t 50 -s 100 10.20.0.1');
        await capture.stop();
        const headers = new Map<string, string>();
        for (const packet of (await readAll(file)).packets) {
          const outer = outerHeader(new Uint8Array(Buffer.from(packet.data, 'hex').subarray(14)));
          if (outer !== null && !headers.has(outer.from)) headers.set(outer.from, outer.fields);
        }
        const family = mode.startsWith('ip6') ? 6 : 4;
        const local = [...parseAddress(US[family])!].join();
        const remote = [...parseAddress(KERNEL[family])!].join();
        expect(headers.get(local)).toBeDefined();
        expect(headers.get(local)).toBe(headers.get(remote));
      });
    });

    it('discovers the MTU of the kernel side', async () => {
      await peer.sh('ip link set eth0 mtu 1400');
      try {
        await tunnel('gre', 'csum');
        expect(await peer.sh('ip link show k1')).toContain('mtu 1372');
        expect(ip(`-n ${NS} link show k1`)).toContain('mtu 1472');
        expect(await theirData('10.20.0.1')).toBe(true);
        expect(await ourData('10.20.0.2')).toBe(true);
      } finally {
        await peer.sh('ip link set eth0 mtu 1500');
      }
    });

    it('keeps its carrier by keepalives that the kernel routes back', async () => {
      await peer.sh(
        'for i in all default eth0; do echo 0 >/proc/sys/net/ipv4/conf/$i/rp_filter; echo 1 >/proc/sys/net/ipv4/conf/$i/accept_local; done',
      );
      await tunnel('gre', 'keepalive 1 2', '');
      await new Promise((resolve) => setTimeout(resolve, 5000));
      expect((await host!.tunnel('k1')).carrier).toBe(true);
      await peer.sh('ip link set k1 down');
      await until(async () => !(await host!.tunnel('k1')).carrier);
      await peer.sh('ip link set k1 up');
      await until(async () => (await host!.tunnel('k1')).carrier);
    });
  },
);
