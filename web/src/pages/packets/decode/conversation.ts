/** What both sides of a conversation say, in order. */
import type { Packet } from './frame.js';
import type { Followed } from './streams.js';

/** Bytes that are put together at the most. */
export const MOST_BYTES = 1_000_000;

export type FromSide = 'client' | 'server' | '';

/** Bytes of one side, up to where the other speaks, or something is missing. */
export interface Said {
  readonly from: FromSide;
  /** The packet that it begins in. */
  readonly number: number;
  /** Bytes of this side that are missing right before it. */
  readonly missing: number;
  readonly bytes: Uint8Array;
}

export interface Conversation {
  readonly said: readonly Said[];
  /** Bytes that are left out because there are too many. */
  readonly left: number;
}

interface Piece {
  readonly from: FromSide;
  readonly number: number;
  readonly missing: number;
  readonly bytes: Uint8Array;
}

/**
 * @param packets in order of time, each with what it is to the others
 * @param isStream TCP, whose sides are one text each; else every packet is a message
 * @param only one side, or both
 */
export function conversation(
  packets: readonly { readonly packet: Packet; readonly followed: Followed }[],
  isStream: boolean,
  only: FromSide | 'both' = 'both',
): Conversation {
  const sides = (['client', 'server', ''] as const).filter((side) => only === 'both' || only === side);
  const pieces = merged(
    sides.map((side) => {
      const of = packets.filter(({ packet }) => packet.frame.direction === side && packet.payloadLength > 0);
      return isStream ? inOrder(side, of) : of.map(({ packet }) => message(side, packet));
    }),
  );
  const said: Said[] = [];
  let taken = 0;
  let left = 0;
  let run: Piece[] = [];
  const end = (): void => {
    const [first] = run;
    if (first !== undefined) said.push({ ...first, bytes: joined(run) });
    run = [];
  };
  for (const piece of pieces) {
    if (taken + piece.bytes.length > MOST_BYTES) {
      left += piece.bytes.length;
      continue;
    }
    taken += piece.bytes.length;
    if (run.length > 0 && (!isStream || run[0]!.from !== piece.from || piece.missing > 0)) end();
    run.push(piece);
  }
  end();
  return { said, left };
}

function message(from: FromSide, { frame, payload, payloadLength }: Packet): Piece {
  return { from, number: frame.number, missing: payloadLength - payload.length, bytes: payload };
}

/** One side's bytes by their numbers: each byte once, as it was first seen. */
function inOrder(
  from: FromSide,
  packets: readonly { readonly packet: Packet; readonly followed: Followed }[],
): Piece[] {
  const pieces: {
    readonly at: number;
    readonly end: number;
    readonly number: number;
    readonly bytes: Uint8Array;
  }[] = [];
  for (const { packet, followed } of packets) {
    const { position } = followed;
    const { payload, frame } = packet;
    const end = position + payload.length;
    let at = position;
    // Most packets go on where the last piece ends.
    let i = pieces.length;
    while (i > 0 && pieces[i - 1]!.end > at) i--;
    while (at < end) {
      const next = pieces[i];
      if (next !== undefined && next.at <= at) {
        at = Math.max(at, next.end);
        i++;
        continue;
      }
      const to = Math.min(end, next?.at ?? end);
      const bytes = payload.subarray(at - position, to - position);
      pieces.splice(i, 0, { at, end: to, number: frame.number, bytes });
      i++;
      at = to;
    }
  }
  return pieces.map(({ at, number, bytes }, i) => ({
    from,
    number,
    missing: i === 0 ? 0 : at - pieces[i - 1]!.end,
    bytes,
  }));
}

/** Pieces of all sides in the order in which they were seen; of one side, in their own. */
function merged(sides: readonly Piece[][]): Piece[] {
  const all: Piece[] = [];
  const at = sides.map(() => 0);
  for (;;) {
    let best = -1;
    for (const [i, side] of sides.entries()) {
      const piece = side[at[i]!];
      if (piece !== undefined && (best < 0 || piece.number < sides[best]![at[best]!]!.number)) best = i;
    }
    if (best < 0) return all;
    all.push(sides[best]![at[best]!]!);
    at[best]!++;
  }
}

function joined(pieces: readonly Piece[]): Uint8Array {
  const b = new Uint8Array(pieces.reduce((sum, { bytes }) => sum + bytes.length, 0));
  let at = 0;
  for (const { bytes } of pieces) {
    b.set(bytes, at);
    at += bytes.length;
  }
  return b;
}
