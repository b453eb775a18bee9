import { parsePrefix } from '../../config/units.js';
import { formatIp } from '../../wire/ip/addresses.js';
import { NAME_SOURCES, type NameSource } from '../contract/names.js';
import { type Handlers, surroundings } from '../handler.js';
import { objects, URGENCY } from '../questions.js';
import { namesStatement } from '../statements/names.js';
import { type Range, rangeOf } from '../statements/scope.js';

/** Milliseconds for which names are kept: they change seldom, and all pages ask for them. */
const KEEP = 60_000;

export const nameHandlers: Handlers<'names'> = {
  names: async ({ query, signal }, services) => {
    const { questions, facts, addressNames } = services;
    const found = new Map<string, { name: string; source: NameSource }[]>();
    const wanted: Uint8Array[] = [];
    // What is no address has no name: a page asks for MAC addresses, too.
    for (const text of query.address) {
      const parsed = text.includes('/') ? undefined : parsePrefix(text);
      const written = parsed === undefined ? undefined : formatIp(parsed.address, 0);
      if (parsed === undefined || written === undefined || found.has(written)) continue;
      found.set(written, []);
      wanted.push(parsed.address);
    }
    if (wanted.length === 0) return { names: [] };
    const range = inMinutes(rangeOf(query, await surroundings(services, query, signal)));
    const options = { signal, keep: KEEP, urgency: URGENCY.last };
    type Row = { address: string; name: string; source: NameSource };
    const rows = objects<Row>(await questions.ask(namesStatement(wanted, range, facts.prefix), options));
    for (const { address, name, source } of rows) found.get(address)?.push({ name, source });
    addressNames.refresh();
    for (const [address, names] of found) {
      const name = addressNames.find(address);
      if (name !== undefined) names.push({ name, source: 'file' });
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
