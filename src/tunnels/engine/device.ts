/**
 * Configures addresses and routes of a tunnel's device with iproute2, in whose words the configuration has
 * them.
 */
import { spawnSync } from 'node:child_process';
import { isIP } from 'node:net';
import { CAP_NET_ADMIN, withAmbientCapability } from '../../linux/capabilities.js';
import { type TunnelConfig, TunnelConfigError } from '../spec/config.js';

/**
 * Adds to the device what the configuration says and it lacks.
 *
 * @throws TunnelConfigError naming the address or route that `ip` refuses, or if there is no `ip`.
 */
export function setupDevice(t: TunnelConfig): void {
  for (const address of t.addresses) {
    const nodad = isIP(address.split('/')[0]) === 6 ? ['nodad'] : [];
    ip(t, 'addresses', ['address', 'replace', address, 'dev', t.name, ...nodad]);
  }
  for (const route of t.routes) {
    ip(t, 'routes', ['route', 'replace', ...route.trim().split(/\s+/), 'dev', t.name]);
  }
}

function ip(t: TunnelConfig, key: string, words: string[]): void {
  const result = withAmbientCapability(CAP_NET_ADMIN, () => spawnSync('ip', words, { encoding: 'utf8' }));
  if (result.error !== undefined) {
    throw new TunnelConfigError(
      key,
      `tunnel ${t.name}: ${key} need the program ip (Debian package iproute2), which cannot be run`,
    );
  }
  if (result.status !== 0) {
    throw new TunnelConfigError(key, `tunnel ${t.name}: ip ${words.join(' ')}: ${result.stderr.trim()}`);
  }
}
