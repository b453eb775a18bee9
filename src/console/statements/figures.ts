/** The figures of the overview. */
import { conversations, isInside, measuresOf, written } from './measures.js';
import { bucketOf, type Source } from './tables.js';

/** Sums over time. @returns rows of a bucket, bytes, packets, sessions, TCP, failed */
export function sumsStatement(source: Source, interval: number): string {
  const m = measuresOf(source);
  return (
    `SELECT ${bucketOf(source, interval)} AS bucket,\n` +
    `  ${m.bytes} AS bytes, ${m.packets} AS packets, ${m.sessions} AS conversations,\n` +
    `  ${m.tcp} AS tcp, ${m.failed} AS failed\n` +
    `FROM ${source.from}\nWHERE ${source.where}\nGROUP BY bucket\nORDER BY bucket`
  );
}

/**
 * Conversations, and addresses that sent packets: multicast groups and what nobody answers for are no hosts.
 *
 * @returns a row of both; of hosts only, where a roll-up is asked
 */
export function hostsStatement({ table, from, where }: Source): string {
  return table === 'sessions'
    ? 'SELECT uniqExactArray(multiIf(t.server_packets = 0, [t.client_ip],\n' +
        '    t.client_packets = 0, [t.server_ip], [t.client_ip, t.server_ip])) AS hosts,\n' +
        `  ${conversations()} AS conversations\nFROM ${from}\nWHERE ${where}`
    : `SELECT uniqExactIf(t.host, t.packets_sent > 0) AS hosts\nFROM ${from}\nWHERE ${where}`;
}

/** @returns a row of the client that fails most, and how often; none where nothing fails */
export function blamedStatement(source: Source): string {
  const { failed } = measuresOf(source);
  return (
    `SELECT ${written('t.client_ip')} AS address, ${failed} AS failed\n` +
    `FROM ${source.from}\nWHERE ${source.where}\n` +
    'GROUP BY t.client_ip\nHAVING failed > 0\nORDER BY failed DESC, t.client_ip\nLIMIT 1'
  );
}

/** @returns a row each, if there are any, of handshakes with servers inside and outside: count and median */
export function handshakesStatement(source: Source): string {
  const { handshake } = measuresOf(source);
  return (
    `SELECT ${isInside('t.server_ip')} AS inside,\n` +
    `  ${handshake.count} AS timed, ${handshake.quantile(0.5)} AS median_us\n` +
    `FROM ${source.from}\nWHERE ${source.where}\nGROUP BY inside\nHAVING timed > 0`
  );
}
