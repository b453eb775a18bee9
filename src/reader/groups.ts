/** The groups of `read`: which mirror points belong to which. */
import type { MemberName, NamedGroup } from '../config/groups.js';
import { matchesPoint } from '../config/mirror-match.js';
import type { MirrorConfig } from '../config/schema.js';
import type { PointIdentity } from '../model/mirror-point.js';
import type { Membership } from '../sessions/groups.js';

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
  // As in the collector: the first entry that matches a point names it.
  const entry = mirrors.find((m) => matchesPoint(m, point))?.name;
  for (const { name, members } of groups) {
    const member = members.find((m) => isMember(m, point, entry));
    if (member !== undefined) return { group: name, name: member.text, window };
  }
  return undefined;
}

function isMember(member: MemberName, point: PointIdentity, entry: string | undefined): boolean {
  if (member.source === undefined) return member.text === entry;
  if (!member.source.every((byte, i) => byte === point.source[i])) return false;
  return member.session === undefined || member.session === point.session;
}
