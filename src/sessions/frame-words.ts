/**
 * What a session takes from a frame, as words that threads share: `npm run columns` makes frame-batch.ts of
 * it. A word holds its parts from its low bits upwards.
 */

/** How a part is read back, and whether it moves with the frame's bytes. */
export type PartKind =
  /** A number from 0 on. */
  | 'unsigned'
  /** A number that may be below 0. */
  | 'signed'
  /** An offset into the frame's bytes, -1: none. */
  | 'offset'
  /** True or false, in one bit. */
  | 'boolean'
  /** The mirror point, by its index. */
  | 'point'
  /** The mirror's direction. */
  | 'direction'
  /** How many VLAN ids there are, at most as many as a slot keeps. */
  | 'vlanCount'
  /** The low 32 bits of a number from 0 on; and those above them, in a later word. */
  | 'low'
  | 'high'
  /** Written by the caller. */
  | 'callers';

export interface FramePart {
  /** `f.…` of the frame, `m.…` of what mirrored it. */
  readonly value: string;
  readonly kind: PartKind;
  readonly bits: number;
}

const part =
  (kind: PartKind) =>
  (value: string, bits = 32): FramePart => ({ value, kind, bits });
const unsigned = part('unsigned');
const signed = part('signed');
const offset = part('offset');
const flag = (value: string): FramePart => part('boolean')(value, 1);

export const FRAME_PARTS: readonly (readonly FramePart[])[] = [
  [unsigned('f.sec')],
  [signed('f.nsec')],
  [offset('f.mac')],
  [offset('f.macSource')],
  [offset('f.ip')],
  [offset('f.source')],
  [offset('f.destination')],
  [offset('f.transport')],
  [offset('f.payload')],
  [offset('f.end')],
  [signed('f.ipLength')],
  [signed('f.payloadLength')],
  [unsigned('f.destinationPort', 16), unsigned('f.sourcePort', 16)],
  [unsigned('f.tcpSequence')],
  [unsigned('f.tcpAcknowledgment')],
  [unsigned('f.protocol', 8), unsigned('f.ipVersion', 8), unsigned('f.tcpFlags', 8), unsigned('f.ttl', 8)],
  [unsigned('f.subType', 16), unsigned('f.etherType', 16)],
  [
    unsigned('f.dscp', 8),
    flag('f.truncated'),
    flag('f.moreFragments'),
    part('vlanCount')('f.vlanCount', 6),
    unsigned('f.icmpType', 8),
    unsigned('f.icmpCode', 8),
  ],
  [unsigned('f.fragmentOffset', 16), unsigned('f.tcpWindow', 16)],
  [unsigned('f.fragmentId')],
  [unsigned('f.vlanIds[1]', 16), unsigned('f.vlanIds[0]', 16)],
  [unsigned('f.vlanIds[3]', 16), unsigned('f.vlanIds[2]', 16)],
  [part('point')('m.point')],
  [unsigned('m.port')],
  [part('low')('m.sensor')],
  [
    part('direction')('m.direction', 2),
    unsigned('m.hardware', 8),
    unsigned('m.cos', 6),
    part('high')('m.sensor', 16),
  ],
  [signed('m.vlan', 16), unsigned('m.securityGroup', 16)],
  [signed('f.sourceWord')],
  [signed('f.destinationWord')],
  [signed('f.vni')],
  [unsigned('f.teid')],
  [part('callers')('FRAME_PLACE')],
];
