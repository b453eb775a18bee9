import { allowCondition, type Handlers, keeping, metaOf, surroundings } from '../handler.js';
import { sourceOf } from '../sources.js';
import { rangeOf } from '../statements/scope.js';
import { bucketsOf, gathered, intervalFor, seriesStatement } from '../statements/series.js';
import { before } from '../statements/tables.js';

export const trafficHandlers: Handlers<'series'> = {
  series: async ({ query, who, signal }, services) => {
    allowCondition(query, who);
    const { by, unit, points, top } = query;
    const around = await surroundings(services, query, signal);
    const scope = query.before === undefined ? query : before(query, around);
    const range = rangeOf(scope, around);
    const interval = intervalFor(range, points);
    const { from, buckets } = bucketsOf(range, interval);
    // Only sessions know roles.
    const wanted = by === 'role' ? undefined : ({ rollUp: 'traffic_by_minute', step: interval } as const);
    const source = await sourceOf(services, scope, around, wanted, signal);
    const statement = seriesStatement(source, by, unit, interval);
    const answer = await services.questions.ask(statement, keeping(source.ended, signal));
    let { rows } = answer;
    if (by === 'mirror' && source.table !== 'sessions') {
      const names = new Map((await services.facts.mirrors(signal)).map(({ id, name }) => [id, name]));
      rows = rows.map(([bucket, id, value]) => [bucket, names.get(id as string) || id, value]);
    }
    return {
      from,
      interval,
      series: gathered(rows, from, interval, buckets, top),
      meta: metaOf(statement, source.table, answer, source.note === undefined ? {} : { note: source.note }),
    };
  },
};
