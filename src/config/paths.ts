/** Parses `paths`, `read --path` and `read --sample`, and their bounds. */
import { POINT_NAME_WORDS, type PointName, parsePointName } from './point-name.js';

/** One packet in so many is sampled, at least; and by default while packets are received. */
export const MOST_SAMPLE = 1 << 20;
export const USUAL_SAMPLE = 64;
/** Pairs at most: a packet is looked up for each pair of its place. */
export const MOST_PATHS = 64;
/** Seconds for which a packet may wait for its other end. */
export const LONGEST_WINDOW = 10;
export const SAMPLE_WORDS = '1/N, as in 1/64, or 1/1 for every packet';

/** `1/64` as 64; undefined for anything else. */
export function parseSample(text: string): number | undefined {
  const n = Number(/^1\/([1-9]\d{0,6})$/.exec(text)?.[1]);
  return n <= MOST_SAMPLE ? n : undefined;
}

/** Two places, as in `--path 192.0.2.1,192.0.2.2/7`. */
export interface NamedPath {
  readonly from: PointName;
  readonly to: PointName;
  readonly nat: boolean;
}

export const PATH_WORDS = `A,B or A,B,nat, each of A and B ${POINT_NAME_WORDS}`;

/** A path, or what is wrong with it. */
export function parsePath(text: string): NamedPath | string {
  const words = text.split(',').map((word) => word.trim());
  const nat = words.length === 3 && words[2] === 'nat';
  if (words.length !== (nat ? 3 : 2) || words.includes('')) return `give ${PATH_WORDS}`;
  const [from, to] = words.map(parsePointName);
  if (typeof from === 'string') return from;
  if (typeof to === 'string') return to;
  return from.text === to.text ? 'a path has two different ends' : { from, to, nat };
}

interface PathsConfig {
  readonly mirrors: readonly { readonly name: string }[];
  readonly paths?:
    | { readonly pairs: 'auto' | readonly { readonly from: string; readonly to: string }[] }
    | undefined;
}

interface Mistake {
  readonly path: (string | number)[];
  readonly message: string;
}

/** What is wrong with `paths`, given `mirrors`. */
export function pathMistakes({ mirrors, paths }: PathsConfig): Mistake[] {
  if (paths === undefined || paths.pairs === 'auto') return [];
  const names = new Set(mirrors.map(({ name }) => name));
  return paths.pairs.flatMap(({ from, to }, i): Mistake[] => {
    const unknown = [['from', from] as const, ['to', to] as const].filter(([, name]) => !names.has(name));
    const path = ['paths', 'pairs', i];
    if (unknown.length > 0)
      return unknown.map(([key, name]) => ({
        path: [...path, key],
        message: `no entry of mirrors is called "${name}"`,
      }));
    return from === to ? [{ path: [...path, 'to'], message: 'it is the same as from' }] : [];
  });
}
