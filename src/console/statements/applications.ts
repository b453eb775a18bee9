/** What applications asked and were answered. */
import type { APPLICATION_TABS } from '../contract/overview.js';
import { written } from './measures.js';

type Tab = (typeof APPLICATION_TABS)[number];

/** Applications with transactions, by tab; the rest are others. TLS has none: its conversations are asked. */
const APPS = {
  dns: ['dns', 'mdns', 'llmnr'],
  http: ['http', 'http2'],
  databases: ['mysql', 'postgresql', 'tds', 'redis', 'memcached'],
} as const;

function list(apps: readonly string[]): string {
  return `(${apps.map((app) => `'${app}'`).join(', ')})`;
}

const ALL = list(Object.values(APPS).flat());

/** Conversations of TLS and QUIC. */
const TLS = "t.app_protocol IN ('tls', 'quic')";

/** Of TLS over TCP it is seen whether it came to encrypted data. */
const BROKEN = "t.app_protocol = 'tls' AND t.tls_established = 0";

const NAMELESS = "countIf(t.server_name = '')";

/** What did not end well: everything that is not an answer as hoped. */
const FAILED = "t.outcome IN ('unanswered', 'client_error', 'server_error')";

/** @returns rows of tab, questions, failed */
export function tabsStatement(from: string, where: string): string {
  const cases = Object.entries(APPS).map(([tab, apps]) => `t.app_protocol IN ${list(apps)}, '${tab}'`);
  return (
    `SELECT multiIf(${cases.join(', ')}, 'others') AS tab, count() AS asked, countIf(${FAILED}) AS failed\n` +
    `FROM ${from}\nWHERE ${where}\nGROUP BY tab`
  );
}

/** @returns a row of conversations, and of those that came to no encrypted data */
export function tlsTabStatement(from: string, where: string): string {
  return (
    `SELECT count() AS asked, countIf(${BROKEN}) AS failed\n` + `FROM ${from}\nWHERE ${where}\n  AND ${TLS}`
  );
}

/** A list of a tab: rows of name, also, asked, failed, clients, p50, p95 in microseconds (0: not timed). */
export interface ApplicationList {
  readonly title: string;
  readonly table: 'sessions' | 'transactions';
  statement(from: string, where: string, limit: number): string;
  /** The conditions of a row. */
  conditions(name: string, also: string): string[];
}

const TIMES =
  'round(quantileExactIf(0.5)(t.response_us, t.response_us > 0)) AS p50,\n' +
  '  round(quantileExactIf(0.95)(t.response_us, t.response_us > 0)) AS p95';

function transactions(
  title: string,
  name: string,
  also: string,
  within: string,
  order: string,
  conditions: ApplicationList['conditions'],
): ApplicationList {
  return {
    title,
    table: 'transactions',
    conditions,
    statement: (from, where, limit) =>
      `SELECT ${name} AS shown, ${also} AS also, count() AS asked, countIf(${FAILED}) AS failed,\n` +
      `  uniqExact(t.client_ip) AS clients,\n  ${TIMES}\n` +
      `FROM ${from}\nWHERE ${where}\n  AND ${within}\nGROUP BY shown, also\n` +
      `ORDER BY ${order}, shown, also\nLIMIT ${limit}`,
  };
}

/** A value of a condition, in quotes where it has a comma or a star of its own. */
export function value(text: string): string {
  return /[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

const SERVER = written('t.server_ip');
const DNS = `t.app_protocol IN ${list(APPS.dns)}`;
const HTTP = `t.app_protocol IN ${list(APPS.http)}`;

export const LISTS: Readonly<Record<Tab, readonly ApplicationList[]>> = {
  dns: [
    transactions(
      'Names that fail',
      't.name',
      "if(t.outcome = 'unanswered', 'no answer', toString(t.status))",
      `${DNS}\n  AND ${FAILED}`,
      'asked DESC',
      (name, also) => [
        `app:${APPS.dns.join(',')}`,
        `name:${value(name)}`,
        also === 'no answer' ? 'outcome:unanswered' : `status:${value(also)}`,
      ],
    ),
    transactions('Slowest servers', SERVER, "''", `${DNS} AND t.outcome != 'unasked'`, 'p95 DESC', (name) => [
      `server:${name}`,
      `app:${APPS.dns.join(',')}`,
    ]),
  ],
  http: [
    transactions('Hosts', 't.name', SERVER, HTTP, 'failed DESC, asked DESC', (name, also) => [
      `name:${value(name)}`,
      `server:${also}`,
      `app:${APPS.http.join(',')}`,
    ]),
  ],
  tls: [
    {
      title: 'Versions',
      table: 'sessions',
      statement: (from, where, limit) =>
        "SELECT if(t.tls_version = '', 'no answer seen', toString(t.tls_version)) AS shown,\n" +
        `  if(${NAMELESS} = 0, '', concat(toString(${NAMELESS}), ' without a name')) AS also,\n` +
        '  count() AS asked,\n' +
        `  countIf(${BROKEN}) AS failed, uniqExact(t.client_ip) AS clients,\n` +
        '  round(quantileExactIf(0.5)(t.tls_us, t.tls_us > 0)) AS p50,\n' +
        '  round(quantileExactIf(0.95)(t.tls_us, t.tls_us > 0)) AS p95\n' +
        `FROM ${from}\nWHERE ${where}\n  AND ${TLS}\nGROUP BY t.tls_version\n` +
        `ORDER BY asked DESC, shown\nLIMIT ${limit}`,
      conditions: (name) => ['app:tls,quic', `tls_version:${name === 'no answer seen' ? '' : value(name)}`],
    },
    {
      title: 'Handshakes that fail, by server',
      table: 'sessions',
      statement: (from, where, limit) =>
        `SELECT ${SERVER} AS shown, any(t.server_name) AS also, count() AS asked,\n` +
        `  countIf(${BROKEN}) AS failed, uniqExactIf(t.client_ip, ${BROKEN}) AS clients,\n` +
        '  round(quantileExactIf(0.5)(t.tls_us, t.tls_us > 0)) AS p50,\n' +
        '  round(quantileExactIf(0.95)(t.tls_us, t.tls_us > 0)) AS p95\n' +
        `FROM ${from}\nWHERE ${where}\n  AND ${TLS}\nGROUP BY t.server_ip\nHAVING failed > 0\n` +
        `ORDER BY failed DESC, t.server_ip\nLIMIT ${limit}`,
      conditions: (name) => [`server:${name}`, 'app:tls', 'tls_established:0'],
    },
  ],
  databases: [
    transactions(
      'Servers',
      SERVER,
      't.app_protocol',
      `t.app_protocol IN ${list(APPS.databases)}`,
      'failed DESC, asked DESC',
      (name, also) => [`server:${name}`, `app:${also}`],
    ),
  ],
  others: [
    transactions(
      'Applications',
      't.app_protocol',
      "''",
      `t.app_protocol NOT IN ${ALL}`,
      'asked DESC',
      (name) => [`app:${value(name)}`],
    ),
  ],
};
