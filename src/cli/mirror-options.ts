/** Parses the values of `mirrorlake mirror` options, and checks which of them go together. */
import { type Command, InvalidArgumentError } from 'commander';
import { parseDuration } from '../config/units.js';
import type { GreEncapsulationOptions } from '../mirror-source/encapsulation.js';
import type { HealthPlace } from '../mirror-source/health.js';
import { HEALTH_INTERVAL, MOST_TARGETS } from '../mirror-source/limits.js';
import type { Direction } from '../mirror-source/mirror.js';
import type { Rate } from '../mirror-source/rate-limit.js';
import { UsageError } from '../model/errors.js';
import { GRE_DTLS_PORT, UDP_INPUT_PORTS } from '../model/inputs.js';
import { MirrorType } from '../model/mirror-point.js';
import { ErspanGranularity } from '../wire/tunnel/erspan.js';

/** What GRE may carry, by the words of --type and --inside. */
export const GRE_TYPES = new Map<string, GreEncapsulationOptions['type']>([
  ['1', MirrorType.Erspan1],
  ['2', MirrorType.Erspan2],
  ['3', MirrorType.Erspan3],
  ['gretap', MirrorType.Gretap],
]);
/** The words of --type that mean UDP. */
export const UDP_TYPES = ['vxlan', 'geneve', 'gre-udp', 'tzsp'] as const;
export type UdpType = (typeof UDP_TYPES)[number];
export const GRANULARITIES = {
  '100us': ErspanGranularity.Microseconds100,
  '100ns': ErspanGranularity.Nanoseconds100,
  ieee1588: ErspanGranularity.Ieee1588,
} as const;

/** The options as commander returns them. */
export interface MirrorArguments {
  readonly interface?: string;
  readonly file?: string;
  readonly to: readonly string[];
  readonly from?: string;
  readonly type: string;
  readonly inside: string;
  readonly port?: number;
  readonly udpChecksum: boolean;
  readonly vni: number;
  readonly failover?: boolean;
  readonly health: readonly HealthPlace[];
  /** Seconds. */
  readonly healthInterval: number;
  readonly session: number;
  readonly index?: number;
  readonly direction: Direction;
  readonly hardware: number;
  readonly sgt: number;
  readonly granularity: keyof typeof GRANULARITIES;
  readonly key?: number;
  readonly sequence?: boolean;
  readonly checksum?: boolean;
  readonly snapLength?: number;
  readonly filter?: string;
  readonly rate?: Rate;
  readonly ttl: number;
  readonly tos: number;
  readonly speed: number;
  readonly loop: number;
  readonly promiscuous: boolean;
}

/** A parser of whole numbers within bounds, decimal or 0x…. */
export function integer(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^(\d+|0x[0-9a-f]+)$/i.test(text) ? Number(text) : Number.NaN;
    if (!(value >= min && value <= max)) {
      throw new InvalidArgumentError(`It is a number from ${min} to ${max}.`);
    }
    return value;
  };
}

/** `--to`: one target or several, repeatable and with commas. */
export function targets(text: string, before: readonly string[] = []): readonly string[] {
  const all = [...before, ...text.split(',')];
  if (all.includes('')) throw new InvalidArgumentError('There is an empty one among them.');
  const twice = all.find((one, i) => all.indexOf(one) < i);
  if (twice !== undefined) throw new InvalidArgumentError(`${twice} is there twice.`);
  if (all.length > MOST_TARGETS)
    throw new InvalidArgumentError(`A mirror has at most ${MOST_TARGETS} targets.`);
  return all;
}

/** `--health`: a port, or a URL per target. */
export function health(text: string, before: readonly HealthPlace[]): readonly HealthPlace[] {
  if (/^\d+$/.test(text)) return [...before, integer(1, 65535)(text)];
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (
    url === undefined ||
    !['http:', 'https:'].includes(url.protocol) ||
    url.username !== '' ||
    url.password !== ''
  )
    throw new InvalidArgumentError('It is a port, or a URL like http://collector:9470/healthz.');
  return [...before, url];
}

export function healthInterval(text: string): number {
  const seconds = parseDuration(text);
  const { least, most } = HEALTH_INTERVAL;
  if (!(seconds >= least && seconds <= most))
    throw new InvalidArgumentError(`It is a time from ${least * 1000}ms to ${most / 60}m: 5s.`);
  return seconds;
}

/** `2`, `0.5`, or `max`: as fast as possible. */
export function speed(text: string): number {
  if (text === 'max') return Number.POSITIVE_INFINITY;
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (!(value > 0)) throw new InvalidArgumentError('It is a number above 0, or max.');
  return value;
}

/** `500kbit`, `10mbit`, `1gbit` (of IP packets), or `10000pps`. */
export function rate(text: string): Rate {
  const [, number, unit] = /^(\d+(?:\.\d+)?)(bit|kbit|mbit|gbit|pps)$/i.exec(text) ?? [];
  const value = Number(number);
  if (!(value > 0))
    throw new InvalidArgumentError('It is a number with bit, kbit, mbit, gbit or pps: 100mbit.');
  const factors: Record<string, number> = { bit: 1, kbit: 1e3, mbit: 1e6, gbit: 1e9, pps: 1 };
  const name = unit.toLowerCase();
  return { unit: name === 'pps' ? 'packet' : 'bit', perSecond: value * factors[name] };
}

/** Types that an option applies to, by its long name; `gre-udp` is also what it carries. */
const ONLY_WITH: Record<string, readonly string[]> = {
  session: ['2', '3'],
  index: ['2', '3'],
  hardware: ['3'],
  sgt: ['3'],
  granularity: ['3'],
  key: ['gretap'],
  sequence: ['gretap'],
  checksum: ['gretap'],
  vni: ['vxlan', 'geneve'],
  inside: ['gre-udp'],
  port: UDP_TYPES,
  udpChecksum: UDP_TYPES,
};

/** Names of options that are given as --no-…, where they differ. */
const NEGATED: Record<string, string> = { promiscuous: 'no-promiscuous', udpChecksum: 'no-udp-checksum' };

/** Rejects options that would have no effect. @throws UsageError */
export function checkTogether(command: Command, given: MirrorArguments): void {
  if ((given.interface === undefined) === (given.file === undefined)) {
    throw new UsageError('mirror: say what to mirror: --interface IF or --file F, one of them');
  }
  const isGiven = (name: string) => command.getOptionValueSource(name) === 'cli';
  const types = given.type === 'gre-udp' ? [given.type, given.inside] : [given.type];
  for (const [name, only] of Object.entries(ONLY_WITH)) {
    if (isGiven(name) && !types.some((type) => only.includes(type))) {
      const option = NEGATED[name] ?? name;
      throw new UsageError(
        `mirror: --${option} is for --type ${listed(only)}, not for ${types.join(' with ')}`,
      );
    }
  }
  const [other, unfit] =
    given.file === undefined ? ['--file', ['speed', 'loop']] : ['--interface', ['promiscuous']];
  for (const name of unfit) {
    if (isGiven(name)) throw new UsageError(`mirror: --${NEGATED[name] ?? name} goes with ${other}`);
  }
  if (given.file === '-' && given.loop !== 1)
    throw new UsageError('mirror: --loop needs a file: stdin comes only once');
  checkTargets(isGiven, given);
  if (given.type === 'gre-udp' && given.port === GRE_DTLS_PORT)
    throw new UsageError(
      `mirror: --port ${GRE_DTLS_PORT} is GRE in DTLS (RFC 8086), which is encrypted: take another port`,
    );
}

function checkTargets(isGiven: (name: string) => boolean, given: MirrorArguments): void {
  const { health, to } = given;
  if (to.length === 1 && given.failover === true)
    throw new UsageError('mirror: --failover is for several targets: give --to more than once');
  if (to.length === 1 && health.length > 0)
    throw new UsageError('mirror: --health is for several targets: give --to more than once');
  if (isGiven('healthInterval') && health.length === 0)
    throw new UsageError('mirror: --health-interval goes with --health');
  const ports = health.filter((place) => typeof place === 'number').length;
  if (health.length === 0 || (health.length === 1 && ports === 1)) return;
  if (ports > 0) throw new UsageError('mirror: --health is one port for all targets, or a URL for each');
  if (health.length !== to.length)
    throw new UsageError(
      `mirror: --health has ${health.length} URLs for ${to.length} targets: give one for each`,
    );
}

function listed(words: readonly string[]): string {
  return words.length < 3 ? words.join(' and ') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}

/** The UDP destination port, undefined for GRE. */
export function udpPort(given: MirrorArguments): number | undefined {
  return isUdp(given.type) ? (given.port ?? UDP_INPUT_PORTS[given.type]) : undefined;
}

function isUdp(type: string): type is UdpType {
  return UDP_TYPES.some((one) => one === type);
}
