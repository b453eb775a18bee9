/** Parses the values of `mirrorlake mirror` options, and checks which of them go together. */
import { type Command, InvalidArgumentError } from 'commander';
import type { EncapsulationOptions } from '../mirror-source/encapsulation.js';
import type { Direction } from '../mirror-source/mirror.js';
import type { Rate } from '../mirror-source/rate-limit.js';
import { UsageError } from '../model/errors.js';
import { MirrorType } from '../model/mirror-point.js';
import { ErspanGranularity } from '../wire/tunnel/erspan.js';

/** By the words of --type. */
export const MIRROR_TYPES = new Map<string, EncapsulationOptions['type']>([
  ['1', MirrorType.Erspan1],
  ['2', MirrorType.Erspan2],
  ['3', MirrorType.Erspan3],
  ['gretap', MirrorType.Gretap],
]);
export const GRANULARITIES = {
  '100us': ErspanGranularity.Microseconds100,
  '100ns': ErspanGranularity.Nanoseconds100,
  ieee1588: ErspanGranularity.Ieee1588,
} as const;

/** The options as commander returns them. */
export interface MirrorArguments {
  readonly interface?: string;
  readonly file?: string;
  readonly to: string;
  readonly from?: string;
  readonly type: string;
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

/** Types that an option applies to, by its long name. */
const ONLY_WITH: Record<string, readonly string[]> = {
  session: ['2', '3'],
  index: ['2', '3'],
  hardware: ['3'],
  sgt: ['3'],
  granularity: ['3'],
  key: ['gretap'],
  sequence: ['gretap'],
  checksum: ['gretap'],
};

/** Rejects options that would have no effect. @throws UsageError */
export function checkTogether(command: Command, given: MirrorArguments): void {
  if ((given.interface === undefined) === (given.file === undefined)) {
    throw new UsageError('mirror: say what to mirror: --interface IF or --file F, one of them');
  }
  const isGiven = (name: string) => command.getOptionValueSource(name) === 'cli';
  for (const [name, types] of Object.entries(ONLY_WITH)) {
    if (isGiven(name) && !types.includes(given.type)) {
      throw new UsageError(`mirror: --${name} is for --type ${types.join(' and ')}, not for ${given.type}`);
    }
  }
  const [other, unfit] =
    given.file === undefined ? ['--file', ['speed', 'loop']] : ['--interface', ['promiscuous']];
  for (const name of unfit) {
    if (isGiven(name))
      throw new UsageError(`mirror: --${name === 'promiscuous' ? 'no-' : ''}${name} goes with ${other}`);
  }
  if (given.file === '-' && given.loop !== 1)
    throw new UsageError('mirror: --loop needs a file: stdin comes only once');
}

export function encapsulation(given: MirrorArguments): EncapsulationOptions {
  return {
    type: MIRROR_TYPES.get(given.type) as EncapsulationOptions['type'],
    session: given.session,
    index: given.index,
    hardware: given.hardware,
    securityGroup: given.sgt,
    granularity: GRANULARITIES[given.granularity],
    key: given.key,
    sequence: given.sequence === true,
    checksum: given.checksum === true,
  };
}
