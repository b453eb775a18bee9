import { expect, it } from 'vitest';
import { MirrorPoint, MirrorType } from '../../src/model/mirror-point.js';
import { Mirrored } from '../../src/model/mirrored.js';
import { PacketLayer } from '../../src/model/packet-layer.js';
import { PacketRecord } from '../../src/model/packet-record.js';
import { fillPacket } from '../../src/store/segment/kept-frame.js';
import { decodeFrame, Frame, FrameKind, KNOWN_TUNNEL_PORTS, Walk } from '../../src/wire/walk/frame.js';
import { ethernet, ipv4, udp } from '../support/frames.js';

const walk = new Walk(KNOWN_TUNNEL_PORTS);

const mirrored = new Mirrored();
mirrored.point = new MirrorPoint(0, MirrorType.Gretap, new Uint8Array(16), new Uint8Array(16), 0, null);
mirrored.protocol = 0x6558;

function kept(bytes: Uint8Array): PacketRecord {
  const frame = new Frame();
  decodeFrame(walk, FrameKind.Ethernet, 0, bytes, 0, bytes.length, bytes.length, frame);
  const record = new PacketRecord();
  fillPacket(record, frame, mirrored, 64, bytes.length);
  return record;
}

const inner = ethernet(0x0800, ipv4('192.168.0.1', '192.168.0.2', 17, udp(5000, 53, new Uint8Array(30))));
const vxlan = (vni: number) => {
  const header = new Uint8Array([8, 0, 0, 0, vni >>> 16, vni >>> 8, vni, 0]);
  return ethernet(
    0x0800,
    ipv4('10.0.0.1', '10.0.0.2', 17, udp(50000, 4789, new Uint8Array([...header, ...inner]))),
  );
};

it('a kept frame has the network id of its overlay, or null without an overlay', () => {
  expect(kept(inner).vni).toBe(null);
  expect(kept(vxlan(0)).vni).toBe(0);
  expect(kept(vxlan(0xabcdef)).vni).toBe(0xabcdef);
});

it('a kept frame is cut to the configured length, and has its original length', () => {
  const record = kept(vxlan(1));
  expect(record.frameEnd - record.frameStart).toBe(64);
  expect(record.originalLength).toBe(vxlan(1).length);
  expect(record.layer).toBe(PacketLayer.Ethernet);
});
