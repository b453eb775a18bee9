import type { Handlers } from '../handler.js';

/** A time as the API writes it: RFC 3339 with nanoseconds. */
export function timeText(nanoseconds: bigint | undefined): string | null {
  if (nanoseconds === undefined) return null;
  const date = new Date(Number(nanoseconds / 1_000_000n)).toISOString();
  return `${date.slice(0, -4)}${String(nanoseconds % 1_000_000_000n).padStart(9, '0')}Z`.replace(
    /\.\d{0,3}(\d{9}Z)$/,
    '.$1',
  );
}

export const aboutHandlers: Handlers<'about' | 'status'> = {
  status: async (_, { beside }) => ({ status: (await beside.status()) ?? null }),
  about: async ({ signal }, { facts, beside, asker, version, links, capture }) => {
    const [times, mirrors, packets, tunnels, known, status] = await Promise.all([
      facts.times(signal),
      facts.mirrors(signal),
      facts.has('packets', signal),
      facts.has('tunnels', signal),
      facts.known(signal),
      beside.status(),
    ]);
    return {
      version,
      store: await asker.name(),
      collector:
        status === undefined ? null : { name: status.collector, version: status.version, pid: status.pid },
      first_seen: timeText(times.oldest),
      last_seen: timeText(times.newest),
      packets,
      tunnels,
      known,
      mirrors,
      capture,
      links: [...links],
    };
  },
};
