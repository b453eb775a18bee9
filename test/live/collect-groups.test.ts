/** Groups in a running collector: two switches see the same conversations, before and behind a VTEP. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { MAIN, TestCollector } from '../support/collector.js';
import { bytes, ethernet, ipv4, udp } from '../support/frames.js';
import { MirrorSource, tcpConversation, udpFrame } from '../support/mirror-traffic.js';
import { describeWith, ip, tryIp } from '../support/needs.js';
import { PacketSender } from '../support/packet-sender.js';

const CONFIG = `
mirrors:
  - { name: leaf-a, source: 198.51.100.1, group: pair }
  - { name: leaf-b, source: 198.51.100.3, group: pair }
`;
const CONVERSATIONS = 10;

const inVxlan = (frame: Uint8Array): Uint8Array =>
  ethernet(
    0x0800,
    ipv4('172.16.0.1', '172.16.0.2', 17, udp(50_000, 4789, bytes([8, 0, 0, 0, 0, 0, 100, 0], frame))),
  );

for (const receiver of ['ring', 'raw'] as const) {
  describeWith(['root', 'ip'], `a group, with a ${receiver} receiver`, () => {
    let sender: PacketSender;
    let mac: number[];
    let collector: TestCollector | undefined;

    beforeAll(() => {
      tryIp('link del f-grp0');
      ip('link add f-grp0 type veth peer name f-grp1');
      ip('link set f-grp0 mtu 2000 up');
      ip('link set f-grp1 mtu 2000 up');
      ip('addr add 198.51.100.2/24 dev f-grp1');
      execFileSync('sh', [
        '-c',
        'for i in all f-grp1; do echo 0 > /proc/sys/net/ipv4/conf/$i/rp_filter; done',
      ]);
      const text = readFileSync('/sys/class/net/f-grp1/address', 'utf8').trim();
      mac = text.split(':').map((h) => Number.parseInt(h, 16));
      sender = new PacketSender('f-grp0');
    });
    afterAll(() => {
      sender.close();
      tryIp('link del f-grp0');
    });
    afterEach(() => {
      collector?.remove();
      collector = undefined;
    });

    async function start(): Promise<TestCollector> {
      const args = receiver === 'ring' ? ['--interface', 'f-grp1', '--workers', '3'] : [];
      collector = await TestCollector.start(args, { config: CONFIG });
      await collector.query('SELECT 1');
      return collector;
    }
    function send(frames: Iterable<Uint8Array>): void {
      for (const frame of frames) {
        frame.set(mac);
        sender.add(frame);
      }
      sender.flush();
    }
    const ROWS = `SELECT client, server, tcp_state, handshake_us > 0 AS timed, mirror_name,
        seen_by, toUInt8(client_packets) AS client_packets, toUInt8(server_packets) AS server_packets
      FROM sessions ORDER BY client_port`;
    const expected = Array.from({ length: CONVERSATIONS }, (_, i) => ({
      client: `10.0.${i}.1`,
      server: '10.1.0.1',
      tcp_state: 'SF',
      timed: 1,
      mirror_name: 'pair',
      seen_by: ['leaf-a', 'leaf-b'],
      client_packets: 6,
      server_packets: 3,
    }));
    const conversation = (i: number) => tcpConversation(`10.0.${i}.1`, '10.1.0.1', 40_000 + i);
    const fromServer = (frame: Uint8Array) => frame[14 + 13] === 1;

    it('has a row per conversation whose directions different switches see', async () => {
      const c = await start();
      const [a, b] = [new MirrorSource(5), new MirrorSource(6, '198.51.100.3')];
      for (let i = 0; i < CONVERSATIONS; i++)
        for (const frame of conversation(i))
          send([fromServer(frame) ? b.wrap(inVxlan(frame)) : a.wrap(frame)]);
      const { rows } = await c.queryWhen(ROWS, (r) => r.length >= CONVERSATIONS);
      expect(rows).toEqual(expected);
      const { sessions, dropped, mirrors } = await c.status();
      expect(sessions).toMatchObject({ opened: CONVERSATIONS, group_copies: 0, group_frames_forgotten: 0 });
      if (receiver === 'ring') expect(sessions.group_handed_over).toBeGreaterThan(0);
      else expect(sessions.group_handed_over).toBe(0);
      expect(dropped.group_handover ?? 0).toBe(0);
      // Numbers and losses are a mirror's own.
      expect(mirrors.map(({ name, packets, lost }) => [name, packets, lost]).sort()).toEqual([
        ['leaf-a', 60, 0],
        ['leaf-b', 30, 0],
      ]);
    });

    it('has the same rows when both see all of it, and loses nothing at the end', async () => {
      const c = await start();
      const [a, b] = [new MirrorSource(5), new MirrorSource(6, '198.51.100.3')];
      for (let i = 0; i < CONVERSATIONS; i++)
        for (const frame of conversation(i)) send([a.wrap(frame), b.wrap(inVxlan(frame))]);
      const { rows } = await c.queryWhen(ROWS, (r) => r.length >= CONVERSATIONS);
      expect(rows).toEqual(expected);
      const status = await c.statusWhen((s) => s.sessions.group_copies === 9 * CONVERSATIONS);
      expect(status.sessions.opened).toBe(CONVERSATIONS);

      // Still open when it is told to stop, and on their way from one worker to another.
      const frames = Array.from({ length: 300 }, (_, i) =>
        udpFrame(`10.2.0.${i % 10}`, '10.3.0.1', 5000, 50 + i),
      );
      send(frames.map((frame) => b.wrap(inVxlan(frame))));
      expect(await c.stop()).toBe(0);
      const sql = "SELECT count(), sum(client_packets) FROM sessions WHERE transport = 'udp'";
      const words = [MAIN, 'query', sql, '--store', join(c.directory, 'data'), '--format', 'TabSeparated'];
      expect(execFileSync(process.execPath, words, { encoding: 'utf8' })).toBe('10\t300\n');
    });
  });
}
