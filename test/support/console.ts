/** A console over a store, in this process. */
import { type ConsoleConfig, consoleSchema } from '../../src/config/schema.js';
import { type ConsoleOptions, serveConsole } from '../../src/console/serve.js';
import { randomToken } from '../../src/console/sign-in.js';
import { createLogger } from '../../src/observe/log.js';

export interface TestConsole {
  /** Where it is served, ending in /. */
  readonly url: string;
  readonly token: string;
  /** The link that signs in. */
  readonly link: string;
  /** Asks its API, and returns what it answers. */
  get(path: string, init?: RequestInit): Promise<Response>;
  json<T>(path: string): Promise<T>;
  close(): Promise<void>;
}

/**
 * @param store a data directory that nobody else holds
 * @param config keys of `console`, beside where it is served
 */
export async function startConsole(
  store: string,
  config: Partial<ConsoleConfig> = {},
  options: Partial<ConsoleOptions> = {},
): Promise<TestConsole> {
  const token = randomToken();
  const running = await serveConsole({
    config: { ...consoleSchema.parse({ listen: '127.0.0.1:0' }), ...config },
    find: () => Promise.resolve({ location: store, collector: undefined }),
    collector: () => Promise.resolve(undefined),
    token,
    log: createLogger('error', false),
    ...options,
  });
  const get = (path: string, init: RequestInit = {}): Promise<Response> =>
    fetch(`${running.url}api/v1${path}`, {
      ...init,
      headers: { authorization: `Bearer ${token}`, ...init.headers },
    });
  return {
    url: running.url,
    token,
    link: `${running.url}#token=${token}`,
    get,
    json: async <T>(path: string) => {
      const response = await get(path);
      if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
      return (await response.json()) as T;
    },
    close: () => running.close(),
  };
}
