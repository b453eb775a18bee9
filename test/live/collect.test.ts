import { execFileSync, spawn } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { CollectorStatus } from '../../src/model/status.js';
import { MAIN, TestCollector } from '../support/collector.js';
import { erspan2, ethernet, ipv4, ipv6, ipv6Fragment, tcp, udp } from '../support/frames.js';
import { MirrorSource, tcpConversation, udpFrame } from '../support/mirror-traffic.js';
import { describeWith, ip, tryIp } from '../support/needs.js';
import { PacketSender } from '../support/packet-sender.js';

/** A VXLAN header with the VNI 7 (RFC 7348). */
const VXLAN_HEADER = Uint8Array.of(0x08, 0, 0, 0, 0, 0, 7, 0);

// What works on the ring works on AF_XDP.
for (const receiver of ['ring', 'xdp'])
  describeWith(['root', 'ip', 'tcpdump'], `mirrorlake collect, by ${receiver}`, () => collects(receiver));

function collects(receiver: string): void {
  let sender: PacketSender;
  let collector: TestCollector | undefined;

  function link(): void {
    tryIp('link del f-col0');
    ip('link add f-col0 type veth peer name f-col1');
    ip('link set f-col0 mtu 2000 up');
    ip('link set f-col1 mtu 2000 up');
  }
  beforeAll(() => {
    link();
    sender = new PacketSender('f-col0');
  });
  afterAll(() => {
    sender.close();
    tryIp('link del f-col0');
  });
  afterEach(() => {
    collector?.remove();
    collector = undefined;
  });

  async function start(config = '', ...args: string[]): Promise<TestCollector> {
    collector = await TestCollector.start(['--receiver', receiver, '--interface', 'f-col1', ...args], {
      config,
    });
    if (receiver === 'xdp') expect(collector.log).toMatch(/interface f-col1: AF_XDP, native, copied/);
    return collector;
  }
  function send(frames: Iterable<Uint8Array>): void {
    for (const f of frames) sender.add(f);
    sender.flush();
  }

  it('stores a finished session, which SQL returns', async () => {
    const c = await start();
    const source = new MirrorSource(77);
    // By now the store's engine has started.
    await c.query('SELECT 1');
    send(tcpConversation('10.0.0.1', '10.0.0.2', 40000).map((f) => source.wrap(f)));
    const { rows } = await c.queryWhen(
      `SELECT client, server, client_port, server_port, transport, tcp_state, end_reason, mirror_type,
              mirror_session,
         client_packets, server_packets, app_protocol, part FROM sessions`,
      (r) => r.length > 0,
    );
    expect(rows).toEqual([
      {
        client: '10.0.0.1',
        server: '10.0.0.2',
        client_port: 40000,
        server_port: 80,
        transport: 'tcp',
        tcp_state: 'SF',
        end_reason: 'fin',
        mirror_type: 'erspan2',
        mirror_session: 77,
        client_packets: expect.anything(),
        server_packets: expect.anything(),
        app_protocol: 'http',
        part: 0,
      },
    ]);
    expect(Number(rows[0].client_packets) + Number(rows[0].server_packets)).toBe(9);
  });

  it('shows a long session while it is open: one row per active timeout', async () => {
    const c = await start('sessions: { active: 2s }\n');
    const source = new MirrorSource(5);
    const sql =
      'SELECT session_id, part, end_reason, client_packets + server_packets AS packets ' +
      'FROM sessions ORDER BY part';
    const { rows } = await c.queryWhen(sql, (r) => {
      send([source.wrap(udpFrame('10.0.0.1', '10.0.0.2', 1234))]);
      return r.length >= 2;
    });
    expect(new Set(rows.map((r) => r.session_id)).size).toBe(1);
    expect(rows.map((r) => r.part)).toEqual(rows.map((_, i) => i));
    expect(rows.every((r) => r.end_reason === 'active')).toBe(true);
    expect(await c.stop()).toBe(0);
  });

  it('names, ignores and refuses mirror points, and changes that on SIGHUP', async () => {
    const mirrors = `
  - { name: core, site: ams, session: 1 }
  - { name: noisy, session: 2, observe: false }
`;
    const c = await start(`unknown_mirrors: refuse\nmirrors:${mirrors}`);
    const sources = [1, 2, 3].map((n) => new MirrorSource(n));
    const once = (port: number): void =>
      send(
        sources.flatMap((s) =>
          [0, 1, 2, 3].map(() => s.wrap(udpFrame(`10.0.${s.session}.1`, '10.0.0.2', port))),
        ),
      );
    once(1);
    const s = await c.statusWhen((s) => s.receivers[0].packets === 12 && s.dropped.refused === 4);
    expect(TestCollector.mirror(s, 1)).toMatchObject({
      name: 'core',
      site: 'ams',
      policy: 'observe',
      packets: 4,
      lost: 0,
    });
    expect(TestCollector.mirror(s, 2)).toMatchObject({ name: 'noisy', policy: 'ignore', packets: 4 });
    expect(s.mirrors.length).toBe(2);
    expect(s.refused).toMatchObject([{ session: 3, packets_at_least: 4, packets_at_most: 4 }]);
    expect(s.dropped).toMatchObject({ ignored: 4, refused: 4 });
    expect(s.sessions.open).toBe(1);

    const observing = mirrors.replace('observe: false', 'observe: true');
    writeFileSync(c.configFile, `paths: { pairs: auto }\nmirrors:${observing}`);
    c.signal('SIGHUP');
    await expect.poll(() => c.log).toMatch(/configuration read again: 2 mirrors/);
    await expect.poll(() => c.log).toMatch(/changed, but taken over only by a restart: .*paths/);
    // The workers have the new rules when packets are no longer refused.
    await c.statusWhen((s) => {
      send([sources[2].wrap(udpFrame('10.0.3.1', '10.0.0.2', 2))]);
      return s.mirrors.some((m) => m.session === 3);
    });
    once(2);
    const t = await c.statusWhen(
      (s) => s.mirrors.filter((m) => m.session! < 3 && m.packets === 8).length === 2,
    );
    expect(t.sessions.open).toBe(4);
    expect(TestCollector.mirror(t, 3)).toMatchObject({ policy: 'observe' });

    writeFileSync(c.configFile, 'mirrors:\n  - { nme: core }\n');
    c.signal('SIGHUP');
    await expect.poll(() => c.log).toMatch(/mirrorlake\.yaml:2:7: mirrors\.0\.nme: there is no such key/);
    expect((await c.status()).mirrors.length).toBe(3);
    expect(await c.stop('SIGINT')).toBe(0);
  });

  it('counts a frame that is copied twice once, if configured', async () => {
    const c = await start('mirrors:\n  - { name: both, session: 9, deduplicate: 50ms }\n');
    const twice = new MirrorSource(9);
    const plain = new MirrorSource(10);
    for (const s of [twice, plain]) {
      send(tcpConversation('10.0.0.1', '10.0.0.2', 40001).flatMap((f) => [s.wrap(f), s.wrap(f)]));
    }
    await c.statusWhen((s) => s.receivers[0].packets === 36);
    const { rows } = await c.queryWhen<Record<string, string>>(
      'SELECT mirror_session, client_packets + server_packets AS packets, duplicates FROM ' +
        'sessions ORDER BY mirror_session',
      (r) => r.length === 2,
    );
    expect(rows.map((r) => [r.mirror_session, Number(r.packets), r.duplicates])).toEqual([
      [9, 9, 9],
      [10, 18, 0],
    ]);
    expect((await c.status()).sessions.duplicates).toBe(9);
  });

  it('passes the mirrored frames to a TAP device unchanged', async () => {
    const c = await start('', '--tap', 'f-tap0');
    const dump = spawn('tcpdump', ['-i', 'f-tap0', '-w', '-', '-U', '--immediate-mode'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const chunks: Buffer[] = [];
    dump.stdout.on('data', (d: Buffer) => chunks.push(d));
    let said = '';
    dump.stderr.on('data', (d: Buffer) => {
      said += d.toString();
    });
    await expect.poll(() => said).toMatch(/listening on .*\n/);
    const frames = [
      ...tcpConversation('10.0.0.1', '10.0.0.2', 40002),
      ethernet(0x0806, new Uint8Array(46)),
      udpFrame('10.0.0.3', '10.0.0.4', 7, 1400),
    ];
    const source = new MirrorSource(1);
    send(frames.map((f) => source.wrap(f)));
    await c.statusWhen((s) => s.receivers[0].packets === frames.length);
    const got = (): string[] => {
      const captured = Buffer.concat(chunks);
      const packets: string[] = [];
      for (let o = 24; o + 16 <= captured.length; ) {
        const length = captured.readUInt32LE(o + 8);
        packets.push(captured.subarray(o + 16, o + 16 + length).toString('hex'));
        o += 16 + length;
      }
      return packets;
    };
    await expect.poll(got).toEqual(frames.map((f) => Buffer.from(f).toString('hex')));
    dump.kill();
    await c.stop();
    expect(readdirSync('/sys/class/net')).not.toContain('f-tap0');
  });

  it('received, dropped by the kernel and lost by the mirror add up to the packets sent', async () => {
    const c = await start(`ring_size: ${receiver === 'xdp' ? 16 : 4}MiB\n`);
    const frame = new MirrorSource(3).wrap(udpFrame('10.0.0.1', '10.0.0.2', 5, 300));
    let sequence = 0;
    const burst = (count: number, skipEvery: number): void => {
      for (let i = 0; i < count; i++) {
        MirrorSource.renumber(frame, sequence);
        // A packet that the mirror itself loses on the way has a number, and is never sent.
        if (skipEvery === 0 || i % skipEvery !== 5) sender.add(frame);
        sequence++;
      }
      sender.flush();
    };
    const before = sender.sent;
    burst(2000, 100);
    await c.statusWhen((s) => s.mirrors[0]?.packets === sender.sent - before);
    // Now nobody reads the ring.
    c.signal('SIGSTOP');
    burst(100_000, 0);
    c.signal('SIGCONT');
    const accounted = (): Promise<CollectorStatus> =>
      c.statusWhen(
        ({ receivers: [r], mirrors: [m] }) =>
          r.packets + r.dropped === sender.sent - before && m.packets === r.packets,
      );
    let t = await accounted();
    expect(t.receivers[0].dropped).toBeGreaterThan(10_000);
    // Drops at the end leave no gap in the numbers until other packets follow.
    while (t.mirrors[0].kernel_drops !== t.receivers[0].dropped || t.mirrors[0].lost === 0) {
      burst(100, 0);
      t = await accounted();
    }
    expect(t.mirrors[0]).toMatchObject({ lost: sequence - (sender.sent - before), sequence: 'session' });
    // Once the ring has room again, loss stops.
    for (let i = 1; i <= 10; i++) {
      burst(2000, 0);
      await c.statusWhen((s) => s.mirrors[0].packets === t.mirrors[0].packets + i * 2000);
    }
    expect((await c.status()).receivers[0].dropped).toBe(t.receivers[0].dropped);
    expect(await c.stop()).toBe(0);
    const rows = execFileSync(
      process.execPath,
      [
        MAIN,
        'query',
        '--store',
        `${c.directory}/data`,
        'SELECT sum(packets), sum(lost), sum(kernel_drops) FROM mirrors',
      ],
      { encoding: 'utf8' },
    );
    expect(rows.trim().split('\t').map(Number)).toEqual([
      t.mirrors[0].packets + 20_000,
      sequence - sender.sent + before,
      t.receivers[0].dropped,
    ]);
  });

  it('accounts for 1,000,000 packets sent as fast as this machine can', async () => {
    const c = await start();
    const count = 1_000_000;
    const frames = Array.from({ length: 500 }, (_, i) =>
      new MirrorSource(12).wrap(udpFrame(`10.0.${i >>> 8}.${i & 255}`, '10.1.0.1', 1000 + i, 64 + i)),
    );
    for (let i = 0; i < count; i++) {
      const frame = frames[i % frames.length];
      MirrorSource.renumber(frame, i);
      sender.add(frame);
    }
    sender.flush();
    const s = await c.statusWhen((s) => {
      const m = s.mirrors[0];
      const dropped = s.receivers[0].dropped;
      return m !== undefined && m.packets + m.kernel_drops + m.lost! === count && m.kernel_drops === dropped;
    });
    expect(s.receivers[0].packets + s.receivers[0].dropped).toBe(count);
    expect(s.mirrors[0]).toMatchObject({
      packets: s.receivers[0].packets,
      kernel_drops: s.receivers[0].dropped,
      lost: 0,
    });
    expect(await c.stop()).toBe(0);
    const sql = 'SELECT sum(packets), sum(kernel_drops), sum(lost) FROM mirrors';
    const rows = execFileSync(process.execPath, [MAIN, 'query', '--store', `${c.directory}/data`, sql], {
      encoding: 'utf8',
    });
    expect(rows.trim().split('\t').map(Number)).toEqual([s.mirrors[0].packets, s.mirrors[0].kernel_drops, 0]);
    const packets = 'SELECT sum(client_packets + server_packets) FROM sessions';
    const stored = execFileSync(
      process.execPath,
      [MAIN, 'query', '--store', `${c.directory}/data`, packets],
      { encoding: 'utf8' },
    );
    expect(Number(stored)).toBe(s.mirrors[0].packets);
  });

  it('with two workers has each conversation whole, fragments too, and counts loss correctly', async () => {
    const c = await start('', '--workers', '2');
    const conversations = 60;
    const over6 = (g: Uint8Array): Uint8Array =>
      ethernet(0x86dd, ipv6('2001:db8:ff::1', '2001:db8:ff::9', 47, g));
    let small = 0;
    for (let n = 0; n < conversations; n++) {
      const talk = tcpConversation(`10.0.1.${n}`, '10.0.2.1', 20_000 + n);
      send(talk.map((inner) => over6(erspan2(3, small++, inner))));
    }
    await c.statusWhen((s) => s.mirrors[0]?.packets === small);
    const whole = await c.queryWhen<Record<string, string>>(
      'SELECT count() AS n, min(client_packets + server_packets) AS least FROM sessions',
      (r) => Number(r[0].n) >= conversations,
    );
    expect([whole.rows[0].n, whole.rows[0].least].map(Number)).toEqual([conversations, 9]);

    // Fragments are not parsed: after the first, IPv6 is shared out by outer addresses.
    const large = udpFrame('10.0.1.1', '10.0.2.1', 9, 1400);
    send(fragments6(erspan2(3, small++, large), 1));
    await c.statusWhen(() => /over IPv6 comes in fragments/.test(c.log));
    const numbers = [0, 0];
    const frames: Uint8Array[] = [];
    for (let n = 0; n < conversations; n++) {
      const talk = tcpConversation(`10.0.1.${n}`, '10.0.2.1', 30_000 + n);
      talk.splice(
        4,
        0,
        ethernet(
          0x0800,
          ipv4('10.0.2.1', `10.0.1.${n}`, 6, tcp(80, 30_000 + n, 16, 5001, new Uint8Array(1300))),
        ),
      );
      for (const inner of talk) {
        const v4 = erspan2(1, numbers[0]++, inner);
        const v6 = erspan2(2, numbers[1]++, inner);
        frames.push(...fragments4(v4, frames.length), ...fragments6(v6, frames.length));
      }
    }
    send(frames);
    const sent = conversations * 10;
    const s = await c.statusWhen(
      (s) => s.mirrors.filter((m) => m.session! < 3 && m.packets === sent).length === 2,
    );
    expect(s.workers).toBe(2);
    const { rows } = await c.queryWhen<Record<string, string>>(
      `SELECT mirror_session, count() AS n, uniqExact(client, client_port) AS who,
        min(client_packets + server_packets) AS least,
        max(client_packets + server_packets) AS most FROM sessions WHERE mirror_session < 3 GROUP BY
          mirror_session ORDER BY mirror_session`,
      (r) => r.length === 2 && r.every((row) => Number(row.n) >= conversations),
    );
    for (const row of rows) {
      expect([row.n, row.who, row.least, row.most].map(Number)).toEqual([
        conversations,
        conversations,
        10,
        10,
      ]);
    }
    const t = await c.statusWhen((s) => s.mirrors.every((m) => m.session === 3 || m.sequence === 'session'));
    for (const m of t.mirrors.filter((m) => m.session! < 3))
      expect(m).toMatchObject({ lost: 0, repeated: 0, kernel_drops: 0 });
  });

  it('with two workers counts a conversation once that comes to both of them', async () => {
    // Neither worker may be so late, on a busy machine, that the other's session has ended.
    const c = await start('sessions: { linger: 15s }', '--workers', '2');
    const conversations = 40;
    const plain = new MirrorSource(1);
    const inside = new MirrorSource(2);
    // The kernel shares these out by the ends of the overlay: not where the same conversation comes bare.
    const vxlan = (inner: Uint8Array): Uint8Array =>
      ethernet(
        0x0800,
        ipv4('10.9.0.1', '10.9.0.2', 17, udp(50_000, 4789, Buffer.concat([VXLAN_HEADER, inner]))),
      );
    let sent = 0;
    for (let n = 0; n < conversations; n++) {
      const talk = tcpConversation(`10.0.1.${n}`, '10.0.2.1', 20_000 + n);
      send(talk.flatMap((inner) => [plain.wrap(inner), inside.wrap(vxlan(inner))]));
      sent += talk.length;
    }
    await c.statusWhen((s) => s.mirrors.filter((m) => m.packets === sent).length === 2);
    const { rows } = await c.queryWhen<Record<string, string>>(
      `SELECT sum(n) AS n, sum(first) AS first, sum(workers) AS workers, count() AS ends FROM
        (SELECT count() AS n, countIf(copy = 0 AND mirror_session = 1) AS first,
          -- The part of an id that is the same in all of a worker's.
          uniqExact(concat(substring(toString(session_id), 20, 4), substring(toString(session_id), 25, 6)))
            AS workers
         FROM sessions GROUP BY client_ip, client_port)`,
      (r) => Number(r[0].n) === 2 * conversations,
    );
    const [{ first, workers, ends }] = rows;
    expect([first, ends].map(Number)).toEqual([conversations, conversations]);
    expect(Number(workers), 'conversations that came to both workers').toBeGreaterThan(conversations);
    const [{ others }] = await c.query<Record<string, string>>(
      'SELECT sum(copy = 1) AS others FROM sessions',
    );
    expect(Number(others)).toBe(conversations);
    expect((await c.status()).sessions.copies).toBe(conversations);
  });

  it('continues when its interface goes down, is renamed, or is created again', async () => {
    const c = await start();
    const source = new MirrorSource(4);
    const gets = async (): Promise<void> => {
      const before = (await c.status()).receivers[0].packets;
      send([source.wrap(udpFrame('10.0.0.1', '10.0.0.2', 6))]);
      await c.statusWhen((s) => s.receivers[0].packets === before + 1);
    };
    await gets();
    ip('link set f-col1 down');
    await c.statusWhen((s) => s.receivers[0].state === 'down');
    expect(c.log).toMatch(/interface f-col1 is down; waiting for it to come up/);
    ip('link set f-col1 up');
    await c.statusWhen((s) => s.receivers[0].state === 'up');
    await gets();
    ip('link set f-col1 down');
    ip('link set f-col1 name f-col9');
    await c.statusWhen((s) => s.receivers[0].state === 'gone');
    expect(c.log).toMatch(/interface f-col1 is gone/);
    ip('link set f-col9 name f-col1');
    ip('link set f-col1 up');
    await c.statusWhen((s) => s.receivers[0].state === 'up');
    await gets();
    sender.close();
    ip('link del f-col1');
    await c.statusWhen((s) => s.receivers[0].state === 'gone');
    link();
    sender = new PacketSender('f-col0');
    await c.statusWhen((s) => s.receivers[0].state === 'up');
    expect(c.log).toMatch(/interface f-col1 is back/);
    await gets();
    expect(await c.stop()).toBe(0);
  });

  it('becomes another user without privileges, and takes back an interface created again', async () => {
    const c = await start('', '--user', 'nobody');
    for (const task of readdirSync(`/proc/${c.pid}/task`)) {
      const status = readFileSync(`/proc/${c.pid}/task/${task}/status`, 'utf8');
      expect(status).toMatch(/^CapPrm:\t0+$/m);
      expect(status).toMatch(/^CapEff:\t0+$/m);
      expect(status).not.toMatch(/^Uid:.*\b0\b/m);
      expect(status).not.toMatch(/^Gid:.*\b0\b/m);
    }
    const sockets = (): number => readFileSync(`/proc/${c.pid}/net/packet`, 'utf8').split('\n').length;
    const before = sockets();
    for (let i = 0; i < 3; i++) {
      sender.close();
      ip('link del f-col1');
      await c.statusWhen((s) => s.receivers[0].state === 'gone');
      link();
      sender = new PacketSender('f-col0');
      await c.statusWhen((s) => s.receivers[0].state === 'up');
    }
    // Sockets are bound again, not used up.
    await c.statusWhen(() => sockets() === before);
    const source = new MirrorSource(8);
    send(tcpConversation('10.0.0.1', '10.0.0.2', 40003).map((f) => source.wrap(f)));
    await c.queryWhen('SELECT 1 FROM sessions', (r) => r.length === 1);
    expect(await c.stop()).toBe(0);
  });

  it('names the missing capability', () => {
    const words = [MAIN, 'collect', '--interface', 'f-col1', '--store', '/tmp/mirrorlake-f-none'];
    for (const args of [words, [MAIN, 'collect', '--store', '/tmp/mirrorlake-f-none']]) {
      const run = spawnAs('nobody', args);
      expect(run.code).toBe(1);
      expect(run.stderr).toMatch(/EPERM .*CAP_NET_RAW.*setcap.*AmbientCapabilities/);
      expect(run.stderr.trim().split('\n').length).toBe(1);
    }
  });

  it('exits at once on the second signal', async () => {
    const c = await start();
    const engine = await c.engine();
    // The store does not answer: the first signal waits for it.
    for (const pid of engine) process.kill(pid, 'SIGSTOP');
    const source = new MirrorSource(8);
    send([source.wrap(udpFrame('10.0.0.1', '10.0.0.2', 6))]);
    await c.statusWhen((s) => s.sessions.open === 1);
    c.signal('SIGTERM');
    await expect.poll(() => c.log).toMatch(/stopping on SIGTERM/);
    expect(await c.stop('SIGTERM')).toBe(143);
    for (const pid of engine) process.kill(pid, 'SIGKILL');
  });

  it('reads several interfaces at once', async () => {
    tryIp('link del f-col2');
    ip('link add f-col2 type veth peer name f-col3');
    for (const name of ['f-col2', 'f-col3']) ip(`link set ${name} mtu 2000 up`);
    const other = new PacketSender('f-col2');
    try {
      const c = await start('', '--interface', 'f-col3');
      const [one, two] = [new MirrorSource(1), new MirrorSource(2)];
      // A mirror whose packets come by both interfaces is a single mirror.
      const both = new MirrorSource(3);
      for (let i = 0; i < 100; i++) {
        sender.add(one.wrap(udpFrame('10.0.0.1', '10.0.0.2', 1)));
        other.add(two.wrap(udpFrame('10.0.0.3', '10.0.0.4', 1)));
        sender.add(both.wrap(udpFrame('10.0.0.5', '10.0.0.6', 1)));
        other.add(both.wrap(udpFrame('10.0.0.5', '10.0.0.6', 1)));
      }
      sender.flush();
      other.flush();
      const s = await c.statusWhen((s) => s.mirrors.reduce((n, m) => n + m.packets, 0) === 400);
      expect(s.receivers.map((r) => [r.name, r.packets, r.dropped])).toEqual([
        ['f-col1', 200, 0],
        ['f-col3', 200, 0],
      ]);
      expect(s.sessions.open).toBe(3);
      expect(TestCollector.mirror(s, 3).packets).toBe(200);
      expect(await c.stop()).toBe(0);
    } finally {
      other.close();
      tryIp('link del f-col2');
    }
  });

  it('reloads its configuration without losing a packet', async () => {
    const c = await start('ring_size: 256MiB\nmirrors:\n  - { name: a, session: 1 }\n');
    const source = new MirrorSource(1);
    // The ring has room for all of them.
    const count = 50_000;
    for (let i = 0; i < 40; i++) {
      for (let n = 0; n < 1000; n++) sender.add(source.wrap(udpFrame('10.0.0.1', '10.0.0.2', n)));
      sender.flush();
      writeFileSync(c.configFile, `mirrors:\n  - { name: name${i}, session: 1, deduplicate: ${i % 2}ms }\n`);
      if (i % 4 !== 0) continue;
      c.signal('SIGHUP');
      for (let n = 0; n < 1000; n++) sender.add(source.wrap(udpFrame('10.0.0.1', '10.0.0.2', n)));
      sender.flush();
      await expect.poll(() => c.log.match(/configuration read again/g)?.length).toBe(i / 4 + 1);
    }
    const s = await c.statusWhen((s) => s.mirrors[0]?.packets === count);
    expect(s.receivers[0]).toMatchObject({ packets: count, dropped: 0 });
    expect(s.mirrors[0]).toMatchObject({ lost: 0, name: expect.stringMatching(/^name\d+$/) });
  });

  it('ends sessions by pressure in a flood of them, and counts other mirrors correctly', async () => {
    const FLOOD = 300_000;
    // AF_XDP takes 4 KiB for each packet.
    const room = receiver === 'xdp' ? 40_000 : 200_000;
    const read = (s: CollectorStatus): number => s.mirrors.reduce((n, m) => n + m.packets, 0);
    const c = await start('sessions: { capacity: 50000 }\nring_size: 256MiB\n');
    const flood = new MirrorSource(1);
    const calm = new MirrorSource(2);
    const frame = flood.wrap(ethernet(0x0800, ipv4('10.0.0.0', '10.200.0.1', 6, tcp(1, 80, 2))));
    const address = frame.length - 40 + 12;
    const before = sender.sent;
    let calmSent = 0;
    for (let i = 0; i < FLOOD; i++) {
      MirrorSource.renumber(frame, i);
      frame[address] = 20 + (i >>> 24);
      frame[address + 1] = i >>> 16;
      frame[address + 2] = i >>> 8;
      frame[address + 3] = i;
      sender.add(frame);
      if (i % 10_000 === 0) {
        sender.add(calm.wrap(udpFrame('10.0.0.1', '10.0.0.2', 77)));
        calmSent++;
        sender.flush();
        // The ring keeps room for its packets, however slowly it is read.
        await c.statusWhen((s) => sender.sent - before - read(s) < room);
      }
    }
    sender.flush();
    const s = await c.statusWhen((s) => s.receivers[0].dropped > 0 || read(s) === FLOOD + calmSent);
    expect(s.receivers[0].dropped).toBe(0);
    expect(s.sessions.dropped).toBe(0);
    expect(s.sessions.opened).toBeGreaterThanOrEqual(FLOOD + 1);
    expect(s.sessions.pressure).toBeGreaterThan(FLOOD - 100_000);
    expect(s.sessions.open).toBeLessThanOrEqual(50_000);
    // Including the 256 MiB of the ring.
    expect(s.memory_bytes).toBeLessThan(900 << 20);
    expect(TestCollector.mirror(s, 1)).toMatchObject({ packets: FLOOD, lost: 0 });
    expect(TestCollector.mirror(s, 2)).toMatchObject({ packets: calmSent, lost: 0 });
    const { rows } = await c.queryWhen<{ n: string }>(
      "SELECT count() AS n FROM sessions WHERE end_reason = 'pressure'",
      (r) => Number(r[0].n) === s.sessions.pressure,
    );
    expect(Number(rows[0].n)).toBe(s.sessions.pressure);
  });

  it('loses nothing while the store does not answer', async () => {
    const c = await start('ring_size: 256MiB\n');
    const engine = await c.engine();
    for (const pid of engine) process.kill(pid, 'SIGSTOP');
    let sequence = 0;
    const frame = new MirrorSource(6).wrap(
      ethernet(0x0800, ipv4('10.0.0.0', '10.200.0.1', 6, tcp(1, 80, 4))),
    );
    const address = frame.length - 40 + 12;
    for (let i = 0; i < 30; i++) {
      for (let n = 0; n < 2000; n++) {
        MirrorSource.renumber(frame, sequence++);
        frame[address + 1] = i;
        frame[address + 2] = n >>> 8;
        frame[address + 3] = n;
        sender.add(frame);
      }
      sender.flush();
    }
    // The ring has room for all of them, and their rows wait in the spool.
    const s = await c.statusWhen((s) => s.receivers[0].packets === sequence && s.store.spool_segments > 1);
    expect(s.receivers[0].dropped).toBe(0);
    expect(s.store.rows_stored).toBe(0);
    for (const pid of engine) process.kill(pid, 'SIGCONT');
    await c.queryWhen<{ n: string }>('SELECT count() AS n FROM sessions', (r) => Number(r[0].n) === sequence);
    expect((await c.status()).receivers[0].dropped).toBe(0);
  });
}

/** The packet to the collector, in fragments if it is long. */
function fragments4(gre: Uint8Array, id: number): Uint8Array[] {
  const piece = (from: number, to: number, more: boolean): Uint8Array =>
    ethernet(
      0x0800,
      ipv4('198.51.100.1', '198.51.100.2', 47, gre.subarray(from, to), { id, fragment: [from, more] }),
    );
  return gre.length < 800
    ? [piece(0, gre.length, false)]
    : [piece(0, 800, true), piece(800, gre.length, false)];
}

function fragments6(gre: Uint8Array, id: number): Uint8Array[] {
  const packet = (next: number, payload: Uint8Array): Uint8Array =>
    ethernet(0x86dd, ipv6('2001:db8:100::1', '2001:db8:100::2', next, payload));
  if (gre.length < 800) return [packet(47, gre)];
  return [
    packet(44, ipv6Fragment(47, 0, true, id, gre.subarray(0, 800))),
    packet(44, ipv6Fragment(47, 800, false, id, gre.subarray(800))),
  ];
}

function spawnAs(user: string, args: string[]): { code: number | null; stderr: string } {
  try {
    execFileSync(
      'setpriv',
      ['--reuid', user, '--regid', 'nogroup', '--clear-groups', process.execPath, ...args],
      {
        stdio: ['ignore', 'ignore', 'pipe'],
        encoding: 'utf8',
      },
    );
    return { code: 0, stderr: '' };
  } catch (e) {
    const failed = e as { status: number | null; stderr: string };
    return { code: failed.status, stderr: failed.stderr };
  }
}
