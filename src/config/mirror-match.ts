/** Which mirror points an entry of `mirrors` matches. */
import { isPlain, MIRROR_TYPE_NAMES, MirrorType, type PointIdentity } from '../model/mirror-point.js';
import type { MirrorConfig } from './schema.js';
import { prefixHolds } from './units.js';

/** The part of an entry that decides. */
export type MirrorPattern = Pick<MirrorConfig, 'span' | 'source' | 'type' | 'session' | 'key'>;

export function matchesPoint(m: MirrorPattern, point: Omit<PointIdentity, 'target'>): boolean {
  if (m.span !== undefined && (point.type !== MirrorType.Span || m.span !== point.origin)) return false;
  // Plain frames have no source.
  if (m.source !== undefined && (isPlain(point.type) || !prefixHolds(m.source, point.source))) return false;
  if (m.type !== undefined && m.type !== MIRROR_TYPE_NAMES[point.type]) return false;
  if (m.session !== undefined && m.session !== point.session) return false;
  return m.key === undefined || m.key === point.key;
}
