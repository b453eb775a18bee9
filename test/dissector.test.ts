/** Captures of what Linux and Open vSwitch send must yield the conversations that Wireshark sees in them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { UDP_INPUT_PORTS } from '../src/model/inputs.js';
import { ARP_REQUEST } from '../src/wire/link/arp.js';
import { EtherType } from '../src/wire/link/ethertypes.js';
import { encodePcap } from './support/fixtures/encode.js';
import {
  COLLECTOR,
  COLLECTOR_6,
  dnsTalk,
  httpTalk,
  PC1,
  PC1_6,
  PC2,
  PC2_6,
  SWITCH,
  SWITCH_6,
} from './support/fixtures/fixture.js';
import { arp } from './support/fixtures/inner.js';
import { describeWith, run } from './support/needs.js';
import { type Row, readCapture } from './support/read-capture.js';
import { ipBytes } from './support/traffic/host.js';
import { MirrorSource, type MirrorSourceOptions } from './support/traffic/mirror-source.js';
import { ascii } from './support/traffic/payloads.js';
import { Scene } from './support/traffic/scene.js';
import { PingTalk } from './support/traffic/talk.js';

const V4 = { source: SWITCH, target: COLLECTOR };
const V6 = { source: SWITCH_6, target: COLLECTOR_6 };

/** Each sender, and the mirror columns of its sessions. */
const SENDERS: [name: string, mirror: MirrorSourceOptions, columns: Row][] = [
  [
    'Linux, ERSPAN type I',
    { type: 'erspan1', ...V4 },
    { mirror_type: 'erspan1', mirror_session: 0, gre_key: null },
  ],
  [
    'Linux, ERSPAN type II',
    { type: 'erspan2', ...V4, session: 30, index: 123 },
    { mirror_type: 'erspan2', mirror_session: 30, mirror_port: 123 },
  ],
  [
    'Linux, ERSPAN type III',
    { type: 'erspan3', ...V4, session: 31, direction: 'egress', hardware: 17 },
    { mirror_type: 'erspan3', mirror_session: 31, mirror_direction: 'egress', mirror_hardware: 17 },
  ],
  [
    'Linux, gretap with key and checksum',
    { type: 'gretap', ...V4, key: 0x1234, checksum: true },
    { mirror_type: 'gretap', gre_key: 0x1234 },
  ],
  [
    'Open vSwitch, ERSPAN type II',
    { type: 'erspan2', ...V4, session: 77, index: 3 },
    { mirror_type: 'erspan2', mirror_session: 77, mirror_port: 3 },
  ],
  [
    'Open vSwitch, ERSPAN type III over IPv6',
    { type: 'erspan3', ...V6, session: 77, direction: 'egress', hardware: 4 },
    { mirror_type: 'erspan3', mirror_session: 77, mirror_direction: 'egress', mirror_hardware: 4 },
  ],
  ['VXLAN', { type: 'vxlan', ...V4, session: 7001 }, { mirror_type: 'vxlan', mirror_session: 7001 }],
  [
    'VXLAN over IPv6 with a checksum',
    { type: 'vxlan', ...V6, session: 7002, udpChecksum: true },
    { mirror_type: 'vxlan', mirror_session: 7002 },
  ],
  ['GENEVE', { type: 'geneve', ...V4, session: 8001 }, { mirror_type: 'geneve', mirror_session: 8001 }],
  ['VXLAN-GPE', { type: 'vxlan-gpe', ...V4, session: 9001 }, { mirror_type: 'vxlan-gpe' }],
  ['GRE in UDP', { type: 'gre-udp', ...V4, key: 5 }, { mirror_type: 'gre-udp', gre_key: 5 }],
  [
    'ERSPAN in GRE in UDP',
    { type: 'erspan2', ...V4, session: 30, inUdp: true },
    { mirror_type: 'erspan2', mirror_session: 30 },
  ],
  ['TZSP', { type: 'tzsp', ...V4, numbered: true }, { mirror_type: 'tzsp', mirror_session: 0 }],
  ['HP ERM', { type: 'erm', ...V4, header: { vlan: 60, tagged: 1 } }, { mirror_type: 'erm', vlan_ids: [60] }],
];

/** Two hosts ping, resolve a name and fetch a page, over IPv4 and IPv6; a switch mirrors them. */
function capture(options: MirrorSourceOptions): Uint8Array {
  const scene = new Scene();
  const mirror = new MirrorSource(options);
  scene.mirror(0, mirror, (p) =>
    p
      .payload(arp(ARP_REQUEST, PC1, PC2), { etherType: EtherType.Arp })
      .ethernet(PC1.mac, new Uint8Array(6).fill(0xff)),
  );
  for (const [a, b] of [
    [PC1, PC2],
    [PC1_6, PC2_6],
  ] as const) {
    for (const talk of [
      new PingTalk(a, b, 7).ping(3, ascii('abcdefgh')),
      dnsTalk(50_001, a, b),
      httpTalk(40_001, a, b),
      httpTalk(40_002, a, b),
    ]) {
      scene.play(talk, mirror);
      scene.settle();
    }
  }
  return encodePcap(scene.packets());
}

/** Conversations: the ends in any order, packets and bytes of both directions together. */
class Conversations {
  /** Packets without IP. */
  other = 0;
  private readonly sums = new Map<string, { packets: number; bytes: number }>();

  /** @param ends address and port of each */
  add(ends: [string, unknown][], protocol: unknown, packets: number, bytes: number): void {
    const sorted = ends.map(([ip, port]) => `${Buffer.from(ipBytes(ip)).toString('hex')}|${port}`).sort();
    const key = `${sorted.join(' ')} ${protocol}`;
    const sum = this.sums.get(key) ?? { packets: 0, bytes: 0 };
    this.sums.set(key, { packets: sum.packets + packets, bytes: sum.bytes + bytes });
  }

  get list(): string[] {
    return [...this.sums].map(([key, { packets, bytes }]) => `${key} ${packets} ${bytes}`).sort();
  }
}

const FIELDS = [
  'frame.protocols',
  ...['src', 'dst', 'proto', 'len'].map((name) => `ip.${name}`),
  ...['src', 'dst', 'nxt', 'plen'].map((name) => `ipv6.${name}`),
  ...['tcp', 'udp'].flatMap((name) => [`${name}.srcport`, `${name}.dstport`]),
];

/** Which inputs a sender needs. */
function inputsOf({ type, inUdp = false }: MirrorSourceOptions): string[] {
  if (inUdp) return ['gre-udp'];
  return type in UDP_INPUT_PORTS ? [type] : [];
}

/** What tshark sees inside of GRE and UDP, by the last header of each kind in a packet. */
function asTsharkSees(file: string): Conversations {
  const seen = new Conversations();
  const fields = FIELDS.flatMap((field) => ['-e', field]);
  // It has no port for ERM of its own.
  const more = ['-d', 'udp.port==7932,hp_erm'];
  const lines = run('tshark', '-r', file, ...more, '-T', 'fields', '-E', 'occurrence=l', ...fields).split(
    '\n',
  );
  for (const line of lines.filter((line) => line !== '')) {
    const [protocols, ...values] = line.split('\t');
    const inner = /:(?:gre|udp):(?:\w+:)*?eth:.*:(ip|ipv6)\b/.exec(protocols)?.[1];
    if (inner === undefined) {
      seen.other++;
      continue;
    }
    const [from, to, protocol, length] = values.slice(inner === 'ip' ? 0 : 4);
    const [tcpFrom, tcpTo, udpFrom, udpTo] = values.slice(8);
    // What has no ports inside has those of the UDP around it.
    const [portFrom, portTo] =
      protocol === '6' ? [tcpFrom, tcpTo] : protocol === '17' ? [udpFrom, udpTo] : [];
    const ends: [string, unknown][] = [
      [from, portFrom ?? 0],
      [to, portTo ?? 0],
    ];
    seen.add(ends, protocol, 1, Number(length) + (inner === 'ip' ? 0 : 40));
  }
  return seen;
}

/** The same from our rows. */
function asWeSee(rows: Row[]): Conversations {
  const seen = new Conversations();
  for (const row of rows) {
    const [packets, bytes] = ['packets', 'bytes'].map(
      (what) => (row[`client_${what}`] as number) + (row[`server_${what}`] as number),
    );
    if (row.client_ip === '::' && row.server_ip === '::') seen.other += packets;
    else
      seen.add(
        [
          [row.client_ip as string, row.client_port],
          [row.server_ip as string, row.server_port],
        ],
        row.protocol,
        packets,
        bytes,
      );
  }
  return seen;
}

describeWith(['tshark'], 'captures as another dissector sees them', () => {
  const directory = mkdtempSync(join(tmpdir(), 'mirrorlake-dissector-'));
  afterAll(() => rmSync(directory, { recursive: true }));

  it.each(SENDERS)('%s', async (name, mirror, columns) => {
    const file = join(directory, `${name}.pcap`);
    writeFileSync(file, capture(mirror));
    const { sessions } = await readCapture(file, true, inputsOf(mirror));
    const rows = sessions.map((line) => JSON.parse(line) as Row);
    const [ours, theirs] = [asWeSee(rows), asTsharkSees(file)];
    expect(ours.list).toEqual(theirs.list);
    expect(ours.list).toHaveLength(8);
    expect([ours.other, theirs.other]).toEqual([1, 1]);
    for (const row of rows) expect(row).toMatchObject(columns);
  });
});
