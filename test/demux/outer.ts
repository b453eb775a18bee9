import { LinkType, PacketBatch } from '../../src/model/batch.js';
import { OuterPacket } from '../../src/model/outer-packet.js';
import { ipv4, ipv6 } from '../support/frames.js';

/** An empty outer packet between two IPv4 or IPv6 addresses. */
export function outer(source: string, target: string): OuterPacket {
  const packet = new OuterPacket();
  const six = source.includes(':');
  packet.bytes = six
    ? ipv6(source, target, 47, new Uint8Array(0))
    : ipv4(source, target, 47, new Uint8Array(0));
  packet.ipVersion = six ? 6 : 4;
  packet.source = six ? 8 : 12;
  packet.destination = six ? 24 : 16;
  return packet;
}

export interface Captured {
  readonly bytes: Uint8Array;
  readonly linkType?: number;
  readonly sec?: number;
  readonly nsec?: number;
  /** Bytes it had on the wire, if the capture cut it. */
  readonly length?: number;
}

/** A batch of packets, raw IP by default. */
export function batchOf(packets: readonly (Uint8Array | Captured)[]): PacketBatch {
  const batch = new PacketBatch();
  const list = packets.map((p) => (p instanceof Uint8Array ? { bytes: p } : p));
  batch.bytes = new Uint8Array(list.reduce((n, p) => n + p.bytes.length, 0));
  let o = 0;
  for (const [i, p] of list.entries()) {
    batch.bytes.set(p.bytes, o);
    batch.offset[i] = o;
    batch.captured[i] = p.bytes.length;
    batch.length[i] = p.length ?? p.bytes.length;
    batch.sec[i] = p.sec ?? 1_700_000_000;
    batch.nsec[i] = p.nsec ?? 0;
    batch.linkType[i] = p.linkType ?? LinkType.Raw;
    o += p.bytes.length;
  }
  batch.count = list.length;
  return batch;
}
