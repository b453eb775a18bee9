/** What opens raw sockets: the raw-socket package's addon, and where that does not load, koffi. */
import { whyNotLoaded } from '../linux/installation.js';
import type { RawLibrary } from './raw-sockets.js';

/** Makes the addon that raw-socket compiles when it is installed anew, for this Node.js. */
export const REBUILD = 'npm rebuild raw-socket';

/** @returns why raw-socket's addon does not load, undefined where it does */
export async function addonProblem(): Promise<string | undefined> {
  try {
    await import('raw-socket');
    return undefined;
  } catch (error) {
    return whyNotLoaded(error);
  }
}

/** @param warn told in one line when the addon is missed */
export async function rawLibrary(warn: (message: string) => void): Promise<RawLibrary> {
  const problem = await addonProblem();
  if (problem === undefined) return (await import('./raw-addon.js')).rawAddon;
  warn(`raw-socket's addon does not load: ${problem}; koffi receives in its place; mend it with: ${REBUILD}`);
  return new (await import('./raw-polled.js')).PolledSockets();
}
