import type { Finding } from '../contract/overview.js';
import type { Meta, Scope } from '../contract/route.js';
import { allowCondition, type Handlers, keeping, metaOf, type Services, surroundings } from '../handler.js';
import { objects, type Table, URGENCY } from '../questions.js';
import { sourceOf } from '../sources.js';
import { value } from '../statements/applications.js';
import { parseCondition } from '../statements/conditions.js';
import {
  certificatesStatement,
  LEAST,
  logonsStatement,
  MOST,
  namesStatement,
  oneSidedCandidates,
  oneSidedStatement,
  scanCandidates,
  scansStatement,
  slowCandidates,
  slowStatement,
  type Trouble,
  troubleStatement,
} from '../statements/findings.js';
import { dropsStatement, lossStatement, MINUTE, minutesOf } from '../statements/loss.js';
import { brokenStatement } from '../statements/policies.js';
import { mirrorCondition, type Range, rangeOf, type Surroundings, scoped } from '../statements/scope.js';
import { intervalFor } from '../statements/series.js';
import { during, fromSessions, type Source } from '../statements/tables.js';
import type { ServiceKey } from '../statements/top.js';
import { counted, duration, milliseconds, plural, pointWords, service, share } from '../words.js';

/** How long an answer is kept, milliseconds: these questions are dear. */
const KEEP = 60_000;

/** What was looked for, where nothing stands out. */
const LOOKED = [
  'clients that scan',
  'services that refuse everybody or answer nobody',
  'mirrors that lose packets or show one direction only',
  'packets that this host dropped',
  'services much slower than others',
  'services that reset connections',
  'names that do not exist',
  'logons that fail',
  'certificates that expire',
  'conversations that a policy does not allow',
];

const FAILED_STATES = 'tcp_state:REJ,S0,RSTOS0,RSTRH';

/** What questions are asked with. */
interface Looking {
  readonly services: Services;
  readonly scope: Scope;
  readonly around: Surroundings;
  readonly range: Range;
  readonly signal: AbortSignal;
}

interface Found<Row> {
  readonly rows: readonly Row[];
  readonly meta: Meta;
}

async function look<Row>(
  { services, signal }: Looking,
  statement: string,
  table: string,
  note?: string,
): Promise<Found<Row>> {
  const options = keeping(false, signal, { keep: KEEP, urgency: URGENCY.last });
  const answer: Table = await services.questions.ask(statement, options);
  return {
    rows: objects<Row>(answer),
    meta: metaOf(statement, table, answer, note === undefined ? {} : { note }),
  };
}

/** The worst of a kind. */
function worst<Row>(
  { rows, meta }: Found<Row>,
  say: (row: Row) => Omit<Finding, 'more' | 'meta'>,
): Finding[] {
  const [first] = rows;
  return first === undefined ? [] : [{ ...say(first), more: Math.min(rows.length, MOST) - 1, meta }];
}

/** A time of the store as the API writes it. */
function rfc(time: string): string {
  return `${time.replace(' ', 'T')}Z`;
}

function sessionsWith(...f: string[]): Finding['way'] {
  return { words: 'Sessions', to: '/sessions', search: { f } };
}

function transactionsWith(...f: string[]): Finding['way'] {
  return { words: 'Transactions', to: '/sessions', search: { f, of: ['transactions'] } };
}

function serviceConditions(address: string, port: number): string[] {
  return [`server:${address}`, `server_port:${port}`];
}

async function scans(looking: Looking, source: Source): Promise<Finding[]> {
  const { services, scope, around, signal } = looking;
  const clients = await sourceOf(services, scope, around, { rollUp: 'clients_by_hour' }, signal);
  const candidates = scanCandidates(clients);
  const found = await look<{
    address: string;
    doors: number;
    refused: number;
    silent: number;
    opened: number;
    since: string;
    seconds: number;
  }>(looking, scansStatement(source, candidates), 'sessions', source.note);
  return worst(found, ({ address, doors, refused, silent, opened, since, seconds }) => ({
    kind: 'scan',
    title: `${address} is scanning`,
    detail:
      `${counted(doors)} doors tried, most in ${duration(seconds)}: ${counted(refused)} refused, ` +
      `${counted(silent)} unanswered${opened > 0 ? `, ${counted(opened)} open` : ''}`,
    since: rfc(since),
    severity: 'bad',
    way: sessionsWith(`client:${address}`, FAILED_STATES),
  }));
}

interface TroubledRow {
  readonly kind: Trouble;
  readonly address: string;
  readonly port: number;
  readonly attempts: number;
  readonly refused: number;
  readonly resets: number;
  readonly established: number;
  readonly clients: number;
  readonly since: string;
}

async function trouble(looking: Looking, source: Source, services: Source): Promise<Finding[]> {
  const statement = troubleStatement(source, services);
  const { rows, meta } = await look<TroubledRow>(looking, statement, 'sessions', source.note);
  const of = (kind: Trouble): Found<TroubledRow> => ({ rows: rows.filter((row) => row.kind === kind), meta });
  return [...worst(of('refuses'), refuses), ...silent(of('silent')), ...worst(of('resets'), resets)];
}

function refuses({ address, port, attempts, refused, clients, since }: TroubledRow) {
  return {
    kind: 'refuses',
    title: `${service(address, port)} refuses everybody`,
    detail: `${counted(refused)} of ${counted(attempts)} attempts by ${plural(clients, 'client')}`,
    since: rfc(since),
    severity: 'bad',
    way: sessionsWith(...serviceConditions(address, port)),
  } as const;
}

function silent(found: Found<TroubledRow>): Finding[] {
  const others = found.rows.length - 1;
  const ports = new Set(found.rows.map(({ port }) => port));
  return worst(found, ({ address, port, attempts, clients, since }) => {
    const alike =
      others > 0 && ports.size === 1
        ? `; ${plural(others, 'other server')} at port ${port} alike: a firewall may drop them`
        : '';
    return {
      kind: 'silent',
      title: `${service(address, port)} answers nobody`,
      detail: `${counted(attempts)} attempts by ${plural(clients, 'client')}, no answer${alike}`,
      since: rfc(since),
      severity: 'warn',
      way: sessionsWith(...serviceConditions(address, port)),
    };
  });
}

function resets({ address, port, resets: n, established, clients }: TroubledRow) {
  return {
    kind: 'resets',
    title: `${service(address, port)} cuts connections off`,
    detail: `${counted(n)} of ${counted(established)} established ones, of ${plural(clients, 'client')}`,
    severity: 'warn',
    way: sessionsWith(...serviceConditions(address, port), 'tcp_state:RSTR'),
  } as const;
}

interface LossRow {
  readonly id: string;
  readonly name: string;
  readonly bucket: number;
  readonly received: number;
  readonly missing: number;
}

async function losses(looking: Looking): Promise<Finding[]> {
  const { services, scope, range } = looking;
  const interval = Math.max(MINUTE, intervalFor(range, 1440));
  const { prefix } = services.facts;
  const point =
    scope.mirror === undefined || scope.mirror === 'once' ? undefined : mirrorCondition(scope.mirror);
  const [lost, drops] = await Promise.all([
    look<LossRow>(looking, lossStatement(minutesOf(range), point, interval, prefix), 'mirrors'),
    look<{ dropped: number }>(looking, dropsStatement(minutesOf(range), interval, prefix), 'mirrors'),
  ]);
  const dropped = drops.rows.reduce((sum, row) => sum + row.dropped, 0);
  const found: Finding[] = [];
  if (dropped > 0)
    found.push({
      kind: 'drops',
      title: `This host dropped ${plural(dropped, 'packet')}`,
      detail:
        `before they were read, in ${plural(drops.rows.length, 'minute')}: ` +
        'it is too slow, or its buffers are too small',
      more: 0,
      severity: 'bad',
      way: { words: 'Mirrors', to: '/mirrors', search: {} },
      meta: drops.meta,
    });
  const mirrors = new Map<
    string,
    { name: string; received: number; lost: number; all: number; bad: number }
  >();
  for (const { id, name, received, missing } of lost.rows) {
    const mirror = mirrors.get(id) ?? { name, received: 0, lost: 0, all: 0, bad: 0 };
    mirror.received += received;
    mirror.lost += missing;
    mirror.all++;
    if (missing > 0) mirror.bad++;
    mirrors.set(id, mirror);
  }
  const losing = [...mirrors]
    .filter(([, m]) => m.lost >= LEAST.lost && m.lost >= LEAST.lostShare * (m.lost + m.received))
    .sort(([, a], [, b]) => b.lost / (b.lost + b.received) - a.lost / (a.lost + a.received));
  found.push(
    ...worst({ rows: losing, meta: lost.meta }, ([id, mirror]) => ({
      kind: 'loses',
      title:
        `${mirror.name || pointWords(id)} loses ` +
        `${share(mirror.lost, mirror.lost + mirror.received)} of its packets`,
      detail:
        `${counted(mirror.lost)} of ${counted(mirror.lost + mirror.received)}` +
        `${interval === MINUTE ? `, in ${mirror.bad} of ${plural(mirror.all, 'minute')}` : ''}, ` +
        `on the way here; ${counted(dropped)} dropped by this host`,
      severity: 'warn',
      way: { words: 'Mirror', to: `/mirrors/${id}`, search: {} },
    })),
  );
  return found;
}

interface OneSided {
  readonly id: string;
  readonly name: string;
  readonly conversations: number;
  readonly one_sided: number;
  readonly only_clients: number;
}

/** Mirror points that mirror one direction only; of a long range, those that the roll-up suspects. */
async function findOneSided(looking: Looking, all: Source): Promise<Found<OneSided>> {
  const { services, scope, around, signal } = looking;
  const traffic = await sourceOf(services, scope, around, { rollUp: 'traffic_by_minute' }, signal);
  if (traffic.table === 'sessions') return look(looking, oneSidedStatement(all), 'sessions', all.note);
  const suspects = await look<{ id: string }>(looking, oneSidedCandidates(traffic), traffic.table);
  if (suspects.rows.length === 0) return { rows: [], meta: suspects.meta };
  const only = suspects.rows.map(({ id }) => mirrorCondition(id)).join(' OR ');
  const statement = oneSidedStatement({ ...all, where: `${all.where}\n  AND (${only})` });
  return look(looking, statement, 'sessions', all.note);
}

function oneSided(found: Found<OneSided>): Finding[] {
  return worst(found, ({ id, name, conversations, one_sided, only_clients }) => ({
    kind: 'one_sided',
    title: `${name || pointWords(id)} mirrors one direction only`,
    detail:
      `${counted(one_sided)} of ${counted(conversations)} TCP conversations have packets of ` +
      `${only_clients ? 'clients' : 'servers'} only: mirror both directions of the port`,
    severity: 'bad',
    way: { words: 'Mirror', to: `/mirrors/${id}`, search: {} },
  }));
}

async function slow(looking: Looking, source: Source, services: Source): Promise<Finding[]> {
  const { rows: candidates } = await look<ServiceKey>(looking, slowCandidates(services), services.table);
  if (candidates.length === 0) return [];
  const found = await look<{
    address: string;
    port: number;
    all_clients: number;
    median_us: number;
    others_us: number;
    way_us: number;
    answer_us: number;
    answered: number;
  }>(looking, slowStatement(source, candidates, services.table !== 'sessions'), 'sessions', source.note);
  return worst(found, (row) => {
    const own = Math.max(0, row.answer_us - row.way_us);
    const blame =
      row.answered === 0 || row.way_us === 0
        ? ''
        : own > row.way_us
          ? `; mostly the server: ${milliseconds(own)} of the ${milliseconds(row.answer_us)} of an answer`
          : `; mostly the network: ${milliseconds(row.way_us)} there and back`;
    return {
      kind: 'slow',
      title: `${service(row.address, row.port)} answers slowly`,
      detail:
        `median handshake ${milliseconds(row.median_us)} for ${plural(row.all_clients, 'client')}; ` +
        `other services take them ${milliseconds(row.others_us)}${blame}`,
      severity: 'warn',
      way: {
        words: 'Service',
        to: `/services/${service(row.address, row.port)}`,
        search: {},
      },
    };
  });
}

async function names(looking: Looking, from: string, where: string): Promise<Finding[]> {
  const found = await look<{ asked: string; questions: number; clients: number; since: string }>(
    looking,
    namesStatement(from, where),
    'transactions',
  );
  return worst(found, ({ asked, questions, clients, since }) => ({
    kind: 'names',
    title: `${asked} does not exist`,
    detail: `${plural(questions, 'DNS question')} by ${plural(clients, 'client')} were answered NXDOMAIN`,
    since: rfc(since),
    severity: 'warn',
    way: transactionsWith('app:dns', `name:${value(asked)}`, 'status:NXDOMAIN'),
  }));
}

async function logons(looking: Looking, from: string, where: string): Promise<Finding[]> {
  const found = await look<{
    address: string;
    to_server: string;
    app: string;
    somebody: string;
    answer: string;
    attempts: number;
    users: number;
    since: string;
  }>(looking, logonsStatement(from, where), 'transactions');
  return worst(found, ({ address, to_server, app, somebody, answer, attempts, users, since }) => ({
    kind: 'logons',
    title: `${address} fails to log on`,
    detail:
      `${plural(attempts, 'attempt')} as ${users === 1 ? somebody || 'nobody' : plural(users, 'user')} ` +
      `at ${to_server}, answered ${answer} (${app})`,
    since: rfc(since),
    severity: 'warn',
    way: transactionsWith(
      `client:${address}`,
      `server:${to_server}`,
      `app:${app}`,
      `status:${value(answer)}`,
    ),
  }));
}

/** Conditions that certificates know too: they are of servers, not of conversations. */
const OF_SERVERS: ReadonlySet<string> = new Set(['server', 'server_ip', 'server_port', 'server_name']);

async function certificates(looking: Looking): Promise<Finding[]> {
  const { services, scope, around, range } = looking;
  if (scope.q !== undefined || !(scope.f ?? []).every((f) => OF_SERVERS.has(parseCondition(f).name)))
    return [];
  const { where } = scoped({ from: scope.from, to: scope.to, f: scope.f }, around, 'sessions', 'first_seen');
  const day = (ns: bigint): string => `'${new Date(Number(ns / 1_000_000n)).toISOString().slice(0, 10)}'`;
  const parts = [`day >= ${day(range.from)} AND day <= ${day(range.to - 1n)}`];
  // They were shown once a day: the range is of days.
  parts.push(...where.split('\n  AND ').slice(1));
  if (scope.mirror !== undefined && scope.mirror !== 'once')
    parts.push(mirrorCondition(scope.mirror).replace(/ AND gre_key [^)]*/, ''));
  const end = Number(range.to / 1_000_000_000n);
  const statement = certificatesStatement(
    `${services.facts.prefix}certificates AS t`,
    parts.join('\n  AND '),
    end,
  );
  const found = await look<{
    address: string;
    port: number;
    subject: string;
    issuer: string;
    expires: number;
  }>(looking, statement, 'certificates');
  return worst(found, ({ address, port, subject, issuer, expires }) => {
    const days = Math.floor((expires - end) / 86_400);
    const date = new Date(expires * 1000).toISOString().slice(0, 10);
    return {
      kind: 'certificate',
      title:
        `The certificate of ${service(address, port)} ` +
        (days < 0 ? 'has expired' : `expires in ${plural(days, 'day')}`),
      detail: `${subject || 'no name'}, by ${issuer || 'nobody'}, valid until ${date}`,
      severity: days < 0 ? 'bad' : 'warn',
      way: {
        words: 'Service',
        to: `/services/${service(address, port)}`,
        search: {},
      },
    };
  });
}

async function policies(looking: Looking, source: Source): Promise<Finding[]> {
  // Policies are about roles.
  const { roles } = await looking.services.facts.known(looking.signal);
  if (!roles) return [];
  const found = await look<{
    broken: string;
    conversations: number;
    clients: number;
    servers: number;
    failed: number;
    most: string;
    since: string;
  }>(looking, brokenStatement(source, MOST), 'sessions', source.note);
  return worst(found, ({ broken, conversations, clients, servers, failed, most, since }) => ({
    kind: 'policy',
    title: `${broken}: ${plural(conversations, 'conversation')} that a policy does not allow`,
    detail:
      `${clients === 1 ? most : `${plural(clients, 'client')}, most of them ${most}`}, with ` +
      `${plural(servers, 'server')}; ${counted(failed)} came to nothing`,
    since: rfc(since),
    severity: 'bad',
    way: sessionsWith(`policy:${value(broken)}`),
  }));
}

/** The worst first. */
const ORDER: readonly Finding['kind'][] = [
  'policy',
  'scan',
  'refuses',
  'drops',
  'one_sided',
  'loses',
  'slow',
  'silent',
  'logons',
  'resets',
  'names',
  'certificate',
];

/** In whole minutes, so that a running range has the same questions for a minute. */
function inMinutes({ from, to }: Range, now: number): Range {
  const minute = 60_000_000_000n;
  if (to < BigInt(now) * 1_000_000n) return { from, to };
  return { from: (from / minute) * minute, to: ((to + minute - 1n) / minute) * minute };
}

export const findingsHandlers: Handlers<'findings'> = {
  findings: async ({ query, who, signal }, services) => {
    allowCondition(query, who);
    const around = await surroundings(services, query, signal);
    const range = inMinutes(rangeOf(query, around), around.now);
    const scope = during(query, range);
    const looking: Looking = { services, scope, around, range, signal };
    const all = fromSessions(scope, around);
    const sided = await findOneSided(looking, all);
    // What a mirror does not show is not missing.
    const shown = sided.rows.map(({ id }) => `\n  AND NOT ${mirrorCondition(id)}`).join('');
    const source = { ...all, where: `${all.where}${shown}` };
    const summed = await sourceOf(services, scope, around, { rollUp: 'services_by_hour' }, signal);
    const byHour = { ...summed, where: `${summed.where}${shown}` };
    const { where } = scoped(scope, around, 'transactions');
    const from = `${services.facts.prefix}transactions AS t`;
    const found = await Promise.all([
      scans(looking, source),
      trouble(looking, source, byHour),
      losses(looking),
      slow(looking, source, byHour),
      names(looking, from, where),
      logons(looking, from, where),
      certificates(looking),
      policies(looking, all),
    ]);
    const findings = [...oneSided(sided), ...found.flat()];
    findings.sort((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind));
    return { findings, looked: LOOKED };
  },
};
