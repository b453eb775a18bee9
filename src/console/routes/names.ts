import { parsePrefix } from '../../config/units.js';
import { NAME_SOURCES, type NameSourceWord } from '../../model/name-source.js';
import { formatIp } from '../../wire/ip/addresses.js';
import { type Handlers, surroundings } from '../handler.js';
import { objects, URGENCY } from '../questions.js';
import { keptNamesStatement, namesStatement } from '../statements/names.js';
import { type Range, rangeOf } from '../statements/scope.js';

/** Milliseconds for which names are kept: they change seldom, and all pages ask for them. */
const KEEP = 60_000;

export const nameHandlers: Handlers<'names'> = {
  names: async ({ query, signal }, services) => {
    const { questions, facts, addressNames } = services;
    const found = new Map<string, { name: string; source: NameSourceWord }[]>();
    const wanted = new Map<string, Uint8Array>();
    // What is no address has no name: a page asks for MAC addresses, too.
    for (const text of query.address) {
      const parsed = text.includes('/') ? undefined : parsePrefix(text);
      const written = parsed === undefined ? undefined : formatIp(parsed.address, 0);
      if (parsed === undefined || written === undefined || found.has(written)) continue;
      found.set(written, []);
      wanted.set(written, parsed.address);
    }
    if (wanted.size === 0) return { names: [] };
    const range = inMinutes(rangeOf(query, await surroundings(services, query, signal)));
    const options = { signal, keep: KEEP, urgency: URGENCY.last };
    for (const statement of [keptNamesStatement, namesStatement]) {
      if (wanted.size === 0) break;
      type Row = { address: string; name: string; source: NameSourceWord };
      const rows = objects<Row>(
        await questions.ask(statement([...wanted.values()], range, facts.prefix), options),
      );
      for (const { address, name, source } of rows) {
        found.get(address)?.push({ name, source });
        wanted.delete(address);
      }
    }
    addressNames.refresh();
    for (const [address, names] of found) {
      const name = addressNames.find(address);
      // The console's own file is nearer than that of the collector.
      if (name !== undefined) names.unshift({ name, source: 'file' });
      names.sort((a, b) => NAME_SOURCES.indexOf(a.source) - NAME_SOURCES.indexOf(b.source));
    }
    return {
      names: [...found]
        .filter(([, names]) => names.length > 0)
        .map(([address, names]) => ({ address, names })),
    };
  },
};

const MINUTE = 60_000_000_000n;

/** The whole minutes around a range: one that runs is the same question for a minute. */
function inMinutes({ from, to }: Range): Range {
  return { from: (from / MINUTE) * MINUTE, to: ((to + MINUTE - 1n) / MINUTE) * MINUTE };
}
