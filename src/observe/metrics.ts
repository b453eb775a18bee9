/** Prometheus metrics, made from the collector's status at every scrape: docs/reference/metrics.md. */
import { Counter, Gauge, Registry } from 'prom-client';
import type {
  AddressesStatus,
  ApplicationStatus,
  ClockStatus,
  CollectorStatus,
  InputStatus,
  MirrorStatus,
  MirrorSums,
  PathsStatus,
  PoolStatus,
  SessionStatus,
  StoreStatus,
} from '../model/status.js';
import { type TunnelStatus, tunnelTrouble } from '../model/tunnel-status.js';

type Labels = Readonly<Record<string, string>>;
interface Sample {
  readonly labels: Labels;
  readonly value: number;
}

interface Metric {
  readonly name: string;
  readonly help: string;
  readonly kind: 'counter' | 'gauge';
  readonly labels: readonly string[];
  samples(s: CollectorStatus): Sample[];
}

const one = (value: number): Sample[] => [{ labels: {}, value }];
const known = (value: number | null): Sample[] => (value === null ? [] : one(value));

const DAY = 86_400;

function perSecond(perDay: number | null): number | null {
  return perDay === null ? null : perDay / DAY;
}

/**
 * Words of `dropped` with their own metrics: frames and numbers are not packets, and packets of a full pool
 * are stored.
 */
const NO_DROPS: ReadonlySet<string> = new Set(['tap', 'sequence_numbers', 'mirror_points_full']);

const MIRROR_LABELS = ['name', 'site', 'type', 'source', 'target', 'session', 'key'] as const;

/** Labels of the mirror points that are not listed. */
const UNLISTED: Labels = { name: '', site: '', type: '', source: '', target: '', session: '', key: '' };

/** Metrics from sequence numbers, absent if no numbers count packets. */
const BY_NUMBERS: ReadonlySet<string> = new Set(['lost', 'late', 'reordered', 'repeated']);

function isNumbered({ sequence }: MirrorStatus): boolean {
  return sequence !== 'none' && sequence !== 'unusable';
}

function mirrorLabels(m: MirrorStatus): Labels {
  return {
    name: m.name,
    site: m.site,
    type: m.type,
    source: m.source,
    target: m.target,
    session: String(m.session ?? ''),
    key: String(m.key ?? ''),
  };
}

function mirror(field: Exclude<keyof MirrorSums, 'points'>, name: string, help: string): Metric {
  return {
    name: `mirrorlake_mirror_${name}`,
    help,
    kind: field === 'last_seen' ? 'gauge' : 'counter',
    labels: MIRROR_LABELS,
    samples: (s) => {
      const told = BY_NUMBERS.has(field) ? s.mirrors.filter(isNumbered) : s.mirrors;
      const samples = told.flatMap((m): Sample[] => {
        const value = m[field];
        return value === undefined ? [] : [{ labels: mirrorLabels(m), value }];
      });
      if (s.unlisted.packets > 0) samples.push({ labels: UNLISTED, value: s.unlisted[field] });
      return samples;
    },
  };
}

function ofTunnel(t: TunnelStatus, value: number, more: Labels = {}): Sample {
  return { labels: { tunnel: t.name, mode: t.mode, ...more }, value };
}

/** @param counter under the kernel's name */
function tunnel(name: string, counter: string, help: string): Metric {
  return {
    name: `mirrorlake_tunnel_${name}_total`,
    help,
    kind: 'counter',
    labels: ['tunnel', 'mode'],
    samples: (s) => s.tunnels.map((t) => ofTunnel(t, t.counters[counter] ?? 0)),
  };
}

const RECEIVE_ERRORS: Labels = {
  checksum: 'rx_crc_errors',
  sequence: 'rx_fifo_errors',
  congestion: 'rx_frame_errors',
  length: 'rx_length_errors',
};

/** Packets too long for the path whose senders were told so are in tx_errors, but in none of its parts. */
function transmitErrors(t: TunnelStatus): Sample[] {
  const { tx_errors = 0, tx_carrier_errors = 0, tx_aborted_errors = 0, collisions = 0 } = t.counters;
  return [
    ofTunnel(t, tx_carrier_errors, { reason: 'no_route' }),
    ofTunnel(t, tx_aborted_errors, { reason: 'refused' }),
    ofTunnel(t, collisions, { reason: 'loop' }),
    ofTunnel(t, Math.max(0, tx_errors - tx_carrier_errors - tx_aborted_errors - collisions), {
      reason: 'too_long',
    }),
  ];
}

/** A collector without a store only has tunnels: it has no metrics of mirrors, sessions and rows. */
function observes(s: CollectorStatus): boolean {
  return s.store.state !== 'none';
}

function ofStore(s: CollectorStatus, value: (store: StoreStatus) => number): Sample[] {
  return observes(s) ? one(value(s.store)) : [];
}

function pool(field: Exclude<keyof PoolStatus, 'name'>, name: string, help: string): Metric {
  return {
    name: `mirrorlake_mirror_points${name}`,
    help,
    kind: name.endsWith('_total') ? 'counter' : 'gauge',
    labels: ['name'],
    samples: (s) => (observes(s) ? s.pools.map((p) => ({ labels: { name: p.name }, value: p[field] })) : []),
  };
}

/** Of applications: absent in an older collector's status, and without a store. */
function application(
  name: string,
  help: string,
  value: (a: ApplicationStatus) => number,
  kind: 'counter' | 'gauge' = 'counter',
): Metric {
  return {
    name: `mirrorlake_${name}`,
    help,
    kind,
    labels: [],
    samples: (s) => (observes(s) && s.applications !== undefined ? one(value(s.applications)) : []),
  };
}

function clocks(
  field: keyof ClockStatus,
  name: string,
  help: string,
  kind: 'counter' | 'gauge' = 'counter',
): Metric {
  return {
    name: `mirrorlake_${name}`,
    help,
    kind,
    labels: [],
    samples: (s) => (s.clocks === undefined ? [] : one(s.clocks[field])),
  };
}

function byWord(
  name: string,
  help: string,
  label: string,
  counts: (a: ApplicationStatus) => Readonly<Record<string, number>>,
): Metric {
  return {
    name: `mirrorlake_${name}`,
    help,
    kind: 'counter',
    labels: [label],
    samples: ({ applications }) =>
      applications === undefined
        ? []
        : Object.entries(counts(applications)).map(([word, value]) => ({ labels: { [label]: word }, value })),
  };
}

function session(field: keyof SessionStatus, name: string, help: string): Metric {
  return {
    name: `mirrorlake_${name}`,
    help,
    kind: name.endsWith('_total') ? 'counter' : 'gauge',
    labels: [],
    samples: (s) => {
      const value = s.sessions[field];
      return observes(s) && value !== undefined ? one(value) : [];
    },
  };
}

function receiver(field: 'packets' | 'dropped', help: string): Metric {
  return {
    name: `mirrorlake_receiver_${field}_total`,
    help,
    kind: 'counter',
    labels: ['receiver', 'kind'],
    samples: (s) => s.receivers.map((r) => ({ labels: { receiver: r.name, kind: r.kind }, value: r[field] })),
  };
}

const PATH_COUNTS = [
  'matched',
  'lost',
  'unknown',
  'ambiguous',
  'unmatchable',
  'reordered',
  'elsewhere',
] as const;
const PATH_DELAYS = ['min', 'p50', 'p95', 'p99', 'max'] as const;

/** Of matching as a whole: absent without `paths`. */
function matching(name: string, help: string, value: (p: PathsStatus) => number): Metric {
  return {
    name: `mirrorlake_paths_${name}`,
    help,
    kind: name.endsWith('_total') ? 'counter' : 'gauge',
    labels: [],
    samples: ({ paths }) => (paths === undefined ? [] : one(value(paths))),
  };
}

/** What is known of addresses: absent without a store. */
function addresses(
  name: string,
  help: string,
  value: (a: AddressesStatus) => number | null,
  kind: 'counter' | 'gauge' = 'counter',
): Metric {
  return {
    name: `mirrorlake_${name}`,
    help,
    kind,
    labels: [],
    samples: (s) => (s.addresses === undefined ? [] : known(value(s.addresses))),
  };
}

/** Seconds since 1970. */
function seconds(time: string | null): number | null {
  return time === null ? null : Date.parse(time) / 1000;
}

function inputs(counted: readonly InputStatus[] = []): Sample[] {
  return counted.map(({ input, packets }) => ({ labels: { input }, value: packets }));
}

/** Every metric, in the order of the page. */
export const METRICS: readonly Metric[] = [
  {
    name: 'mirrorlake_info',
    help: 'Always 1; its labels say which program this is.',
    kind: 'gauge',
    labels: ['version', 'collector'],
    samples: (s) => [{ labels: { version: s.version, collector: s.collector }, value: 1 }],
  },
  {
    name: 'mirrorlake_receiver_up',
    help: '1 while the receiver receives; 0 while its interface is down or gone.',
    kind: 'gauge',
    labels: ['receiver', 'kind'],
    samples: (s) =>
      s.receivers.map((r) => ({
        labels: { receiver: r.name, kind: r.kind },
        value: r.state === 'up' ? 1 : 0,
      })),
  },
  receiver(
    'packets',
    'Packets that a receiver took from the kernel: those of the inputs, and their fragments.',
  ),
  receiver('dropped', 'Packets that the kernel dropped because the collector was too slow.'),
  {
    name: 'mirrorlake_receiver_xdp_packets_total',
    help: 'Packets that a receiver of kind xdp took from AF_XDP sockets; its ring took the others.',
    kind: 'counter',
    labels: ['receiver'],
    samples: (s) =>
      s.receivers.flatMap(({ name, xdp }) =>
        xdp === undefined ? [] : [{ labels: { receiver: name }, value: xdp.packets }],
      ),
  },
  {
    name: 'mirrorlake_receiver_xdp_dropped_total',
    help: 'Those of the dropped packets that AF_XDP dropped: `ring_full`, `no_frame`.',
    kind: 'counter',
    labels: ['receiver', 'reason'],
    samples: (s) =>
      s.receivers.flatMap(({ name, xdp }) =>
        xdp === undefined
          ? []
          : (['ring_full', 'no_frame'] as const).map((reason) => ({
              labels: { receiver: name, reason },
              value: xdp[reason],
            })),
      ),
  },
  {
    name: 'mirrorlake_receiver_addresses_missed',
    help: 'IPv6 addresses of this host that raw sockets do not receive on, for want of a socket.',
    kind: 'gauge',
    labels: ['receiver', 'kind'],
    samples: (s) =>
      s.receivers.map((r) => ({ labels: { receiver: r.name, kind: r.kind }, value: r.addresses_missed })),
  },
  {
    name: 'mirrorlake_input_packets_total',
    help: 'Packets of each input, after reassembly: GRE, and datagrams to a listed UDP port.',
    kind: 'counter',
    labels: ['input'],
    samples: (s) => inputs(s.inputs),
  },
  {
    name: 'mirrorlake_unlisted_input_packets_total',
    help:
      'Packets that look like a mirror of an input that is not listed, which are not read. With a ring: an ' +
      'estimate, from a sample of one in 256; raw sockets see none of them.',
    kind: 'counter',
    labels: ['input'],
    samples: (s) => inputs(s.unlisted_inputs),
  },
  {
    name: 'mirrorlake_dropped_total',
    help: 'Packets that did not become mirrored frames of an observed mirror point, by reason.',
    kind: 'counter',
    labels: ['reason'],
    samples: (s) =>
      Object.entries(s.dropped)
        .filter(([reason]) => !NO_DROPS.has(reason))
        .map(([reason, value]) => ({ labels: { reason }, value })),
  },
  {
    name: 'mirrorlake_tap_dropped_total',
    help: 'Mirrored frames that a TAP device did not take. They are stored all the same.',
    kind: 'counter',
    labels: [],
    samples: (s) => known(s.dropped.tap ?? null),
  },
  {
    name: 'mirrorlake_sequence_numbers_dropped_total',
    help:
      'Sequence numbers that workers dropped because they were not judged in time: their packets may ' +
      'count as lost.',
    kind: 'counter',
    labels: [],
    samples: (s) => (observes(s) ? one(s.dropped.sequence_numbers ?? 0) : []),
  },
  {
    name: 'mirrorlake_incomplete_packets_total',
    help:
      'Packets in fragments of which some did not arrive: the underlay drops them, or its MTU is too ' +
      'small.',
    kind: 'counter',
    labels: [],
    samples: (s) => known((observes(s) ? s.fragments?.incomplete : null) ?? null),
  },
  {
    name: 'mirrorlake_kernel_reassembly_failures_total',
    help:
      "With raw sockets: packets in fragments that this host's kernel could not put together, " +
      'of any protocol.',
    kind: 'counter',
    labels: [],
    samples: (s) => known(s.fragments?.kernel_failures ?? null),
  },
  mirror(
    'packets',
    'packets_total',
    'Packets of a mirror point; 0 of a configured mirror that has sent nothing: its labels ' +
      'are then those of its entry.',
  ),
  mirror(
    'bytes',
    'bytes_total',
    'Bytes of the mirrored frames of a mirror point, without their encapsulation.',
  ),
  mirror(
    'lost',
    'lost_total',
    'Packets of a mirror point that were lost on the way, by its sequence numbers: missing ' +
      'for some seconds. Absent where these tell nothing.',
  ),
  mirror('late', 'late_total', 'Packets of a mirror point that arrived after they were counted as lost.'),
  mirror(
    'kernel_drops',
    'kernel_drops_total',
    "Packets of a mirror point that this host's kernel dropped: its share of all that were.",
  ),
  mirror('reordered', 'reordered_total', 'Packets of a mirror point that arrived after a later one.'),
  mirror('repeated', 'repeated_total', 'Packets of a mirror point that arrived twice.'),
  mirror('truncated', 'truncated_total', 'Frames of a mirror point that the mirror truncated.'),
  mirror('malformed', 'malformed_total', 'Frames of a mirror point with a malformed header.'),
  mirror(
    'last_seen',
    'last_seen_timestamp_seconds',
    'When the last packet of a mirror point arrived. Absent before the first one.',
  ),
  pool('points', '', 'Mirror points known of an entry of `mirrors`; without a name: of none.'),
  pool(
    'places',
    '_limit',
    'Mirror points of an entry of `mirrors` that a worker tells apart; without a name: of ' +
      'those that no entry names.',
  ),
  pool(
    'full',
    '_full_total',
    'Packets of mirror points beyond the limit of their entry of `mirrors`, which share one mirror point.',
  ),
  pool(
    'forgotten',
    '_forgotten_total',
    'Mirror points of an entry of `mirrors` that were forgotten after a long silence.',
  ),
  session('open', 'sessions_open', 'Sessions open.'),
  session('capacity', 'sessions_limit', 'Sessions that may be open at once: `sessions.capacity`.'),
  session('opened', 'sessions_opened_total', 'Sessions opened.'),
  session('rows', 'session_rows_total', 'Rows handed to the store.'),
  session('pressure', 'sessions_pressure_total', 'Sessions ended early because the table was full.'),
  session(
    'collisions',
    'sessions_collisions_total',
    'Sessions ended early because the hashes of too many were alike: somebody knows the ' +
      'secret they are made under.',
  ),
  session(
    'fragment_trains_dropped',
    'fragment_trains_dropped_total',
    'Inner packets in fragments given up because too many were under way: their later ' +
      'fragments are a conversation without ports.',
  ),
  session(
    'fragment_trains_headless',
    'fragment_trains_headless_total',
    'Inner packets in fragments whose first one did not arrive: a conversation without ports.',
  ),
  session(
    'dropped',
    'session_rows_dropped_total',
    "Rows, kept packets among them, lost because too many waited for the store's thread, and " +
      'fragments not kept because too many waited for their first one.',
  ),
  session(
    'duplicates',
    'duplicates_total',
    'Frames that were mirrored twice and counted once (`deduplicate`).',
  ),
  session(
    'duplicates_forgotten',
    'duplicates_forgotten_total',
    'Frames forgotten within the time of `deduplicate` to make room for others: a copy of them ' +
      'counts again.',
  ),
  session(
    'copies',
    'session_copies_total',
    'Rows, of those handed to the store, of conversations that another mirror point had first (`copy`).',
  ),
  session(
    'uncompared',
    'sessions_uncompared_total',
    'Sessions that were not compared with those of other mirror points, as too many had the same ends: ' +
      'their `copy` is 0.',
  ),
  session(
    'group_copies',
    'group_copies_total',
    'Frames of groups that another member had sent, counted once.',
  ),
  session(
    'group_frames_forgotten',
    'group_frames_forgotten_total',
    'Frames of groups forgotten within the window to make room for others: their copies count as packets.',
  ),
  session(
    'group_handed_over',
    'group_handed_over_total',
    'Frames of groups handed over to the worker that has their conversation.',
  ),
  session(
    'group_members_shared',
    'group_members_shared_total',
    'Mirror points beyond the 64 that a group tells apart: what several of them see counts as often.',
  ),
  application(
    'conversations_read',
    'Conversations whose messages are read now.',
    (a) => a.conversations,
    'gauge',
  ),
  application(
    'conversations_given_up_total',
    'Conversations that were not read on for a while, as too many were (`application_limits`).',
    (a) => a.conversations_given_up,
  ),
  byWord(
    'transactions_total',
    'Rows of `transactions`, by application.',
    'app_protocol',
    (a) => a.transactions,
  ),
  application(
    'transactions_left_out_total',
    'Rows of `transactions` left out because too many came in a second (`application_limits`).',
    (a) => a.left_out,
  ),
  application(
    'questions_given_up_total',
    'Questions stored without their answer, as too many were open (`application_limits`).',
    (a) => a.questions_given_up,
  ),
  byWord(
    'messages_partial_total',
    'Messages read in part, by why: the mirror cut the frame (`cut`), bytes are missing (`gap`), a bound ' +
      'was reached (`limit`), they break the protocol (`malformed`).',
    'reason',
    (a) => a.partial,
  ),
  application(
    'messages_given_up_total',
    'Messages in several segments read in part, as memory was used up (`application_limits`).',
    (a) => a.messages_given_up,
  ),
  application(
    'words_left_out_total',
    'Names, users and fingerprints of sessions left out for want of memory (`application_limits`).',
    (a) => a.words_left_out,
  ),
  application('certificates_total', 'Rows of `certificates`.', (a) => a.certificates),
  application('names_total', 'Rows of `names`.', (a) => a.names),
  application(
    'names_early_total',
    'Rows of `names` written before their time, because a worker counted too many names at once.',
    (a) => a.names_early,
  ),
  application(
    'certificates_forgotten_total',
    'Certificates of a day that were forgotten, and have another row if they come again.',
    (a) => a.certificates_forgotten,
  ),
  clocks('known', 'clocks', 'Clocks of switches whose timestamps are times (`timestamps`).', 'gauge'),
  clocks(
    'disbelieved',
    'timestamps_disbelieved_total',
    'Frames with a timestamp too far from their arrival, which is their time (`hardware_time`).',
  ),
  clocks('crowded', 'clocks_full_total', 'Frames with times of arrival, as there were too many clocks.'),
  clocks('jumps', 'clock_jumps_total', 'How often clocks were set, or their switches restarted.'),
  clocks('markers', 'clock_markers_total', 'Marker packets that say what time it is by a clock.'),
  {
    name: 'mirrorlake_path_packets_total',
    help:
      'Sampled packets from one mirror to another, by what became of them: as in the table `paths`. ' +
      '`reordered` ones are `matched` too.',
    kind: 'counter',
    labels: ['from', 'to', 'result'],
    samples: (s) =>
      (s.paths?.paths ?? []).flatMap((path) =>
        PATH_COUNTS.map((result) => ({
          labels: { from: path.from, to: path.to, result },
          value: path[result],
        })),
      ),
  },
  {
    name: 'mirrorlake_path_delay_seconds',
    help: 'Delay from one mirror to another in the last complete minute: the least, quantiles, the greatest.',
    kind: 'gauge',
    labels: ['from', 'to', 'which'],
    samples: (s) =>
      (s.paths?.paths ?? []).flatMap((path) =>
        PATH_DELAYS.map((which) => ({
          labels: { from: path.from, to: path.to, which },
          value: path.delay_ns[which] / 1e9,
        })),
      ),
  },
  matching('observed_total', 'Sampled packets at the places of `paths`.', (p) => p.observed),
  matching('waiting', 'Packets that wait for their other end.', (p) => p.waiting),
  matching('conversations', 'Conversations that will have a row of `hops`.', (p) => p.conversations),
  matching(
    'early_total',
    'Packets judged early because the window was full: `unknown` if unmatched.',
    (p) => p.early,
  ),
  matching('hops_full_total', 'Packets without a row of `hops` for want of room.', (p) => p.hops_full),
  matching(
    'gaps_forgotten_total',
    "Gaps in mirrors' numbers forgotten for want of room: `lost` may count what a mirror lost.",
    (p) => p.gaps_forgotten,
  ),
  matching('pairs_full_total', 'Pairs that `pairs: auto` found and had no room for.', (p) => p.pairs_full),
  matching(
    'dropped_total',
    'Observations dropped because they were not matched fast enough: sample fewer.',
    (p) => p.dropped,
  ),
  matching(
    'rows_dropped_total',
    'Rows of `paths` and `hops` dropped on their way to the store.',
    (p) => p.rows_dropped,
  ),
  addresses('networks', "Networks of one's own that are known (`networks`).", (a) => a.networks, 'gauge'),
  addresses(
    'networks_read_timestamp_seconds',
    'When those were read.',
    (a) => seconds(a.networks_since),
    'gauge',
  ),
  {
    name: 'mirrorlake_owners_built_timestamp_seconds',
    help: 'When a file of `owners` was made, by its own words: whether it is kept up to date.',
    kind: 'gauge',
    labels: ['file'],
    samples: (s) =>
      (s.addresses?.owners ?? []).flatMap(({ file, built }) =>
        known(seconds(built)).map(({ value }) => ({ labels: { file }, value })),
      ),
  },
  addresses(
    'address_lookups_total',
    'Addresses of rows looked up in networks and owners, two per row.',
    (a) => a.lookups,
  ),
  addresses(
    'address_lookups_cold_total',
    'Those of them that were not remembered, which takes longer.',
    (a) => a.cold,
  ),
  addresses(
    'owners_damaged_total',
    'Records of `owners` that could not be read: their columns are empty.',
    (a) => a.damaged,
  ),
  addresses(
    'address_files_refused_total',
    'Files of `networks` and `owners` that had changed and were wrong, or gone.',
    (a) => a.refused,
  ),
  addresses(
    'address_files_wrong',
    'Those that are wrong now: what was read before is in use.',
    (a) => a.wrong.length,
    'gauge',
  ),
  {
    name: 'mirrorlake_policy_sessions_total',
    help: 'Conversations that an entry of `policies` does not allow, each once.',
    kind: 'counter',
    labels: ['from', 'to'],
    samples: (s) =>
      (s.policies ?? []).map(({ from, to, sessions }) => ({ labels: { from, to }, value: sessions })),
  },
  {
    name: 'mirrorlake_store_up',
    help: '1 while the store accepts what is sent; 0 while segments wait for it.',
    kind: 'gauge',
    labels: [],
    samples: (s) => ofStore(s, (store) => (store.state === 'up' ? 1 : 0)),
  },
  {
    name: 'mirrorlake_store_rows_total',
    help: 'Rows the store has accepted.',
    kind: 'counter',
    labels: [],
    samples: (s) => ofStore(s, (store) => store.rows_stored),
  },
  {
    name: 'mirrorlake_spool_segments',
    help: 'Segments that wait for the store.',
    kind: 'gauge',
    labels: [],
    samples: (s) => ofStore(s, (store) => store.spool_segments),
  },
  {
    name: 'mirrorlake_spool_bytes',
    help: 'Bytes of the segments that wait for the store.',
    kind: 'gauge',
    labels: [],
    samples: (s) => ofStore(s, (store) => store.spool_bytes),
  },
  {
    name: 'mirrorlake_spool_used_ratio',
    help:
      'How much of its limit waits in the spool, 0 to 1: of rows (`spool.limit`) or of kept ' +
      'packets (`spool.packets_limit`), whichever is more.',
    kind: 'gauge',
    labels: [],
    samples: (s) => (s.store.spool_used === undefined ? [] : ofStore(s, (store) => store.spool_used ?? 0)),
  },
  {
    name: 'mirrorlake_spool_up',
    help:
      '1 while the spool takes what is to be stored; 0 while its disk takes nothing, or rows ' +
      'were lost within the last minute.',
    kind: 'gauge',
    labels: [],
    samples: (s) => ofStore(s, (store) => ((store.spool_error ?? '') === '' ? 1 : 0)),
  },
  {
    name: 'mirrorlake_spool_dropped_segments_total',
    help: 'Segments given up because the spool, or its disk, was full.',
    kind: 'counter',
    labels: [],
    samples: (s) => ofStore(s, (store) => store.segments_dropped),
  },
  {
    name: 'mirrorlake_spool_refused_segments_total',
    help: 'Segments set aside because the store refused their content, or because they cannot be read.',
    kind: 'counter',
    labels: [],
    samples: (s) => ofStore(s, (store) => store.segments_refused),
  },
  {
    name: 'mirrorlake_store_disk_free_bytes',
    help: "Free bytes of the store's disk, where they are known.",
    kind: 'gauge',
    labels: [],
    samples: (s) => known(s.store.disk_free_bytes),
  },
  {
    name: 'mirrorlake_store_growth_bytes_per_second',
    help:
      "Bytes per second added to the store's disk, at the rate of the last day; absent in the first " +
      'ten minutes.',
    kind: 'gauge',
    labels: [],
    samples: (s) => known(perSecond(s.store.bytes_per_day)),
  },
  {
    name: 'mirrorlake_store_disk_left_seconds',
    help:
      "Time until the store's disk is full at the rate of the last day; absent where it never " +
      'is (`retention`), or nobody knows.',
    kind: 'gauge',
    labels: [],
    samples: (s) => known(s.store.days_left === null ? null : s.store.days_left * DAY),
  },
  {
    name: 'mirrorlake_tunnel_up',
    help:
      '1 while a tunnel has its device, its carrier (with keepalives: they are answered) and a ' +
      'route to its remote.',
    kind: 'gauge',
    labels: ['tunnel', 'mode'],
    samples: (s) => s.tunnels.map((t) => ofTunnel(t, tunnelTrouble(t) === '' ? 1 : 0)),
  },
  {
    name: 'mirrorlake_tunnel_mtu_bytes',
    help: "MTU of a tunnel's device; it follows the path MTU.",
    kind: 'gauge',
    labels: ['tunnel', 'mode'],
    samples: (s) => s.tunnels.map((t) => ofTunnel(t, t.mtu)),
  },
  tunnel('receive_packets', 'rx_packets', 'Packets that a tunnel has received.'),
  tunnel('receive_bytes', 'rx_bytes', 'Bytes of the inner packets that a tunnel has received.'),
  tunnel('receive_dropped', 'rx_dropped', 'Packets that the device of a tunnel did not take.'),
  {
    name: 'mirrorlake_tunnel_receive_errors_total',
    help:
      'Packets that a tunnel refused, by reason: rx_crc_errors, rx_fifo_errors, ' +
      'rx_frame_errors, rx_length_errors of the kernel.',
    kind: 'counter',
    labels: ['tunnel', 'mode', 'reason'],
    samples: (s) =>
      s.tunnels.flatMap((t) =>
        Object.entries(RECEIVE_ERRORS).map(([reason, counter]) =>
          ofTunnel(t, t.counters[counter] ?? 0, { reason }),
        ),
      ),
  },
  tunnel('transmit_packets', 'tx_packets', 'Packets that a tunnel has sent.'),
  tunnel('transmit_bytes', 'tx_bytes', 'Bytes of the inner packets that a tunnel has sent.'),
  tunnel(
    'transmit_dropped',
    'tx_dropped',
    'Packets of its device that a tunnel did not send, for want of room.',
  ),
  {
    name: 'mirrorlake_tunnel_transmit_errors_total',
    help:
      'Packets that a tunnel could not send, by reason: tx_carrier_errors, tx_aborted_errors, ' +
      'collisions of the kernel, and what was too long for the path.',
    kind: 'counter',
    labels: ['tunnel', 'mode', 'reason'],
    samples: (s) => s.tunnels.flatMap(transmitErrors),
  },
  tunnel('icmp_errors', 'icmp_errors', 'ICMP errors that the path has sent about packets of a tunnel.'),
  {
    name: 'mirrorlake_tunnel_refused_packets_total',
    help:
      'Packets that came to the sockets of tunnels and were none’s, by reason; mirrors of the ' +
      'same senders are among `no_tunnel`.',
    kind: 'counter',
    labels: ['reason'],
    samples: (s) =>
      Object.entries(s.tunnels_refused ?? {}).map(([reason, value]) => ({ labels: { reason }, value })),
  },
  {
    name: 'mirrorlake_connections_refused_total',
    help: 'Connections turned away, or cut off to make room for others, because there were too many.',
    kind: 'counter',
    labels: ['socket'],
    samples: (s) => [
      { labels: { socket: 'control' }, value: s.connections?.control_refused ?? 0 },
      { labels: { socket: 'listen' }, value: s.connections?.listen_refused ?? 0 },
    ],
  },
  {
    name: 'mirrorlake_connections_cut_total',
    help: 'Connections cut off because their request was late or too long, or their answer was not taken.',
    kind: 'counter',
    labels: ['socket'],
    samples: (s) => [
      { labels: { socket: 'control' }, value: s.connections?.control_cut ?? 0 },
      { labels: { socket: 'listen' }, value: s.connections?.listen_cut ?? 0 },
    ],
  },
  {
    name: 'mirrorlake_shown_rows_left_out_total',
    help:
      'Rows of ended sessions that were not shown to readers of the control socket: not in the sample, or ' +
      'the reader was slow. They are stored all the same.',
    kind: 'counter',
    labels: ['reason'],
    samples: (s) =>
      s.shown_rows === undefined
        ? []
        : [
            { labels: { reason: 'sample' }, value: s.shown_rows.left_out },
            { labels: { reason: 'slow_reader' }, value: s.shown_rows.missed },
          ],
  },
  {
    name: 'process_cpu_seconds_total',
    help:
      "CPU time of the collector's process, user and system: all its threads (workers, tunnels, the " +
      "store's). The engine of an embedded store is a process of its own, and not in it.",
    kind: 'counter',
    labels: [],
    samples: (s) => known(s.cpu_seconds ?? null),
  },
  {
    name: 'process_open_fds',
    help: "Open file descriptors of the collector's process.",
    kind: 'gauge',
    labels: [],
    samples: (s) => known(s.open_files ?? null),
  },
  {
    name: 'process_max_fds',
    help: 'How many file descriptors it may have open; absent where there is no limit.',
    kind: 'gauge',
    labels: [],
    samples: (s) => known(s.open_files_limit ?? null),
  },
  {
    name: 'process_resident_memory_bytes',
    help:
      "Resident memory of the collector's process, its rings included; the engine of an " +
      'embedded store not.',
    kind: 'gauge',
    labels: [],
    samples: (s) => one(s.memory_bytes),
  },
  {
    name: 'process_start_time_seconds',
    help: 'When the collector started, in seconds since 1970.',
    kind: 'gauge',
    labels: [],
    samples: (s) => one(Date.parse(s.started) / 1000),
  },
];

/** The text of a scrape, in Prometheus' exposition format. */
export async function exposition(status: CollectorStatus): Promise<{ type: string; text: string }> {
  const registry = new Registry();
  for (const m of METRICS) {
    const samples = m.samples(status);
    // For prom-client, an unset metric without labels is 0; here it is unknown.
    if (samples.length === 0) continue;
    const options = { name: m.name, help: m.help, labelNames: m.labels, registers: [registry] };
    if (m.kind === 'counter') {
      const counter = new Counter(options);
      for (const { labels, value } of samples) {
        counter.inc(labels, value);
      }
    } else {
      const gauge = new Gauge(options);
      for (const { labels, value } of samples) gauge.set(labels, value);
    }
  }
  return { type: registry.contentType, text: await registry.metrics() };
}
