/** Every packet has come to exactly one end, and every frame belongs to a mirror point that counted it. */
import assert from 'node:assert/strict';
import { MirrorRecord } from '../../src/model/mirror-record.js';
import { MALFORMED_NAMES, Malformed } from '../../src/wire/walk/malformed.js';
import type { Collected } from '../demux/collect.js';

/** Reasons for which a GRE packet is refused. */
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
];

/** Ends what `out` was given, and adds up where its packets have ended. */
export function addsUp(out: Collected, packets: number): void {
  out.demux.finish();
  const c = out.demux.counters;
  const r = c.reassembly;
  const m = c.malformed;
  assert.equal(c.packets, packets);
  // Outside of GRE: fragments end when they are taken, and the packet made of them, or of the first of them
  // alone, ends once more.
  const refusedFragments = r.invalid + r.overlaps + r.ecn;
  const ends =
    c.unsupportedLinkType + c.notGre + m[Malformed.LinkHeader] + m[Malformed.IpHeader] + c.gre + r.fragments;
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
  // Inside: taken by a tunnel, empty, of a refused mirror point, counted for one, or refused for a reason. A
  // frame that cannot be read is counted for its mirror point and for its reason.
  const reasons = OF_GRE.reduce((n, reason) => n + m[reason], 0);
  const opaque = out.frames.filter((f) => OF_GRE.includes(MALFORMED_NAMES.indexOf(f.malformed))).length;
  assert.equal(c.tunnelled + c.empty + out.mirrors.refused + counted + reasons - opaque, c.gre);
}
