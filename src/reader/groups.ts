/** The groups of `read`: which mirror points belong to which. */
import type { NamedGroup } from '../config/groups.js';
import type { MirrorConfig } from '../config/schema.js';
import type { PointIdentity } from '../model/mirror-point.js';
import type { Membership } from '../sessions/groups.js';
import { isNamed } from './point-names.js';

export interface GroupsOptions {
  readonly groups: readonly NamedGroup[];
  /** Entries that members may be named after. */
  readonly mirrors: readonly MirrorConfig[];
  /** Nanoseconds that a packet waits for its copies. */
  readonly window: number;
}

/** The membership of a mirror point: that of the first member that matches it. */
export function membershipOf(
  point: PointIdentity,
  { groups, mirrors, window }: GroupsOptions,
): Membership | undefined {
  for (const { name, members } of groups) {
    const member = members.find((m) => isNamed(point, m, mirrors));
    if (member !== undefined) return { group: name, name: member.text, window };
  }
  return undefined;
}
