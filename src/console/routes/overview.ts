import type { ApplicationRow, MirrorLoss, TopRow } from '../contract/overview.js';
import type { Meta, Scope } from '../contract/route.js';
import type { Answer } from '../contract.js';
import { RequestError } from '../errors.js';
import { allowCondition, type Handlers, keeping, metaOf, type Services, surroundings } from '../handler.js';
import { objects, type QuestionOptions, type Table } from '../questions.js';
import { sourceOf } from '../sources.js';
import { LISTS, tabsStatement, tlsTabStatement } from '../statements/applications.js';
import {
  blamedStatement,
  handshakesStatement,
  hostsStatement,
  sumsStatement,
} from '../statements/figures.js';
import { dropsStatement, lossStatement, MINUTE, minutesOf, restartsStatement } from '../statements/loss.js';
import { policiesStatement } from '../statements/policies.js';
import { mirrorCondition, type Range, rangeOf, type Surroundings, scoped } from '../statements/scope.js';
import { bucketsOf, intervalFor } from '../statements/series.js';
import { before, during, fromSessions, type RollUpName, type Source } from '../statements/tables.js';
import {
  clientsStatement,
  OF_SERVICES,
  pairAppsStatement,
  ROLL_UP_OF,
  topStatement,
} from '../statements/top.js';
import { timeText } from './about.js';

const MAC = /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/;

/** A question's answer as objects, and how it came to be. */
async function asked<Row>(
  { questions }: Services,
  statement: string,
  source: Pick<Source, 'table' | 'note' | 'ended'>,
  signal: AbortSignal,
  options: QuestionOptions = {},
): Promise<{ readonly rows: Row[]; readonly meta: Meta; readonly table: Table }> {
  const table = await questions.ask(statement, keeping(source.ended, signal, options));
  const note = source.note === undefined ? {} : { note: source.note };
  return { rows: objects<Row>(table), meta: metaOf(statement, source.table, table, note), table };
}

/** The scope of a question, or of the same question about the period before. */
function scopeOf<S extends Scope & { readonly before?: '1' | undefined }>(
  query: S,
  around: Surroundings,
): Scope {
  const { from, to, mirror, f, q } = query;
  const scope = { from, to, mirror, f, q };
  return query.before === undefined ? scope : before(scope, around);
}

/** Numbers by bucket as one number a bucket. */
function filled<Row extends { readonly bucket: number }>(
  rows: readonly Row[],
  numberOf: (row: Row) => number,
  from: number,
  interval: number,
  buckets: number,
): number[] {
  const values = new Array<number>(buckets).fill(0);
  for (const row of rows) {
    const at = (row.bucket - from) / interval;
    if (at >= 0 && at < buckets) values[at] += numberOf(row);
  }
  return values;
}

function secondsOf({ from, to }: Range): number {
  return Number((to - from) / 1_000_000n) / 1000;
}

interface Sums {
  readonly bucket: number;
  readonly bytes: number;
  readonly packets: number;
  readonly conversations: number;
  readonly tcp: number;
  readonly failed: number;
}

export const overviewHandlers: Handlers<'figures' | 'loss' | 'top' | 'policies' | 'applications'> = {
  figures: async ({ query, who, signal }, services) => {
    allowCondition(query, who);
    const around = await surroundings(services, query, signal);
    const scope = scopeOf(query, around);
    const range = rangeOf(scope, around);
    const interval = intervalFor(range, query.points);
    const { from, buckets } = bucketsOf(range, interval);
    const of = (rollUp: RollUpName, step?: number): Promise<Source> =>
      sourceOf(services, scope, around, { rollUp, ...(step !== undefined && { step }) }, signal);
    const [traffic, hosts, clients, servers] = await Promise.all([
      of('traffic_by_minute', interval),
      of('hosts_by_hour'),
      of('clients_by_hour'),
      of('services_by_hour'),
    ]);
    const [sums, ends, blamed, handshakes] = await Promise.all([
      asked<Sums>(services, sumsStatement(traffic, interval), traffic, signal),
      asked<{ hosts: number; conversations?: number }>(services, hostsStatement(hosts), hosts, signal),
      asked<{ address: string; failed: number }>(services, blamedStatement(clients), clients, signal),
      asked<{ inside: number; timed: number; median_us: number }>(
        services,
        handshakesStatement(servers),
        servers,
        signal,
      ),
    ]);
    const total = (of: keyof Sums): number => sums.rows.reduce((sum, row) => sum + row[of], 0);
    const values = (of: keyof Sums): number[] => filled(sums.rows, (row) => row[of], from, interval, buckets);
    const [end] = ends.rows;
    const [blame] = blamed.rows;
    const handshake = (inside: 0 | 1) => {
      const row = handshakes.rows.find((one) => one.inside === inside);
      return { us: row?.median_us ?? null, sessions: row?.timed ?? 0 };
    };
    return {
      from: timeText(range.from)!,
      to: timeText(range.to)!,
      seconds: secondsOf(range),
      interval,
      traffic: {
        bytes: total('bytes'),
        packets: total('packets'),
        values: values('bytes'),
        meta: sums.meta,
      },
      conversations: {
        // A roll-up counts the parts of long conversations.
        sessions: end.conversations ?? total('conversations'),
        hosts: end.hosts,
        values: values('conversations'),
        meta: ends.meta,
      },
      failed: {
        failed: total('failed'),
        tcp: total('tcp'),
        most: blame === undefined ? null : { client: blame.address, failed: blame.failed },
        values: values('failed'),
        meta: blamed.meta,
      },
      handshake: {
        inside: handshake(1),
        internet: handshake(0),
        meta: handshakes.meta,
      },
    };
  },

  loss: async ({ query, signal }, services) => {
    const around = await surroundings(services, query, signal);
    const scope = scopeOf(query, around);
    const range = rangeOf(scope, around);
    const interval = Math.max(MINUTE, intervalFor(range, query.points));
    const { from, buckets } = bucketsOf(range, interval);
    const { prefix } = services.facts;
    const minutes = minutesOf(range);
    const point =
      scope.mirror === undefined || scope.mirror === 'once' ? undefined : mirrorCondition(scope.mirror);
    const all = fromSessions(during({}, range), around);
    const source = { table: 'sessions', note: undefined, ended: all.ended } as const;
    const [lost, drops, restarts] = await Promise.all([
      asked<{ id: string; name: string; bucket: number; received: number; missing: number; known: number }>(
        services,
        lossStatement(minutes, point, interval, prefix),
        source,
        signal,
      ),
      asked<{ bucket: number; dropped: number }>(
        services,
        dropsStatement(minutes, interval, prefix),
        source,
        signal,
      ),
      asked<{ at: number; collector: string }>(
        services,
        restartsStatement(all, range, prefix),
        source,
        signal,
      ),
    ]);
    const mirrors = new Map<string, MirrorLoss>();
    for (const { id, name, bucket, received, missing, known } of lost.rows) {
      let mirror = mirrors.get(id);
      if (mirror === undefined) {
        const none = (): number[] => new Array<number>(buckets).fill(0);
        mirror = { id, name, packets: 0, lost: 0, known: false, values: none(), received: none() };
        mirrors.set(id, mirror);
      }
      mirror.packets += received;
      mirror.lost += missing;
      mirror.known ||= known === 1;
      const at = (bucket - from) / interval;
      if (at < 0 || at >= buckets) continue;
      mirror.values[at] += missing;
      mirror.received[at] += received;
    }
    return {
      from,
      interval,
      mirrors: [...mirrors.values()],
      dropped: filled(drops.rows, (row) => row.dropped, from, interval, buckets),
      restarts: restarts.rows,
      meta: { ...lost.meta, table: 'mirrors' },
    };
  },

  top: async ({ query, who, signal }, services) => {
    allowCondition(query, who);
    const { what, by, limit } = query;
    if (OF_SERVICES.has(by) && what !== 'services')
      throw new RequestError(`by: ${by} is for services only`, 400);
    const around = await surroundings(services, query, signal);
    const rollUp = ROLL_UP_OF[what];
    const source = await sourceOf(services, query, around, rollUp && { rollUp }, signal);
    const statement = topStatement(source, what, by, limit);
    const answer = await asked<TopAnswer>(services, statement, source, signal);
    const rows = answer.rows.map(topRow);
    const unknown = rows.filter((row) => what === 'pairs' && row.app === '' && !MAC.test(row.client ?? ''));
    if (unknown.length > 0) {
      const pairs = unknown.map(({ client = '', server = '' }) => ({ client, server }));
      const apps = await asked<{ from_client: string; to_server: string; app: string }>(
        services,
        pairAppsStatement(source, pairs),
        source,
        signal,
      );
      for (const { from_client, to_server, app } of apps.rows)
        for (const row of unknown) if (row.client === from_client && row.server === to_server) row.app = app;
    }
    if (what === 'services' && source.table !== 'sessions' && rows.length > 0) {
      const sessions = fromSessions(query, around);
      const known = rows.map(({ server = '', port = 0 }) => ({ address: server, port }));
      const clients = await asked<{ address: string; port: number; clients: number }>(
        services,
        clientsStatement(sessions, known, by === 'failed' ? 'failed' : 'all'),
        sessions,
        signal,
      );
      for (const { address, port, clients: n } of clients.rows)
        for (const row of rows) if (row.server === address && row.port === port) row.clients = n;
    }
    const left = Number(answer.rows[0]?.of_all ?? 0) - rows.length;
    return { rows, meta: { ...answer.meta, ...(left > 0 && { cut: left }) } };
  },

  policies: async ({ query, who, signal }, services) => {
    allowCondition(query, who);
    const around = await surroundings(services, query, signal);
    const source = fromSessions(query, around);
    const statement = policiesStatement(source, query.limit);
    type Row = Answer<'policies'>['rows'][number];
    const answer = await asked<Row & { of_all: number; until: string; conversations: number }>(
      services,
      statement,
      source,
      signal,
    );
    const rows = answer.rows.map(
      ({ of_all: _, until, conversations, ...row }): Row => ({
        ...row,
        sessions: conversations,
        last_seen: until,
      }),
    );
    return { rows, of_all: answer.rows[0]?.of_all ?? 0, meta: answer.meta };
  },

  applications: async ({ query, who, signal }, services) => {
    allowCondition(query, who);
    const around = await surroundings(services, query, signal);
    const { prefix } = services.facts;
    const tables = {
      sessions: fromSessions(query, around),
      transactions: {
        ...scoped(query, around, 'transactions'),
        note: undefined,
        table: 'transactions',
        from: `${prefix}transactions AS t`,
      },
    } as const;
    const of = <Row>(table: keyof typeof tables, statement: string) =>
      asked<Row>(services, statement, { ...tables[table], table: 'sessions' }, signal);
    const { sessions, transactions } = tables;
    const [tabs, [tls], lists] = await Promise.all([
      of<{ tab: string; asked: number; failed: number }>(
        'transactions',
        tabsStatement(transactions.from, transactions.where),
      ).then(({ rows }) => new Map(rows.map((row) => [row.tab, row]))),
      of<{ asked: number; failed: number }>('sessions', tlsTabStatement(sessions.from, sessions.where)).then(
        ({ rows }) => rows,
      ),
      Promise.all(
        LISTS[query.of].map(async (list) => {
          const { from, where, table } = tables[list.table];
          const answer = await of<ApplicationAnswer>(list.table, list.statement(from, where, query.limit));
          const rows = answer.rows.map(
            ({ shown, also, p50, p95, ...counts }): ApplicationRow => ({
              ...counts,
              name: shown,
              also,
              p50_us: p50 || null,
              p95_us: p95 || null,
              f: list.conditions(shown, also),
            }),
          );
          return { title: list.title, rows, meta: { ...answer.meta, table } };
        }),
      ),
    ]);
    return {
      tabs: (Object.keys(LISTS) as (keyof typeof LISTS)[]).map((name) => {
        const counts = name === 'tls' ? tls : tabs.get(name);
        return { of: name, asked: counts?.asked ?? 0, failed: counts?.failed ?? 0 };
      }),
      lists,
    };
  },
};

interface ApplicationAnswer {
  readonly shown: string;
  readonly also: string;
  readonly asked: number;
  readonly failed: number;
  readonly clients: number;
  readonly p50: number | null;
  readonly p95: number | null;
}

/** A row of topStatement. */
interface TopAnswer {
  readonly from_client?: string;
  readonly to_server?: string;
  readonly address?: string;
  readonly prefix?: string;
  readonly named?: string;
  readonly system?: number;
  readonly port?: number;
  readonly app?: string;
  readonly bytes: number;
  readonly packets: number;
  readonly conversations: number;
  readonly failed: number;
  readonly resent?: number;
  readonly refused?: number;
  readonly silent?: number;
  readonly clients?: number;
  readonly handshakes?: number;
  readonly handshake_p50?: number | null;
  readonly handshake_p95?: number | null;
  readonly answered?: number;
  readonly response_p50?: number | null;
  readonly response_p95?: number | null;
  readonly of_all: number;
}

function topRow(row: TopAnswer): TopRow {
  const { named, system } = row;
  const { from_client, to_server, address, prefix, port, app, bytes, packets, conversations, failed } = row;
  const times =
    row.handshakes === undefined || row.answered === undefined
      ? {}
      : {
          resent: row.resent,
          refused: row.refused,
          silent: row.silent,
          clients: row.clients,
          handshakes: row.handshakes,
          answered: row.answered,
          ...(row.handshakes > 0 && {
            handshake_p50_us: row.handshake_p50 ?? 0,
            handshake_p95_us: row.handshake_p95 ?? 0,
          }),
          ...(row.answered > 0 && {
            response_p50_us: row.response_p50 ?? 0,
            response_p95_us: row.response_p95 ?? 0,
          }),
        };
  return {
    ...(from_client !== undefined && { client: from_client, server: to_server }),
    ...(address !== undefined && (port === undefined ? { host: address } : { server: address, port })),
    ...(prefix !== undefined && { network: prefix }),
    ...(named !== undefined && { name: named }),
    ...(system !== undefined && { asn: system }),
    ...(app !== undefined && { app }),
    bytes,
    packets,
    sessions: conversations,
    failed,
    ...times,
  };
}
