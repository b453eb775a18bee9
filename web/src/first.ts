/**
 * Runs while the rest of the page is still on its way: shows the frame that index.html has, signs in, and
 * asks what every page asks, and what the overview does.
 */
import type { Answer } from '../../src/console/contract.js';
import { call, callEarly } from './api/client.js';
import { lookedAt } from './app/looked-at.js';
import { parseSearch } from './app/search.js';
import { PREFIX } from './app/served.js';
import { startTheme } from './app/theme.js';
import { asked } from './pages/overview/asked.js';

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
signedIn.then(askFirst).catch(() => undefined);

async function askFirst(): Promise<void> {
  const about = callEarly('about');
  void callEarly('status');
  void callEarly('views');
  if (location.pathname !== `${PREFIX}/`) return;
  const search = parseSearch(location.search);
  const looked = lookedAt(search, undefined) ?? lookedAt(search, await timesOf(about));
  if (looked === undefined) return;
  for (const [name, query] of asked(looked.query, search)) void callEarly(name, query);
}

/** What an answer says that is for somebody else to read; undefined for one that takes its time. */
async function timesOf(about: Promise<Response>): Promise<Answer<'about'> | undefined> {
  const own = (await about).clone();
  return own.headers.get('Content-Type')?.startsWith('application/json') === true ? own.json() : undefined;
}
