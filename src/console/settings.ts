/** What the configuration says of the console, as it is served. */
import { readFileSync } from 'node:fs';
import { isIPv4 } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { ConsoleConfig } from '../config/schema.js';
import { UsageError } from '../model/errors.js';
import type { Right } from '../model/rights.js';
import { isServer } from '../model/store-location.js';

/** Where the state of a console over a server is, for root. */
const STATE = '/var/lib/mirrorlake/console';

/** A host as it stands in a URL. */
export function hostInUrl(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

/** Whether only this host reaches an address: 127.0.0.0/8, ::1 (RFC 6890), localhost. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}

/**
 * The directory of what the console keeps.
 *
 * @param location of the store
 */
export function stateDirectory(configured: string | undefined, location: string): string {
  if (configured !== undefined) return configured;
  if (!isServer(location)) return join(location, 'console');
  if (process.getuid?.() === 0 || process.env.STATE_DIRECTORY !== undefined) return STATE;
  return join(process.env.XDG_STATE_HOME || join(homedir(), '.local/state'), 'mirrorlake/console');
}

/** @throws UsageError for one that everybody on the way could read */
export function checkExposure({ listen, tls, header, insecure }: ConsoleConfig): void {
  if (isLoopback(listen.host) || tls !== undefined || header !== undefined || insecure) return;
  throw new UsageError(
    `the console would be served at ${listen.host}, where everybody on the way can read it: give it tls ` +
      '(cert and key), a proxy (header), or say --insecure',
  );
}

/** What the printed link lets do. */
export function tokenRights({ token_rights, listen }: ConsoleConfig): readonly Right[] | undefined {
  return token_rights ?? (isLoopback(listen.host) ? undefined : ['view']);
}

/** Certificate and key. @throws UsageError for a file that cannot be read */
export function readTls(tls: NonNullable<ConsoleConfig['tls']>): { cert: Buffer; key: Buffer } {
  const read = (name: 'cert' | 'key'): Buffer => {
    try {
      return readFileSync(tls[name]);
    } catch (error) {
      throw new UsageError(`console.tls.${name}: ${tls[name]}: ${(error as Error).message}`);
    }
  };
  return { cert: read('cert'), key: read('key') };
}
