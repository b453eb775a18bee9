import { allowCondition, type Handlers, keeping, metaOf, surroundings } from '../handler.js';
import { scoped } from '../statements/scope.js';
import { gathered, intervalFor, seriesStatement } from '../statements/series.js';

export const trafficHandlers: Handlers<'series'> = {
  series: async ({ query, who, signal }, services) => {
    allowCondition(query, who);
    const question = scoped(query, await surroundings(services, query, signal));
    const interval = intervalFor(question.range, query.points);
    const table = `${services.facts.prefix}sessions`;
    const statement = seriesStatement(question, query.by, query.unit, interval, table);
    const answer = await services.questions.ask(statement, keeping(question.ended, signal));
    const from = Math.floor(Number(question.range.from / 1_000_000_000n) / interval) * interval;
    const buckets = Math.ceil((Number(question.range.to / 1_000_000n) / 1000 - from) / interval);
    return {
      from,
      interval,
      series: gathered(answer.rows, from, interval, buckets, query.top),
      meta: metaOf(statement, 'sessions', answer, question.note === undefined ? {} : { note: question.note }),
    };
  },
};
