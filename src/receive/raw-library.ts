/** Opens raw sockets: with the raw-socket package's addon or, if that does not load, with koffi. */
import { readFileSync } from 'node:fs';
import { whyNotLoaded } from '../linux/installation.js';
import type { PollLoop } from './poll-loop.js';
import type { RawLibrary } from './raw-sockets.js';

/**
 * The command that recompiles the addon for this Node.js. npm does not rebuild a bundled package by its name.
 */
export function rebuildCommand(): string {
  const { bundleDependencies } = JSON.parse(
    readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
  ) as { bundleDependencies?: readonly string[] };
  return bundleDependencies === undefined
    ? 'npm rebuild raw-socket'
    : 'npm rebuild --global mirrorlake (what npm rebuild raw-socket does in a checkout)';
}

/** @returns why raw-socket's addon does not load, undefined if it does */
export async function addonProblem(): Promise<string | undefined> {
  try {
    await import('raw-socket');
    return undefined;
  } catch (error) {
    return whyNotLoaded(error);
  }
}

/**
 * @param warn called with one line if the addon does not load
 * @param loop reads the sockets then
 */
export async function rawLibrary(warn: (message: string) => void, loop: PollLoop): Promise<RawLibrary> {
  const problem = await addonProblem();
  if (problem === undefined) return (await import('./raw-addon.js')).rawAddon;
  warn(
    `raw-socket's addon does not load: ${problem}; koffi receives in its place; ` +
      `fix it with: ${rebuildCommand()}`,
  );
  return new (await import('./raw-polled.js')).PolledSockets(loop);
}
