/** What happens now, from a running collector: its rows, open sessions, frames and senders. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { FramesResult, OpenResult, RowsSecond } from '../../src/model/live.js';
import { askCollector, type ControlReply, openReply } from '../../src/observe/control.js';
import { TestCollector } from '../support/collector.js';
import { bytes, ethernet, ipv4 } from '../support/frames.js';
import { MirrorSource, tcpConversation, udpFrame } from '../support/mirror-traffic.js';
import { describeWith, ip, tryIp } from '../support/needs.js';
import { PacketSender } from '../support/packet-sender.js';

type Line = Readonly<Record<string, unknown>> | RowsSecond;

/** Lines of a body as they come; it ends with the body. */
async function* linesOf(reply: ControlReply): AsyncGenerator<Line> {
  let rest = '';
  for await (const piece of reply.body) {
    const lines = (rest + piece.toString()).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) yield JSON.parse(line) as Line;
  }
}

for (const receiver of ['ring', 'raw'] as const) {
  describeWith(['root', 'ip'], `what happens now, with a ${receiver} receiver`, () => {
    let sender: PacketSender;
    let mac: number[];
    let collector: TestCollector;

    beforeAll(() => {
      tryIp('link del f-now0');
      ip('link add f-now0 type veth peer name f-now1');
      ip('link set f-now0 mtu 2000 up');
      ip('link set f-now1 mtu 2000 up');
      ip('addr add 198.51.100.2/24 dev f-now1');
      execFileSync('sh', [
        '-c',
        'for i in all f-now1; do echo 0 > /proc/sys/net/ipv4/conf/$i/rp_filter; done',
      ]);
      const text = readFileSync('/sys/class/net/f-now1/address', 'utf8').trim();
      mac = text.split(':').map((h) => Number.parseInt(h, 16));
      sender = new PacketSender('f-now0');
    });
    afterAll(() => {
      sender.close();
      tryIp('link del f-now0');
    });
    afterEach(() => collector.remove());

    async function start(): Promise<TestCollector> {
      const args = receiver === 'ring' ? ['--interface', 'f-now1', '--workers', '2'] : [];
      collector = await TestCollector.start(args, { config: 'mirrors:\n  - { name: core, session: 5 }\n' });
      return collector;
    }
    function send(frames: Iterable<Uint8Array>): void {
      for (const frame of frames) {
        frame.set(mac);
        sender.add(frame);
      }
      sender.flush();
    }

    it('shows rows as they end, and how many end a second', async () => {
      const c = await start();
      const reply = await openReply(c.control, { command: 'rows' });
      const source = new MirrorSource(5);
      const ports = Array.from({ length: 20 }, (_, i) => 40_000 + i);
      // Both directions of a conversation reach one worker, and its rows this reader.
      for (const port of ports)
        send(tcpConversation(`10.0.${port & 7}.1`, '10.0.0.2', port).map((f) => source.wrap(f)));
      const rows = new Map<unknown, Line>();
      let ended = 0;
      for await (const line of linesOf(reply)) {
        if ('second' in line) {
          const { second } = line as RowsSecond;
          ended += second.ended;
          expect(second.missed).toBe(0);
        } else rows.set((line as Record<string, unknown>).client_port, line);
        if (rows.size === ports.length && ended === ports.length) break;
      }
      expect([...rows.keys()].sort()).toEqual(ports);
      expect(rows.get(40_000)).toMatchObject({
        tcp_state: 'SF',
        end_reason: 'fin',
        app_protocol: 'http',
        mirror_name: 'core',
      });
      expect((await c.status()).shown_rows).toMatchObject({ left_out: 0, missed: 0 });
      await c.statusWhen((s) => s.shown_rows?.readers === 0);
      expect(await c.stop()).toBe(0);
    });

    it('shows the strongest open sessions, and a sender, before any row has ended', async () => {
      const c = await start();
      const source = new MirrorSource(5);
      const asked = { command: 'frames', source: source.address, session: 5 };
      expect(((await askCollector(c.control, asked)) as FramesResult).frames).toEqual([]);
      for (let i = 1; i <= 9; i++)
        send([source.wrap(udpFrame(`10.0.0.${i}`, '10.1.0.1', 20_000 + i, 100 * i))]);
      // GRE of a version that there is not.
      send([
        ethernet(0x0800, ipv4('198.51.100.7', '198.51.100.2', 47, bytes([0, 5, 8, 0], new Uint8Array(40)))),
      ]);
      const status = await c.statusWhen((s) => s.sessions.open === 9 && s.malformed_senders?.length === 1);
      expect(status.malformed_senders).toMatchObject([
        { source: '198.51.100.7', reason: 'gre_version', packets: 1 },
      ]);
      const [mirror] = status.mirrors;
      expect(mirror).toMatchObject({ name: 'core', packets: 9, sessions: 9 });
      expect(mirror.first_seen).toBeLessThanOrEqual(mirror.last_seen ?? 0);
      expect(Math.abs((mirror.first_seen ?? 0) - Date.now() / 1000)).toBeLessThan(600);
      expect(status.sessions.capacity).toBe(1_000_000);
      const received = status.receivers[0].interface_packets;
      if (receiver === 'ring') expect(received).toBeGreaterThanOrEqual(10);
      else expect(received).toBeUndefined();

      const reply = await openReply(c.control, { command: 'open', limit: 3 });
      expect(reply.result as OpenResult).toMatchObject({ by: 'bytes', open: 9, shown: 3 });
      const rows: Line[] = [];
      for await (const line of linesOf(reply)) rows.push(line);
      expect(rows).toMatchObject([
        { client_ip: '10.0.0.9', client_port: 20_009, client_packets: 1, end_reason: 'active' },
        { client_ip: '10.0.0.8' },
        { client_ip: '10.0.0.7' },
      ]);
      await expect
        .poll(async () => {
          send([source.wrap(udpFrame('10.0.0.9', '10.1.0.1', 20_009))]);
          return ((await askCollector(c.control, asked)) as FramesResult).frames[0];
        })
        .toMatchObject({
          source: source.address,
          destination: '198.51.100.2',
          type: 'erspan2',
          session: 5,
          policy: 'observe',
          inner: { destination: '10.1.0.1', destination_port: 9999, transport: 'udp' },
        });
      expect(await c.stop()).toBe(0);
    });
  });
}
