/** What `paths` asks for, as the threads need it. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Config } from '../config/schema.js';
import { UsageError } from '../model/errors.js';
import { type PathKey, pathKey } from '../paths/fingerprint.js';
import type { PathPair } from '../paths/path-options.js';

/** Plain data, sent to workers. */
export interface PathRules {
  readonly pairs: readonly PathPair[];
  /** Names of entries of `mirrors`, by number. */
  readonly places: readonly string[];
  /** Pairs are found by themselves, between all entries of `mirrors`. */
  readonly auto: boolean;
  readonly key: PathKey;
  readonly sample: number;
  /** Nanoseconds. */
  readonly windowNs: number;
}

const KEY_BYTES = 32;

/**
 * The rules; undefined where nothing is matched.
 *
 * @throws CommandError if the key's file cannot be read, or is too short
 */
export function pathRules({ paths, mirrors }: Config): PathRules | undefined {
  if (paths === undefined) return undefined;
  const auto = paths.pairs === 'auto';
  const given = paths.pairs === 'auto' ? [] : paths.pairs;
  const names = auto ? mirrors.map(({ name }) => name) : given.flatMap(({ from, to }) => [from, to]);
  const places = [...new Set(names)];
  const pairs = given.map(({ from, to, nat }) => ({
    from: places.indexOf(from),
    to: places.indexOf(to),
    fromName: from,
    toName: to,
    nat,
  }));
  const key = pathKey(paths.key === undefined ? randomBytes(KEY_BYTES) : keyOf(paths.key));
  return { pairs, places, auto, key, sample: paths.sample, windowNs: Math.round(paths.window * 1e9) };
}

/** Bytes of the shortest secret that is worth its name. */
const SHORTEST_KEY = 16;

function keyOf(file: string): Uint8Array {
  let key: Uint8Array;
  try {
    key = readFileSync(file);
  } catch (e) {
    const { code } = e as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? `there is no ${file}` : `${file} cannot be read (${code})`;
    throw new UsageError(`paths.key: ${why}; make one: openssl rand -hex 32 > ${file}`);
  }
  if (key.length < SHORTEST_KEY)
    throw new UsageError(
      `paths.key: ${file} has ${key.length} bytes; ${SHORTEST_KEY} are needed: ` +
        `openssl rand -hex 32 > ${file}`,
    );
  return key;
}
