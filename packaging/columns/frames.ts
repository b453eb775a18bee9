/** src/sessions/frame-batch.ts: frames in shared words. */
import { FRAME_PARTS, type FramePart } from '../../src/sessions/frame-words.js';

/** A part, and its lowest bit. */
interface Placed extends FramePart {
  readonly at: number;
}

/** @throws if a word does not have 32 bits, or a part occurs twice */
export function placeParts(words: readonly (readonly FramePart[])[]): Placed[][] {
  const seen = new Set<string>();
  return words.map((parts) => {
    let at = 0;
    const placed = parts.map((part) => {
      const name = part.kind === 'high' ? `${part.value} above 32 bits` : part.value;
      if (seen.has(name)) throw new Error(`${name} stands twice`);
      seen.add(name);
      const here = { ...part, at };
      at += part.bits;
      return here;
    });
    if (at !== 32) throw new Error(`the word of ${parts[0]?.value} has ${at} bits`);
    return placed;
  });
}

function packed({ value, kind, bits, at }: Placed): string {
  const shift = (of: string) => (at === 0 ? of : `(${of} << ${at})`);
  switch (kind) {
    case 'boolean':
      return `(${value} ? ${2 ** at} : 0)`;
    case 'point':
      return `${value}.index`;
    case 'high':
      return shift(`Math.floor(${value} / 2 ** 32)`);
    case 'vlanCount':
      return shift(`Math.min(${value}, SLOT_VLANS)`);
    case 'signed':
      // The bits above belong to another part.
      return bits === 32 ? value : shift(at + bits === 32 ? value : `(${value} & ${2 ** bits - 1})`);
    default:
      return shift(value);
  }
}

function unpacked({ value, kind, bits, at }: Placed, word: string): string {
  const raw =
    bits === 32
      ? word
      : at + bits === 32
        ? `${word} >>> ${at}`
        : at === 0
          ? `${word} & ${2 ** bits - 1}`
          : `(${word} >>> ${at}) & ${2 ** bits - 1}`;
  switch (kind) {
    case 'boolean':
      return `${value} = (${word} & ${2 ** at}) !== 0;`;
    case 'point':
      return `${value} = points[${word}];`;
    case 'direction':
      return `${value} = (${raw}) as MirrorDirection;`;
    case 'signed':
      return `${value} = ${bits === 32 ? word : `(${word} << ${32 - at - bits}) >> ${32 - bits}`};`;
    case 'high':
      return `${value} += (${raw}) * 2 ** 32;`;
    case 'low':
    case 'unsigned':
      return `${value} = ${bits === 32 ? `${word} >>> 0` : raw};`;
    default:
      return `${value} = ${raw};`;
  }
}

export function framesFile(): string {
  const words = placeParts(FRAME_PARTS);
  const index = (n: number) => (n === 0 ? 'words[w]' : `words[w + ${n}]`);
  const ours = [...words.entries()].filter(([, parts]) => parts[0]?.kind !== 'callers');
  const pack = ours.map(([n, parts]) => `  ${index(n)} = ${parts.map(packed).join(' | ')};`);
  const unpack = ours.flatMap(([n, parts]) => {
    const [only] = parts;
    if (parts.length === 1 && only !== undefined) return [`  ${unpacked(only, index(n))}`];
    return [`  word = ${index(n)};`, ...parts.map((part) => `  ${unpacked(part, 'word')}`)];
  });
  const moved = ours.filter(([, parts]) => parts[0]?.kind === 'offset').map(([n]) => n);
  const callers = words.findIndex((parts) => parts[0]?.kind === 'callers');
  return `/**
 * Passes frames to a session table in another thread: the fields that a session needs, in ${words.length}
 * words of shared memory per frame, next to the bytes that they point into. Made by \`npm run columns\`:
 * change frame-words.ts instead.
 */

import type { MirrorDirection, MirrorPoint } from '../model/mirror-point.js';
import type { Mirrored } from '../model/mirrored.js';
import type { Frame } from '../wire/walk/frame.js';
import { SLOT_VLANS } from './slot-fields.js';

/** 32-bit words per frame. */
export const FRAME_WORDS = ${words.length};
/** The largest number of frames in a batch. */
export const FRAME_BATCH = 4096;
/** The word of a frame that {@link packFrame} leaves to its caller. */
export const FRAME_PLACE = ${callers};

/** Writes frame number \`at\` of a batch. Offsets are kept, relative to the frame's bytes. */
export function packFrame(f: Frame, m: Mirrored, words: Int32Array, at: number): void {
  const w = at * FRAME_WORDS;
${pack.join('\n')}
}

/** The words of a frame that are offsets into its bytes. */
const OFFSETS = [${moved.join(', ')}];

/** Adjusts frame number \`at\` after its bytes were copied \`by\` bytes further. */
export function moveFrame(words: Int32Array, at: number, by: number): void {
  for (const offset of OFFSETS) {
    const w = at * FRAME_WORDS + offset;
    if (words[w] >= 0) words[w] += by;
  }
}

/**
 * Reads frame number \`at\` of a batch; the caller sets \`f.bytes\`. \`points\` are the mirror points by
 * index.
 */
export function unpackFrame(
  words: Int32Array,
  at: number,
  points: readonly MirrorPoint[],
  f: Frame,
  m: Mirrored,
): void {
  const w = at * FRAME_WORDS;
  let word = 0;
${unpack.join('\n')}
}
`;
}
