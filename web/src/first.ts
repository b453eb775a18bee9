/**
 * Runs while the rest of the page is still on its way: shows the frame that index.html has, signs in, and
 * asks what every page asks, and what the overview does.
 */
import { addressesIn, asked } from '../../src/console/contract/opened.js';
import type { Answer, Asked, RouteName } from '../../src/console/contract.js';
import { call, callEarly } from './api/client.js';
import { partsAsk } from './api/early.js';
import { lookedAt } from './app/looked-at.js';
import { namesChosen } from './app/names-shown.js';
import { parseSearch } from './app/search.js';
import { PREFIX } from './app/served.js';
import { startTheme } from './app/theme.js';
import { pickedInCards } from './pages/overview/picked.js';

startTheme();
document.querySelector('#page > [hidden]')?.removeAttribute('hidden');

/** The token of `#token=…`. It is never sent with an address, and leaves no trace in the history. */
function takeToken(): string | undefined {
  const token = /^#token=([\w-]+)$/.exec(location.hash)?.[1];
  if (token !== undefined) history.replaceState(history.state, '', location.pathname + location.search);
  return token;
}

const token = takeToken();

/** Who is signed in, by the token of the link or before. */
export const signedIn: Promise<Answer<'me'>> =
  token === undefined ? call('me') : call('login', { body: { token } });

/** Names of addresses in what was asked first. */
export interface FirstNames {
  readonly from: string;
  readonly to: string;
  readonly addresses: readonly string[];
  readonly names: Answer<'names'>['names'];
}

/** Settles once all of it is answered, with the names that it needs if the page still waits for them. */
export const askedFirst: Promise<FirstNames | undefined> = askFirst();

/** Asks while the token's cookie is on its way. */
async function askFirst(): Promise<FirstNames | undefined> {
  const ask = <N extends RouteName>(name: N, query?: Asked<N>): Promise<Answer<N> | undefined> =>
    callEarly(name, { ...(query && { query }), ...(token !== undefined && { token }) });
  const about = ask('about');
  void ask('status');
  void ask('views');
  if (location.pathname !== `${PREFIX}/`) return undefined;
  const search = parseSearch(location.search);
  const looked = lookedAt(search, undefined) ?? lookedAt(search, await about);
  if (looked === undefined) return undefined;
  const cards = asked(looked.query, pickedInCards(search));
  const addresses = addressesIn(await Promise.all(cards.map(([name, query]) => ask(name, query))));
  if (addresses.length === 0 || !namesChosen() || partsAsk()) return undefined;
  const { from, to } = looked.query;
  const answer = await ask('names', { from, to, address: addresses });
  return answer && { from, to, addresses, names: answer.names };
}
