import { describe, expect, it } from 'vitest';
import { MirrorTable } from '../../src/accounts/mirrors.js';
import { Demux } from '../../src/demux/demux.js';
import { LinkType, PacketBatch } from '../../src/model/batch.js';
import { packetJson } from '../../src/store/ndjson/packet-ndjson.js';
import { LAYER_NAMES, Layer } from '../../src/wire/walk/frame.js';
import { bytes, erspan2, erspan3, ethernet, gre, ipv4, ipv6, mellanox, tcp, udp } from '../support/frames.js';

interface Line {
  [key: string]: unknown;
  layers: { layer: string }[];
}

/** The NDJSON lines for raw IP packets. */
function lines(...packets: Uint8Array[]): Line[] {
  const batch = new PacketBatch();
  batch.bytes = bytes(...packets);
  let o = 0;
  for (const [i, p] of packets.entries()) {
    batch.offset[i] = o;
    batch.captured[i] = p.length;
    batch.length[i] = p.length;
    batch.linkType[i] = LinkType.Raw;
    batch.sec[i] = 1_700_000_000;
    batch.nsec[i] = 7;
    o += p.length;
  }
  batch.count = packets.length;
  const out: Line[] = [];
  const demux = new Demux({
    mirrors: new MirrorTable(),
    sink: { frame: () => {} },
    watcher: { packet: (...told) => out.push(JSON.parse(packetJson(...told)) as Line) },
  });
  demux.process(batch);
  return out;
}

const over = (payload: Uint8Array): Uint8Array => ipv4('10.0.0.1', '10.0.0.9', 47, payload);
const INNER = ipv4('192.168.1.2', '192.168.1.3', 6, tcp(40_000, 443, 2, 9, new Uint8Array(5)), { tos: 8 });

describe('the NDJSON of packets', () => {
  it('has the outer packet, GRE, mirror point, layers and conversation', () => {
    const [line] = lines(
      over(
        erspan2(
          30,
          12,
          ethernet(0x0800, INNER, [
            [0x88a8, 5],
            [0x8100, 6],
          ]),
          3,
        ),
      ),
    );
    expect(line).toEqual({
      time: '2023-11-14T22:13:20.000000007Z',
      outer_source: '10.0.0.1',
      outer_destination: '10.0.0.9',
      outer_source_port: null,
      outer_destination_port: null,
      outer_ttl: 64,
      outer_tos: 0,
      outer_bytes: 20 + 16 + 22 + 45,
      input: 'gre',
      gre_flags: 0x1000,
      gre_version: 0,
      gre_protocol: 0x88be,
      gre_checksum: null,
      gre_key: null,
      gre_sequence: 12,
      gre_acknowledgment: null,
      mirror_type: 'erspan2',
      mirror_source: '10.0.0.1',
      mirror_target: '10.0.0.9',
      mirror_session: 30,
      mirror_port: 3,
      mirror_direction: 'unknown',
      mirror_hardware: 0,
      security_group: 0,
      mirror_sensor: '',
      cos: 0,
      timestamp: null,
      timestamp_granularity: null,
      timestamp_upper: null,
      captured: 67,
      length: 67,
      truncated: false,
      layers: [
        { layer: 'ethernet', destination: '02:00:00:00:00:02', source: '02:00:00:00:00:01', type: 0x88a8 },
        { layer: 'vlan', id: 5, priority: 0, type: 0x8100 },
        { layer: 'vlan', id: 6, priority: 0, type: 0x0800 },
        {
          layer: 'ipv4',
          source: '192.168.1.2',
          destination: '192.168.1.3',
          tos: 8,
          length: 45,
          id: 1,
          fragment: 0,
          ttl: 64,
          protocol: 6,
        },
        {
          layer: 'tcp',
          source_port: 40_000,
          destination_port: 443,
          sequence: 9,
          acknowledgment: 0,
          flags: 2,
          window: 0xffff,
        },
      ],
      vlan_ids: [5, 6],
      ether_type: 0x0800,
      source_ip: '192.168.1.2',
      destination_ip: '192.168.1.3',
      source_port: 40_000,
      destination_port: 443,
      protocol: 6,
      transport: 'tcp',
      bytes: 45,
      payload: 5,
      malformed: null,
    });
  });

  it('names every layer that a frame can have', () => {
    const arp = bytes(
      [0, 1, 8, 0, 6, 4, 0, 1],
      new Uint8Array(6),
      [10, 1, 1, 1],
      new Uint8Array(6),
      [10, 1, 1, 2],
    );
    const vxlan = udp(4000, 4789, bytes([8, 0, 0, 0, 0, 0, 9, 0], ethernet(0x0806, arp)));
    const geneve = udp(4000, 6081, bytes([0, 0, 0x65, 0x58, 0, 0, 8, 0], ethernet(0x0806, arp)));
    const ip = (protocol: number, payload: Uint8Array): Uint8Array =>
      ipv4('10.2.0.1', '10.2.0.2', protocol, payload);
    const v6 = (next: number, payload: Uint8Array): Uint8Array =>
      ipv6('2001:db8::1', '2001:db8::2', next, payload);
    const frames = [
      ethernet(0x0806, arp),
      ethernet(0x8847, bytes([0, 1, 0, 64, 0, 2, 1, 64], INNER)),
      ethernet(0x8863, bytes([0x11, 9, 0, 0, 0, 0])),
      ethernet(0x8864, bytes([0x11, 0, 0, 3, 0, INNER.length + 2, 0, 0x21], INNER)),
      ethernet(0x8909, bytes([1, 1, 0, 1, 0, 99, 8, 0], INNER)),
      bytes(new Uint8Array(12), [0, 11], [0xaa, 0xaa, 3, 0, 0, 12, 0x20, 0, 1, 2, 3]),
      ethernet(0x0800, ip(1, bytes([8, 0, 0, 0, 0, 1, 0, 1]))),
      ethernet(0x86dd, v6(58, bytes([135, 0, 0, 0, 0, 0, 0, 0]))),
      ethernet(0x0800, ip(2, bytes([0x16, 0, 0, 0, 224, 0, 0, 251]))),
      ethernet(0x0800, ip(89, bytes([2, 1, 0, 24, 1, 2, 3, 4], new Uint8Array(16)))),
      ethernet(0x0800, ip(103, bytes([0x20, 0, 0, 0]))),
      ethernet(0x0800, ip(50, bytes([0, 0, 0, 7, 0, 0, 0, 8], new Uint8Array(16)))),
      ethernet(0x0800, ip(51, bytes([6, 1, 0, 0, 0, 0, 0, 7, 0, 0, 0, 8], tcp(1, 2, 2)))),
      ethernet(0x0800, ip(132, bytes([0, 5, 0, 6, 0, 0, 0, 9, 0, 0, 0, 0], [1, 0, 0, 4]))),
      ethernet(0x0800, ip(17, vxlan)),
      ethernet(0x0800, ip(17, geneve)),
      ethernet(0x0800, ip(47, gre(0x883e, bytes([0x80, 7, 0, 0], INNER)))),
      ethernet(0x0800, ip(47, gre(0x88be, ethernet(0x0800, INNER)))),
      ethernet(0x0800, ip(47, mellanox(ethernet(0x0800, INNER)))),
      ethernet(0x0800, ip(47, erspan2(44, 1, ethernet(0x0800, INNER)))),
      ethernet(0x0800, ip(47, erspan3(45, 1, ethernet(0x0800, INNER)))),
      ethernet(0x0800, ipv4('10.2.0.1', '10.2.0.2', 17, new Uint8Array(16), { fragment: [64, false] })),
      ethernet(0x88b5, new Uint8Array(20)),
      ethernet(0x8926, bytes([0x80, 7, 0, 9, 8, 0], INNER)),
      ethernet(0x893f, bytes([0, 5, 0, 6, 0, 0, 8, 0], INNER)),
      ethernet(0x88e7, bytes([0, 0, 1, 0], ethernet(0x0800, INNER))),
      ethernet(0x8903, bytes([0x01, 0x20], ethernet(0x0800, INNER))),
      ethernet(0x8988, bytes([0, 1, 0, 0, 0, 2, 8, 0], INNER)),
      ethernet(0xd28b, bytes([0, 1, 1, 0x20, 0, 7, 0, 0, 0, 8, 8, 0], INNER)),
      ethernet(0x892f, bytes([0x10, 40, 0, 9, 8, 0], INNER)),
      ethernet(0xf1c1, bytes([0, 0, 0, 10, 8, 0], INNER)),
      ethernet(0x894f, bytes([0x0f, 0xc2, 2, 1, 0, 0, 11, 12], INNER)),
      ethernet(0x88e5, bytes([0, 0, 0, 0, 0, 13, 8, 0], INNER, new Uint8Array(16))),
      ethernet(0x0800, ip(17, udp(4000, 4790, bytes([0x0c, 0, 0, 1, 0, 0, 14, 0], INNER)))),
      ethernet(0x0800, ip(17, udp(4000, 2152, bytes([0x30, 255, 0, INNER.length, 0, 0, 0, 15], INNER)))),
      ethernet(0x0800, ip(97, bytes([0x30, 0], ethernet(0x0800, INNER)))),
    ];
    const packets = [
      ...frames.map((f) => over(gre(0x6558, f))),
      over(gre(0x9000, bytes([8, 2], new Uint8Array(22), [0xaa, 0xaa, 3, 0, 0, 0, 8, 0], INNER))),
    ];
    const found = lines(...packets);
    expect(found.map((line) => line.malformed)).toEqual(packets.map(() => null));
    const layers = found.flatMap((line) => line.layers);
    expect(new Set(layers.map((l) => l.layer))).toEqual(
      new Set(LAYER_NAMES.filter((name, kind) => name !== '' && kind !== Layer.Vlan)),
    );
    const first = (name: string): unknown => layers.find((l) => l.layer === name);
    expect(first('arp')).toMatchObject({ operation: 1, sender_ip: '10.1.1.1', target_ip: '10.1.1.2' });
    expect(first('mpls')).toEqual({ layer: 'mpls', labels: [16, 32] });
    expect(first('vxlan')).toEqual({ layer: 'vxlan', vni: 9 });
    expect(first('geneve')).toEqual({ layer: 'geneve', vni: 8, protocol: 0x6558 });
    expect(first('gre')).toMatchObject({ protocol: 0x883e, key: null, sequence: null });
    expect(first('erspan2')).toMatchObject({ session: 44, port: 0 });
    expect(first('erspan3')).toMatchObject({ session: 45 });
    expect(first('ospf')).toMatchObject({ version: 2, type: 1, router: '1.2.3.4' });
    expect(first('igmp')).toEqual({ layer: 'igmp', type: 0x16, group: '224.0.0.251' });
    expect(first('ah')).toEqual({ layer: 'ah', spi: 7, sequence: 8 });
    expect(first('vntag')).toEqual({ layer: 'vntag', source: 9, destination: 7 });
    expect(first('etag')).toEqual({ layer: 'etag', ingress: 5, destination: 6 });
    expect(first('pbb')).toEqual({ layer: 'pbb', service: 256 });
    expect(first('fabricpath')).toEqual({ layer: 'fabricpath', forwarding_tag: 4, ttl: 32 });
    expect(first('ttag')).toEqual({ layer: 'ttag', clock: 2 ** 32 + 2 });
    expect(first('arista_timestamp')).toEqual({
      layer: 'arista_timestamp',
      timescale: 1,
      seconds: 7,
      nanoseconds: 8,
    });
    expect(first('hsr')).toEqual({ layer: 'hsr', path: 1, sequence: 9 });
    expect(first('rtag')).toEqual({ layer: 'rtag', sequence: 10 });
    expect(first('nsh')).toEqual({ layer: 'nsh', service_path: 11, service_index: 12, next_protocol: 1 });
    expect(first('macsec')).toEqual({ layer: 'macsec', flags: 0, packet_number: 13 });
    expect(first('vxlan_gpe')).toEqual({ layer: 'vxlan_gpe', vni: 14, next_protocol: 1 });
    expect(first('gtpu')).toEqual({ layer: 'gtpu', type: 255, teid: 15 });
    expect(first('cisco_metadata')).toMatchObject({ security_group: 99, type: 0x0800 });
  });

  it('has the same keys in every line, and the reason for a refused packet', () => {
    const found = lines(
      over(gre(0x0800, INNER, { key: 5, sequence: 6, checksum: true })),
      over(bytes([0, 2, 8, 0], INNER)),
      over(gre(0x00fe, new Uint8Array(20))),
      over(new Uint8Array(4)),
      over(bytes([0x20, 0x81, 0x88, 0x0b, 0, 0, 0, 7, 0, 0, 0, 9])),
    );
    const keys = found.map((line) => Object.keys(line).join());
    expect(new Set(keys).size).toBe(1);
    expect(found.map((l) => l.malformed)).toEqual([null, 'gre_version', null, null, null]);
    expect(found[0]).toMatchObject({ gre_key: 5, gre_sequence: 6, mirror_type: 'gre' });
    expect(found[2]).toMatchObject({ mirror_type: 'gre', transport: 'osi', captured: 20 });
    expect(found[4]).toMatchObject({ gre_version: 1, gre_acknowledgment: 9, mirror_type: null });
  });

  it('has the VLAN that the switch removed as its first VLAN', () => {
    const packet = over(erspan2(1, 1, ethernet(0x0800, INNER, [[0x8100, 6]])));
    packet.set([0x10, 44, 0x10, 1], 28);
    expect(lines(packet)[0].vlan_ids).toEqual([44, 6]);
  });
});
