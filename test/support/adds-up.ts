/** Checks that every packet ended in exactly one counter, and that its mirror point counted every frame. */
import assert from 'node:assert/strict';
import { MirrorRecord } from '../../src/model/mirror-record.js';
import { MALFORMED_NAMES, Malformed } from '../../src/wire/walk/malformed.js';
import type { Collected } from '../demux/collect.js';

/** Reasons for refusing a packet that carries mirrored traffic. */
const OF_GRE: readonly number[] = [
  Malformed.GreShort,
  Malformed.GreVersion,
  Malformed.GreRouting,
  Malformed.GreChecksum,
  Malformed.GreProtocol,
  Malformed.ErspanShort,
  Malformed.ErspanVersion,
  Malformed.ErspanFrameType,
  Malformed.Pptp,
  Malformed.CiscoMetadata,
  Malformed.WccpShort,
  Malformed.OuterUdp,
  Malformed.OuterVxlan,
  Malformed.OuterGeneve,
  Malformed.Tzsp,
  Malformed.Jmirror,
  Malformed.Erm,
];

/** Ends what `out` holds, and adds up where its packets ended. */
export function addsUp(out: Collected, packets: number): void {
  out.demux.finish();
  const c = out.demux.counters;
  const r = c.reassembly;
  const m = c.malformed;
  assert.equal(c.packets, packets);
  // Outside of them: a fragment ends when it is taken. The packet made of fragments, or of the first one
  // alone, ends once more.
  const refusedFragments = r.invalid + r.overlaps + r.ecn;
  const ends =
    c.unsupportedLinkType +
    c.notGre +
    m[Malformed.LinkHeader] +
    m[Malformed.IpHeader] +
    c.gre +
    c.udp +
    r.fragments;
  assert.equal(ends + m[Malformed.IpFragment] - refusedFragments - r.reassembled - r.begun, packets);
  assert.equal(out.frames.length, c.frames);
  const record = new MirrorRecord();
  let counted = 0;
  for (const point of out.mirrors.points) {
    out.mirrors.totals(point, record);
    assert.ok(record.packets > 0);
    for (const n of [record.bytes, record.lost, record.reordered, record.repeated]) assert.ok(n >= 0, `${n}`);
    counted += record.packets;
  }
  // Inside GRE and UDP, a packet is taken by a tunnel, empty, from a refused mirror point, counted for a
  // mirror point, or refused for a reason. An unreadable frame counts for its mirror point and for its
  // reason.
  const reasons = OF_GRE.reduce((n, reason) => n + m[reason], 0);
  const opaque = out.frames.filter((f) => OF_GRE.includes(MALFORMED_NAMES.indexOf(f.malformed))).length;
  assert.equal(c.tunnelled + c.empty + out.mirrors.refused + counted + reasons - opaque, c.gre + c.udp);
}
