/** Numbers of groups of conversations in SQL, of `sessions` or of a roll-up; the table is called `t`. */
import type { Source } from './tables.js';

/** TCP states of attempts that came to nothing. */
export const FAILED = "('REJ', 'S0', 'RSTOS0', 'RSTRH')";
/** TCP states of conversations that were cut off. */
export const RESET = "('RSTO', 'RSTR')";
/** TCP states of attempts that were refused, and of those that nobody answered. */
export const REFUSED = "('REJ', 'RSTRH')";
export const SILENT = "('S0', 'RSTOS0')";

/**
 * How many conversations rows of `sessions` are of. Few have several rows, and only these are compared: a set
 * of the ids of millions takes more memory than a question may have.
 *
 * @param of a condition on rows
 */
export function conversations(of?: string): string {
  const also = of === undefined ? '' : ` AND ${of}`;
  return (
    `(countIf(part = 0 AND end_reason != 'active'${also}) +\n` +
    `    uniqExactIf(session_id, (part > 0 OR end_reason = 'active')${also}))`
  );
}

/** An address as people write it, in SQL. */
export function written(column: string): string {
  return `replaceRegexpOne(IPv6NumToString(${column}), '^::ffff:', '')`;
}

/** Whether an address is IPv4. */
export function isV4(column: string): string {
  return `${column} BETWEEN toIPv6('0.0.0.0') AND toIPv6('255.255.255.255')`;
}

/** The /24 or /64 of an address. */
export function networkOf(column: string): string {
  return `IPv6CIDRToRange(${column}, if(${isV4(column)}, 120, 64)).1`;
}

/** Private, link-local and loopback networks: RFC 1918, 6598, 3927, 4193. */
const PRIVATE = [
  ['10.0.0.0', '10.255.255.255'],
  ['172.16.0.0', '172.31.255.255'],
  ['192.168.0.0', '192.168.255.255'],
  ['100.64.0.0', '100.127.255.255'],
  ['169.254.0.0', '169.254.255.255'],
  ['127.0.0.0', '127.255.255.255'],
  ['fc00::', 'fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['fe80::', 'febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['::', '::1'],
] as const;

/** Whether an address is of a private network. */
export function isInside(column: string): string {
  const each = PRIVATE.map(([first, last]) => `${column} BETWEEN toIPv6('${first}') AND toIPv6('${last}')`);
  return `(${each.join(' OR ')})`;
}

/** Microseconds, by conversation; undefined where the table has none. */
export interface Times {
  /** Conversations that have one. */
  readonly count: string;
  quantile(level: number): string;
}

export interface Measures {
  readonly sessions: string;
  readonly bytes: string;
  readonly packets: string;
  readonly tcp: string;
  readonly failed: string;
  readonly refused: string;
  readonly silent: string;
  readonly resent: string;
  readonly handshake: Times;
  readonly response: Times;
}

/** Times in the buckets of services_by_hour: 2^(bucket / 4) microseconds. */
function bucketed(count: string, column: string): Times {
  return {
    count,
    quantile: (level) => `round(exp2(quantileTimingArray(${level})(${column}) / 4))`,
  };
}

const SESSIONS: Measures = {
  sessions: 'count()',
  bytes: 'sum(t.client_bytes + t.server_bytes)',
  packets: 'sum(t.client_packets + t.server_packets)',
  tcp: "countIf(t.transport = 'tcp')",
  failed: `countIf(t.tcp_state IN ${FAILED})`,
  refused: `countIf(t.tcp_state IN ${REFUSED})`,
  silent: `countIf(t.tcp_state IN ${SILENT})`,
  resent: 'sum(t.client_retransmits + t.server_retransmits)',
  handshake: {
    count: 'countIf(t.handshake_us > 0)',
    quantile: (level) => `quantileExactIf(${level})(t.handshake_us, t.handshake_us > 0)`,
  },
  response: {
    count: 'countIf(t.responses > 0)',
    quantile: (level) => `round(quantileExactIf(${level})(t.response_us / t.responses, t.responses > 0))`,
  },
};

/** What the roll-ups have in common. */
const SUMMED: Measures = {
  sessions: 'sum(t.sessions)',
  bytes: SESSIONS.bytes,
  packets: SESSIONS.packets,
  tcp: "sumIf(t.sessions, t.transport = 'tcp')",
  failed: `sumIf(t.sessions, t.tcp_state IN ${FAILED})`,
  refused: `sumIf(t.sessions, t.tcp_state IN ${REFUSED})`,
  silent: `sumIf(t.sessions, t.tcp_state IN ${SILENT})`,
  resent: SESSIONS.resent,
  handshake: bucketed('sum(t.handshakes)', 't.handshake_buckets'),
  response: bucketed('sum(length(t.response_buckets))', 't.response_buckets'),
};

const OF: Readonly<Record<Source['table'], Measures>> = {
  sessions: SESSIONS,
  traffic_by_minute: SUMMED,
  clients_by_hour: { ...SUMMED, failed: 'sum(t.failed)' },
  services_by_hour: {
    ...SUMMED,
    failed: 'sum(t.unanswered + t.refused)',
    refused: 'sum(t.refused)',
    silent: 'sum(t.unanswered)',
  },
  hosts_by_hour: {
    ...SUMMED,
    sessions: 'sum(t.client_sessions + t.server_sessions)',
    bytes: 'sum(t.bytes_sent + t.bytes_received)',
    packets: 'sum(t.packets_sent + t.packets_received)',
    failed: 'sum(t.client_failed + t.server_failed)',
  },
};

/** The numbers of a table; those that it has no columns for must not be asked. */
export function measuresOf({ table }: Source): Measures {
  return OF[table];
}
