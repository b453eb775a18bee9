import type { HostFinding } from '../contract/hosts.js';
import type { Scope } from '../contract/route.js';
import type { Answer, Meta } from '../contract.js';
import {
  type Asking,
  allowCondition,
  type Handlers,
  keeping,
  metaOf,
  type Services,
  surroundings,
} from '../handler.js';
import { objects, type Table } from '../questions.js';
import { slowFor } from '../slow-for.js';
import { sourceOf } from '../sources.js';
import {
  clientsStatement,
  doorsStatement,
  factsStatement,
  type HostKey,
  type HostQuestion,
  handshakesStatement,
  hostKey,
  hostsStatement,
  rankedHostsStatement,
  scansStatement,
  trafficStatement,
} from '../statements/hosts.js';
import { scoped } from '../statements/scope.js';
import { intervalFor } from '../statements/series.js';
import { NOBODY, whoOf } from '../who.js';
import { counted, duration, milliseconds, plural, service } from '../words.js';

type Host = Answer<'host'>;

/** What the roll-up leaves out. */
const SUMMED =
  'Times are of whole hours; frames that are not IP, and with how many others a host talked, are left out.';

export const hostHandlers: Handlers<'hosts' | 'host' | 'network' | 'hostFindings'> = {
  hosts: async ({ query, who, signal }, services) => {
    allowCondition(query, who);
    const { order, limit } = query;
    const around = await surroundings(services, query, signal);
    // With how many others each host talked, only sessions know.
    const wanted = order === 'peers' ? undefined : ({ rollUp: 'hosts_by_hour' } as const);
    const source = await sourceOf(services, query, around, wanted, signal);
    const summed = source.table !== 'sessions';
    const statement =
      summed && order !== 'peers'
        ? rankedHostsStatement(source, order, limit)
        : hostsStatement(source, order, limit, `${services.facts.prefix}sessions`);
    const answer = await services.questions.ask(statement, keeping(source.ended, signal));
    type Row = Answer<'hosts'>['rows'][number];
    type Answered = Omit<Row, 'first_seen' | 'last_seen' | keyof typeof NOBODY> & {
      since: string;
      until: string;
    };
    const { rows, of_all } = listed<Answered>(answer);
    const cut = of_all - rows.length;
    const note = [source.note, summed ? SUMMED : undefined].filter((words) => words !== undefined).join(' ');
    const known = await services.facts.known(signal);
    const told = Object.values(known).includes(true)
      ? await whoOf(
          rows.map((row) => row.address),
          source.range,
          { questions: services.questions, prefix: services.facts.prefix },
          keeping(source.ended, signal),
        )
      : undefined;
    return {
      rows: rows.map(
        ({ since, until, ...row }): Row => ({
          ...row,
          ...(told?.get(row.address) ?? NOBODY),
          first_seen: since,
          last_seen: until,
        }),
      ),
      of_all,
      meta: metaOf(statement, source.table, answer, {
        ...(cut > 0 && { cut }),
        ...(note !== '' && { note }),
      }),
    };
  },
  host: (asking, services) => answered(hostKey(asking.params.address), asking, services),
  network: (asking, services) =>
    answered(hostKey(`${asking.params.address}/${asking.params.length}`), asking, services),
  hostFindings: async (asking, services) => {
    const asked = await asks(hostKey(asking.query.host), asking, services);
    const { question, ask } = asked;
    const [serves, found] = await Promise.all([ask(doorsStatement(question, 'server')), findingsOf(asked)]);
    return found(doorsOf(serves.table).rows);
  },
};

/** Rows of a list, and how many there are in all. */
export function listed<Row>(table: Table): { rows: Row[]; of_all: number } {
  const rows = objects<Row & { of_all?: number }>(table);
  const of_all = rows[0]?.of_all ?? 0;
  return { rows: rows.map(({ of_all: _, ...row }) => row as unknown as Row), of_all };
}

interface Asks {
  readonly question: HostQuestion;
  ask(statement: string): Promise<{ readonly table: Table; readonly meta: Meta }>;
}

/** How a host is asked about. */
async function asks(
  host: HostKey,
  { query, who, signal }: Pick<Asking<'host'>, 'who' | 'signal'> & { readonly query: Scope },
  services: Services,
): Promise<Asks> {
  allowCondition(query, who);
  const { questions, facts } = services;
  const scope = scoped(query, await surroundings(services, query, signal));
  const options = keeping(scope.ended, signal);
  return {
    question: { host, scope, table: `${facts.prefix}sessions` },
    ask: async (statement) => {
      const table = await questions.ask(statement, options);
      return { table, meta: metaOf(statement, 'sessions', table) };
    },
  };
}

/** What stands out, once it is known what the host serves. */
async function findingsOf({
  question,
  ask,
}: Asks): Promise<(serves: Host['serves']['rows']) => Host['findings']> {
  const [scans, handshakes] = await Promise.all([
    ask(scansStatement(question)),
    ask(handshakesStatement(question)),
  ]);
  return (serves) => ({
    rows: [
      ...scanFindings(question.host, objects<Scan>(scans.table)),
      ...refusals(question.host, serves),
      ...slowness(objects<Handshakes>(handshakes.table)),
    ],
    meta: scans.meta,
  });
}

/** What is served, or asked for. */
function doorsOf(table: Table): { rows: Host['serves']['rows']; of_all: number } {
  const { rows, of_all } = listed<Host['serves']['rows'][number] & { first_port: number }>(table);
  return { rows: rows.map(({ first_port, ...row }) => ({ ...row, port: first_port })), of_all };
}

async function answered(
  host: HostKey,
  asking: Pick<Asking<'host'>, 'who' | 'signal'> & {
    readonly query: Scope & { readonly points: number };
  },
  services: Services,
): Promise<Host> {
  const asked = await asks(host, asking, services);
  const { question, ask } = asked;
  const { scope } = question;
  const interval = intervalFor(scope.range, asking.query.points);
  const [known, traffic, serves, wants, clients, found] = await Promise.all([
    ask(factsStatement(question)),
    ask(trafficStatement(question, interval)),
    ask(doorsStatement(question, 'server')),
    ask(doorsStatement(question, 'client')),
    ask(clientsStatement(question)),
    findingsOf(asked),
  ]);
  const [fact] = objects<Host['facts'] & { first_seen_at: string; last_seen_at: string }>(known.table);
  const { first_seen_at, last_seen_at, ...rest } = fact;
  const served = doorsOf(serves.table);
  type Client = Host['clients']['rows'][number];
  const seen = listed<Omit<Client, 'handshake_us'> & { median_us: number | null }>(clients.table);
  return {
    address: host.address,
    kind: host.kind,
    facts: {
      ...rest,
      first_seen: first_seen_at,
      last_seen: last_seen_at,
      macs: rest.macs.filter((mac) => mac !== ''),
      ttls: rest.ttls.filter((ttl) => ttl !== 0),
      networks: rest.networks.filter(Boolean),
      roles: rest.roles.filter(Boolean),
      sites: rest.sites.filter(Boolean),
      systems: rest.systems.filter(Boolean).map((system) => system.trim()),
      countries: rest.countries.filter(Boolean),
      meta: known.meta,
    },
    traffic: { ...buckets(traffic.table, scope.range, interval), meta: traffic.meta },
    serves: { ...served, meta: serves.meta },
    asks: { ...doorsOf(wants.table), meta: wants.meta },
    clients: {
      rows: seen.rows.map(({ median_us, ...row }): Client => ({ ...row, handshake_us: median_us })),
      of_all: seen.of_all,
      meta: clients.meta,
    },
    findings: found(served.rows),
  };
}

function buckets(
  table: Table,
  { from, to }: HostQuestion['scope']['range'],
  interval: number,
): Omit<Host['traffic'], 'meta'> {
  const first = Math.floor(Number(from / 1_000_000_000n) / interval) * interval;
  const length = Math.ceil((Number(to / 1_000_000n) / 1000 - first) / interval);
  const sides = { server: new Array<number>(length).fill(0), client: new Array<number>(length).fill(0) };
  for (const [bucket, side, bytes] of table.rows) {
    const at = (Number(bucket) - first) / interval;
    if (at >= 0 && at < length) sides[side as 'server' | 'client'][at] += Number(bytes);
  }
  return { from: first, interval, as_server: sides.server, as_client: sides.client };
}

interface Scan {
  readonly kind: 'scans' | 'scanned';
  readonly client: string;
  readonly doors: number;
  readonly hosts: number;
  readonly ports: number;
  readonly refused: number;
  readonly unanswered: number;
  readonly since: string;
  readonly seconds: number;
}

function scanFindings(host: HostKey, scans: readonly Scan[]): HostFinding[] {
  return scans.map(({ kind, client, doors, hosts, ports, refused, unanswered, since, seconds }) => {
    const where =
      hosts === 1 ? plural(ports, 'port') : `${plural(doors, 'port')} of ${plural(hosts, 'host')}`;
    const own = client === host.address;
    return {
      kind,
      title: kind === 'scanned' ? `Was scanned by ${client}` : own ? 'It scans' : `${client} scans`,
      text:
        `${where} within ${duration(seconds)}: ${counted(refused)} refused, ` +
        `${counted(unanswered)} unanswered`,
      at: since,
      f: [
        `client:${client}`,
        'tcp_state:REJ,S0,RSTOS0,RSTRH',
        ...(kind === 'scanned' ? [`server:${host.address}`] : []),
      ],
      service: null,
    };
  });
}

function refusals(host: HostKey, serves: Host['serves']['rows']): HostFinding[] {
  return serves
    .filter((d) => d.transport === 'tcp' && d.answered === 0 && d.clients > 1)
    .slice(0, 5)
    .map(({ port, refused, conversations, clients, first_seen }) => ({
      kind: 'refuses',
      title: refused === 0 ? `Port ${port} answers nobody` : `Port ${port} refuses everybody`,
      text: `${counted(conversations)} of ${plural(conversations, 'attempt')}, ${plural(clients, 'client')}`,
      at: first_seen,
      f: [`server:${host.address}`, `server_port:${port}`],
      service: host.kind === 'address' ? service(host.address, port) : null,
    }));
}

interface Handshakes {
  readonly server: string;
  readonly port: number;
  readonly prefix: string;
  readonly conversations: number;
  /** The median. */
  readonly us: number;
}

function slowness(handshakes: readonly Handshakes[]): HostFinding[] {
  const services = new Map<string, Handshakes[]>();
  for (const one of handshakes) {
    const name = service(one.server, one.port);
    services.set(name, [...(services.get(name) ?? []), one]);
  }
  const found: HostFinding[] = [];
  for (const [name, networks] of services) {
    const waits = slowFor(networks);
    if (waits === undefined) continue;
    const [slowest] = waits.slow;
    const more = waits.slow.length - 1;
    found.push({
      kind: 'slow',
      title:
        more === 0
          ? `Port ${slowest.port} is slow for ${slowest.prefix} only`
          : `Port ${slowest.port} is slow for ${slowest.prefix} and ${plural(more, 'more network')}`,
      text:
        `median handshake ${milliseconds(slowest.us)}; ${milliseconds(waits.othersUs)} for everybody else. ` +
        'So it is the way there, not the server',
      at: null,
      f: [`server:${slowest.server}`, `server_port:${slowest.port}`, `client:${slowest.prefix}`],
      service: name,
    });
  }
  return found.slice(0, 5);
}
