/**
 * Which table a question is asked of: a roll-up where its steps are fine enough, its columns suffice and it
 * holds all days of the range; else `sessions`.
 */
import type { Scope } from '../contract/route.js';
import { parseCondition } from './conditions.js';
import { isPlainId } from './point.js';
import { type Range, rangeOf, type ScopedQuestion, type Surroundings, scoped } from './scope.js';

interface RollUp {
  readonly time: 'minute' | 'hour';
  /** Seconds of a step. */
  readonly step: number;
  /** What conditions may be on, besides the mirror point. */
  readonly conditions: ReadonlySet<string>;
}

const POINT_COLUMNS = ['mirror_type', 'mirror_source', 'mirror_session', 'gre_key'];

function rollUp(time: RollUp['time'], ...conditions: string[]): RollUp {
  return {
    time,
    step: time === 'minute' ? 60 : 3600,
    conditions: new Set([...POINT_COLUMNS, ...conditions]),
  };
}

export const ROLL_UPS = {
  traffic_by_minute: rollUp('minute', 'transport', 'app_protocol', 'app', 'tcp_state'),
  clients_by_hour: rollUp('hour', 'client_ip', 'client'),
  services_by_hour: rollUp('hour', 'server_ip', 'server', 'server_port', 'protocol'),
  hosts_by_hour: rollUp('hour'),
} as const satisfies Record<string, RollUp>;
export type RollUpName = keyof typeof ROLL_UPS;

/**
 * A range without a finer step of its own is summed up: so many steps of a roll-up make it exact enough. Half
 * a day of a busy site has ten million rows, which take seconds to read.
 */
const STEPS = 12;

/** A question, and the table that it reads. */
export interface Source extends ScopedQuestion {
  /** What has to be said about how conversations are counted. */
  readonly note: string | undefined;
  readonly table: 'sessions' | RollUpName;
  /** The table's name in statements, `t` for short. */
  readonly from: string;
}

/** What a roll-up is asked for. */
export interface Wanted {
  readonly rollUp: RollUpName;
  /** Seconds of the finest step that the answer shows; undefined: it is a sum over the range. */
  readonly step?: number;
}

const SECOND = 1_000_000_000n;

/** The range in whole steps around it. */
function widened({ from, to }: Range, step: number): Range {
  const length = BigInt(step) * SECOND;
  return { from: (from / length) * length, to: ((to + length - 1n) / length) * length };
}

/** The same scope with a range that is spelled out. */
export function during(scope: Scope, { from, to }: Range): Scope {
  return { ...scope, from: spelled(from), to: spelled(to) };
}

function spelled(nanoseconds: bigint): string {
  const seconds = new Date(Number(nanoseconds / SECOND) * 1000).toISOString().slice(0, 19);
  return `${seconds}.${String(nanoseconds % SECOND).padStart(9, '0')}Z`;
}

/** The period of the same length before. */
export function before(scope: Scope, around: Surroundings): Scope {
  const { from, to } = rangeOf(scope, around);
  return during(scope, { from: from - (to - from), to: from });
}

/** What is read where no roll-up will do. */
export function fromSessions(scope: Scope, around: Surroundings): Source {
  const from = `${around.prefix}sessions AS t`;
  return { ...scoped(scope, around), note: undefined, table: 'sessions', from };
}

/** The roll-up's answer to a question; undefined where it has none. */
export function fromRollUp(scope: Scope, around: Surroundings, wanted: Wanted): Source | undefined {
  const { time, step, conditions } = ROLL_UPS[wanted.rollUp] as RollUp;
  if (scope.q !== undefined || !(scope.f ?? []).every((f) => conditions.has(parseCondition(f).name)))
    return undefined;
  const range = rangeOf(scope, around);
  const seconds = Number((range.to - range.from) / SECOND);
  // A mirror's name is in sessions only.
  const { mirror = 'once' } = scope;
  if (mirror !== 'once' && (mirror.split(',').length === 1 || isPlainId(mirror))) return undefined;
  const whole = widened(range, step);
  const running = range.to >= BigInt(around.now) * 1_000_000n;
  const aligned = whole.from === range.from && (running || whole.to === range.to);
  if (wanted.step !== undefined && wanted.step % step !== 0) return undefined;
  if (!aligned && seconds < (wanted.step === undefined ? STEPS : 1) * step) return undefined;
  const question = scoped(during(scope, whole), around, 'sessions', time);
  return {
    ...question,
    note: aligned || wanted.step !== undefined ? undefined : `Whole ${time}s are counted.`,
    range,
    ended: !running,
    table: wanted.rollUp,
    from: `${around.prefix}${wanted.rollUp} AS t`,
  };
}

/** The table's time in whole intervals, as seconds since 1970. */
export function bucketOf({ table }: Source, interval: number): string {
  const time = table === 'sessions' ? 'first_seen' : ROLL_UPS[table].time;
  return `intDiv(toUnixTimestamp(t.${time}), ${interval}) * ${interval}`;
}

/**
 * The question whether a roll-up adds up to all sessions of a range's days. @returns a row of both counts
 */
export function completeQuestion(rollUp: RollUpName, { from, to }: Range, prefix: string): string {
  const { time } = ROLL_UPS[rollUp];
  const day = (nanoseconds: bigint): string => `'${spelled(nanoseconds).slice(0, 10)}'`;
  const days = (column: string): string =>
    `toDate(${column}) >= ${day(from)} AND toDate(${column}) <= ${day(to - 1n)}`;
  const held = rollUp === 'hosts_by_hour' ? 'sum(server_sessions)' : 'sum(sessions)';
  return (
    `SELECT (SELECT ${held} FROM ${prefix}${rollUp} WHERE ${days(time)}) AS held,\n` +
    `  (SELECT count() FROM ${prefix}sessions WHERE ${days('first_seen')}) AS stored`
  );
}
