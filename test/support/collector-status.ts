/** A collector's status with one of everything. */
import type { Shown } from '../../src/observe/http.js';
import type { CollectorStatus } from '../../src/observe/status.js';

const SUMS = {
  points: 0,
  packets: 0,
  bytes: 0,
  lost: 0,
  late: 0,
  reordered: 0,
  repeated: 0,
  truncated: 0,
  malformed: 0,
  kernel_drops: 0,
  last_seen: 0,
};

export const STATUS: CollectorStatus = {
  version: '1.2.3',
  collector: 'here',
  pid: 7,
  started: '2026-01-01T00:00:00.000Z',
  uptime_s: 60,
  workers: 2,
  memory_bytes: 1000,
  receivers: [{ name: 'eth1', kind: 'ring', state: 'up', packets: 10, dropped: 3, addresses_missed: 0 }],
  dropped: { not_gre: 1, gre_short: 2 },
  mirrors: [
    {
      name: 'core "1"',
      site: 'ams',
      type: 'erspan2',
      source: '10.0.0.1',
      target: '10.0.0.2',
      session: 77,
      key: null,
      policy: 'observe',
      packets: 10,
      bytes: 900,
      sequence: 'session',
      lost: 4,
      late: 0,
      reordered: 0,
      repeated: 0,
      truncated: 0,
      malformed: 0,
      kernel_drops: 3,
      last_seen: 1767225600,
    },
  ],
  mirror_points: 1,
  unlisted: { ...SUMS, points: 3744, packets: 9000, lost: 7, loudest: [] },
  forgotten: SUMS,
  pools: [
    { name: 'core "1"', points: 1, places: 1024, full: 0, forgotten: 2 },
    { name: '', points: 4000, places: 4096, full: 9, forgotten: 0 },
  ],
  refused: [
    { type: 'erspan2', source: '10.0.0.3', session: 7, key: null, packets_at_least: 1, packets_at_most: 2 },
  ],
  sessions: {
    open: 1,
    opened: 2,
    rows: 1,
    pressure: 0,
    collisions: 0,
    fragment_trains_dropped: 0,
    fragment_trains_headless: 0,
    duplicates: 0,
    duplicates_forgotten: 8,
    dropped: 0,
  },
  tunnels: [
    {
      name: 't1',
      mode: 'gre',
      local: '10.0.0.1',
      remote: '10.0.0.2',
      key: null,
      carrier: true,
      route: true,
      mtu: 1476,
      counters: { rx_packets: 5 },
    },
  ],
  tunnels_refused: { header: 1, checksum: 2, no_tunnel: 3 },
  store: {
    target: './data',
    state: 'up',
    error: '',
    rows_stored: 1,
    segments_stored: 1,
    spool_segments: 0,
    spool_bytes: 0,
    spool_error: '',
    segments_dropped: 0,
    rows_dropped: 0,
    segments_refused: 0,
    disk_free_bytes: null,
    bytes_per_day: null,
    days_left: null,
  },
  connections: { control_refused: 0, listen_refused: 0, control_cut: 3, listen_cut: 4 },
  troubles: [],
};

/** What a server shows of a status. */
export function shown(status: () => CollectorStatus): Shown {
  return { status, summary: status };
}
