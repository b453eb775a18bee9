/** SPAN ports: the frames of interfaces are the mirrored traffic, alone and beside ERSPAN. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { MAIN, TestCollector } from '../support/collector.js';
import { runLine } from '../support/command-lines.js';
import { erspan2, ethernet, gre, ipv4 } from '../support/frames.js';
import { hex } from '../support/hex.js';
import { MirrorSource, tcpConversation, udpFrame } from '../support/mirror-traffic.js';
import { describeWith, ip, tryIp } from '../support/needs.js';
import { PacketSender } from '../support/packet-sender.js';
import { join as concat } from '../support/stack.js';

/** The far ends of three wires; the near ends end in 1 instead of 0. */
const [SPAN, OTHER, MIRROR] = ['f-spa', 'f-spb', 'f-spm'];
const CONVERSATIONS = 30;
const BROADCAST = [255, 255, 255, 255, 255, 255];

/** A frame with tags (TPID and TCI, as hex) behind its addresses. */
function tagged(frame: Uint8Array, ...tags: string[]): Uint8Array {
  return concat(frame.subarray(0, 12), ...tags.map(hex), frame.subarray(12));
}

function conversations(net: number, count = CONVERSATIONS): Uint8Array[] {
  return Array.from({ length: count }, (_, i) =>
    tcpConversation(`10.${net}.0.${i + 1}`, '10.200.0.1', 40_000 + i),
  ).flat();
}

describeWith(['root', 'ip'], 'collect --span', () => {
  const directory = mkdtempSync(join(tmpdir(), 'mirrorlake-span-'));
  const senders = new Map<string, PacketSender>();
  let collector: TestCollector | undefined;

  beforeAll(() => {
    for (const name of [SPAN, OTHER, MIRROR]) makeWire(name);
  });
  afterAll(() => {
    for (const sender of senders.values()) sender.close();
    for (const name of [SPAN, OTHER, MIRROR]) tryIp(`link del ${name}0`);
    rmSync(directory, { recursive: true, force: true });
  });
  afterEach(() => {
    collector?.remove();
    collector = undefined;
  });

  function makeWire(name: string): void {
    senders.get(name)?.close();
    tryIp(`link del ${name}0`);
    ip(`link add ${name}0 type veth peer name ${name}1`);
    for (const end of [`${name}0`, `${name}1`]) {
      // The kernel has nothing to say on either end.
      execFileSync('sh', ['-c', `echo 1 > /proc/sys/net/ipv6/conf/${end}/disable_ipv6`]);
      ip(`link set ${end} mtu 2000 up`);
    }
    senders.set(name, new PacketSender(`${name}0`));
  }

  async function start(args: readonly string[], config = ''): Promise<TestCollector> {
    collector = await TestCollector.start(args, { config });
    return collector;
  }

  function send(name: string, frames: Iterable<Uint8Array>): void {
    const sender = senders.get(name)!;
    for (const frame of frames) sender.add(frame);
    sender.flush();
  }

  const ROWS = `SELECT mirror_type, mirror_source, mirror_target, mirror_session, mirror_name, app_protocol,
      toUInt32(count()) AS sessions, toUInt32(sum(client_packets)) AS sent,
      toUInt32(sum(server_packets)) AS got
    FROM sessions WHERE tcp_state = 'SF' GROUP BY ALL ORDER BY mirror_name, mirror_source`;
  const row = (mirror_name: string, sessions = CONVERSATIONS) => ({
    mirror_type: 'span',
    mirror_source: '::',
    mirror_target: '::',
    mirror_session: 0,
    mirror_name,
    app_protocol: 'http',
    sessions,
    sent: 6 * sessions,
    got: 3 * sessions,
  });
  const complete = (sessions: number) => (rows: { sessions: number }[]) =>
    rows.reduce((n, r) => n + r.sessions, 0) >= sessions;

  it.each([1, 3])(
    'takes the frames of an interface, whoever they are for, with %i workers',
    async (workers) => {
      const c = await start(['--span', `${SPAN}1`, '--workers', `${workers}`]);
      expect(c.log).toContain(`receiving all frames on ${SPAN}1`);
      send(SPAN, conversations(1));
      const { rows } = await c.queryWhen(ROWS, complete(CONVERSATIONS));
      expect(rows).toEqual([row(`${SPAN}1`)]);
      const { receivers, mirrors, dropped } = await c.statusWhen((s) => s.mirrors.length === 1);
      expect(receivers).toMatchObject([
        { name: `${SPAN}1`, kind: 'span', state: 'up', packets: 9 * CONVERSATIONS, dropped: 0 },
      ]);
      expect(mirrors).toMatchObject([
        { name: `${SPAN}1`, type: 'span', packets: 9 * CONVERSATIONS, policy: 'observe' },
      ]);
      expect(dropped.not_gre).toBe(0);
    },
  );

  it('puts tags back that the hardware took off, with their kind, and keeps frames whole', async () => {
    const c = await start(['--span', `${SPAN}1`], 'packets: all\n');
    const plain = udpFrame('10.2.0.1', '10.2.0.2', 5000);
    const frames = [
      plain,
      tagged(udpFrame('10.2.0.1', '10.2.0.3', 5001), '8100 6007'),
      tagged(udpFrame('10.2.0.1', '10.2.0.4', 5002), '88a8 0064', '8100 00c8'),
    ];
    send(SPAN, frames);
    await c.statusWhen((s) => s.mirrors[0]?.packets === frames.length);
    expect(await c.stop()).toBe(0);
    const store = join(c.directory, 'data');
    const said = await runLine([
      'query',
      'SELECT vlan_ids, client_port, lower(hex(frame)) FROM sessions AS s ' +
        'JOIN packets AS p USING (session_id) ORDER BY client_port',
      '--store',
      store,
      '--format',
      'JSONCompactEachRow',
    ]);
    const lines = said.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    expect(lines).toEqual([
      [[], 5000, Buffer.from(frames[0]).toString('hex')],
      [[7], 5001, Buffer.from(frames[1]).toString('hex')],
      [[100, 200], 5002, Buffer.from(frames[2]).toString('hex')],
    ]);
  });

  it('reads several beside ERSPAN, each by its name, and walks through GRE in their frames', async () => {
    const config = `
mirrors:
  - { name: core-tap, span: ${OTHER}1, site: north }
  - { name: leaf, source: 198.51.100.1 }
unknown_mirrors: refuse
`;
    const spans = ['--span', `${SPAN}1`, '--span', `${OTHER}1`];
    const c = await start(
      [...spans, '--input', 'gre', '--interface', `${MIRROR}1`, '--workers', '2'],
      config,
    );
    send(SPAN, conversations(1));
    const inTunnel = (f: Uint8Array): Uint8Array =>
      ethernet(0x0800, ipv4('172.16.0.1', '172.16.0.2', 47, gre(0x0800, f.subarray(14))));
    send(OTHER, conversations(2).map(inTunnel));
    const source = new MirrorSource(5);
    send(
      MIRROR,
      conversations(3).map((f) => source.wrap(f)),
    );
    // Nobody listens for this: it is a frame like others.
    send(SPAN, [
      ethernet(
        0x0800,
        ipv4('172.16.9.1', '172.16.9.2', 47, erspan2(9, 0, udpFrame('10.9.0.1', '10.9.0.2', 53))),
      ),
    ]);
    const { rows } = await c.queryWhen(ROWS, complete(3 * CONVERSATIONS));
    expect(rows).toMatchObject([
      row('core-tap'),
      row(`${SPAN}1`),
      { mirror_type: 'erspan2', mirror_name: 'leaf', mirror_session: 5, sessions: CONVERSATIONS },
    ]);
    const sites = await c.query('SELECT DISTINCT mirror_name, site FROM sessions ORDER BY mirror_name');
    expect(sites[0]).toEqual({ mirror_name: 'core-tap', site: 'north' });
    const { mirrors } = await c.statusWhen((s) => s.mirrors.every(({ packets }) => packets >= 270));
    expect(mirrors.map(({ name, type, packets }) => [name, type, packets]).sort()).toEqual([
      ['core-tap', 'span', 270],
      [`${SPAN}1`, 'span', 271],
      ['leaf', 'erspan2', 270],
    ]);
  });

  it('joins two of them in a group, across workers, and counts copies once', async () => {
    const config = `
mirrors:
  - { name: tap-a, span: ${SPAN}1, group: taps }
  - { name: tap-b, span: ${OTHER}1, group: taps }
`;
    const c = await start(['--span', `${SPAN}1`, '--span', `${OTHER}1`, '--workers', '3'], config);
    // The second sees the same frames in a tunnel, whose addresses say another worker.
    const inIp = (f: Uint8Array): Uint8Array =>
      ethernet(0x0800, ipv4('172.16.0.1', '172.16.0.7', 4, f.subarray(14)));
    for (const frame of conversations(4)) {
      send(SPAN, [frame]);
      send(OTHER, [inIp(frame)]);
    }
    const { rows } = await c.queryWhen(ROWS, complete(CONVERSATIONS));
    expect(rows).toEqual([row('taps')]);
    const { sessions } = await c.statusWhen((s) => s.sessions.group_copies === 9 * CONVERSATIONS);
    expect(sessions.group_handed_over).toBeGreaterThan(0);
    expect(sessions.opened).toBe(CONVERSATIONS);
  });

  it.each([false, true])('takes what this host sends only if that is asked for: %s', async (outgoing) => {
    const c = await start(['--span', `${SPAN}1`], `span_outgoing: ${outgoing}\n`);
    const host = new PacketSender(`${SPAN}1`);
    for (const frame of conversations(5)) host.add(frame);
    host.flush();
    host.close();
    send(SPAN, conversations(6));
    const expected = outgoing ? 2 * CONVERSATIONS : CONVERSATIONS;
    const { rows } = await c.queryWhen(ROWS, complete(expected));
    expect(rows).toEqual([row(`${SPAN}1`, expected)]);
  });

  it('counts what the ring had no room for, as that of the interface', async () => {
    const c = await start(['--span', `${SPAN}1`, '--span', `${OTHER}1`], 'ring_size: 1MiB\n');
    send(OTHER, conversations(7));
    await c.statusWhen((s) => s.mirrors.length === 1);
    c.signal('SIGSTOP');
    const frame = udpFrame('10.8.0.1', '10.8.0.2', 6000, 1400);
    const sent = 5000;
    for (let i = 0; i < sent; i++) senders.get(SPAN)!.add(frame);
    senders.get(SPAN)!.flush();
    c.signal('SIGCONT');
    const status = await c.statusWhen((s) =>
      s.mirrors.some((m) => m.name === `${SPAN}1` && m.packets + m.kernel_drops === sent),
    );
    const lost = status.receivers.find(({ name }) => name === `${SPAN}1`)!.dropped;
    expect(lost).toBeGreaterThan(0);
    const drops = Object.fromEntries(status.mirrors.map(({ name, kernel_drops }) => [name, kernel_drops]));
    expect(drops).toEqual({ [`${SPAN}1`]: lost, [`${OTHER}1`]: 0 });
    expect(await c.stop()).toBe(0);
    const store = join(c.directory, 'data');
    const sql =
      'SELECT sum(packets) + sum(kernel_drops), sum(kernel_drops) FROM mirrors ' +
      `WHERE mirror_name = '${SPAN}1'`;
    const { stdout } = await runLine(['query', sql, '--store', store, '--format', 'TabSeparated']);
    expect(stdout).toBe(`${sent}\t${lost}\n`);
  });

  it('goes on when the interface is back', async () => {
    const c = await start(['--span', `${SPAN}1`, '--workers', '2']);
    send(SPAN, conversations(1));
    await c.queryWhen(ROWS, complete(CONVERSATIONS));
    senders.get(SPAN)!.close();
    senders.delete(SPAN);
    ip(`link del ${SPAN}0`);
    await c.statusWhen((s) => s.receivers[0]!.state === 'gone');
    makeWire(SPAN);
    await c.statusWhen((s) => s.receivers[0]!.state === 'up');
    send(SPAN, conversations(2));
    const { rows } = await c.queryWhen(ROWS, complete(2 * CONVERSATIONS));
    expect(rows).toEqual([row(`${SPAN}1`, 2 * CONVERSATIONS)]);
  });

  it('is judged by the doctor', async () => {
    const config = join(directory, 'doctor.yaml');
    execFileSync('sh', [
      '-c',
      `printf 'store: ${directory}/data\\ninputs:\\n  - span: ${OTHER}1\\n' > ${config}`,
    ]);
    const told = (): string => {
      try {
        return execFileSync(process.execPath, [MAIN, 'doctor', '--config', config], { encoding: 'utf8' });
      } catch (error) {
        return (error as { stdout: string }).stdout;
      }
    };
    send(OTHER, [new Uint8Array([...BROADCAST, ...new Uint8Array(54)])]);
    const good = told();
    expect(good).toContain(`receiver: a ring on ${OTHER}1, all frames of which are read`);
    expect(good).toMatch(new RegExp(`ok +${OTHER}1 frames: `));
    execFileSync('ip', ['link', 'set', `${OTHER}1`, 'mtu', '1400']);
    const small = told();
    execFileSync('ip', ['link', 'set', `${OTHER}1`, 'mtu', '2000']);
    expect(small).toMatch(new RegExp(`warn +${OTHER}1 MTU: 1400`));
    execFileSync('ip', ['link', 'set', `${OTHER}1`, 'down']);
    const down = told();
    execFileSync('ip', ['link', 'set', `${OTHER}1`, 'up']);
    expect(down).toMatch(new RegExp(`FAIL +${OTHER}1: is down`));
  });
});
