import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { UDP_INPUT_KINDS, UDP_INPUT_PORTS, type UdpInputKind } from '../../src/model/inputs.js';
import { MAIN, TestCollector } from '../support/collector.js';
import { erspan2, ethernet, ipv4, ipv6, ipv6Fragment, udp } from '../support/frames.js';
import { tcpConversation, udpFrame } from '../support/mirror-traffic.js';
import { describeWith, ip, run, tryIp } from '../support/needs.js';
import { PacketSender } from '../support/packet-sender.js';
import { captureOf } from '../support/pcap.js';
import { geneve, IN_UDP, tzspFields } from '../support/udp-mirrors.js';

/** Another host: its side of the wire, and its addresses. */
const HOST = 'f-cuh';
const NEAR = ['198.18.49.2', '2001:db8:49::2'];
const FAR = ['198.18.49.1', '2001:db8:49::1'];
const KINDS = UDP_INPUT_KINDS.filter((kind) => kind !== 'jmirror');
/** Conversations per encapsulation: of nine frames each. */
const CONVERSATIONS = 12;
const MTU = 1500;

/** The frames of the conversations that encapsulation `n` carries. */
function frames(n: number): Uint8Array[] {
  return Array.from({ length: CONVERSATIONS }, (_, i) =>
    tcpConversation(`10.${n}.0.${i + 1}`, '10.200.0.1', 40000 + i),
  ).flat();
}

/** Large frames of both directions, which a mirror sends in fragments. */
function large(n: number): Uint8Array[] {
  return Array.from({ length: CONVERSATIONS }, (_, i) => [
    ethernet(0x0800, ipv4(`10.${n}.1.${i + 1}`, '10.200.0.1', 17, udp(5000, 9999, new Uint8Array(1600)))),
    ethernet(0x0800, ipv4('10.200.0.1', `10.${n}.1.${i + 1}`, 17, udp(9999, 5000, new Uint8Array(1600)))),
  ]).flat();
}

for (const [receiver, args] of [
  ['a ring', ['--interface', 'f-cu1']],
  ['a ring and three workers', ['--interface', 'f-cu1', '--workers', '3']],
  ['sockets', []],
] as const) {
  describeWith(['root', 'ip', 'tcpdump', 'tcpreplay'], `mirrors over UDP, with ${receiver}`, () => {
    const directory = mkdtempSync(join(tmpdir(), 'mirrorlake-udp-'));
    let sender: PacketSender;
    let mac: number[];
    let collector: TestCollector | undefined;

    beforeAll(() => {
      tryIp(`netns del ${HOST}`);
      tryIp('link del f-cu0');
      ip(`netns add ${HOST}`);
      // Two wires: by the first the test sends frames of its own, by the second the other host.
      ip('link add f-cu0 type veth peer name f-cu1');
      for (const name of ['f-cu0', 'f-cu1']) ip(`link set ${name} mtu 2000 up`);
      ip('link add f-cubr type bridge');
      ip(`link add f-cu2 type veth peer name f-cu3 netns ${HOST}`);
      ip('link set f-cu2 master f-cubr up');
      ip('link set f-cu0 master f-cubr');
      ip('link set f-cubr mtu 2000 up');
      ip(`-n ${HOST} link set lo up`);
      ip(`-n ${HOST} link set f-cu3 mtu ${MTU} up`);
      ip(`addr add ${NEAR[0]}/24 dev f-cu1`);
      ip(`-6 addr add ${NEAR[1]}/64 dev f-cu1 nodad`);
      ip(`-n ${HOST} addr add ${FAR[0]}/24 dev f-cu3`);
      ip(`-n ${HOST} -6 addr add ${FAR[1]}/64 dev f-cu3 nodad`);
      ip(`-n ${HOST} link add f-vx4 type vxlan id 7 local ${FAR[0]} remote ${NEAR[0]} dstport 4789`);
      ip(`-n ${HOST} link add f-vx6 type vxlan id 7 local ${FAR[1]} remote ${NEAR[1]} dstport 4789`);
      for (const name of ['f-vx4', 'f-vx6']) {
        // It tells nobody that it is there.
        ip(`-n ${HOST} link set ${name} addrgenmode none`);
        ip(`-n ${HOST} link set ${name} mtu 2000 arp off multicast off up`);
      }
      for (const name of ['all', 'f-cu1']) writeFileSync(`/proc/sys/net/ipv4/conf/${name}/rp_filter`, '0');
      const text = readFileSync('/sys/class/net/f-cu1/address', 'utf8').trim();
      mac = text.split(':').map((h) => Number.parseInt(h, 16));
      // Packets that wait for a neighbour are soon too many.
      for (const near of NEAR) ip(`-n ${HOST} neigh replace ${near} lladdr ${text} dev f-cu3`);
      sender = new PacketSender('f-cu0');
    });
    afterAll(() => {
      sender.close();
      tryIp('link del f-cu0');
      tryIp('link del f-cubr');
      tryIp(`netns del ${HOST}`);
      rmSync(directory, { recursive: true, force: true });
    });
    afterEach(() => {
      collector?.remove();
      collector = undefined;
    });

    async function start(inputs: readonly string[], config = ''): Promise<TestCollector> {
      const words = inputs.flatMap((input) => ['--input', input]);
      collector = await TestCollector.start([...args, ...words], { config });
      return collector;
    }

    function add(type: number, packet: Uint8Array): void {
      const f = ethernet(type, packet);
      f.set(mac);
      sender.add(f);
    }
    const four = (next: number, p: Uint8Array, o = {}): Uint8Array => ipv4(FAR[0], NEAR[0], next, p, o);
    const six = (next: number, p: Uint8Array): Uint8Array => ipv6(FAR[1], NEAR[1], next, p);

    /** Sends a datagram over IPv4 or IPv6, in fragments where the MTU is too small. */
    function datagram(port: number, payload: Uint8Array, version: 4 | 6, id: number): void {
      const d = udp(1024 + id, port, payload);
      const room = version === 4 ? MTU - 20 : MTU - 48;
      if (d.length <= room) {
        if (version === 4) add(0x0800, four(17, d));
        else add(0x86dd, six(17, d));
        return;
      }
      for (let at = 0; at < d.length; ) {
        const end = Math.min(d.length, at + (room & ~7));
        const more = end < d.length;
        const part = d.subarray(at, end);
        if (version === 4) add(0x0800, four(17, part, { id, fragment: [at, more] }));
        else add(0x86dd, six(44, ipv6Fragment(17, at, more, id, part)));
        at = end;
      }
    }

    /** Replays frames on a device of the other host. */
    function replay(device: string, packets: readonly Uint8Array[]): void {
      const file = join(directory, 'replay.pcap');
      writeFileSync(file, captureOf(packets));
      run('ip', 'netns', 'exec', HOST, 'tcpreplay', '--topspeed', '-q', '-i', device, file);
    }

    interface Row {
      readonly mirror_type: string;
      readonly net: string;
      readonly client_port: number;
      readonly tcp_state: string;
      readonly packets: number;
      readonly bytes: number;
      readonly sessions: number;
    }

    /** What is stored of the conversations of a net, without what the encapsulation says. */
    async function stored(c: TestCollector, nets: number): Promise<Row[]> {
      const sql = `SELECT mirror_type, splitByChar('.', toString(client))[2] AS net, client_port, tcp_state,
          toUInt32(client_packets + server_packets) AS packets,
          toUInt32(client_bytes + server_bytes) AS bytes, toUInt32(count()) AS sessions
        FROM sessions WHERE transport = 'tcp' GROUP BY ALL ORDER BY ALL`;
      const { rows } = await c.queryWhen<Row>(
        sql,
        (r) => r.reduce((n, row) => n + row.sessions, 0) === nets * CONVERSATIONS,
      );
      return rows;
    }

    it('stores the same conversations of every encapsulation', async () => {
      const c = await start(['gre', ...KINDS, 'vxlan:8472', 'geneve:6082']);
      // By now the store's engine has started.
      await c.query('SELECT 1');
      // ERSPAN is what the others are compared with.
      for (const f of frames(0)) add(0x0800, four(47, erspan2(1, 0, f)));
      const wraps: [number, (f: Uint8Array) => Uint8Array][] = [
        ...KINDS.map((kind): [number, (f: Uint8Array) => Uint8Array] => [
          UDP_INPUT_PORTS[kind],
          IN_UDP[kind],
        ]),
        [8472, IN_UDP.vxlan],
        [6082, (f) => geneve(f, 9)],
        [UDP_INPUT_PORTS.tzsp, tzspFields],
        [UDP_INPUT_PORTS['gre-udp'], (f) => erspan2(1, 0, f)],
      ];
      for (const [i, [port, wrap]] of wraps.entries()) {
        for (const [k, f] of frames(1 + 2 * i).entries()) datagram(port, wrap(f), 4, k);
        for (const [k, f] of frames(2 + 2 * i).entries()) datagram(port, wrap(f), 6, k);
      }
      sender.flush();
      const nets = 1 + 2 * wraps.length;
      const rows = await stored(c, nets);
      const bare = (net: number): unknown[] =>
        rows.filter((r) => r.net === String(net)).map(({ mirror_type: _, net: __, ...row }) => row);
      expect(bare(0)).toHaveLength(CONVERSATIONS);
      for (let net = 1; net < nets; net++) expect(bare(net)).toEqual(bare(0));
      const types = new Map(rows.map((r) => [Number(r.net), r.mirror_type]));
      expect(wraps.map((_, i) => [types.get(1 + 2 * i), types.get(2 + 2 * i)])).toEqual(
        [...KINDS, 'vxlan', 'geneve', 'tzsp', 'erspan2'].map((kind) => [kind, kind]),
      );
      const s = await c.status();
      const each = CONVERSATIONS * 9;
      const sums: Partial<Record<UdpInputKind, number>> = { tzsp: 4 * each, 'gre-udp': 4 * each };
      expect(s.inputs).toEqual([
        { input: 'gre', packets: each },
        ...KINDS.map((kind) => ({
          input: `${kind}:${UDP_INPUT_PORTS[kind]}`,
          packets: sums[kind] ?? 2 * each,
        })),
        { input: 'vxlan:8472', packets: 2 * each },
        { input: 'geneve:6082', packets: 2 * each },
      ]);
      expect(s.receivers.reduce((n, r) => n + r.packets, 0)).toBe(nets * each);
      expect(s.mirrors.every((m) => m.target === NEAR[0] || m.target === NEAR[1])).toBe(true);
      expect(await c.stop()).toBe(0);
    });

    it("takes what the kernel's vxlan device of another host sends, in fragments too", async () => {
      const c = await start(['vxlan']);
      await c.query('SELECT 1');
      replay('f-vx4', [...frames(1), ...large(1)]);
      replay('f-vx6', frames(2));
      // The kernel sends no fragments of VXLAN over IPv6, though others may.
      for (const [i, f] of large(2).entries()) datagram(4789, IN_UDP.vxlan(f), 6, i);
      sender.flush();
      const rows = await stored(c, 2);
      expect(new Set(rows.map((r) => r.mirror_type))).toEqual(new Set(['vxlan']));
      const each = CONVERSATIONS * (9 + 2);
      const s = await c.statusWhen((s) => s.inputs?.[0].packets === 2 * each);
      expect(s.mirrors.map((m) => [m.session, m.source, m.target, m.packets, m.lost]).sort()).toEqual([
        [7, FAR[0], NEAR[0], each, 0],
        [7, FAR[1], NEAR[1], each, 0],
      ]);
      expect(await c.stop()).toBe(0);
      const sql = `SELECT toString(mirror_source), count(), sum(client_packets + server_packets)
        FROM sessions WHERE transport = 'udp' GROUP BY 1 ORDER BY 1 FORMAT TSV`;
      const told = run(process.execPath, MAIN, 'query', '--store', `${c.directory}/data`, sql);
      expect(told.replaceAll('::ffff:', '').trim().split('\n').sort()).toEqual(
        FAR.map((from) => `${from}\t${CONVERSATIONS}\t${2 * CONVERSATIONS}`),
      );
    });

    it('takes TZSP that tcpreplay sends, and does not answer with ICMP unreachable', async () => {
      const c = await start(['tzsp']);
      const captured: ChildProcess = spawn(
        'ip',
        [
          'netns',
          'exec',
          HOST,
          'tcpdump',
          '-ni',
          'f-cu3',
          '-Q',
          'in',
          '-l',
          '--immediate-mode',
          'icmp or icmp6',
        ],
        { stdio: ['ignore', 'pipe', 'pipe'] },
      );
      try {
        let text = '';
        let said = '';
        captured.stdout!.on('data', (d: Buffer) => {
          text += d.toString();
        });
        captured.stderr!.on('data', (d: Buffer) => {
          said += d.toString();
        });
        await expect.poll(() => said).toMatch(/listening on .*\n/);
        const sent = frames(1).map((f, i) => {
          const packet = ethernet(0x0800, four(17, udp(9, 37008, tzspFields(f)), { id: i }));
          packet.set(mac);
          return packet;
        });
        replay('f-cu3', sent);
        await c.statusWhen((s) => s.inputs?.[0].packets === sent.length);
        // Its answer says that the others would have been answered.
        const other = ethernet(0x0800, four(17, udp(9, 37009, tzspFields(frames(1)[0]))));
        other.set(mac);
        replay('f-cu3', [other]);
        await expect.poll(() => text).toContain('udp port 37009 unreachable');
        expect(text).not.toContain('37008');
      } finally {
        captured.kill();
      }
      expect(await c.stop()).toBe(0);
    });

    it('leaves what is not listed, and says once where it may be a mirror', async () => {
      const c = await start(['vxlan']);
      const count = 40_000;
      for (let i = 0; i < count; i++)
        datagram(6081, IN_UDP.geneve(udpFrame('10.0.0.1', '10.0.0.2', 7)), 4, 1);
      for (let i = 0; i < count; i++)
        add(0x0800, four(47, erspan2(1, i, udpFrame('10.0.0.1', '10.0.0.2', 7))));
      datagram(4789, IN_UDP.vxlan(udpFrame('10.0.0.3', '10.0.0.4', 7)), 4, 1);
      sender.flush();
      const s = await c.statusWhen(
        (s) => s.inputs?.[0].packets === 1 && (receiver === 'sockets' || s.unlisted_inputs?.length === 2),
      );
      expect(s.mirrors.map((m) => m.type)).toEqual(['vxlan']);
      expect(s.sessions.opened).toBe(1);
      if (receiver === 'sockets') {
        expect(s.unlisted_inputs).toEqual([]);
        expect(await c.stop()).toBe(0);
        return;
      }
      for (const { packets } of s.unlisted_inputs ?? []) {
        expect(packets).toBeGreaterThan(count / 2);
        expect(packets).toBeLessThan(count * 2);
      }
      await expect.poll(() => c.log).toContain('GRE arrives: ');
      const told = c.log.split('\n').filter((line) => line.includes(' arrives'));
      expect(told).toHaveLength(2);
      expect(told.join('\n')).toContain(
        'GENEVE arrives on 6081: if it is a mirror, add it to inputs (inputs: [vxlan, geneve])',
      );
      expect(await c.stop()).toBe(0);
    });

    it("a port that the kernel's vxlan device has is named", async () => {
      ip('link add f-cuvx type vxlan id 9 dev f-cu1 dstport 4789');
      ip('link set f-cuvx up');
      try {
        if (receiver === 'sockets') {
          await expect(start(['vxlan'])).rejects.toThrow(
            /cannot receive vxlan on UDP port 4789: the kernel's vxlan device f-cuvx holds it; give it free/,
          );
          return;
        }
        const c = await start(['vxlan']);
        expect(c.log).toContain("UDP port 4789 is held by the kernel's vxlan device f-cuvx");
        replay('f-vx4', frames(1));
        await c.statusWhen((s) => s.inputs?.[0].packets === CONVERSATIONS * 9);
        expect(await c.stop()).toBe(0);
      } finally {
        ip('link del f-cuvx');
      }
    });

    it('says that a change of inputs takes a restart', async () => {
      const c = await start([], 'inputs: [gre, vxlan]\n');
      writeFileSync(c.configFile, 'inputs: [vxlan]\n');
      c.signal('SIGHUP');
      await c.statusWhen(() => c.log.includes('changed, but taken over only by a restart: inputs'));
      expect((await c.status()).inputs?.map((i) => i.input)).toEqual(['gre', 'vxlan:4789']);
      expect(await c.stop()).toBe(0);
    });
  });
}

describeWith(['root'], 'collect, of inputs that cannot be', () => {
  it.each([
    [['--input', 'vxlam'], /^.*--input: "vxlam" is no input: write gre, or KIND\[:PORT\]/],
    [['--input', 'vxlan:0'], /^.*--input: "vxlan:0": a UDP port is a number from 1 to 65535/],
    [
      ['--input', 'vxlan:5000', '--input', 'geneve:5000'],
      /^.*--input: UDP port 5000 is both vxlan and geneve: give one of them another port/,
    ],
  ])('%j: one line, exit status 2', (words, line) => {
    const command = [MAIN, 'collect', ...words];
    let error: { status?: number; stderr?: string } = {};
    try {
      execFileSync(process.execPath, command, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
    } catch (e) {
      error = e as typeof error;
    }
    expect(error.status).toBe(2);
    expect(error.stderr?.trim().split('\n')).toHaveLength(1);
    expect(error.stderr).toMatch(line);
  });
});
