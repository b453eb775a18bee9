/** Parses `paths`, `read --path` and `read --sample`, and their bounds. */
import { parseAddress } from '../wire/ip/addresses.js';

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

/** A place as `--path` names it: with an address, or as the name of an entry of `mirrors`. */
export interface PlaceName {
  readonly text: string;
  /** 16 bytes; undefined where it is a name. */
  readonly source: Uint8Array | undefined;
  /** The ERSPAN session, undefined for any. */
  readonly session: number | undefined;
}

/** Two places, as in `--path 192.0.2.1,192.0.2.2/7`. */
export interface NamedPath {
  readonly from: PlaceName;
  readonly to: PlaceName;
  readonly nat: boolean;
}

export const PATH_WORDS =
  'A,B or A,B,nat, each of A and B a source address, SOURCE/SESSION, or the name of a mirror in --config';
const MOST_SESSION = 1023;

/** A path, or what is wrong with it. */
export function parsePath(text: string): NamedPath | string {
  const words = text.split(',').map((word) => word.trim());
  const nat = words.length === 3 && words[2] === 'nat';
  if (words.length !== (nat ? 3 : 2) || words.includes('')) return `give ${PATH_WORDS}`;
  const [from, to] = words.map(parsePlace);
  if (typeof from === 'string') return from;
  if (typeof to === 'string') return to;
  return from.text === to.text ? 'a path has two different ends' : { from, to, nat };
}

/** `192.0.2.1`, `192.0.2.1/7`, or a name; otherwise what is wrong with it. */
function parsePlace(text: string): PlaceName | string {
  const at = text.lastIndexOf('/');
  const source = new Uint8Array(16);
  if (parseAddress(at < 0 ? text : text.slice(0, at), source, 0) === 0)
    return { text, source: undefined, session: undefined };
  if (at < 0) return { text, source, session: undefined };
  const session = text.slice(at + 1);
  if (!/^\d{1,4}$/.test(session) || Number(session) > MOST_SESSION)
    return (
      `"${session}" is not an ERSPAN session: write ${text.slice(0, at)}/SESSION, ` +
      `from 0 to ${MOST_SESSION}`
    );
  return { text, source, session: Number(session) };
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
