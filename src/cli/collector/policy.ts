/** What the configuration says is to be done with a mirror point. */
import type { Config, MirrorConfig } from '../../config/schema.js';
import { prefixHolds } from '../../config/units.js';
import type { TunnelConfig } from '../../tunnels/config.js';
import { MIRROR_TYPE_NAMES, type MirrorPoint } from '../../wire/mirror-point.js';

/** The part of the configuration that decides; plain data, which goes to workers and changes with SIGHUP. */
export interface MirrorRules {
  readonly mirrors: readonly MirrorConfig[];
  readonly unknown: 'observe' | 'refuse';
  /** Frames kept of mirrors that do not say it themselves. */
  readonly packets: Config['packets'];
  /** TAP devices by name, their descriptors open. */
  readonly taps: Readonly<Record<string, number>>;
  /** The TAP device of every mirror without its own (`--tap`), its descriptor; -1: none. */
  readonly tapAll: number;
  /** Tunnels whose packets are not observed. */
  readonly claims: readonly TunnelConfig[];
}

export type Policy = 'observe' | 'ignore' | 'refuse';

/** What is done with the frames of one mirror point. */
export interface MirrorRule {
  readonly name: string;
  readonly site: string;
  readonly policy: Policy;
  /** Nanoseconds, 0 for none. */
  readonly dedupWindow: number;
  /** Bytes of a frame that are looked at, 0 for all. */
  readonly snapLength: number;
  /** Which frames are kept: bytes of each (0: none are), and packets of a session's row (0: all). */
  readonly keepBytes: number;
  readonly keepPackets: number;
  /** Descriptor of the TAP device its frames go to, -1 for none. */
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
    unknown: config.unknown_mirrors,
    packets: config.packets,
    taps,
    tapAll,
    claims,
  };
}

/** The first entry that matches decides; without one, `unknown_mirrors`. */
export function ruleFor(point: Omit<MirrorPoint, 'index'>, rules: MirrorRules): MirrorRule {
  const entry = rules.mirrors.find((m) => matches(m, point));
  if (entry === undefined) {
    return {
      name: '',
      site: '',
      policy: rules.unknown,
      dedupWindow: 0,
      snapLength: 0,
      keepBytes: rules.packets.bytes,
      keepPackets: rules.packets.packets,
      // What is refused goes no further, to no analyser either.
      tap: rules.unknown === 'refuse' ? -1 : rules.tapAll,
    };
  }
  return {
    name: entry.name,
    site: entry.site,
    policy: entry.observe ? 'observe' : 'ignore',
    dedupWindow: Math.round(entry.deduplicate * 1e9),
    snapLength: entry.snap_length,
    keepBytes: (entry.packets ?? rules.packets).bytes,
    keepPackets: (entry.packets ?? rules.packets).packets,
    tap: entry.tap === undefined ? rules.tapAll : rules.taps[entry.tap],
  };
}

function matches(m: MirrorConfig, point: Omit<MirrorPoint, 'index'>): boolean {
  if (m.source !== undefined && !prefixHolds(m.source, point.source)) return false;
  if (m.type !== undefined && m.type !== MIRROR_TYPE_NAMES[point.type]) return false;
  if (m.session !== undefined && m.session !== point.session) return false;
  return m.key === undefined || m.key === point.key;
}
