/** Whose packets are not observed, over all packet paths: refused mirror points, senders of malformed GRE. */
import { LOUDEST, type RefusedCount } from '../accounts/loudest.js';
import { MALFORMED_SENDERS, type MalformedSender } from '../demux/malformed-senders.js';
import { MIRROR_TYPE_NAMES } from '../model/mirror-point.js';
import type { MalformedSenderStatus, RefusedStatus } from '../model/status.js';
import { formatIp } from '../wire/ip/addresses.js';
import { MALFORMED_NAMES } from '../wire/walk/malformed.js';

/** Instead of a type: a fragment, of which only the sender is known. */
const FRAGMENT = 'fragment';

/**
 * @param paths the counts of every packet path; a sender missing in one may have sent as many packets there
 * as its least count
 */
export function refusedStatus(paths: readonly (readonly RefusedCount[])[]): RefusedStatus[] {
  const floors = paths.map((list) =>
    list.length < LOUDEST
      ? 0
      : list.reduce((least, r) => Math.min(least, r.atMost), Number.POSITIVE_INFINITY),
  );
  const floor = floors.reduce((a, b) => a + b, 0);
  const found = new Map<string, RefusedStatus>();
  for (const [i, list] of paths.entries()) {
    for (const r of list) {
      const source = formatIp(r.source, 0);
      const name = `${r.type} ${source} ${r.session} ${r.key}`;
      const before = found.get(name);
      found.set(name, {
        type: MIRROR_TYPE_NAMES[r.type] || FRAGMENT,
        source,
        session: r.session,
        key: r.key,
        packets_at_least: (before?.packets_at_least ?? 0) + r.atLeast,
        packets_at_most: (before?.packets_at_most ?? floor) + r.atMost - floors[i],
      });
    }
  }
  const sorted = [...found.values()].sort(
    (a, b) => b.packets_at_least - a.packets_at_least || b.packets_at_most - a.packets_at_most,
  );
  return sorted.slice(0, LOUDEST);
}

/**
 * The latest senders of packets that could not be read, the newest first.
 *
 * @param paths the senders of every packet path
 */
export function malformedStatus(paths: readonly (readonly MalformedSender[])[]): MalformedSenderStatus[] {
  const found = new Map<string, MalformedSenderStatus>();
  for (const s of paths.flat()) {
    const source = formatIp(s.source, 0);
    const reason = MALFORMED_NAMES[s.reason];
    const name = `${source} ${reason}`;
    const before = found.get(name);
    found.set(name, {
      source,
      reason,
      packets: (before?.packets ?? 0) + s.packets,
      last_seen: Math.max(before?.last_seen ?? 0, s.lastSeen),
    });
  }
  return [...found.values()].sort((a, b) => b.last_seen - a.last_seen).slice(0, MALFORMED_SENDERS);
}
