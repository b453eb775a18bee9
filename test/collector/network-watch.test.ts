import { expect, it } from 'vitest';
import { NetworkWatch } from '../../src/collector/store/network-watch.js';
import { StoreRefused, StoreUnavailable } from '../../src/store/errors.js';
import type { StoredNetworks } from '../../src/store/networks/stored-networks.js';

it('tells of each failure once, and leaves a store that is away to whoever stores rows', async () => {
  const answers: (Error | undefined)[] = [];
  const stored = {
    newest: async () => {
      const error = answers.shift();
      if (error !== undefined) throw error;
      return undefined;
    },
  };
  const said: string[] = [];
  const watch = new NetworkWatch(stored as unknown as StoredNetworks, {
    changed: () => undefined,
    log: (_, message) => said.push(message),
  });
  const look = async (answer?: Error): Promise<number> => {
    answers.push(answer);
    watch.look();
    await new Promise((settled) => setImmediate(settled));
    return said.length;
  };
  const refused = new StoreRefused('not enough privileges', 497);
  expect(await look(new StoreUnavailable('http://lake cannot be reached: connection refused'))).toBe(0);
  expect(await look(refused)).toBe(1);
  expect(await look(refused)).toBe(1);
  expect(said).toEqual(['networks cannot be read from the store: not enough privileges; trying again']);
  expect(await look()).toBe(1);
  expect(await look(refused)).toBe(2);
});
