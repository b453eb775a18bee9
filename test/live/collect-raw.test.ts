import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { SPARE_SOCKETS } from '../../src/receive/gre-sockets.js';
import { MAIN, TestCollector } from '../support/collector.js';
import { erspan2, ethernet, ipv6 } from '../support/frames.js';
import { Installation } from '../support/installation.js';
import { MirrorSource, tcpConversation, udpFrame } from '../support/mirror-traffic.js';
import { describeWith, ip, tryIp } from '../support/needs.js';
import { PacketSender } from '../support/packet-sender.js';

for (const addon of [true, false]) {
  describeWith(
    ['root', 'ip'],
    `mirrorlake collect, with raw sockets${addon ? '' : ", without raw-socket's addon"}`,
    () => {
      let installation: Installation | undefined;
      let main = MAIN;
      let sender: PacketSender;
      let mac: number[];
      let collector: TestCollector | undefined;

      beforeAll(() => {
        if (!addon) {
          installation = new Installation({ rawSocket: 'absent' });
          main = installation.main;
        }
        tryIp('link del f-craw0');
        ip('link add f-craw0 type veth peer name f-craw1');
        ip('link set f-craw0 mtu 2000 up');
        ip('link set f-craw1 mtu 2000 up');
        ip('addr add 198.51.100.2/24 dev f-craw1');
        execFileSync('sh', [
          '-c',
          'for i in all f-craw1; do echo 0 > /proc/sys/net/ipv4/conf/$i/rp_filter; done',
        ]);
        const text = readFileSync('/sys/class/net/f-craw1/address', 'utf8').trim();
        mac = text.split(':').map((h) => Number.parseInt(h, 16));
        sender = new PacketSender('f-craw0');
      });
      afterAll(() => {
        installation?.remove();
        sender.close();
        tryIp('link del f-craw0');
      });
      afterEach(() => collector?.remove());

      function add(frame: Uint8Array): void {
        frame.set(mac);
        sender.add(frame);
      }

      it('ends while packets still come, and stores what it had', async () => {
        const source = new MirrorSource(4);
        const send = setInterval(() => {
          for (let i = 0; i < 20; i++) add(source.wrap(udpFrame('10.0.0.1', '10.0.0.2', 7)));
          sender.flush();
        }, 5);
        try {
          // Several times: a race for the store's thread at the end is not lost every time. The addon has no
          // part in it.
          for (let turn = 0; turn < (addon ? 3 : 1); turn++) {
            const c = await TestCollector.start([], { main });
            collector = c;
            await c.statusWhen((s) => (s.mirrors[0]?.packets ?? 0) > 100);
            expect(await c.stop()).toBe(0);
            const sql = "SELECT count() FROM sessions WHERE end_reason = 'shutdown'";
            const rows = execFileSync(
              process.execPath,
              [MAIN, 'query', '--store', `${c.directory}/data`, sql],
              {
                encoding: 'utf8',
              },
            );
            expect(rows.trim()).toBe('1');
            c.remove();
          }
        } finally {
          clearInterval(send);
        }
      });

      it('stores what it receives, and says what the kernel dropped', async () => {
        const c = await TestCollector.start([], { main });
        collector = c;
        const source = new MirrorSource(3);
        for (const f of tcpConversation('10.0.0.1', '10.0.0.2', 40000)) add(source.wrap(f));
        sender.flush();
        await c.queryWhen(
          "SELECT 1 FROM sessions WHERE tcp_state = 'SF' AND mirror_session = 3",
          (r) => r.length === 1,
        );
        // Now nobody reads the socket.
        c.signal('SIGSTOP');
        const count = 200_000;
        const frame = source.wrap(udpFrame('10.0.0.1', '10.0.0.2', 7, 800));
        for (let i = 0; i < count; i++) {
          MirrorSource.renumber(frame, 9 + i);
          add(frame);
        }
        sender.flush();
        c.signal('SIGCONT');
        let sent = 9 + count;
        const accounted = () => c.statusWhen((s) => s.receivers[0].packets + s.receivers[0].dropped === sent);
        await accounted();
        // A gap counts once enough packets have followed it.
        for (let i = 0; i < 100; i++) {
          MirrorSource.renumber(frame, sent++);
          add(frame);
        }
        sender.flush();
        const s = await accounted();
        expect(s.receivers[0].dropped).toBeGreaterThan(0);
        const t = await c.statusWhen((s) => s.mirrors[0].packets + s.mirrors[0].kernel_drops === sent);
        expect(t.mirrors[0]).toMatchObject({ lost: 0, kernel_drops: t.receivers[0].dropped });
        expect(await c.stop()).toBe(0);
        const said = c.log.split('\n').filter((line) => line.includes('raw-socket'));
        expect(said).toEqual(
          addon
            ? []
            : [expect.stringMatching(/koffi receives in its place; fix it with: npm rebuild raw-socket/)],
        );
      });

      it('needs no addon for a ring', async () => {
        const c = await TestCollector.start(['--interface', 'f-craw1'], { main });
        collector = c;
        add(new MirrorSource(5).wrap(udpFrame('10.0.0.1', '10.0.0.2', 7)));
        sender.flush();
        await c.statusWhen((s) => s.mirrors.some((m) => m.session === 5));
        expect(c.log).not.toContain('raw-socket');
        expect(await c.stop()).toBe(0);
      });

      it('as another user receives on as many new IPv6 addresses as it has sockets for', async () => {
        const netns = 'f-craw';
        tryIp(`netns del ${netns}`);
        ip(`netns add ${netns}`);
        ip(`link add f-craw2 type veth peer name f-craw3 netns ${netns}`);
        ip('link set f-craw2 up');
        ip(`-n ${netns} link set f-craw3 addrgenmode none`);
        ip(`-n ${netns} link set lo up`);
        ip(`-n ${netns} link set f-craw3 up`);
        const link = JSON.parse(
          execFileSync('ip', ['-n', netns, '-j', 'link', 'show', 'f-craw3'], { encoding: 'utf8' }),
        ) as { address: string }[];
        const to = link[0].address.split(':').map((h) => Number.parseInt(h, 16));
        const out = new PacketSender('f-craw2');
        const address = (n: number): string => `2001:db8:48::${(n + 1).toString(16)}`;
        const change = (what: 'add' | 'del', from: number, end: number): void => {
          const words = what === 'add' ? 'nodad' : '';
          const lines = [];
          for (let n = from; n < end; n++) lines.push(`addr ${what} ${address(n)}/64 dev f-craw3 ${words}`);
          execFileSync('ip', ['-6', '-n', netns, '-batch', '-'], { input: lines.join('\n') });
        };
        const send = (n: number, session: number): void => {
          const g = erspan2(session, 0, udpFrame('10.0.0.1', '10.0.0.2', n));
          const frame = ethernet(0x86dd, ipv6('2001:db8:48:1::1', address(n), 47, g));
          frame.set(to);
          out.add(frame);
          out.flush();
        };
        try {
          const config = 'sessions: { udp_idle: 1s }\n';
          const c = await TestCollector.start(['--user', 'nobody'], { netns, config, main });
          collector = c;
          change('add', 0, 1);
          await c.statusWhen(() => c.log.includes(`receiving on ${address(0)}`));
          send(0, 1);
          await c.queryWhen(
            `SELECT 1 FROM sessions WHERE mirror_session = 1 AND mirror_target = toIPv6('${address(0)}')`,
            (r) => r.length === 1,
          );

          // A link that goes down takes its addresses along, and their sockets are used again.
          ip(`-n ${netns} link set f-craw3 down`);
          await c.statusWhen(() => c.log.includes(`no longer receiving on ${address(0)}`));
          ip(`-n ${netns} link set f-craw3 up`);
          change('add', 0, SPARE_SOCKETS);
          const last = address(SPARE_SOCKETS - 1);
          await c.statusWhen((s) => c.log.includes(`receiving on ${last}`) && s.receivers[0].packets === 1);
          expect((await c.status()).receivers[0].addresses_missed).toBe(0);

          change('add', SPARE_SOCKETS, SPARE_SOCKETS + 1);
          await c.statusWhen((s) => s.receivers[0].addresses_missed === 1);
          expect(c.log).toMatch(/not receiving on 2001:db8:48::41: all 64 sockets opened ahead are used/);
          for (let n = 0; n < SPARE_SOCKETS; n++) send(n, 2);
          send(SPARE_SOCKETS, 2);
          // Each packet comes once, not to sockets that belong or belonged to another address.
          await c.statusWhen((s) => s.receivers[0].packets === 1 + SPARE_SOCKETS);

          change('del', 3, 4);
          await c.statusWhen((s) => s.receivers[0].addresses_missed === 0);
          send(SPARE_SOCKETS, 3);
          const s = await c.statusWhen((s) => s.mirrors.some((m) => m.session === 3));
          expect(TestCollector.mirror(s, 3)).toMatchObject({ target: address(SPARE_SOCKETS), packets: 1 });
          expect(s.receivers[0]).toMatchObject({ packets: 2 + SPARE_SOCKETS, dropped: 0 });
          expect(await c.stop()).toBe(0);
        } finally {
          out.close();
          tryIp(`netns del ${netns}`);
        }
      });
    },
  );
}
