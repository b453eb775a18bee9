import type { Service, Wait } from '../contract/services.js';
import type { Answer } from '../contract.js';
import { allowCondition, type Handlers, keeping, metaOf, surroundings } from '../handler.js';
import { objects, type Table } from '../questions.js';
import { sourceOf } from '../sources.js';
import { scoped } from '../statements/scope.js';
import { intervalFor } from '../statements/series.js';
import {
  OF_SESSIONS,
  type ServiceQuestion,
  serviceClients,
  serviceEnds,
  serviceFacts,
  serviceKey,
  serviceNames,
  serviceNetworks,
  serviceOthers,
  servicesStatement,
  serviceTimes,
  serviceVersions,
  slowestConversations,
  slowestTransactions,
} from '../statements/services.js';
import { fromSessions } from '../statements/tables.js';
import { clientsStatement } from '../statements/top.js';
import { toldOf } from '../told.js';
import { listed } from './hosts.js';

export const serviceHandlers: Handlers<'services' | 'service'> = {
  services: async ({ query, who, signal }, services) => {
    allowCondition(query, who);
    const { order, limit } = query;
    const around = await surroundings(services, query, signal);
    const wanted = OF_SESSIONS.has(order) ? undefined : ({ rollUp: 'services_by_hour' } as const);
    const source = await sourceOf(services, query, around, wanted, signal);
    const statement = servicesStatement(source, order, limit);
    const answer = await services.questions.ask(statement, keeping(source.ended, signal));
    type Row = Answer<'services'>['rows'][number];
    const { rows, of_all } = listed<Omit<Row, 'clients'> & { clients?: number | undefined }>(answer);
    if (source.table !== 'sessions' && rows.length > 0) {
      const sessions = fromSessions(query, around);
      const whose = clientsStatement(sessions, rows, 'all');
      const table = await services.questions.ask(whose, keeping(source.ended, signal));
      const clients = new Map<string, number>();
      for (const row of objects<{ address: string; port: number; clients: number }>(table))
        clients.set(`${row.address} ${row.port}`, row.clients);
      for (const row of rows) row.clients = clients.get(`${row.address} ${row.port}`);
    }
    const cut = of_all - rows.length;
    return {
      rows: rows.map((row): Row => ({ ...row, clients: row.clients ?? 0 })),
      of_all,
      meta: metaOf(statement, source.table, answer, {
        ...(cut > 0 && { cut }),
        ...(source.note !== undefined && { note: source.note }),
      }),
    };
  },
  service: async ({ params, query, who, signal }, services) => {
    allowCondition(query, who);
    const { questions, facts } = services;
    const service = serviceKey(params.service);
    const scope = scoped(query, await surroundings(services, query, signal));
    const question: ServiceQuestion = { service, scope, table: `${facts.prefix}sessions` };
    const transactions = `${facts.prefix}transactions`;
    const interval = intervalFor(scope.range, query.points);
    const options = keeping(scope.ended, signal);
    const ask = async (statement: string, from = 'sessions') => {
      const table = await questions.ask(statement, options);
      return { table, meta: metaOf(statement, from, table) };
    };
    const [known, names, times, networks, others, ends, versions, read, longest, clients] = await Promise.all(
      [
        ask(serviceFacts(question)),
        ask(serviceNames(question, transactions)),
        ask(serviceTimes(question, interval)),
        ask(serviceNetworks(question)),
        ask(serviceOthers(question)),
        ask(serviceEnds(question)),
        ask(serviceVersions(question)),
        ask(slowestTransactions(question, transactions), 'transactions'),
        ask(slowestConversations(question)),
        ask(serviceClients(question)),
      ],
    );
    const [fact] = objects<FactRow>(known.table);
    const waits = {
      all: waitOf(fact),
      networks: objects<WaitRow & { network: string; prefix: string; conversations: number }>(
        networks.table,
      ).map(({ prefix, conversations, ...row }) => ({ ...waitOf(row), prefix, conversations })),
      others: othersOf(others.table),
      meta: networks.meta,
    };
    const courses = timesOf(times.table, scope.range, interval);
    const slowest = read.table.rows.length > 0 ? read : longest;
    type Slow = Omit<Service['slowest']['rows'][number], 'time'> & { time_at: string };
    const { rows, of_all } = listed<Service['clients']['rows'][number] & WaitRow>(clients.table);
    return {
      address: service.address,
      port: service.port,
      facts: {
        conversations: fact.conversations,
        clients: fact.clients,
        bytes: fact.bytes,
        packets: fact.packets,
        app: fact.app,
        transport: fact.transport,
        first_seen: fact.first_seen_at,
        last_seen: fact.last_seen_at,
        mirrors: fact.mirrors,
        names: objects<Service['facts']['names'][number]>(names.table),
        meta: known.meta,
      },
      told: toldOf({
        app: fact.app || fact.transport,
        conversations: fact.conversations,
        answered: fact.answered,
        refused: fact.refused,
        clients: fact.clients,
        synAckUs: fact.syn_ack_us,
        ...waits,
      }),
      times: { ...courses, meta: times.meta },
      waits,
      ended: { ...endsOf(ends.table), meta: ends.meta },
      versions: { ...versionsOf(versions.table), meta: versions.meta },
      slowest: {
        of: slowest === read ? 'transactions' : 'conversations',
        rows: objects<Slow>(slowest.table).map(({ time_at, ...row }) => ({ ...row, time: time_at })),
        meta: slowest.meta,
      },
      clients: {
        rows: rows.map(({ client_rtt_us_, server_rtt_us_, ...row }) => ({
          ...row,
          client_rtt_us: client_rtt_us_,
          server_rtt_us: server_rtt_us_,
        })),
        of_all,
        meta: clients.meta,
      },
    };
  },
};

/** The columns of WAIT: named apart from those that they are made of. */
interface WaitRow {
  readonly timed: number;
  readonly client_rtt_us_: number | null;
  readonly server_rtt_us_: number | null;
  readonly server_us: number | null;
}

interface FactRow extends WaitRow {
  readonly conversations: number;
  readonly clients: number;
  readonly bytes: number;
  readonly packets: number;
  readonly app: string;
  readonly transport: string;
  readonly first_seen_at: string;
  readonly last_seen_at: string;
  readonly mirrors: string[];
  readonly refused: number;
  readonly unanswered: number;
  readonly answered: number;
  readonly syn_ack_us: number | null;
}

function waitOf({ timed, client_rtt_us_, server_rtt_us_, server_us }: WaitRow): Wait {
  return { timed, client_rtt_us: client_rtt_us_, server_rtt_us: server_rtt_us_, server_us };
}

function othersOf(table: Table): Service['waits']['others'] {
  const [row] = objects<WaitRow & { servers: number; conversations: number }>(table);
  return { ...waitOf(row), servers: row.servers, conversations: row.conversations };
}

const COURSES = ['answer', 'handshake', 'tls'] as const;

function timesOf(
  table: Table,
  { from, to }: ServiceQuestion['scope']['range'],
  interval: number,
): Omit<Service['times'], 'meta'> {
  const first = Math.floor(Number(from / 1_000_000_000n) / interval) * interval;
  const length = Math.ceil((Number(to / 1_000_000n) / 1000 - first) / interval);
  const none = (): (number | null)[] => new Array<number | null>(length).fill(null);
  const whole = (value: unknown): number => Math.round(Number(value));
  const made = Object.fromEntries(
    COURSES.map((name) => [name, { count: 0, p50_us: null, p95_us: null, p50: none(), p95: none() }]),
  ) as Record<(typeof COURSES)[number], Service['times']['answer']>;
  const network = none();
  let network_us: number | null = null;
  for (const row of objects<Record<string, unknown>>(table)) {
    const at = (Number(row.bucket) - first) / interval;
    const all = Number(row.apart) === 1;
    if (Number(row.network_n) > 0) {
      if (all) network_us = whole(row.network_p50);
      else network[at] = whole(row.network_p50);
    }
    for (const name of COURSES) {
      if (Number(row[`${name}_n`]) === 0) continue;
      const [p50, p95] = [whole(row[`${name}_p50`]), whole(row[`${name}_p95`])];
      const course = made[name];
      if (all) {
        course.count = Number(name === 'answer' ? row.answers : row[`${name}_n`]);
        course.p50_us = p50;
        course.p95_us = p95;
      } else {
        course.p50[at] = p50;
        course.p95[at] = p95;
      }
    }
  }
  return { from: first, interval, ...made, network, network_us };
}

function endsOf(table: Table): Omit<Service['ended'], 'meta'> {
  const sums = { segments: 0, retransmits: 0, reordered: 0, zero_windows: 0, missing: 0 };
  const states: Service['ended']['states'] = [];
  for (const row of objects<typeof sums & Service['ended']['states'][number]>(table)) {
    states.push({ state: row.state, conversations: row.conversations });
    for (const name of Object.keys(sums) as (keyof typeof sums)[]) sums[name] += row[name];
  }
  return { states, ...sums };
}

function versionsOf(table: Table): Omit<Service['versions'], 'meta'> {
  const found: Omit<Service['versions'], 'meta'> = {
    versions: [],
    ciphers: [],
    ja4: [],
    alpn: [],
    software: [],
  };
  for (const [what, value, conversations] of table.rows)
    found[what as keyof typeof found].push({ value: String(value), conversations: Number(conversations) });
  return found;
}
