/** Prometheus' own linter. */
import { spawnSync } from 'node:child_process';

/**
 * What `promtool check metrics` says about an exposition: nothing if names, units and types follow
 * Prometheus' rules.
 */
export function promtoolSays(exposition: string): string {
  const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], {
    input: exposition,
    encoding: 'utf8',
  });
  const said = `${stdout}${stderr}`;
  return status === 0 || said !== '' ? said : `exit status ${status}`;
}
