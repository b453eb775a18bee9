/** What the words of `--group` and `--path` name. */
import { matchesPoint } from '../config/mirror-match.js';
import type { PointName } from '../config/point-name.js';
import type { MirrorConfig } from '../config/schema.js';
import { isPlain, type PointIdentity } from '../model/mirror-point.js';

/**
 * Whether a mirror point has this name. As in the collector, its entry is the first that matches it. Plain
 * captures are named after themselves, too.
 */
export function isNamed(point: PointIdentity, name: PointName, mirrors: readonly MirrorConfig[]): boolean {
  if (name.source === undefined)
    return point.origin === name.text || mirrors.find((m) => matchesPoint(m, point))?.name === name.text;
  if (isPlain(point.type) || Buffer.compare(point.source, name.source) !== 0) return false;
  return name.session === undefined || name.session === point.session;
}
