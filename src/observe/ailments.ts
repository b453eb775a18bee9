import type { CollectorSummary } from '../model/status.js';

/** What is wrong with a collector, one line each; empty if it is healthy. */
export function ailments(status: CollectorSummary): string[] {
  const down = status.receivers
    .filter((r) => r.state !== 'up')
    .map((r) => `receiver ${r.name} is ${r.state}`);
  for (const r of status.receivers) {
    if (r.addresses_missed > 0)
      down.push(`receiver ${r.name} does not receive on ${r.addresses_missed} of this host's IPv6 addresses`);
  }
  const { state, error, spool_error = '' } = status.store;
  if (spool_error !== '') down.push(spool_error);
  if (state !== 'up' && state !== 'none')
    down.push(`the store is ${state}${error === '' ? '' : `: ${error}`}`);
  return [...down, ...(status.troubles ?? [])];
}
