import { afterAll, beforeAll, expect, it } from 'vitest';
import { mirrorCommands, parseMirrorInput, plain } from '../../src/console/mirror-commands.js';
import type { CollectorStatus } from '../../src/model/status.js';
import { TestCollector } from '../support/collector.js';
import { LinuxPeer } from '../support/linux-peer.js';
import { describeWith, ip, tryIp } from '../support/needs.js';

const TAP = 'f-peer';
/** Inputs of the printed commands, and the values of the mirror columns. */
const CASES = [
  {
    name: 'ERSPAN type I',
    input: { type: 'I', session: 29 },
    ipv6: false,
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
    input: { type: 'II', session: 30 },
    ipv6: false,
    columns: { mirror_type: 'erspan2', mirror_session: 30, mirror_port: 1, mirror_direction: 'unknown' },
    sequence: 'session',
  },
  {
    name: 'ERSPAN type III',
    input: { type: 'III', session: 31, ttl: 9 },
    ipv6: false,
    columns: { mirror_type: 'erspan3', mirror_session: 31, mirror_hardware: 4, mirror_direction: 'ingress' },
    sequence: 'session',
  },
  {
    name: 'ERSPAN type II over IPv6',
    input: { type: 'II', session: 32 },
    ipv6: true,
    columns: { mirror_type: 'erspan2', mirror_session: 32, mirror_port: 1, mirror_direction: 'unknown' },
    sequence: 'session',
  },
  {
    name: 'ERSPAN type III over IPv6, frames cut to 200 bytes',
    input: { type: 'III', session: 33, truncate: 200 },
    ipv6: true,
    columns: { mirror_type: 'erspan3', mirror_session: 33, mirror_hardware: 4, mirror_direction: 'ingress' },
    sequence: 'session',
  },
] as const;

/** The commands as the console and docs/how-to/configure-mirrors.md print them. */
function printed({ input, ipv6 }: (typeof CASES)[number]) {
  return mirrorCommands(
    parseMirrorInput({
      platform: 'tc',
      name: 'ers',
      ...(ipv6
        ? { collector: '2001:db8:77::2', source: '2001:db8:77::1' }
        : { collector: '198.19.77.2', source: '198.19.77.1' }),
      ports: ['va'],
      direction: 'both',
      ...input,
    }),
  );
}

/** GRE with Ethernet, for which no commands are printed. */
const GRETAP = {
  name: 'gretap',
  ipv6: false,
  columns: { mirror_type: 'gretap', mirror_session: 0, gre_key: 0x1234, mirror_direction: 'unknown' },
  sequence: 'none',
  set: `
ip link add ers type gretap local 198.19.77.1 remote 198.19.77.2 key 0x1234 csum nopmtudisc ignore-df
ip link set ers mtu 1600 up
tc qdisc add dev va clsact
for d in ingress egress; do tc filter add dev va $d matchall action mirred egress mirror dev ers; done`,
  show: '',
  undo: 'tc qdisc del dev va clsact; ip link del ers',
} as const;

/** In UDP, to the ports that `inputs` lists, with a network id that takes more than 16 bits. */
const UDP = (['vxlan', 'geneve'] as const).map((kind) => ({
  name: `${kind} in UDP`,
  ipv6: false,
  columns: { mirror_type: kind, mirror_session: 0x54321f, gre_key: null, mirror_direction: 'unknown' },
  sequence: 'none',
  set: `
ip link add ers type ${kind} id ${0x54321f} remote 198.19.77.2 ${
    kind === 'vxlan' ? 'local 198.19.77.1 dstport 4789 nolearning' : 'dstport 6081'
  }
ip link set ers mtu 1600 up
tc qdisc add dev va clsact
for d in ingress egress; do tc filter add dev va $d matchall action mirred egress mirror dev ers; done`,
  show: '',
  undo: 'tc qdisc del dev va clsact; ip link del ers',
}));

const RUNS = [
  GRETAP,
  ...UDP,
  ...CASES.map((one) => {
    const { commands, show, undo } = printed(one);
    return { ...one, set: plain(commands), show: plain(show), undo: plain(undo) };
  }),
];

/** Two hosts in the guest, joined by a veth pair. One end is mirrored, in both directions. */
const HOSTS = `
ip addr add 198.19.77.1/24 dev eth0; ip addr add 2001:db8:77::1/64 dev eth0 nodad; ip link set eth0 up
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
      ip(`addr add 2001:db8:77::2/64 dev ${TAP} nodad`);
      peer = await LinuxPeer.start({ tap: TAP });
      await peer.sh(HOSTS);
      const config = 'inputs: [gre, vxlan, geneve]\nsessions: { udp_idle: 2s, other_idle: 2s }\n';
      collector = await TestCollector.start(['--interface', TAP], { config });
      // One after the other, so that their sessions become idle at the same time.
      for (const { ipv6, set, show, undo } of RUNS) {
        // Over IPv6 the kernel's device sends no fragments: the way has to carry whole frames.
        ip(`link set ${TAP} mtu ${ipv6 ? 1600 : 1500}`);
        const sent = await peer.sh(`
set -e
ip link set eth0 mtu ${ipv6 ? 1600 : 1500}
${set}
(set +e
${TRAFFIC})
${show}
echo frames $(cat /sys/class/net/ers/statistics/tx_packets)
${undo}
tc filter show dev va ingress; tc filter show dev va egress
`);
        const [shown, count] = sent.split('frames ');
        const [frames, ...left] = count.trim().split('\n');
        expect(Number(frames)).toBeGreaterThan(0);
        // Its own filters count what they have copied, and are gone afterwards.
        if (show !== '') expect(shown.match(/mirred \(Egress Mirror to device ers\)/g)).toHaveLength(2);
        expect(left).toEqual([]);
        const n = received.length;
        status = await collector.statusWhen(
          (s) =>
            s.mirrors.length === n &&
            s.mirrors.reduce((sum, m) => sum + m.packets, 0) >= total + Number(frames),
        );
        total += Number(frames);
        received.push(status.receivers[0].packets);
      }
    });
    afterAll(async () => {
      collector?.remove();
      await peer?.stop();
      tryIp(`link del ${TAP}`);
    });

    it.each(RUNS.map((one, n) => ({ ...one, n })))(
      '$name: exactly the conversations, with fragments of full-size frames reassembled',
      async (one) => {
        const sql = `SELECT client, server, client_port, server_port, transport, tcp_state, client_packets,
          server_packets,
          server_payload, gre_key, mirror_type, mirror_session, mirror_port, mirror_hardware, mirror_direction
        FROM sessions WHERE mirror_type = '${one.columns.mirror_type}'
          AND mirror_session = ${one.columns.mirror_session} AND transport IN ('tcp', 'udp', 'icmp')
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
        const [mirror, ...others] = status.mirrors.filter(
          (m) => m.type === one.columns.mirror_type && m.session === one.columns.mirror_session,
        );
        expect(others).toEqual([]);
        const cut = one.columns.mirror_session === 33;
        expect(mirror).toMatchObject({
          sequence: one.sequence,
          kernel_drops: 0,
          truncated: cut ? expect.toSatisfy((n: number) => n > 0) : 0,
          malformed: 0,
          ...lost,
        });
        // Over IPv4 fragments came: there are more packets than frames.
        const packets = received[one.n + 1] - received[one.n];
        if (one.ipv6) expect(packets).toBe(mirror.packets);
        else expect(packets).toBeGreaterThan(mirror.packets);
      },
    );

    it('has stored all of them when it ends', async () => {
      expect(await collector.stop()).toBe(0);
    });
  },
);
