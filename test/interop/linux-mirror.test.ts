import { afterAll, beforeAll, expect, it } from 'vitest';
import type { CollectorStatus } from '../../src/model/status.js';
import { TestCollector } from '../support/collector.js';
import { LinuxPeer } from '../support/linux-peer.js';
import { describeWith, ip, tryIp } from '../support/needs.js';

const TAP = 'f-peer';
/** The kernel's names of the types, and the values of the mirror columns. */
const CASES = [
  {
    name: 'ERSPAN type I',
    device: 'erspan erspan_ver 0 nopmtudisc ignore-df',
    columns: {
      mirror_type: 'erspan1',
      mirror_session: 0,
      mirror_port: 0,
      mirror_direction: 'unknown',
      gre_key: null,
    },
    sequence: 'none',
  },
  {
    name: 'ERSPAN type II',
    device: 'erspan seq key 30 erspan_ver 1 erspan 123 nopmtudisc ignore-df',
    columns: { mirror_type: 'erspan2', mirror_session: 30, mirror_port: 123, mirror_direction: 'unknown' },
    sequence: 'session',
  },
  {
    name: 'ERSPAN type III',
    device: 'erspan seq key 31 erspan_ver 2 erspan_dir egress erspan_hwid 17 nopmtudisc ignore-df',
    columns: { mirror_type: 'erspan3', mirror_session: 31, mirror_hardware: 17, mirror_direction: 'egress' },
    sequence: 'session',
  },
  {
    name: 'gretap',
    device: 'gretap key 0x1234 csum nopmtudisc ignore-df',
    columns: { mirror_type: 'gretap', mirror_session: 0, gre_key: 0x1234, mirror_direction: 'unknown' },
    sequence: 'none',
  },
] as const;

/** Two hosts in the guest, joined by a veth pair. One end is mirrored, in both directions. */
const HOSTS = `
ip addr add 198.19.77.1/24 dev eth0; ip link set eth0 up
mkdir -p /run; ip netns add h2
ip link add va type veth peer name vb netns h2
# What is mirrored are packets, not the large segments that veth would carry.
ip link set va gso_max_segs 1; ip -n h2 link set vb gso_max_segs 1
ip addr add 203.0.113.1/24 dev va; ip link set va up
ip netns exec h2 ip addr add 203.0.113.2/24 dev vb
ip netns exec h2 ip link set vb up; ip netns exec h2 ip link set lo up
mkdir -p /www; head -c 20000 /dev/zero >/www/page
ip netns exec h2 httpd -p 80 -h /www
ping -c1 -W5 198.19.77.2 && ping -c1 -W5 203.0.113.2
`;

const TRAFFIC = `
ping -c 3 -i 0.2 -s 1472 203.0.113.2
wget -q -O /page http://203.0.113.2/page
test $(wc -c </page) = 20000
echo | nc -w 2 203.0.113.2 81 && exit 1
nslookup example.net 203.0.113.2
# Both ends of the connection have said farewell.
until [ -z "$( (netstat -tn; ip netns exec h2 netstat -tn) | grep ':80 ' | grep -v TIME_WAIT)" ]; do :; done
`;

interface Row {
  transport: string;
  server_port: number;
  tcp_state: string;
  client: string;
  server: string;
  client_packets: string;
  server_packets: string;
  server_payload: string;
}

describeWith(
  ['root', 'ip', 'qemu-system-x86_64', 'busybox', 'cpio', '/dev/net/tun'],
  'the Linux kernel mirrors to a collector',
  () => {
    let peer: LinuxPeer;
    let collector: TestCollector;
    /** The number of packets received after each case. */
    const received: number[] = [0];
    let status: CollectorStatus;
    let total = 0;

    beforeAll(async () => {
      tryIp(`link del ${TAP}`);
      ip(`tuntap add ${TAP} mode tap`);
      ip(`addr add 198.19.77.2/24 dev ${TAP}`);
      peer = await LinuxPeer.start({ tap: TAP });
      await peer.sh(HOSTS);
      const config = 'sessions: { udp_idle: 2s, other_idle: 2s }\n';
      collector = await TestCollector.start(['--interface', TAP], { config });
      // One after the other, so that their sessions become idle at the same time.
      for (const { device } of CASES) {
        const sent = await peer.sh(`
ip link add ers type ${device.replace(/^(\S+)/, '$1 local 198.19.77.1 remote 198.19.77.2')}
ip link set ers mtu 1600 up
tc qdisc add dev va clsact
for d in ingress egress; do tc filter add dev va $d matchall action mirred egress mirror dev ers; done
${TRAFFIC}
tc qdisc del dev va clsact
cat /sys/class/net/ers/statistics/tx_packets
ip link del ers
`);
        const frames = Number(sent.trim().split('\n').at(-1));
        expect(frames).toBeGreaterThan(0);
        const n = received.length;
        status = await collector.statusWhen(
          (s) => s.mirrors.length === n && s.mirrors.reduce((sum, m) => sum + m.packets, 0) >= total + frames,
        );
        total += frames;
        received.push(status.receivers[0].packets);
      }
    });
    afterAll(async () => {
      collector?.remove();
      await peer?.stop();
      tryIp(`link del ${TAP}`);
    });

    it.each(CASES.map((one, n) => ({ ...one, n })))(
      '$name: exactly the conversations, with fragments of full-size frames reassembled',
      async (one) => {
        const sql = `SELECT client, server, client_port, server_port, transport, tcp_state, client_packets,
          server_packets,
          server_payload, gre_key, mirror_type, mirror_session, mirror_port, mirror_hardware, mirror_direction
        FROM sessions WHERE mirror_type = '${one.columns.mirror_type}' AND transport IN ('tcp', 'udp', 'icmp')
        ORDER BY transport, server_port, icmp_type`;
        const { rows } = await collector.queryWhen<Row>(
          sql,
          (r) => r.some((row) => row.transport === 'udp') && r.some((row) => row.transport === 'icmp'),
        );
        for (const row of rows) expect(row).toMatchObject(one.columns);
        const brief = rows.map((r) =>
          `${r.transport} ${r.client} ${r.server} ${r.server_port} ${r.tcp_state}`.trim(),
        );
        // The resolver may ask from several ports.
        expect([...new Set(brief)]).toEqual([
          'icmp 203.0.113.1 203.0.113.2 0',
          'tcp 203.0.113.1 203.0.113.2 80 SF',
          'tcp 203.0.113.1 203.0.113.2 81 REJ',
          'udp 203.0.113.1 203.0.113.2 53',
        ]);
        const [ping, http] = rows;
        // Nobody listens on port 53: the server answers with ICMP errors, which are no conversations of their
        // own.
        expect(Number(ping.client_packets)).toBe(3);
        expect(Number(ping.server_packets)).toBeGreaterThan(3);
        expect(Number(http.server_payload)).toBeGreaterThan(20_000);
        const lost = one.sequence === 'none' ? {} : { lost: 0, reordered: 0, repeated: 0 };
        const [mirror, ...others] = status.mirrors.filter((m) => m.type === one.columns.mirror_type);
        expect(others).toEqual([]);
        expect(mirror).toMatchObject({
          sequence: one.sequence,
          kernel_drops: 0,
          truncated: 0,
          malformed: 0,
          ...lost,
        });
        // Fragments came: there are more packets than frames.
        expect(received[one.n + 1] - received[one.n]).toBeGreaterThan(mirror.packets);
      },
    );

    it('has stored all of them when it ends', async () => {
      expect(await collector.stop()).toBe(0);
    });
  },
);
