/**
 * Independent receivers must accept what `mirrorlake mirror` sends: the Linux kernel's erspan, gretap, vxlan
 * and geneve devices, its foo-over-UDP for GRE, and Open vSwitch's ports (userspace datapath).
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openOutput } from '../../src/receive/file/capture-writer.js';
import { PcapWriter } from '../../src/receive/file/pcap-writer.js';
import { readAll } from '../receive/file/support.js';
import { ethernet, ipv4, ipv6, udp } from '../support/frames.js';
import { LinuxPeer } from '../support/linux-peer.js';
import { describeWith, ip, run, tryIp } from '../support/needs.js';
import { OpenVswitch } from '../support/open-vswitch.js';
import { Tcpdump } from '../support/tcpdump.js';

const PROGRAM = 'dist/cli/main.js';
const COUNT = 200;

/** Frames of many sizes, up to full size (which are sent in fragments), with and without a tag. */
function frames(): Uint8Array[] {
  return Array.from({ length: COUNT }, (_, i) => {
    const data = new Uint8Array((i * 37) % 1400).fill(i);
    const packet = udp(61001, 61002, data);
    return i % 2 === 0
      ? ethernet(0x0800, ipv4('203.0.113.2', '203.0.113.1', 17, packet), i % 10 === 0 ? [[0x8100, 7]] : [])
      : ethernet(0x86dd, ipv6('2001:db8:7::2', '2001:db8:7::1', 17, packet));
  });
}

/** Frames as short words, sorted, so that differences can be read. */
function digests(list: Uint8Array[]): string[] {
  return list.map((frame) => `${frame.length} ${createHash('sha1').update(frame).digest('hex')}`).sort();
}

async function captureOf(list: Uint8Array[], path: string): Promise<string> {
  const writer = new PcapWriter(await openOutput(path), 1);
  for (const frame of list) writer.packet(1_700_000_000, 0, frame, 0, frame.length);
  await writer.close();
  return path;
}

/**
 * Mirrors a capture from a namespace to an address, slowly enough for an emulated kernel and for a switch
 * without a kernel module.
 */
function mirror(netns: string, capture: string, to: string, ...args: string[]): void {
  const words = [
    'netns',
    'exec',
    netns,
    'node',
    PROGRAM,
    'mirror',
    '--file',
    capture,
    '--speed',
    'max',
    '--rate',
    '1000pps',
    '--to',
    to,
  ];
  const { status, stderr } = spawnSync('ip', [...words, ...args], { encoding: 'utf8' });
  expect(status, stderr).toBe(0);
  expect(stderr).toContain(`${COUNT} of ${COUNT} packets`);
}

describeWith(
  ['root', 'ip', 'qemu-system-x86_64', 'busybox', 'cpio', 'tc'],
  "the Linux kernel's devices take what mirrorlake mirror sends",
  () => {
    let peer: LinuxPeer;
    let dir: string;
    let capture: string;

    beforeAll(async () => {
      dir = mkdtempSync(join(tmpdir(), 'mirrorlake-mirror-'));
      capture = await captureOf(frames(), join(dir, 'source.pcap'));
      tryIp('netns del b-kernel');
      ip('netns add b-kernel');
      peer = await LinuxPeer.start({ tap: 'b-peer', netns: 'b-kernel' });
      ip('-n b-kernel addr add 198.51.100.1/24 dev b-peer');
      ip('-n b-kernel addr add 2001:db8:100::1/64 dev b-peer nodad');
      await peer.sh(`
        ip addr add 198.51.100.2/24 dev eth0
        ip addr add 2001:db8:100::2/64 dev eth0 nodad
        ip link set eth0 up
        while ! ping -c 1 -W 1 198.51.100.1 >/dev/null; do :; done
        while ! ping -c 1 -W 1 2001:db8:100::1 >/dev/null; do :; done`);
    });
    afterAll(async () => {
      await peer?.stop();
      tryIp('netns del b-kernel');
      rmSync(dir, { recursive: true, force: true });
    });

    const four = 'local 198.51.100.2 remote 198.51.100.1';
    const six = 'local 2001:db8:100::2 remote 2001:db8:100::1';
    it.each([
      ['type I', '198.51.100.2', `erspan ${four} erspan_ver 0`, ['--type', '1']],
      [
        'type II',
        '198.51.100.2',
        `erspan ${four} seq key 30 erspan_ver 1 erspan 123`,
        ['--session', '30', '--index', '123'],
      ],
      [
        'type III',
        '198.51.100.2',
        `erspan ${four} seq key 31 erspan_ver 2 erspan_dir egress erspan_hwid 17`,
        ['--type', '3', '--session', '31', '--hardware', '17'],
      ],
      [
        'type II over IPv6',
        '2001:db8:100::2',
        `ip6erspan ${six} seq key 32 erspan_ver 1 erspan 1`,
        ['--session', '32'],
      ],
      [
        'type III over IPv6',
        '2001:db8:100::2',
        `ip6erspan ${six} seq key 33 erspan_ver 2 erspan_dir ingress erspan_hwid 1`,
        ['--type', '3', '--session', '33'],
      ],
      ['GRE with Ethernet', '198.51.100.2', `gretap ${four}`, ['--type', 'gretap']],
      [
        'GRE with Ethernet, key, sequence, checksum',
        '198.51.100.2',
        `gretap ${four} key 4660 seq csum`,
        ['--type', 'gretap', '--key', '0x1234', '--sequence', '--checksum'],
      ],
      [
        'GRE with Ethernet over IPv6',
        '2001:db8:100::2',
        `ip6gretap ${six} key 5`,
        ['--type', 'gretap', '--key', '5'],
      ],
      ['VXLAN', '198.51.100.2', 'vxlan id 7 dstport 4789', ['--type', 'vxlan', '--vni', '7']],
      [
        'VXLAN with the largest network id on another port',
        '198.51.100.2',
        'vxlan id 16777215 dstport 8472',
        ['--type', 'vxlan', '--vni', '16777215', '--port', '8472'],
      ],
      [
        'VXLAN over IPv6',
        '2001:db8:100::2',
        'vxlan id 8 dstport 4789 local 2001:db8:100::2',
        ['--type', 'vxlan', '--vni', '8'],
      ],
      [
        'VXLAN over IPv6 without checksums',
        '2001:db8:100::2',
        'vxlan id 9 dstport 4789 local 2001:db8:100::2 udp6zerocsumrx',
        ['--type', 'vxlan', '--vni', '9', '--no-udp-checksum'],
      ],
      ['GENEVE', '198.51.100.2', 'geneve id 10 remote 198.51.100.1', ['--type', 'geneve', '--vni', '10']],
      [
        'GENEVE over IPv6',
        '2001:db8:100::2',
        'geneve id 11 remote 2001:db8:100::1',
        ['--type', 'geneve', '--vni', '11'],
      ],
      [
        'GRE in UDP',
        '198.51.100.2',
        `gretap ${four} key 12; ip fou add port 4754 ipproto 47`,
        ['--type', 'gre-udp', '--key', '12'],
      ],
      [
        'ERSPAN type II in UDP',
        '198.51.100.2',
        `erspan ${four} seq key 34 erspan_ver 1 erspan 1; ip fou add port 4754 ipproto 47`,
        ['--type', 'gre-udp', '--inside', '2', '--session', '34'],
      ],
    ])('%s', async (_, to, device, options) => {
      await peer.sh(`ip link add m0 type ${device}; ip link set m0 up`);
      mirror('b-kernel', capture, to, ...options);
      // When an answer comes, everything before it has been received.
      run('ip', 'netns', 'exec', 'b-kernel', 'ping', '-q', '-c', '1', to);
      const counters = await peer.sh(`
        cd /sys/class/net/m0/statistics
        echo $(cat rx_packets rx_bytes rx_errors rx_crc_errors rx_frame_errors \\
          rx_fifo_errors rx_length_errors)
        ip link del m0; ip fou del port 4754 2>/dev/null; true`);
      // GRE's devices over IPv4 count frames with their Ethernet header, all others without.
      const uncounted = to.includes(':') || /^(?:vxlan|geneve)/.test(device) ? 14 : 0;
      const bytes = frames().reduce((sum, frame) => sum + frame.length - uncounted, 0);
      expect(counters.trim()).toBe(`${COUNT} ${bytes} 0 0 0 0 0`);
    });
  },
);

describeWith(
  ['root', 'ip', 'ethtool', 'ovs-vswitchd', 'ovsdb-server', 'ovs-vsctl', 'tcpdump'],
  'Open vSwitch takes what mirrorlake mirror sends',
  () => {
    let ovs: OpenVswitch;
    let dir: string;
    let capture: string;

    beforeAll(async () => {
      dir = mkdtempSync(join(tmpdir(), 'mirrorlake-mirror-'));
      capture = await captureOf(frames(), join(dir, 'source.pcap'));
      for (const name of ['b-ovs', 'b-source']) {
        tryIp(`netns del ${name}`);
        ip(`netns add ${name}`);
        ip(`-n ${name} link set lo up`);
      }
      ovs = await OpenVswitch.start('b-ovs');
      // The underlay: a bridge with the switch's addresses, and a wire to the mirror. Open vSwitch's
      // userspace datapath reassembles nothing, so the wire takes every frame whole.
      ovs.vsctl('add-br br-under -- set bridge br-under datapath_type=netdev');
      ovs.vsctl('add-br br-mirror -- set bridge br-mirror datapath_type=netdev');
      ip('-n b-source link add wan type veth peer name wan netns b-ovs');
      ip('-n b-ovs link add out type veth peer name seen');
      for (const [name, device] of [
        ['b-source', 'wan'],
        ['b-ovs', 'wan'],
        ['b-ovs', 'out'],
        ['b-ovs', 'seen'],
        ['b-ovs', 'br-under'],
      ]) {
        ip(`-n ${name} link set ${device} mtu 1700 up`);
      }
      run('ip', 'netns', 'exec', 'b-source', 'ethtool', '-K', 'wan', 'tx', 'off');
      ovs.vsctl('add-port br-under wan -- add-port br-mirror out');
      ip('-n b-ovs addr add 198.51.100.2/24 dev br-under');
      ip('-n b-ovs addr add 2001:db8:100::2/64 dev br-under nodad');
      ip('-n b-source addr add 198.51.100.1/24 dev wan');
      ip('-n b-source addr add 2001:db8:100::1/64 dev wan nodad');
      for (const to of ['198.51.100.2', '2001:db8:100::2']) {
        run('ip', 'netns', 'exec', 'b-source', 'ping', '-q', '-c', '2', '-i', '0.1', '-W', '5', to);
      }
    });
    afterAll(async () => {
      await ovs?.stop();
      for (const name of ['b-ovs', 'b-source']) tryIp(`netns del ${name}`);
      rmSync(dir, { recursive: true, force: true });
    });

    const four = 'options:remote_ip=198.51.100.1 options:local_ip=198.51.100.2';
    const six = 'options:remote_ip=2001:db8:100::1 options:local_ip=2001:db8:100::2';
    it.each([
      [
        'type II',
        '198.51.100.2',
        `type=erspan ${four} options:key=40 options:erspan_ver=1 options:erspan_idx=3`,
        ['--session', '40', '--index', '3'],
      ],
      [
        'type III',
        '198.51.100.2',
        `type=erspan ${four} options:key=41 options:erspan_ver=2 options:erspan_dir=0 options:erspan_hwid=4`,
        ['--type', '3', '--session', '41', '--hardware', '4'],
      ],
      [
        'type II over IPv6',
        '2001:db8:100::2',
        `type=ip6erspan ${six} options:key=42 options:erspan_ver=1 options:erspan_idx=0`,
        ['--session', '42'],
      ],
      [
        'GRE with Ethernet and a key',
        '198.51.100.2',
        `type=gre ${four} options:key=43`,
        ['--type', 'gretap', '--key', '43'],
      ],
      ['VXLAN', '198.51.100.2', `type=vxlan ${four} options:key=44`, ['--type', 'vxlan', '--vni', '44']],
      [
        'VXLAN over IPv6',
        '2001:db8:100::2',
        `type=vxlan ${six} options:key=45`,
        ['--type', 'vxlan', '--vni', '45'],
      ],
      ['GENEVE', '198.51.100.2', `type=geneve ${four} options:key=46`, ['--type', 'geneve', '--vni', '46']],
      [
        'GENEVE over IPv6',
        '2001:db8:100::2',
        `type=geneve ${six} options:key=47`,
        ['--type', 'geneve', '--vni', '47'],
      ],
    ])('%s', async (_, to, port, options) => {
      ovs.vsctl(`add-port br-mirror m0 -- set interface m0 ${port}`);
      ovs.ofctl('del-flows br-mirror');
      ovs.ofctl('add-flow br-mirror in_port=m0,actions=output:out');
      const file = join(dir, 'seen.pcap');
      const tap = await Tcpdump.start('b-ovs', 'seen', file, 'udp port 61002 or vlan');
      mirror('b-source', capture, to, ...options);
      await tap.stop(frames().length);
      ovs.vsctl('del-port br-mirror m0');
      const { packets } = await readAll(file);
      // The switch keeps the order within each flow only.
      expect(digests(packets.map((packet) => Buffer.from(packet.data, 'hex')))).toEqual(digests(frames()));
    });
  },
);
