/** Tunnels: what the store has of them, and what the collector says now. */
import type { TunnelSaid } from '../contract/tunnels.js';
import { type Handlers, keeping, metaOf } from '../handler.js';
import { objects } from '../questions.js';
import { columnsOf, stepsOf } from '../statements/mirrors.js';
import { COUNTERS, tunnelMinutesStatement, tunnelsStatement } from '../statements/tunnels.js';
import { rangeFor, traceOf } from './mirrors.js';

interface TunnelRow {
  readonly name: string;
  readonly mode: string;
  readonly local: string;
  readonly remote: string;
  readonly key: number | null;
  readonly trace: Readonly<Record<string, number>>;
  readonly [counter: string]: unknown;
}

/** The unspecified address of either family stands for any. */
function end(address: string): string {
  return address === '::' || address === '0.0.0.0' ? 'any' : address;
}

export const tunnelHandlers: Handlers<'tunnels' | 'tunnelMinutes'> = {
  tunnels: async ({ query, signal }, services) => {
    const { range, ended } = await rangeFor(query, services, signal);
    const steps = stepsOf(range, query.steps);
    const statement = tunnelsStatement(range, steps, services.facts.prefix);
    const [answer, status] = await Promise.all([
      services.questions.ask(statement, keeping(ended, signal)),
      services.beside.status(),
    ]);
    const lines = new Map<string, TunnelSaid>();
    for (const row of objects<TunnelRow>(answer))
      lines.set(row.name, {
        name: row.name,
        mode: row.mode,
        local: end(row.local),
        remote: end(row.remote),
        key: row.key,
        counters: Object.fromEntries(COUNTERS.map((name) => [name, Number(row[name])])),
        trace: traceOf(row.trace, steps),
        now: null,
      });
    for (const now of status?.tunnels ?? []) {
      const { name, mode, local, remote, key } = now;
      const before = lines.get(name) ?? { counters: null, trace: [] };
      lines.set(name, { ...before, name, mode, local, remote, key, now });
    }
    return {
      tunnels: [...lines.values()].sort((a, b) => (a.name < b.name ? -1 : 1)),
      refused: status?.tunnels_refused ?? null,
      meta: metaOf(statement, 'tunnels', answer),
    };
  },
  tunnelMinutes: async ({ params, query, signal }, services) => {
    const { range, ended } = await rangeFor(query, services, signal);
    const steps = stepsOf(range, query.points);
    const statement = tunnelMinutesStatement(params.name, range, steps, services.facts.prefix);
    const answer = await services.questions.ask(statement, keeping(ended, signal));
    return {
      from: steps.from,
      interval: steps.interval,
      counters: columnsOf(answer.rows, steps, COUNTERS),
      meta: metaOf(statement, 'tunnels', answer),
    };
  },
};
