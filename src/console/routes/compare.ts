import { RequestError } from '../errors.js';
import type { Handlers } from '../handler.js';
import { keeping, metaOf, surroundings } from '../handler.js';
import { objects } from '../questions.js';
import {
  type Comparison,
  listStatement,
  networksStatement,
  pathsStatement,
  presenceStatement,
  sumsStatement,
} from '../statements/compare.js';
import { conditions } from '../statements/conditions.js';
import { parseTime, type Range, rangeOf } from '../statements/scope.js';
import { timeText } from './about.js';

interface Presence {
  readonly first: string;
  readonly last: string;
  readonly packets: number;
  readonly lost: number;
  readonly kernel_drops: number;
}

type PathAnswer = Extract<
  Awaited<ReturnType<Handlers<'compare'>['compare']>>,
  { paths: unknown }
>['paths'][number];
type PathRow = Omit<PathAnswer, 'from_a' | 'relative'> & { from_a: number; relative: number };

const NOTHING = { same: 0, differ: 0, only_a: 0, only_b: 0, fewer_a: 0, fewer_b: 0, otherwise: 0 };

export const compareHandlers: Handlers<'compare'> = {
  compare: async ({ query, signal }, services) => {
    const { questions, facts } = services;
    if (query.a === query.b) throw new RequestError('a and b are the same mirror point', 400);
    const around = await surroundings(services, query, signal);
    const range = rangeOf(query, around);
    const given = conditions(query.f ?? []);
    const options = keeping(range.to <= BigInt(around.now) * 1_000_000n, signal);
    const ask = async <Row>(statement: string): Promise<Row[]> =>
      objects<Row>(await questions.ask(statement, options));
    const [points, [a], [b]] = await Promise.all([
      facts.mirrors(signal),
      ask<Presence>(presenceStatement(query.a, range, facts.prefix)),
      ask<Presence>(presenceStatement(query.b, range, facts.prefix)),
    ]);
    const point = (id: string) => points.find((one) => one.id === id) ?? null;
    /** What `paths` may call it: its entry's name, or what `read --path` was given. */
    const names = (id: string): string[] => {
      const { name = '', source = '', session = 0 } = point(id) ?? {};
      return [name, source, `${source}/${session}`].filter((text) => text !== '');
    };
    const loss = ({ packets, lost, kernel_drops }: Presence) => ({ packets, lost, kernel_drops });
    const told = { a: point(query.a), b: point(query.b), loss_a: loss(a), loss_b: loss(b) };
    const both = overlap(range, a, b);
    const comparison: Comparison = {
      a: query.a,
      b: query.b,
      range: both ?? range,
      conditions: given,
      prefix: facts.prefix,
    };
    const statement = sumsStatement(comparison);
    if (both === undefined) {
      const meta = { statement, table: 'sessions', rows_read: 0, elapsed_ms: 0 };
      const none = { rows: [], paths: [], networks_a: [], networks_b: [] };
      return { ...told, ...NOTHING, from: null, to: null, ...none, meta };
    }
    type Answered = Awaited<ReturnType<typeof compareHandlers.compare>>;
    type Rows = Extract<Answered, { rows: unknown }>;
    const [sums, rows, paths, networks_a, networks_b] = await Promise.all([
      questions.ask(statement, options),
      ask<Rows['rows'][number]>(listStatement(comparison, query.show)),
      ask<PathRow>(pathsStatement(names(query.a), names(query.b), both, facts.prefix)),
      ask<Rows['networks_a'][number]>(networksStatement(comparison, 'only_a')),
      ask<Rows['networks_b'][number]>(networksStatement(comparison, 'only_b')),
    ]);
    return {
      ...told,
      ...objects<typeof NOTHING>(sums)[0],
      from: timeText(both.from),
      to: timeText(both.to),
      rows,
      paths: paths.map((path) => ({
        ...path,
        from_a: Number(path.from_a) === 1,
        relative: Number(path.relative) === 1,
      })),
      networks_a,
      networks_b,
      meta: metaOf(statement, 'sessions', sums),
    };
  },
};

/** While both were there; undefined: never at once. Minutes are as fine as the store knows it. */
function overlap(range: Range, a: Presence, b: Presence): Range | undefined {
  if (a.packets === 0 || b.packets === 0) return undefined;
  const time = (text: string): bigint => parseTime('minute', `${text.replace(' ', 'T')}Z`, 0);
  const begins = [range.from, time(a.first), time(b.first)].sort(byTime);
  const ends = [range.to, time(a.last), time(b.last)].sort(byTime);
  const [from, to] = [begins[2], ends[0]];
  return from < to ? { from, to } : undefined;
}

function byTime(one: bigint, other: bigint): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
