/** What tunnels carried: the table `tunnels`, in which each has a row a minute. */
import { TUNNELS } from '../../model/columns/tunnels.js';
import { quote } from '../../store/tables.js';
import { minutesWithin, type Steps } from './mirrors.js';
import type { Range } from './scope.js';

/** The counters, under the kernel's names. */
export const COUNTERS: readonly string[] = TUNNELS.columns
  .map(({ name }) => name)
  .filter((name) => /^(rx_|tx_|multicast$|collisions$)/.test(name));

const address = (name: string): string =>
  `replaceRegexpOne(IPv6NumToString(argMax(t.${name}, minute)), '^::ffff:', '') AS ${name}`;

/** A row a tunnel: what it is, its counters, and the packets it received by step. */
export function tunnelsStatement(range: Range, { from, interval }: Steps, prefix: string): string {
  return (
    'SELECT name, argMax(t.mode, minute) AS mode,\n' +
    `  ${address('local')}, ${address('remote')},\n  argMax(tuple(t.key), minute).1 AS key,\n` +
    `  ${COUNTERS.map((name) => `sum(t.${name}) AS ${name}`).join(', ')},\n` +
    `  sumMap(map(toUInt32(intDiv(toUnixTimestamp(minute) - ${from}, ${interval})),\n` +
    '    t.rx_packets)) AS trace\n' +
    `FROM ${prefix}tunnels AS t WHERE ${minutesWithin(range)}\nGROUP BY name ORDER BY name LIMIT 1024`
  );
}

/** A row a step: the counters of one tunnel. */
export function tunnelMinutesStatement(
  name: string,
  range: Range,
  { interval }: Steps,
  prefix: string,
): string {
  return (
    `SELECT intDiv(toUnixTimestamp(minute), ${interval}) * ${interval} AS bucket,\n` +
    `  ${COUNTERS.map((counter) => `sum(${counter})`).join(', ')}\n` +
    `FROM ${prefix}tunnels WHERE name = ${quote(name)} AND ${minutesWithin(range)}\n` +
    'GROUP BY bucket ORDER BY bucket'
  );
}
