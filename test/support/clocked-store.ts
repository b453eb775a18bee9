/** A small store with what the demo has not: a mirror point with a clock, and two of a group. */
import { text } from 'node:stream/consumers';
import { inStore, makeStore } from './store-copies.js';

const MINUTE = "toDateTime('2026-03-02 10:00:00', 'UTC')";
const TIME = "toDateTime64('2026-03-02 10:00:07', 9, 'UTC')";

export async function clockedStore(directory: string): Promise<string> {
  await makeStore(directory);
  await inStore(directory, async (store) => {
    const statements = [
      'INSERT INTO mirrors (minute, mirror_type, mirror_source, mirror_session, mirror_name, packets, ' +
        'clock, clock_kind, clock_offset_ns, clock_drift_ppb, clock_delay_ns, clock_jitter_ns, ' +
        'clock_disbelieved, clock_jumps) VALUES ' +
        `(${MINUTE}, 'erspan3', toIPv6('10.0.0.11'), 1, 'leaf-a', 5, '', 'arrival', 0, 0, 0, 0, 0, 0), ` +
        `(${MINUTE}, 'erspan3', toIPv6('10.0.0.12'), 2, 'leaf-b', 5, '10.0.0.12 1ns', 'absolute', ` +
        '-37000000000, -2500, 41000, 820, 3, 1)',
      // The group's conversation is that of the member which saw it first.
      'INSERT INTO sessions (session_id, first_seen, last_seen, mirror_type, mirror_source, ' +
        'mirror_session, mirror_name, seen_by, transport, ' +
        'client_ip, server_ip, client_port, server_port, client_packets) ' +
        `SELECT generateUUIDv4(number), ${TIME}, ${TIME}, 'erspan3', toIPv6('10.0.0.11'), 1, 'leaf', ` +
        "if(number = 0, ['leaf-a'], ['leaf-a', 'leaf-b']), 'tcp', toIPv6('10.1.0.1'), toIPv6('10.2.0.1'), " +
        '40000 + number, 443, 3 FROM numbers(3)',
    ];
    for (const statement of statements) await text(await store.change(statement));
  });
  return directory;
}

/** The id of the point with the clock. */
export const CLOCKED = 'erspan3,10.0.0.12,2,';
