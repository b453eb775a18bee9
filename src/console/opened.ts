/** What the page asks when it is opened, asked while its reader starts a browser: it is kept then. */
import { setMaxListeners } from 'node:events';
import { isServer } from '../model/store-location.js';
import type { Place } from './asker.js';
import { addressesIn, asked, FIRST_PICKED, openedRange } from './contract/opened.js';
import type { Who } from './contract/sign-in.js';
import { ROUTES } from './contract.js';
import type { Handler, Services } from './handler.js';
import { aboutHandlers, timeText } from './routes/about.js';
import { findingsHandlers } from './routes/findings.js';
import { nameHandlers } from './routes/names.js';
import { overviewHandlers } from './routes/overview.js';
import { trafficHandlers } from './routes/traffic.js';

const HANDLERS = {
  ...aboutHandlers,
  ...overviewHandlers,
  ...findingsHandlers,
  ...trafficHandlers,
  ...nameHandlers,
};
const NOBODY: Who = { name: '', rights: ['view'] };

/**
 * Asks what the overview does as it is opened, where that is a time that has ended: its answers are kept. A
 * collector's or a server's store is at work already, and shows the time that runs.
 *
 * @throws MirrorlakeError in the store's words; nobody waits for it
 */
export async function askOpened(services: Services, place: Place, signal: AbortSignal): Promise<void> {
  if (place.collector !== undefined || isServer(place.location)) return;
  // All questions listen.
  setMaxListeners(0, signal);
  const { oldest, newest } = await services.facts.times(signal);
  const range = openedRange(timeText(oldest), timeText(newest), Date.now());
  if (range === undefined) return;
  const [from, to] = [range.begin, range.end].map((ms) => new Date(ms).toISOString());
  const request = new Request('http://console/');
  const ask = async (handler: Handler<never>, query: unknown): Promise<unknown> =>
    handler({ query, params: {}, body: undefined, who: NOBODY, signal, request } as never, services);
  const [answers] = await Promise.all([
    Promise.all(
      asked({ from, to }, FIRST_PICKED).map(([name, query]) =>
        ask(HANDLERS[name], ROUTES[name].query.parse(query)),
      ),
    ),
    ask(HANDLERS.about, {}),
  ]);
  const address = addressesIn(answers);
  if (address.length > 0) await ask(HANDLERS.names, ROUTES.names.query.parse({ from, to, address }));
}
