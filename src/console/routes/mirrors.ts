/** Mirror points: what the store has of them, and what the collector says now. */
import type { CollectorStatus, MirrorStatus } from '../../model/status.js';
import type { MirrorPointSaid } from '../contract/about.js';
import type { MirrorAccount, MirrorSaid } from '../contract/mirrors.js';
import { sourceInId } from '../contract/plain-points.js';
import { RequestError } from '../errors.js';
import { type Handlers, keeping, metaOf, type Services, surroundings } from '../handler.js';
import { objects } from '../questions.js';
import {
  columnsOf,
  groupedStatement,
  MINUTE_SERIES,
  mirrorMinutesStatement,
  mirrorsStatement,
  oneSidedStatement,
  type Steps,
  stepsOf,
} from '../statements/mirrors.js';
import { isPlainId } from '../statements/point.js';
import { type Range, rangeOf } from '../statements/scope.js';

/** Milliseconds for which it is known who shows one direction only: it costs a look at sessions. */
const KEEP_SIDES = 30_000;

/** A row of mirrorsStatement. */
interface AccountRow extends Omit<MirrorAccount, 'clock'> {
  readonly id: string;
  readonly trace: Readonly<Record<string, number>>;
  readonly clock_name: string;
  readonly clock_kind: 'arrival' | 'fitted' | 'absolute';
  readonly clock_offset_ns: number;
  readonly clock_drift_ppb: number;
  readonly clock_delay_ns: number;
  readonly clock_jitter_ns: number;
  readonly clock_disbelieved: number;
  readonly clock_jumps: number;
}
interface SidesRow {
  readonly id: string;
  readonly tcp: number;
  readonly one_sided: number;
}

export const mirrorHandlers: Handlers<'mirrors' | 'mirrorMinutes' | 'mirrorFrames'> = {
  mirrors: async ({ query, signal }, services) => {
    const { range, ended } = await rangeFor(query, services, signal);
    const steps = stepsOf(range, query.steps);
    const { questions, facts, beside } = services;
    const statement = mirrorsStatement(range, steps, facts.prefix);
    const [answer, sides, grouped, known, status] = await Promise.all([
      questions.ask(statement, keeping(ended, signal)),
      questions.ask(oneSidedStatement(range, facts.prefix), { signal, keep: KEEP_SIDES }),
      questions.ask(groupedStatement(range, facts.prefix), { signal, keep: KEEP_SIDES }),
      facts.mirrors(signal),
      beside.status(),
    ]);
    const inGroups = new Set(grouped.rows.map(([name]) => name));
    const lines = together(known, objects<AccountRow>(answer), objects<SidesRow>(sides), status, steps);
    // A capture's mirror points are nobody's here.
    if (services.capture === '') services.mirrorEntries.refresh();
    const placed = (line: MirrorSaid): MirrorSaid => {
      const entry = services.capture === '' ? services.mirrorEntries.find(line) : undefined;
      return entry === undefined ? line : { ...line, entry };
    };
    return {
      mirrors: lines.map((line) => ({ ...placed(line), grouped: inGroups.has(line.name) })),
      unlisted: Math.max(0, (status?.unlisted.points ?? 0) - (status?.unlisted.loudest.length ?? 0)),
      from: steps.from,
      interval: steps.interval,
      meta: metaOf(statement, 'mirrors', answer),
    };
  },
  mirrorMinutes: async ({ params, query, signal }, services) => {
    const { range, ended } = await rangeFor(query, services, signal);
    const steps = stepsOf(range, query.points);
    const statement = mirrorMinutesStatement(params.id, range, steps, services.facts.prefix);
    const answer = await services.questions.ask(statement, keeping(ended, signal));
    const columns = columnsOf(answer.rows, steps, MINUTE_SERIES);
    return {
      from: steps.from,
      interval: steps.interval,
      ...(columns as Record<(typeof MINUTE_SERIES)[number], number[]>),
      meta: metaOf(statement, 'mirrors', answer),
    };
  },
  mirrorFrames: async ({ params: { id } }, { beside }) => {
    const [type = '', source = '', session = '', key = '', ...more] = id.split(',');
    if (isPlainId(id))
      throw new RequestError('the frames of a SPAN port or a capture are not shown as they come', 400, {
        hint: 'tcpdump -i NAME shows those of an interface; packets: all keeps them',
      });
    const wrong = more.length > 0 || !/^\d{0,4}$/.test(session) || !/^\d{0,10}$/.test(key);
    if (source === '' || wrong)
      throw new RequestError(`id: ${id} is no mirror point`, 400, {
        hint: 'write type,source,session,key, or ,10.0.0.13,, for all that an address sends',
      });
    return (await beside.ask({
      command: 'frames',
      source,
      ...(type !== '' && { type }),
      ...(session !== '' && { session: Number(session) }),
      ...(key !== '' && { key: Number(key) }),
    })) as Awaited<ReturnType<Handlers<'mirrorFrames'>['mirrorFrames']>>;
  },
};

/** The range of a question, and whether it has ended. */
export async function rangeFor(
  query: { readonly from?: string | undefined; readonly to?: string | undefined },
  services: Services,
  signal: AbortSignal,
): Promise<{ readonly range: Range; readonly ended: boolean }> {
  const around = await surroundings(services, query, signal);
  const range = rangeOf(query, around);
  return { range, ended: range.to <= BigInt(around.now) * 1_000_000n };
}

/** The packets of each step. @param sums by the step's number */
export function traceOf(sums: Readonly<Record<string, number>>, { count }: Steps): number[] {
  return Array.from({ length: count }, (_, i) => sums[i] ?? 0);
}

/** The id of a mirror point of the status. */
function idOf({ type, source, session, key, name }: MirrorStatus): string {
  return `${type},${sourceInId(type, source, name)},${session ?? ''},${key ?? ''}`;
}

function accountOf(row: AccountRow, steps: Steps): Pick<MirrorSaid, 'account' | 'trace'> {
  const { id: _, trace, clock_name, clock_kind, ...rest } = row;
  const { clock_offset_ns, clock_drift_ppb, clock_delay_ns, clock_jitter_ns, ...counts } = rest;
  const { clock_disbelieved, clock_jumps, ...account } = counts;
  const clock =
    clock_kind === 'arrival'
      ? null
      : {
          name: clock_name,
          kind: clock_kind,
          offset_ns: clock_offset_ns,
          drift_ppb: clock_drift_ppb,
          delay_ns: clock_delay_ns,
          jitter_ns: clock_jitter_ns,
          disbelieved: clock_disbelieved,
          jumps: clock_jumps,
        };
  return { account: { ...account, clock }, trace: traceOf(trace, steps) };
}

/** One line a mirror point, whoever knows of it: those with a name first. */
function together(
  known: readonly MirrorPointSaid[],
  accounts: readonly AccountRow[],
  sides: readonly SidesRow[],
  status: CollectorStatus | undefined,
  steps: Steps,
): MirrorSaid[] {
  const lines = new Map<string, MirrorSaid>();
  const empty = {
    policy: '',
    entry: null,
    account: null,
    trace: [],
    tcp: 0,
    one_sided: 0,
    grouped: false,
    now: null,
  };
  for (const point of known) lines.set(point.id, { ...empty, ...point });
  for (const now of [...(status?.mirrors ?? []), ...(status?.unlisted.loudest ?? [])]) {
    const { name, site, type, source, target, session, key, policy } = now;
    // An entry without a known point may have been heard before the collector started.
    const heard = target === '' && name !== '' ? [...lines.values()].filter((l) => l.name === name) : [];
    if (heard.length > 0) {
      for (const line of heard) lines.set(line.id, { ...line, policy, now: line.now ?? now });
      continue;
    }
    const id = idOf(now);
    const before = lines.get(id) ?? empty;
    lines.set(id, { ...before, id, name, site, type, source, target, session, key, policy, now });
  }
  for (const row of accounts) {
    const line = lines.get(row.id);
    if (line !== undefined) lines.set(row.id, { ...line, ...accountOf(row, steps) });
  }
  for (const { id, tcp, one_sided } of sides) {
    const line = lines.get(id);
    if (line !== undefined) lines.set(id, { ...line, tcp, one_sided });
  }
  const order = ({ name, id }: MirrorSaid): string => (name === '' ? `1${id}` : `0${name}\0${id}`);
  return [...lines.values()].sort((a, b) => (order(a) < order(b) ? -1 : 1));
}
