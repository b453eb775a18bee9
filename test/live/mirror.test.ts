/**
 * The mirror source against common receivers: its packets are captured on the collector's wire, dissected by
 * tshark, and read by mirrorlake's own `read`.
 *
 *     netns b-host lan 203.0.113.2 ── lan 203.0.113.1 netns b-src
 *     netns b-src wan 198.51.100.1 ── wan 198.51.100.2 netns b-col
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mirrorCommands, parseMirrorInput, plain } from '../../src/console/mirror-commands.js';
import { openOutput } from '../../src/receive/file/capture-writer.js';
import { PcapWriter } from '../../src/receive/file/pcap-writer.js';
import { setTransportChecksum } from '../../src/wire/transport/transport-checksum.js';
import { type Packet, readAll } from '../receive/file/support.js';
import { ethernet, ipv4, ipv6, udp } from '../support/frames.js';
import { describeWith, ip, run, tryIp } from '../support/needs.js';
import { PacketSender } from '../support/packet-sender.js';
import { Tcpdump, tsharkComplaints, tsharkFields, tsharkInnermost } from '../support/tcpdump.js';

const PROGRAM = 'dist/cli/main.js';
const NAMESPACES = ['b-host', 'b-src', 'b-col'];
/** What the mirror sends: GRE or UDP, also in fragments. */
const SENT = 'proto 47 or udp or ip6 proto 47 or ip6 proto 44';
const COLLECTOR = { 4: '198.51.100.2', 6: '2001:db8:100::2' } as const;

/** Payloads of UDP: small, odd and full-size. */
const SIZES = [0, 1, 47, 100, 999, 1472];

let dir: string;

/**
 * Frames as two hosts exchange them: small, odd and full-size, IPv4 and IPv6, one with a VLAN tag, one that
 * is not IP.
 */
function frames(): Uint8Array[] {
  const four = (n: number) => ipv4('203.0.113.2', '203.0.113.1', 17, udp(61001, 61002, new Uint8Array(n)));
  const six = (n: number) => {
    const packet = ipv6('2001:db8:7::2', '2001:db8:7::1', 17, udp(61001, 61002, new Uint8Array(n)));
    const UDP = 40;
    setTransportChecksum(packet, 0, 17, UDP, packet.length);
    return packet;
  };
  return [
    ...SIZES.map((n) => ethernet(0x0800, four(n))),
    ...SIZES.map((n) => ethernet(0x86dd, six(Math.min(n, 1452)))),
    ethernet(0x0800, four(64), [[0x8100, 0x6000 | 100]]),
    ethernet(
      0x88cc,
      new Uint8Array([0x02, 0x07, 4, 2, 0, 0, 0, 0, 1, 0x04, 2, 7, 49, 0x06, 2, 0, 120, 0, 0]),
    ),
  ];
}

/** Writes the frames to a capture, with `gap` milliseconds between them. */
async function captureOf(list: Uint8Array[], gap = 0): Promise<string> {
  const path = join(dir, 'source.pcap');
  const writer = new PcapWriter(await openOutput(path), 1);
  list.forEach((frame, i) => {
    writer.packet(1_700_000_000, i * gap * 1_000_000, frame, 0, frame.length);
  });
  await writer.close();
  return path;
}

interface Ended {
  status: number | null;
  said: string;
}

interface Watched {
  process: ChildProcess;
  /** Once it has said that it has begun. */
  ready: Promise<void>;
  ended: Promise<Ended>;
}

/** Runs `mirrorlake mirror` in the source's namespace. */
function start(...args: string[]): Watched {
  const words = ['netns', 'exec', 'b-src', 'node', PROGRAM, 'mirror', ...args];
  return watched(spawn('ip', words, { stdio: ['ignore', 'ignore', 'pipe'] }));
}

/** Runs a command as printed, in place of the shell, so that signals reach it. */
function spawnIn(netns: string, line: string, env: NodeJS.ProcessEnv): ChildProcess {
  const words = ['netns', 'exec', netns, 'sh', '-c', `exec ${line}`];
  return spawn('ip', words, { stdio: ['ignore', 'ignore', 'pipe'], env });
}

function watched(process: ChildProcess, sign = 'until Ctrl-C'): Watched {
  let said = '';
  const ready = new Promise<void>((resolve) => {
    process.stderr?.on('data', (text) => {
      said += String(text);
      if (said.includes(sign)) resolve();
    });
  });
  const ended = once(process, 'close').then(([status]) => ({ status: status as number | null, said }));
  return { process, ready, ended };
}

/** Waits until it has begun. @throws if it ends before */
async function begun({ ready, ended }: Watched): Promise<void> {
  const end = await Promise.race([ready, ended]);
  if (end !== undefined) throw new Error(`it ended with status ${end.status}: ${end.said}`);
}

/** Mirrors with these options to the collector. Returns what arrived there. */
async function mirrored(version: 4 | 6, ...args: string[]): Promise<{ file: string; said: string }> {
  const file = join(dir, 'collector.pcap');
  const tap = await Tcpdump.start('b-col', 'wan', file, SENT);
  const { status, said } = await start('--to', COLLECTOR[version], ...args).ended;
  await tap.stop();
  expect(status, said).toBe(0);
  return { file, said };
}

/** Mirrors an interface while `traffic` runs. */
async function mirroredInterface(
  traffic: () => void,
  ...args: string[]
): Promise<{ file: string; said: string }> {
  const file = join(dir, 'collector.pcap');
  const tap = await Tcpdump.start('b-col', 'wan', file, SENT);
  const { process, ready, ended } = start('--to', COLLECTOR[4], ...args);
  await Promise.race([ready, ended]);
  traffic();
  // Wait until no more packets come.
  await tap.stop();
  process.kill('SIGINT');
  const { status, said } = await ended;
  expect(status, said).toBe(0);
  return { file, said };
}

/** The inner frames of packets over IPv4 that have `overhead` bytes between IP and the frame. */
function inner(packets: Packet[], overhead: number): string[] {
  return packets.map((packet) => packet.data.slice((14 + 20 + overhead) * 2));
}

/** The session or mirror rows that mirrorlake makes of a capture. */
function rows(kind: 'sessions' | 'mirrors', file: string, ...options: string[]): Record<string, unknown>[] {
  return run('node', PROGRAM, 'read', '--quiet', ...options, '--ndjson', kind, file)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

const ping = (count: number, address: string) => () =>
  void run('ip', 'netns', 'exec', 'b-host', 'ping', '-q', '-i', '0.05', '-c', String(count), address);

describeWith(
  ['root', 'ip', 'tcpdump', 'tshark', 'ping', 'ethtool', 'libpcap.so'],
  'mirrorlake mirror',
  () => {
    beforeAll(() => {
      dir = mkdtempSync(join(tmpdir(), 'mirrorlake-mirror-'));
      for (const name of NAMESPACES) {
        tryIp(`netns del ${name}`);
        ip(`netns add ${name}`);
      }
      ip('-n b-host link add lan type veth peer name lan netns b-src');
      ip('-n b-src link add wan type veth peer name wan netns b-col');
      const address = (name: string, device: string, four: string, six: string) => {
        ip(`-n ${name} addr add ${four} dev ${device}`);
        ip(`-n ${name} addr add ${six} dev ${device} nodad`);
        ip(`-n ${name} link set ${device} up`);
        run(
          'ip',
          'netns',
          'exec',
          name,
          'ethtool',
          '-K',
          device,
          'tx',
          'off',
          'tso',
          'off',
          'gso',
          'off',
          'gro',
          'off',
        );
      };
      address('b-host', 'lan', '203.0.113.2/24', '2001:db8:7::2/64');
      address('b-src', 'lan', '203.0.113.1/24', '2001:db8:7::1/64');
      address('b-src', 'wan', '198.51.100.1/24', '2001:db8:100::1/64');
      address('b-col', 'wan', '198.51.100.2/24', '2001:db8:100::2/64');
      for (const name of NAMESPACES) ip(`-n ${name} link set lo up`);
      for (const { 4: four, 6: six } of [COLLECTOR]) {
        run('ip', 'netns', 'exec', 'b-src', 'ping', '-q', '-c', '1', four);
        run('ip', 'netns', 'exec', 'b-src', 'ping', '-q', '-c', '1', six);
      }
    });
    afterAll(() => {
      for (const name of NAMESPACES) tryIp(`netns del ${name}`);
      rmSync(dir, { recursive: true, force: true });
    });

    describe.each([4, 6] as const)('over IPv%i', (version) => {
      it.each([
        ['erspan1', ['--type', '1']],
        ['erspan2', ['--type', '2', '--session', '30', '--index', '123']],
        [
          'erspan3',
          ['--type', '3', '--session', '31', '--hardware', '17', '--sgt', '99', '--direction', 'both'],
        ],
        ['erspan3', ['--type', '3', '--session', '32', '--index', '77', '--granularity', 'ieee1588']],
        ['gretap', ['--type', 'gretap']],
        ['gretap', ['--type', 'gretap', '--key', '0x1234', '--sequence', '--checksum']],
      ])('%s, %j: tshark finds no error, and the same conversations come out', async (type, options) => {
        const capture = await captureOf(frames());
        const { file, said } = await mirrored(version, '--file', capture, '--speed', 'max', ...options);
        expect(said).toContain(`${frames().length} of ${frames().length} packets`);
        expect(tsharkComplaints(file)).toEqual([]);
        const sessions = rows('sessions', file);
        const conversation = (s: Record<string, unknown>) => [
          s.client_ip,
          s.server_port,
          s.client_packets,
          s.client_bytes,
        ];
        expect(sessions.map(conversation).sort()).toEqual(
          [
            ['203.0.113.2', 61002, 6 + 1, 6 * 28 + 2619 + 92],
            ['2001:db8:7::2', 61002, 6, 6 * 48 + 2599],
            ['::', 0, 1, 33],
          ].sort(),
        );
        for (const session of sessions) expect(session.mirror_type).toBe(type);
        const [mirror] = rows('mirrors', file);
        expect(mirror).toMatchObject({
          mirror_type: type,
          mirror_source: version === 4 ? '198.51.100.1' : '2001:db8:100::1',
          mirror_target: COLLECTOR[version],
          packets: frames().length,
          lost: 0,
          reordered: 0,
          malformed: 0,
        });
        const number = (option: string) => Number(options[options.indexOf(option) + 1]);
        if (options.includes('--session')) expect(mirror.mirror_session).toBe(number('--session'));
        if (options.includes('--index')) expect(sessions[0].mirror_port).toBe(number('--index'));
        if (options.includes('--hardware')) {
          expect(sessions[0]).toMatchObject({
            mirror_hardware: 17,
            security_group: 99,
            mirror_direction: 'ingress',
          });
        }
      });
    });

    describe.each([4, 6] as const)('in UDP over IPv%i', (version) => {
      const ids = (name: string, value: string): [string[], string[]] => [[name], [value]];
      it.each([
        ['vxlan', [], 4789, ids('vxlan.vni', '1')],
        ['vxlan', ['--vni', '0xabcdef'], 4789, ids('vxlan.vni', '11259375')],
        [
          'geneve',
          ['--vni', '0xabcdef'],
          6081,
          [
            ['geneve.vni', 'geneve.proto_type'],
            ['0xabcdef', '0x6558'],
          ],
        ],
        [
          'gre-udp',
          ['--key', '0x1234', '--sequence'],
          4754,
          [
            ['gre.proto', 'gre.key'],
            ['0x6558', '0x00001234'],
          ],
        ],
        [
          'gre-udp',
          ['--inside', '2', '--session', '30'],
          4754,
          [
            ['gre.proto', 'erspan.spanid'],
            ['0x88be', '30'],
          ],
        ],
        ['tzsp', [], 37008, [['tzsp.encap'], ['1']]],
      ] as [string, string[], number, [string[], string[]]][])(
        '%s, %j: tshark finds no error, and the frames',
        async (type, options, port, [fields, values]) => {
          const list = frames();
          const { file, said } = await mirrored(
            version,
            ...['--file', await captureOf(list), '--speed', 'max', '--type', type, ...options],
          );
          expect(said).toContain(`${list.length} of ${list.length} packets`);
          expect(tsharkComplaints(file)).toEqual([]);
          // Of a fragmented packet, the last fragment has the fields.
          const whole = tsharkFields(file, 'udp.dstport', 'udp.checksum.status', ...fields).filter(
            (line) => line.trim() !== '',
          );
          // 1 is good; 3 is none, as over IPv4.
          const checksum = version === 6 ? '1' : '3';
          expect(whole).toEqual(list.map(() => [port, checksum, ...values].join('\t')));
          const lengths = [...SIZES, ...SIZES.map((n) => Math.min(n, 1452)), 64].map(
            (n) => `61002\t${8 + n}`,
          );
          expect(
            tsharkInnermost(file, 'udp.dstport', 'udp.length').filter((line) => line.startsWith('61002')),
          ).toEqual(lengths);
          const erspan = options.includes('--inside');
          const vni = /vxlan|geneve/.test(type);
          expect(rows('mirrors', file, '--input', type)).toMatchObject([
            {
              mirror_type: erspan ? 'erspan2' : type,
              mirror_session: vni ? Number(values[0]) : erspan ? 30 : 0,
              mirror_source: version === 4 ? '198.51.100.1' : '2001:db8:100::1',
              mirror_target: COLLECTOR[version],
              packets: list.length,
              lost: 0,
              reordered: 0,
              malformed: 0,
            },
          ]);
          for (const line of tsharkFields(file, 'udp.srcport').filter((text) => text !== ''))
            expect(Number(line)).toBeGreaterThanOrEqual(49152);
        },
      );
    });

    it('sends the source port of the inner flow: one for both directions, another for others', async () => {
      const flow = (from: number, to: number, there: boolean) => {
        const data = new Uint8Array(20);
        return there
          ? ethernet(0x0800, ipv4('203.0.113.2', '203.0.113.1', 17, udp(from, to, data)))
          : ethernet(0x0800, ipv4('203.0.113.1', '203.0.113.2', 17, udp(to, from, data)));
      };
      const list = Array.from({ length: 32 }, (_, i) => flow(61001, 62000 + (i >> 1), i % 2 === 0));
      const { file } = await mirrored(
        4,
        ...['--file', await captureOf(list), '--speed', 'max', '--type', 'vxlan'],
      );
      const ports = tsharkFields(file, 'udp.srcport');
      expect(ports).toHaveLength(list.length);
      expect(ports.filter((_, i) => i % 2 === 0)).toEqual(ports.filter((_, i) => i % 2 === 1));
      // 16 flows among 16,384 ports: two may be alike once in a hundred.
      expect(new Set(ports).size).toBeGreaterThan(14);
    });

    it('leaves the checksum out over IPv6 if told to', async () => {
      const list = frames().slice(0, 4);
      const { file } = await mirrored(
        6,
        ...['--file', await captureOf(list), '--speed', 'max', '--type', 'geneve', '--no-udp-checksum'],
      );
      expect(tsharkFields(file, 'udp.checksum')).toEqual(list.map(() => '0x0000'));
    });

    it.each([
      ['vxlan', 8 + 8],
      ['geneve', 8 + 8],
      ['gre-udp', 8 + 4],
      ['tzsp', 8 + 15],
    ])('sends the frames unchanged, byte by byte, in UDP: %s', async (type, overhead) => {
      const list = frames().filter((frame) => frame.length < 1400);
      const { file } = await mirrored(
        4,
        ...['--file', await captureOf(list), '--speed', 'max', '--type', type],
      );
      expect(inner((await readAll(file)).packets, overhead)).toEqual(
        list.map((frame) => Buffer.from(frame).toString('hex')),
      );
    });

    it('numbers TZSP packets and says how long a cut frame was', async () => {
      const list = frames();
      const { file } = await mirrored(
        4,
        ...['--file', await captureOf(list), '--speed', 'max', '--type', 'tzsp', '--snap-length', '96'],
      );
      expect(tsharkFields(file, 'tzsp.packet_id', 'tzsp.original_length')).toEqual(
        list.map((frame, i) => `${i}\t${frame.length}`),
      );
    });

    it('sends the frames unchanged, byte by byte', async () => {
      const list = frames().filter((frame) => frame.length < 1400);
      const { file } = await mirrored(4, '--file', await captureOf(list), '--speed', 'max');
      expect(inner((await readAll(file)).packets, 8 + 8)).toEqual(
        list.map((frame) => Buffer.from(frame).toString('hex')),
      );
    });

    it('cuts frames to the snap length and marks them', async () => {
      const list = frames();
      const { file, said } = await mirrored(
        4,
        ...['--file', await captureOf(list), '--speed', 'max', '--snap-length', '96', '--type', '3'],
      );
      const long = list.filter((frame) => frame.length > 96).length;
      expect(said).toContain(`${long} cut to the snap length`);
      expect(tsharkFields(file, 'erspan.truncated')).toEqual(
        list.map((frame) => (frame.length > 96 ? '1' : '0')),
      );
      expect(inner((await readAll(file)).packets, 8 + 12)).toEqual(
        list.map((frame) => Buffer.from(frame.subarray(0, 96)).toString('hex')),
      );
    });

    it('mirrors the packets that the filter selects', async () => {
      const { file, said } = await mirrored(
        4,
        ...[
          '--file',
          await captureOf(frames()),
          '--speed',
          'max',
          '--filter',
          'ip6 and udp port 61002 and greater 200',
        ],
      );
      expect(said).toContain('2 of 14 packets');
      expect(rows('sessions', file)).toMatchObject([{ client_ip: '2001:db8:7::2', client_packets: 2 }]);
      const wrong = await start('--file', '/dev/null', '--to', COLLECTOR[4], '--filter', 'udp prt 53').ended;
      expect(wrong).toEqual({
        status: 2,
        said: expect.stringMatching(/^mirrorlake: the filter "udp prt 53" is wrong: .*syntax error.*\n$/),
      });
    });

    // Times are tested with a simulated clock in test/mirror-source/replay.test.ts.
    it.each([
      ['at its own speed', ['--speed', '1'], 1],
      ['faster', ['--speed', '4'], 1],
      ['again and again', ['--speed', '40', '--loop', '3'], 3],
      ['held back to a rate', ['--speed', 'max', '--rate', '100pps'], 1],
    ])('plays a capture %s, whole and in order', async (_, options, times) => {
      const list = frames().filter((frame) => frame.length < 1400);
      const { file, said } = await mirrored(4, '--file', await captureOf(list, 20), ...options);
      expect(said).toContain(`${list.length * times} of ${list.length * times} packets`);
      const sent = list.map((frame) => Buffer.from(frame).toString('hex'));
      expect(inner((await readAll(file)).packets, 8 + 8)).toEqual(Array(times).fill(sent).flat());
    });

    it('mirrors an interface in both directions, with direction fields', async () => {
      const { file, said } = await mirroredInterface(
        ping(10, '203.0.113.1'),
        ...['--interface', 'lan', '--type', '3', '--filter', 'icmp'],
      );
      expect(said).toMatch(/mirrored lan to 198\.51\.100\.2: 20 of \d+ packets/);
      expect(tsharkComplaints(file)).toEqual([]);
      expect(rows('sessions', file)).toMatchObject([
        {
          client_ip: '203.0.113.2',
          server_ip: '203.0.113.1',
          client_packets: 10,
          server_packets: 10,
          mirror_direction: 'both',
        },
      ]);
      const directions = tsharkFields(file, 'erspan.direction');
      expect(directions).toHaveLength(20);
      expect(new Set(directions).size).toBe(2);
    });

    it.each([
      ['ingress', '203.0.113.2'],
      ['egress', '203.0.113.1'],
    ])('mirrors %s only', async (direction, source) => {
      const { file } = await mirroredInterface(
        ping(5, '203.0.113.1'),
        ...['--interface', 'lan', '--direction', direction, '--filter', 'icmp'],
      );
      expect(tsharkFields(file, 'icmp.type')).toHaveLength(5);
      const [session] = rows('sessions', file);
      const { client_ip, client_packets, server_packets } = session;
      expect(
        client_ip === source ? [client_packets, server_packets] : [server_packets, client_packets],
      ).toEqual([5, 0]);
    });

    describe.each([4, 6] as const)('as the console prints it, over IPv%i', (version) => {
      it.each([
        ['II', 'both', 'erspan2', 50],
        ['III', 'rx', 'erspan3', 51],
        ['I', 'tx', 'erspan1', 0],
      ] as const)('type %s, %s', async (type, direction, mirrorType, session) => {
        // What an installation puts into the PATH.
        const bin = join(dir, 'bin');
        mkdirSync(bin, { recursive: true });
        const script = `#!/bin/sh\nexec node ${resolve(PROGRAM)} "$@"\n`;
        writeFileSync(join(bin, 'mirrorlake'), script, { mode: 0o755 });
        const env = { ...process.env, PATH: `${bin}:${process.env.PATH}` };
        const { commands, show } = mirrorCommands(
          parseMirrorInput({
            platform: 'mirror',
            name: 'core-1',
            collector: COLLECTOR[version],
            source: version === 4 ? '198.51.100.1' : '2001:db8:100::1',
            session: session === 0 ? 1 : session,
            ports: ['lan'],
            type,
            direction,
            truncate: 90,
            ttl: 9,
          }),
        );
        const file = join(dir, 'collector.pcap');
        const tap = await Tcpdump.start('b-col', 'wan', file, 'proto 47 or ip6 proto 47');
        const mirror = watched(spawnIn('b-src', plain(commands), env));
        await begun(mirror);
        const seen = watched(spawnIn('b-src', plain(show), env), 'listening on');
        await begun(seen);
        ping(10, '203.0.113.1')();
        // It has seen five packets of the mirror.
        expect((await seen.ended).status).toBe(0);
        await tap.stop();
        mirror.process.kill('SIGINT');
        const { status, said } = await mirror.ended;
        expect(status, said).toBe(0);
        expect(rows('mirrors', file)).toMatchObject([
          {
            mirror_type: mirrorType,
            mirror_session: session,
            mirror_source: version === 4 ? '198.51.100.1' : '2001:db8:100::1',
          },
        ]);
        const [icmp] = rows('sessions', file).filter((row) => row.transport === 'icmp');
        const both = [icmp.client_packets, icmp.server_packets].sort((a, b) => Number(a) - Number(b));
        expect(both).toEqual(direction === 'both' ? [10, 10] : [0, 10]);
        const field = version === 4 ? 'ip.ttl' : 'ipv6.hlim';
        for (const ttl of tsharkFields(file, field)) expect(ttl.split(',')[0]).toBe('9');
        for (const { data } of (await readAll(file)).packets) {
          // Ethernet, outer IP, GRE (with a sequence number), ERSPAN, and at most 90 bytes of the frame.
          const headers = 14 + (version === 4 ? 20 : 40) + { I: 4, II: 16, III: 20 }[type];
          expect(data.length / 2 - headers).toBeLessThanOrEqual(90);
        }
      });
    });

    it('restores the VLAN tag that the kernel took off', async () => {
      const tagged = frames()[12];
      // The receiving end of such a pair takes the tag off, as a network card does.
      tryIp('link del b-tag');
      ip('link add b-tag type veth peer name tag netns b-src');
      ip('link set b-tag up');
      ip('-n b-src link set tag up');
      const sender = new PacketSender('b-tag');
      const { file, said } = await mirroredInterface(
        () => {
          for (let i = 0; i < 3; i++) sender.add(tagged);
          sender.flush();
        },
        ...['--interface', 'tag', '--filter', 'vlan 100 and udp port 61002'],
      );
      sender.close();
      ip('link del b-tag');
      expect(said).toMatch(/: 3 of \d+ packets/);
      expect(rows('sessions', file)).toMatchObject([{ vlan_ids: [100], client_packets: 3 }]);
      expect(tsharkFields(file, 'erspan.vlan')).toEqual(['100', '100', '100']);
      expect(inner((await readAll(file)).packets, 8 + 8)[0]).toBe(Buffer.from(tagged).toString('hex'));
    });

    it('never mirrors its own output', async () => {
      const { file, said } = await mirroredInterface(
        () => void run('ip', 'netns', 'exec', 'b-src', 'ping', '-q', '-i', '0.05', '-c', '10', COLLECTOR[4]),
        ...['--interface', 'wan'],
      );
      expect(Number(/ (\d+) of /.exec(said)?.[1])).toBeLessThan(40);
      const sessions = rows('sessions', file);
      // The collector's kernel, where nobody receives GRE, adds a few ICMP errors.
      const [icmp] = sessions.filter((session) => session.transport === 'icmp');
      expect(icmp.client_packets).toBe(10);
      expect(sessions.filter((session) => session.protocol === 47)).toEqual([]);
    });

    it.each(['vxlan', 'tzsp'])('never mirrors its own output in UDP: %s', async (type) => {
      const { file, said } = await mirroredInterface(
        () =>
          void run(
            ...[
              'ip',
              'netns',
              'exec',
              'b-src',
              'ping',
              '-q',
              '-i',
              '0.05',
              '-c',
              '10',
              '-s',
              '1800',
              COLLECTOR[4],
            ],
          ),
        ...['--interface', 'wan', '--type', type],
      );
      // Pings in two fragments each, mirrored also in two, and ICMP errors of the collector's kernel.
      expect(Number(/ (\d+) of /.exec(said)?.[1])).toBeLessThan(80);
      const quoted = tsharkInnermost(file, 'icmp.type').filter((line) => line !== '');
      expect(quoted.length).toBeGreaterThanOrEqual(20);
    });

    it('drops packets of an interface beyond the rate', async () => {
      const { said } = await mirroredInterface(
        ping(20, '203.0.113.1'),
        ...['--interface', 'lan', '--filter', 'icmp', '--rate', '5pps'],
      );
      const [, sent] = /: (\d+) of \d+ packets/.exec(said) ?? [];
      const [, dropped] = /(\d+) dropped at the rate limit/.exec(said) ?? [];
      expect(Number(sent) + Number(dropped)).toBe(40);
      expect(Number(sent)).toBeLessThan(20);
    });

    it('continues after the interface was down, and uses no CPU time meanwhile', async () => {
      const { file } = await mirroredInterface(
        () => {
          ip('-n b-src link set lan down');
          const pid = run('ip', 'netns', 'pids', 'b-src').trim();
          const ticks = () => Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ')[13]);
          const before = ticks();
          spawnSync('sleep', ['1']);
          expect(ticks() - before).toBeLessThan(30);
          ip('-n b-src link set lan up');
          ping(5, '203.0.113.1')();
        },
        ...['--interface', 'lan', '--filter', 'icmp'],
      );
      expect(rows('sessions', file)).toMatchObject([{ client_packets: 5, server_packets: 5 }]);
    });

    it('ends with one line when the interface is removed', async () => {
      ip('-n b-src link add b-gone type veth peer name b-went');
      ip('-n b-src link set b-gone up');
      const { ready, ended } = start('--to', COLLECTOR[4], '--interface', 'b-gone');
      await Promise.race([ready, ended]);
      ip('-n b-src link del b-gone');
      const { status, said } = await ended;
      expect(status).toBe(1);
      expect(said).toMatch(
        /mirrorlake: cannot go on with interface b-gone: ENODEV \(it has been removed\)\n$/,
      );
    });
  },
);
