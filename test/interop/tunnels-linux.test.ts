/** Tunnels between mirrorlake at one end and a real Linux kernel, `ip link add … type gre`, at the other. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { parseAddress } from '../../src/tunnels/spec/address.js';
import { readAll } from '../receive/file/support.js';
import { LinuxPeer, linuxPeerPrograms } from '../support/linux-peer.js';
import { describeWith, ip, tryIp } from '../support/needs.js';
import { outerHeader } from '../support/outer-header.js';
import { Tcpdump } from '../support/tcpdump.js';
import {
  answering,
  endTransfers,
  inside,
  passed,
  pings,
  receiveTcp,
  sendTcp,
  TunnelHost,
  until,
} from '../support/tunnel-world.js';

const NS = 'e-linux';
const TAP = 'elinux0';
const US = { 4: '198.18.3.1', 6: 'fd00:3::1' } as const;
const KERNEL = { 4: '198.18.3.2', 6: 'fd00:3::2' } as const;
/** More than five hundred packets. */
const BYTES = 1_000_000;
const COUNTERS = ['rx_packets', 'rx_bytes', 'rx_errors', 'tx_packets', 'tx_bytes', 'tx_errors'] as const;

describeWith(
  ['root', '/dev/net/tun', 'ping', 'tcpdump', ...linuxPeerPrograms],
  'tunnels between mirrorlake and the Linux kernel',
  () => {
    let peer: LinuxPeer;
    let host: TunnelHost | null = null;
    const dir = mkdtempSync(join(tmpdir(), 'e-linux-'));

    beforeAll(async () => {
      tryIp(`netns del ${NS}`);
      ip(`netns add ${NS}`);
      ip(`-n ${NS} link set lo up`);
      peer = await LinuxPeer.start({ tap: TAP, netns: NS });
      ip(`-n ${NS} addr add ${US[4]}/24 dev ${TAP}`);
      ip(`-n ${NS} addr add ${US[6]}/64 dev ${TAP} nodad`);
      await peer.sh(
        `ip addr add ${KERNEL[4]}/24 dev eth0; ip -6 addr add ${KERNEL[6]}/64 dev eth0 ` +
          'nodad; ip link set eth0 up; ' +
          'echo 1 >/proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/ipv6/conf/all/forwarding; ' +
          `head -c ${BYTES} /dev/urandom >/tmp/data; sha256sum </tmp/data | cut -d" " -f1 >/tmp/sum`,
      );
    });
    afterEach(async () => {
      await peer.run('ip link del k1');
      await host?.stop();
      host = null;
    });
    afterAll(async () => {
      endTransfers();
      await peer?.stop();
      tryIp(`netns del ${NS}`);
      rmSync(dir, { recursive: true });
    });

    /** Creates a tunnel at both ends: 10.20.0.1 and fd00:20::1 here, .2 there. */
    async function tunnel(mode: string, options: string, kernelOptions = options): Promise<void> {
      const family = mode.startsWith('ip6') ? 6 : 4;
      // In one process: starting one takes the emulated machine a tenth of a second.
      const batch = [
        `link add k1 type ${mode} local ${KERNEL[family]} remote ${US[family]} ${kernelOptions}`,
        'addr add 10.20.0.2/24 dev k1',
        'addr add fd00:20::2/64 dev k1 nodad',
        'link set k1 up',
      ];
      await peer.sh(`echo '${batch.join('\n')}' | ip -batch -`);
      host = await TunnelHost.start(
        NS,
        `k1 mode ${mode} local ${US[family]} remote ${KERNEL[family]} ${options} address ` +
          '10.20.0.1/24 address fd00:20::1/64',
      );
      await answering(NS, '10.20.0.2');
    }

    async function kernelCounters(): Promise<Record<(typeof COUNTERS)[number], number>> {
      const said = await peer.sh(`cd /sys/class/net/k1/statistics; cat ${COUNTERS.join(' ')}`);
      const values = said.trim().split('\n').map(Number);
      return Object.fromEntries(COUNTERS.map((name, i) => [name, values[i]])) as Record<
        (typeof COUNTERS)[number],
        number
      >;
    }

    /** Our counters and the kernel's once no packet is on the way. */
    async function settledCounters() {
      for (let before = ''; ; ) {
        const counters = [(await host!.tunnel('k1')).counters, await kernelCounters()] as const;
        const now = JSON.stringify(counters);
        if (now === before) return counters;
        before = now;
      }
    }

    async function theirPings(...addresses: string[]): Promise<boolean> {
      const said = await peer.sh(addresses.map((address) => `ping -A -c 2 ${address}`).join(' && '));
      return said.match(/ 0% packet loss/g)?.length === addresses.length;
    }

    /** Transfers data in both directions at once. Returns whether each arrived as it was sent. */
    async function dataBothWays(us: string, them: string): Promise<[boolean, boolean]> {
      const receiver = await receiveTcp(NS);
      try {
        const said = peer.sh(
          'nc -l -w 30 -p 5201 </dev/null | sha256sum >/tmp/got & ' +
            `nc -w 30 ${us} 5201 </tmp/data >/dev/null; wait; cut -d" " -f1 /tmp/got; cat /tmp/sum`,
        );
        const sent = await sendTcp(NS, them, BYTES);
        const [got, theirs] = (await said).trim().split('\n');
        return [(await receiver.digest) === theirs, got === sent];
      } finally {
        receiver.stop();
      }
    }

    /**
     * Transfers data from the kernel to us. Returns whether it arrived intact.
     *
     * @param where enters a namespace of the kernel
     */
    async function theirData(address: string, where = ''): Promise<boolean> {
      const receiver = await receiveTcp(NS);
      try {
        const sum = await peer.sh(`${where} nc -w 30 ${address} 5201 </tmp/data >/dev/null; cat /tmp/sum`);
        return (await receiver.digest) === sum.trim();
      } finally {
        receiver.stop();
      }
    }

    /** Transfers data from us to the kernel. Returns whether it arrived intact. */
    async function ourData(address: string, where = ''): Promise<boolean> {
      const listening = peer.sh(`${where} nc -l -w 30 -p 5201 </dev/null | sha256sum`);
      const sent = await sendTcp(NS, address, BYTES);
      return (await listening).startsWith(sent);
    }

    describe.each(['gre', 'gretap', 'ip6gre', 'ip6gretap'])('%s', (mode) => {
      it.each(['', 'key 42', 'csum', 'seq', 'key 42 csum seq'])(
        'carries ping and TCP in both directions with "%s"',
        async (options) => {
          await tunnel(mode, options);
          expect(pings(NS, '10.20.0.2')).toBe(true);
          expect(pings(NS, 'fd00:20::2')).toBe(true);
          expect(await theirPings('10.20.0.1', 'fd00:20::1')).toBe(true);
          expect(await dataBothWays('10.20.0.1', 'fd00:20::2')).toEqual([true, true]);

          const [ours, theirs] = [(await host!.tunnel('k1')).counters, await kernelCounters()];
          expect(ours.rx_errors).toBe(0);
          expect(theirs.rx_errors).toBe(0);
          expect(ours.rx_packets).toBeGreaterThan(500);
          // The kernel joins segments before it counts them: it counts fewer packets and fewer headers.
          const headers = mode.endsWith('tap') ? 14 : 0;
          const received = theirs.rx_bytes + (mode === 'ip6gretap' ? 0 : -headers * theirs.rx_packets);
          expect(Math.abs(ours.tx_bytes - received) / received).toBeLessThan(0.08);
        },
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
      expect(await theirPings('10.20.0.1')).toBe(true);
      const [ours, theirs] = [(await host!.tunnel('k1')).counters, await kernelCounters()];
      expect(ours.rx_errors).toBe(0);
      expect(theirs.rx_errors).toBe(0);
    });

    it.each(['gre', 'gretap', 'ip6gre'])('agrees on counters, packet by packet: %s', async (mode) => {
      await tunnel(mode, 'key 7 seq csum', 'key 7 seq csum');
      // IPv6 sends packets of its own accord, and the kernel counts joined or uncut segments as one packet.
      inside(NS, 'sh', '-c', 'echo 1 >/proc/sys/net/ipv6/conf/k1/disable_ipv6');
      await peer.sh(
        'echo 1 >/proc/sys/net/ipv6/conf/k1/disable_ipv6; ip link set k1 gso_max_segs 1; ip ' +
          'link set eth0 gro_max_size 1',
      );
      try {
        const before = await settledCounters();
        inside(NS, 'ping', '-c', '50', '-i', '0.01', '-s', '1000', '10.20.0.2');
        expect(await dataBothWays('10.20.0.1', '10.20.0.2')).toEqual([true, true]);
        const after = await settledCounters();
        const grown = (end: 0 | 1, name: (typeof COUNTERS)[number]) => after[end][name] - before[end][name];
        for (const [ours, theirs] of [
          ['rx', 'tx'],
          ['tx', 'rx'],
        ] as const) {
          expect(grown(0, `${ours}_packets`)).toBe(grown(1, `${theirs}_packets`));
          expect(grown(0, `${ours}_packets`)).toBeGreaterThan(500);
          const ethernet = mode === 'gretap' && theirs === 'rx' ? 14 * grown(1, 'rx_packets') : 0;
          const own = mode === 'gretap' && ours === 'rx' ? 14 * grown(0, 'rx_packets') : 0;
          expect(grown(0, `${ours}_bytes`) - own).toBe(grown(1, `${theirs}_bytes`) - ethernet);
        }
      } finally {
        await peer.sh('ip link set eth0 gro_max_size 65536');
      }
    });

    it.each([
      ['gre', ''],
      ['gre', 'tos inherit'],
      ['gretap', 'tos 0x28'],
      ['ip6gre', ''],
      ['ip6gre', 'tclass 0x28'],
      ['ip6gre', 'tclass inherit'],
      ['ip6gretap', ''],
      ['ip6gretap', 'tclass inherit'],
    ])('signals congestion as the kernel does: %s %s', async (mode, options) => {
      await tunnel(mode, options);
      const file = join(dir, 'ecn.pcap');
      const capture = await Tcpdump.start(NS, TAP, file, 'proto 47 or ip6 proto 47 or ip6 proto 60');
      // The kernel answers an echo request with its class of service.
      for (const ecn of [1, 2, 3])
        inside(NS, 'ping', '-c', '1', '-Q', String(0xb8 | ecn), '-s', '100', '10.20.0.2');
      await capture.stop();
      const told: Record<'ours' | 'theirs', Record<number, number>> = { ours: {}, theirs: {} };
      for (const packet of (await readAll(file)).packets) {
        const b = Buffer.from(packet.data, 'hex').subarray(14);
        const at = b.indexOf(Buffer.from([0, 128]), 21) - 2;
        if (at < 0 || b[at] !== 0x45) continue;
        const outer = b[0]! >>> 4 === 6 ? (b.readUInt16BE(0) >>> 4) & 0xff : b[1]!;
        told[b[at + 20] === 8 ? 'ours' : 'theirs'][b[at + 1]!] = outer;
      }
      expect(Object.keys(told.ours)).toHaveLength(3);
      expect(told.ours).toEqual(told.theirs);
    });

    describe('sends the same packets as the kernel', () => {
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
        // Echo requests from both sides differ only in their addresses.
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

    describe('through a router with a lower MTU', () => {
      /** A kernel behind the router, which is the guest, and our address to which its packets return. */
      const FAR = { 4: '198.18.4.2', 6: 'fd00:4::2' } as const;
      const BACK = { 4: '198.18.3.3', 6: 'fd00:3::3' } as const;
      const [TO_FAR, TO_US] = [1400, 1380];

      beforeAll(async () => {
        ip(`-n ${NS} addr add ${BACK[4]}/24 dev ${TAP}`);
        ip(`-n ${NS} addr add ${BACK[6]}/64 dev ${TAP} nodad`);
        ip(`-n ${NS} route add 198.18.4.0/24 via ${KERNEL[4]}`);
        ip(`-n ${NS} -6 route add fd00:4::/64 via ${KERNEL[6]}`);
        // Every device takes 1500 bytes, so that both ends depend on the router's ICMP errors.
        await peer.sh(
          'mkdir -p /run /var && ln -sfn /run /var/run && ip netns add far && ip link add v0 ' +
            'type veth peer name v1 netns far && ' +
            'ip addr add 198.18.4.1/24 dev v0 && ip -6 addr add fd00:4::1/64 dev v0 nodad && ' +
            'ip link set v0 up && ' +
            `ip -n far addr add ${FAR[4]}/24 dev v1 && ip -n far -6 addr add ${FAR[6]}/64 dev v1 nodad && ` +
            'ip -n far link set lo up && ip -n far link set v1 up && ' +
            'ip -n far route add default via 198.18.4.1 && ip -n far -6 route add default via fd00:4::1 && ' +
            `ip route add ${FAR[4]} dev v0 mtu ${TO_FAR} && ip -6 route add ${FAR[6]} dev v0 ` +
            `mtu ${TO_FAR} && ` +
            `ip route add ${BACK[4]} dev eth0 mtu ${TO_US} && ip -6 route add ${BACK[6]} dev ` +
            `eth0 mtu ${TO_US}`,
        );
      });
      afterEach(() => peer.run('ip -n far link del k2'));
      const mtuOf = () => Number(/mtu (\d+)/.exec(ip(`-n ${NS} link show k2`))![1]);

      it.each([
        ['gre', 4, 24, '10.21.0.2', 'Frag needed and DF set (mtu = 1376)'],
        ['ip6gre', 6, 52, 'fd00:21::2', 'Packet too big: mtu=1348'],
      ] as const)('%s learns from ICMP errors, at either end', async (mode, family, headers, far, told) => {
        await peer.sh(
          `ip -n far link add k2 type ${mode} local ${FAR[family]} remote ${BACK[family]} && ` +
            'ip -n far addr add 10.21.0.2/24 dev k2 && ip -n far -6 addr add fd00:21::2/64 dev k2 nodad && ' +
            'ip -n far link set k2 up',
        );
        const spec =
          `k2 mode ${mode} local ${BACK[family]} remote ${FAR[family]} address 10.21.0.1/24 ` +
          'address fd00:21::1/64';
        host = await TunnelHost.start(NS, spec);
        await answering(NS, far);
        expect(mtuOf()).toBe(1500 - headers);

        expect(await ourData(far, 'ip netns exec far')).toBe(true);
        expect(mtuOf()).toBe(TO_FAR - headers);
        expect((await host.tunnel('k2')).counters.icmp_errors).toBeGreaterThan(0);
        expect(await theirData(family === 4 ? '10.21.0.1' : 'fd00:21::1', 'ip netns exec far')).toBe(true);
        expect(await peer.sh(`ip -n far -${family} route get ${BACK[family]}`)).toContain(`mtu ${TO_US}`);

        // If the MTU of a device is set by hand, senders are told after the path has reported its MTU again.
        ip(`-n ${NS} -${family} route flush cache`);
        await host.reload(`${spec} mtu ${1500 - headers}`);
        const said = sendsTooBig(far);
        expect(mtuOf()).toBe(1500 - headers);
        expect(said).toContain(told);
        expect((await host.tunnel('k2')).counters.tx_errors).toBeGreaterThan(0);
        expect(await ourData(far, 'ip netns exec far')).toBe(true);
      });

      /** The output of ping with unfragmentable packets that do not fit. */
      function sendsTooBig(address: string): string {
        try {
          return inside(NS, 'ping', '-c', '4', '-i', '0.3', '-W', '1', '-M', 'do', '-s', '1400', address);
        } catch (e) {
          return String((e as { stdout: string }).stdout);
        }
      }
    });

    it('keeps its carrier by keepalives that the kernel routes back', async () => {
      await peer.sh(
        'for i in all default eth0; do echo 0 >/proc/sys/net/ipv4/conf/$i/rp_filter; echo 1 ' +
          '>/proc/sys/net/ipv4/conf/$i/accept_local; done',
      );
      await tunnel('gre', 'keepalive 1 2', '');
      // More keepalives than may be unanswered.
      await passed(NS, TAP, 4, `src host ${US[4]} and proto 47`);
      expect((await host!.tunnel('k1')).carrier).toBe(true);
      await peer.sh('ip link set k1 down');
      await until(async () => !(await host!.tunnel('k1')).carrier);
      await peer.sh('ip link set k1 up');
      await until(async () => (await host!.tunnel('k1')).carrier);
    });
  },
);
