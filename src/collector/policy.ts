/** The policy for mirror points, from the configuration. */
import { GROUP_WINDOW } from '../config/groups.js';
import { matchesPoint } from '../config/mirror-match.js';
import type { Separator } from '../config/overlays.js';
import type { Config, GroupConfig, MirrorConfig } from '../config/schema.js';
import { MirrorType, type PointIdentity } from '../model/mirror-point.js';
import type { Membership } from '../sessions/groups.js';
import { separationBits } from '../sessions/separation.js';
import type { TunnelConfig } from '../tunnels/spec/config.js';
import type { Overlay } from '../wire/tunnel/overlay-kinds.js';

/** The part of the configuration that decides; plain data, sent to workers, and replaced on SIGHUP. */
export interface MirrorRules {
  readonly mirrors: readonly MirrorConfig[];
  /** By name: groups that say more than that there is one. */
  readonly groups: ReadonlyMap<string, GroupConfig>;
  readonly unknown: 'observe' | 'refuse';
  /** Places per worker for mirror points that no entry names. */
  readonly unknownPoints: number;
  /** Frames kept of mirrors without their own `packets`. */
  readonly packets: Config['packets'];
  /** What separates conversations of mirrors without their own `separate_by`. */
  readonly separateBy: readonly Separator[];
  /** What is kept of applications of mirrors without their own `applications`: bits of Keep. */
  readonly applications: number;
  /** Seconds from arrival beyond which a switch's timestamp is disbelieved. */
  readonly timestampsWithin: number;
  readonly overlays: readonly Overlay[];
  /** Open descriptors of TAP devices, by name. */
  readonly taps: Readonly<Record<string, number>>;
  /** Open descriptor of the TAP device for every mirror without its own (`--tap`); -1: none. */
  readonly tapAll: number;
  /** Tunnels whose packets are not observed. */
  readonly claims: readonly TunnelConfig[];
}

export type Policy = 'observe' | 'ignore' | 'refuse';

/** The rule for the frames of one mirror point. */
export interface MirrorRule {
  readonly name: string;
  readonly site: string;
  readonly policy: Policy;
  /** Nanoseconds, 0 for none. */
  readonly dedupWindow: number;
  /** Bytes of a frame to look at, 0 for all. */
  readonly snapLength: number;
  /** Which frames to keep: bytes of each (0: none), and packets per session row (0: all). */
  readonly keepBytes: number;
  readonly keepPackets: number;
  /** What separates conversations between the same ends: bits of Separate. */
  readonly separateBy: number;
  /** The group that it is in; undefined: none. */
  readonly group: Membership | undefined;
  /** What is kept of applications: bits of Keep. */
  readonly applications: number;
  /** Whether the times of frames are the timestamps of ERSPAN type III. */
  readonly hardwareTime: boolean;
  /** Descriptor of the TAP device for its frames, -1 for none. */
  readonly tap: number;
}

export function mirrorRules(
  config: Config,
  taps: Readonly<Record<string, number>>,
  tapAll: number,
  claims: readonly TunnelConfig[],
): MirrorRules {
  return {
    mirrors: config.mirrors,
    groups: new Map(config.groups.map((group) => [group.name, group])),
    unknown: config.unknown_mirrors,
    unknownPoints: config.unknown_points,
    packets: config.packets,
    separateBy: config.separate_by,
    applications: config.applications,
    timestampsWithin: config.hardware_time.within,
    overlays: config.overlays,
    taps,
    tapAll,
    claims,
  };
}

/**
 * The place in `mirrors` of the first entry that matches; the number of entries if none does.
 * {@link RuleIndex} finds the same for packets, in a time that does not grow with the number of entries.
 */
export function entryOf(point: PointIdentity, rules: MirrorRules): number {
  const entry = rules.mirrors.findIndex((m) => matchesPoint(m, point));
  return entry < 0 ? rules.mirrors.length : entry;
}

/** The first entry that matches decides; without one, `unknown_mirrors`. */
export function ruleFor(point: PointIdentity, rules: MirrorRules): MirrorRule {
  return ruleOf(entryOf(point, rules), rules, point.type);
}

/**
 * The rule of an entry, by its place in `mirrors`; any other number gives the rule of unknown points.
 *
 * @param type of the point: a SPAN port is never a stranger, because `inputs` names it
 */
export function ruleOf(place: number, rules: MirrorRules, type?: MirrorType): MirrorRule {
  const entry: MirrorConfig | undefined = rules.mirrors[place];
  if (entry === undefined) {
    const policy = type === MirrorType.Span ? 'observe' : rules.unknown;
    return {
      name: '',
      site: '',
      policy,
      dedupWindow: 0,
      snapLength: 0,
      keepBytes: rules.packets.bytes,
      keepPackets: rules.packets.packets,
      separateBy: separationBits(rules.separateBy),
      group: undefined,
      applications: rules.applications,
      hardwareTime: false,
      // Refused packets go to no TAP device either.
      tap: policy === 'refuse' ? -1 : rules.tapAll,
    };
  }
  const group = groupOf(entry, rules);
  return {
    name: entry.name,
    site: entry.site,
    policy: entry.observe ? 'observe' : 'ignore',
    dedupWindow: Math.round(entry.deduplicate * 1e9),
    snapLength: entry.snap_length,
    keepBytes: (entry.packets ?? rules.packets).bytes,
    keepPackets: (entry.packets ?? rules.packets).packets,
    separateBy: separationBits(group?.separateBy ?? entry.separate_by ?? rules.separateBy),
    group: group?.membership,
    applications: entry.applications ?? rules.applications,
    hardwareTime: hasHardwareTime(entry),
    tap: entry.tap === undefined ? rules.tapAll : rules.taps[entry.tap],
  };
}

/** The group of an entry; undefined: it is in none. */
function groupOf(
  { group: name, name: member }: MirrorConfig,
  { groups }: MirrorRules,
): { membership: Membership; separateBy: readonly Separator[] } | undefined {
  if (name === undefined) return undefined;
  const group = groups.get(name);
  const window = Math.round((group?.window ?? GROUP_WINDOW.usual) * 1e9);
  return { membership: { group: name, name: member, window }, separateBy: group?.separate_by ?? [] };
}

/** Whether an entry's mirror points have hardware time. */
export function hasHardwareTime(entry: MirrorConfig): boolean {
  return entry.timestamps === 'hardware';
}
