import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { CollectorStatus } from '../../src/model/status.js';
import { TestCollector } from '../support/collector.js';
import { clientCommand, HostServer } from '../support/host-traffic.js';
import { describeWith, run } from '../support/needs.js';
import { OVS_NEEDS, OvsMirror } from '../support/ovs-mirror.js';

const CASES = [
  { type: 'II', ipv6: false, ports: 'all', direction: 'both', receiver: 'ring' },
  { type: 'III', ipv6: false, ports: 'hosts', direction: 'rx', receiver: 'raw' },
  { type: 'II', ipv6: true, ports: 'hosts', direction: 'both', receiver: 'raw' },
  { type: 'III', ipv6: true, ports: 'hosts', direction: 'tx', receiver: 'ring' },
  { type: 'vxlan', ipv6: false, ports: 'hosts', direction: 'both', receiver: 'ring' },
  { type: 'geneve', ipv6: false, ports: 'all', direction: 'both', receiver: 'raw' },
] as const;

interface Row {
  client: string;
  server: string;
  client_port: number;
  server_port: number;
  transport: string;
  tcp_state: string;
  app_protocol: string;
  client_packets: string;
  server_packets: string;
  mirror_type: string;
  mirror_session: number;
  mirror_port: number;
  mirror_hardware: number;
  mirror_direction: string;
  source: string;
  target: string;
}

const SQL = `SELECT client, server, client_port, server_port, transport, tcp_state, app_protocol,
  client_packets, server_packets,
  mirror_type, mirror_session, mirror_port, mirror_hardware, mirror_direction,
  replaceOne(toString(mirror_source), '::ffff:', '') AS source, replaceOne(toString(mirror_target), '::ffff:',
    '') AS target
  FROM sessions WHERE transport IN ('tcp', 'udp', 'icmp') OR (transport = 'icmp6' AND
    isIPAddressInRange(server, '2001:db8:7::/64'))
  ORDER BY transport, client_port, server_port`;

/** ICMP and ICMPv6 destination unreachable messages that the collector's host has sent. */
function unreachables(): number {
  const count = (file: string, pattern: RegExp): number => {
    const text = run('ip', 'netns', 'exec', OvsMirror.collector, 'cat', `/proc/net/${file}`);
    return Number(pattern.exec(text)?.[1]);
  };
  return count('snmp6', /Icmp6OutDestUnreachs\s+(\d+)/) + count('snmp', /Icmp: (?:\d+ ){16}(\d+)/);
}

describeWith([...OVS_NEEDS, 'ping'], 'Open vSwitch mirrors to a collector', () => {
  describe.each(CASES)(
    '$type, IPv6 underlay $ipv6, $ports ports, $direction, $receiver receiver',
    ({ type, ipv6, ports, direction, receiver }) => {
      let ovs: OvsMirror;
      let server: HostServer;
      let collector: TestCollector | undefined;

      beforeAll(async () => {
        ovs = new OvsMirror({ type, ipv6, ports, direction, session: 77, mtu: 1700 });
        server = await HostServer.start(OvsMirror.hosts[1]);
      });
      afterEach(() => collector?.remove());
      afterAll(() => {
        server?.stop();
        ovs?.close();
      });

      it('exactly the conversations are stored, with correct mirror columns and no loss', async () => {
        const words = receiver === 'ring' ? ['--interface', 'eth0'] : [];
        const isErspan = type === 'II' || type === 'III';
        const input = isErspan ? 'gre' : type;
        const config = `inputs: [${input}]\nsessions: { udp_idle: 2s, other_idle: 2s }\n`;
        const c = await TestCollector.start(words, { netns: OvsMirror.collector, config });
        collector = c;
        const unreachableBefore = unreachables();
        ovs.on(0, 'ping', '-c', '3', '-i', '0.2', '203.0.113.2');
        ovs.on(0, 'ping', '-c', '2', '-i', '0.2', '2001:db8:7::2');
        ovs.on(0, ...clientCommand('203.0.113.2', 40000));
        ovs.on(0, ...clientCommand('2001:db8:7::2', 40001));
        const { rows } = await c.queryWhen<Row>(SQL, (r) => r.length >= 8);
        const mirror = {
          mirror_type: { II: 'erspan2', III: 'erspan3', vxlan: 'vxlan', geneve: 'geneve' }[type],
          mirror_session: 77,
          mirror_port: type === 'II' ? OvsMirror.index : 0,
          mirror_hardware: type === 'III' ? OvsMirror.hardware : 0,
          mirror_direction: type !== 'III' ? 'unknown' : direction === 'tx' ? 'egress' : 'ingress',
          source: ipv6 ? '2001:db8:100::1' : '198.51.100.1',
          target: ipv6 ? '2001:db8:100::2' : '198.51.100.2',
        };
        for (const row of rows) expect(row).toMatchObject(mirror);
        const brief = rows.map((r) =>
          [r.transport, r.client, r.client_port, r.server, r.server_port, r.tcp_state, r.app_protocol]
            .join(' ')
            .trim(),
        );
        expect(brief).toEqual([
          'icmp 203.0.113.1 0 203.0.113.2 0',
          expect.stringMatching(/^icmp6 2001:db8:7::[12] 0 2001:db8:7::[12] 0$/),
          'tcp 203.0.113.1 40000 203.0.113.2 80 SF http',
          'tcp 203.0.113.1 40000 203.0.113.2 81 REJ',
          'tcp 2001:db8:7::1 40001 2001:db8:7::2 80 SF http',
          'tcp 2001:db8:7::1 40001 2001:db8:7::2 81 REJ',
          'udp 203.0.113.1 40000 203.0.113.2 53  dns',
          'udp 2001:db8:7::1 40001 2001:db8:7::2 53  dns',
        ]);
        const packets = rows.map((r) => [Number(r.client_packets), Number(r.server_packets)]);
        expect(packets[0]).toEqual([3, 3]);
        // Neighbour discovery runs between the same two addresses.
        for (const n of packets[1]) expect(n).toBeGreaterThanOrEqual(2);
        expect([packets[3], packets[5], packets[6], packets[7]]).toEqual([
          [1, 1],
          [1, 1],
          [1, 1],
          [1, 1],
        ]);
        const received = ({ receivers }: CollectorStatus): number =>
          receivers.reduce((sum, { packets }) => sum + packets, 0);
        const s = await c.statusWhen((s) => received(s) === s.mirrors[0].packets);
        expect(s.mirrors.length).toBe(1);
        expect(s.mirrors[0]).toMatchObject({
          ...(isErspan ? { sequence: 'session', lost: 0, repeated: 0 } : { sequence: 'none' }),
          kernel_drops: 0,
          malformed: 0,
          truncated: 0,
        });
        expect(s.receivers.map(({ dropped }) => dropped)).toEqual(s.receivers.map(() => 0));
        // While a collector runs, the kernel answers what it receives with no ICMP unreachable.
        expect(unreachables()).toBe(unreachableBefore);
        expect(await c.stop()).toBe(0);
        const [statistics, error] = ovs.show().trim().split('\n');
        expect(statistics).toMatch(/^\{tx_bytes=\d+, tx_packets=[1-9]\d*\}$/);
        expect(error).toBe('[]');
        expect(ovs.undo()).toEqual({ mirrors: ['other'], ports: ['f-h1-p', 'f-h2-p'] });
      });
    },
  );
});
