import { execFileSync } from 'node:child_process';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { statusText } from '../../src/cli/status-text.js';
import { TestCollector } from '../support/collector.js';
import { erspan2, ethernet, ipv4, ipv6, ipv6Fragment } from '../support/frames.js';
import { udpFrame } from '../support/mirror-traffic.js';
import { describeWith, ip, tryIp } from '../support/needs.js';
import { PacketSender } from '../support/packet-sender.js';

const NETNS = 'f-cinc';
const HERE = ['198.51.100.2', '2001:db8:51::2'] as const;
const SWITCH = ['198.51.100.1', '2001:db8:51::1'] as const;

describeWith(['root', 'ip'], 'mirrorlake collect with mirrors whose fragments do not all come', () => {
  let sender: PacketSender;
  let mac: number[];
  let collector: TestCollector | undefined;

  beforeAll(() => {
    tryIp(`netns del ${NETNS}`);
    ip(`netns add ${NETNS}`);
    ip(`link add f-cinc0 type veth peer name f-cinc1 netns ${NETNS}`);
    ip('link set f-cinc0 up');
    ip(`-n ${NETNS} link set lo up`);
    ip(`-n ${NETNS} link set f-cinc1 up`);
    ip(`-n ${NETNS} addr add ${HERE[0]}/24 dev f-cinc1`);
    ip(`-n ${NETNS} addr add ${HERE[1]}/64 dev f-cinc1 nodad`);
    const within = (command: string): string =>
      execFileSync('ip', ['netns', 'exec', NETNS, 'sh', '-c', command], { encoding: 'utf8' });
    within('cd /proc/sys/net; echo 1 > ipv4/ipfrag_time; echo 1 > ipv6/ip6frag_time');
    const [link] = JSON.parse(within('ip -j link show f-cinc1')) as { address: string }[];
    mac = link.address.split(':').map((h) => Number.parseInt(h, 16));
    sender = new PacketSender('f-cinc0');
  });
  afterAll(() => {
    sender.close();
    tryIp(`netns del ${NETNS}`);
  });
  afterEach(() => collector?.remove());

  /** Sends only the first fragment of a frame of 1,442 bytes, over IPv4 and over IPv6. */
  function sendBeginnings(): void {
    const packet = erspan2(6, 1, udpFrame('10.0.0.1', '10.0.0.2', 7, 1400)).subarray(0, 1200);
    const o = { id: 77, fragment: [0, true] as const };
    for (const frame of [
      ethernet(0x0800, ipv4(SWITCH[0], HERE[0], 47, packet, o)),
      ethernet(0x86dd, ipv6(SWITCH[1], HERE[1], 44, ipv6Fragment(47, 0, true, 77, packet))),
    ]) {
      frame.set(mac);
      sender.add(frame);
    }
    sender.flush();
  }

  it('stores what came to a ring, and says how many packets were incomplete', async () => {
    const config = 'reassembly: { timeout: 1s }\nsessions: { udp_idle: 1s }\n';
    const c = await TestCollector.start(['--interface', 'f-cinc1'], { netns: NETNS, config });
    collector = c;
    sendBeginnings();
    const s = await c.statusWhen((s) => s.fragments?.incomplete === 2);
    expect(s.fragments).toEqual({ incomplete: 2, kernel_failures: null });
    expect(s.dropped.reassembly ?? 0).toBe(0);
    expect(statusText(s)).toContain(
      "fragments 2 incomplete: the underlay's MTU is too small, or it drops fragments",
    );
    const sql =
      'SELECT toUInt32(client_packets + server_packets) AS packets, toUInt32(client_payload ' +
      '+ server_payload) AS payload, truncated FROM sessions';
    const { rows } = await c.queryWhen(sql, (r) => r.length === 2);
    expect(rows).toEqual(Array(2).fill({ packets: 1, payload: 1400, truncated: 1 }));
    expect(await c.stop()).toBe(0);
  });

  it('says what the kernel could not reassemble for raw sockets', async () => {
    const c = await TestCollector.start([], { netns: NETNS });
    collector = c;
    sendBeginnings();
    const s = await c.statusWhen((s) => s.fragments?.kernel_failures === 2);
    expect(s.fragments?.incomplete).toBe(0);
    expect(statusText(s)).toMatch(
      /^fragments 2 incomplete: the underlay's .* \(of any protocol: the kernel's count\)$/m,
    );
    expect(await c.stop()).toBe(0);
  });
});
