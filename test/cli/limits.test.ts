/**
 * docs/reference/limits.md has the numbers of the program, and names a test for each. All tests that the docs
 * name exist.
 */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LOUDEST } from '../../src/accounts/loudest.js';
import { PROBES as MIRROR_PROBES } from '../../src/accounts/mirror-points.js';
import { MIRROR_POINTS } from '../../src/accounts/mirror-table-options.js';
import { LOG_NUMBERS } from '../../src/accounts/number-log.js';
import { EPOCH } from '../../src/accounts/numbering.js';
import { MAX_HELD } from '../../src/accounts/numbering-scores.js';
import { NumberingShare } from '../../src/accounts/numbering-share.js';
import { TRACKS } from '../../src/accounts/sequence.js';
import { CONFIRM, MAX_DROPOUT, SEQUENCE_WINDOW } from '../../src/accounts/sequence-window.js';
import { BLOCK_BYTES, MOST_PIECES } from '../../src/applications/engine/blocks.js';
import { MOST_OPEN } from '../../src/applications/engine/dialogue.js';
import {
  ANSWER_SECONDS,
  HELD_SECONDS,
  MAX_TRIES,
  SPARE_SHARE,
} from '../../src/applications/engine/dialogues.js';
import { MOST_EXPECTED } from '../../src/applications/engine/expected.js';
import { HELD_TIME, MOST_HELD } from '../../src/applications/engine/held.js';
import { QUESTION_CHARACTERS } from '../../src/applications/engine/questions.js';
import { FAR_BEHIND, MOST_MESSAGES, PATIENCE } from '../../src/applications/engine/streams.js';
import { LONGEST_NAME, LONGEST_RESOURCE } from '../../src/applications/engine/texts.js';
import { MOST_TABLES } from '../../src/applications/http2/reader.js';
import { MOST_LARGE_TABLES, MOST_TABLE_BYTES } from '../../src/applications/http2/tables.js';
import { MOST_ANSWERS, MOST_ATTRIBUTES } from '../../src/applications/question.js';
import { MOST_STREAMS } from '../../src/applications/quic/stream-pool.js';
import { MOST_REMEMBERED_TEXT } from '../../src/applications/room.js';
import { COLLECTOR_PATIENCE } from '../../src/cli/find-store.js';
import { MOST_POINTS as MOST_IN_SUMMARY } from '../../src/cli/read/summary.js';
import { MOST_POINTS as MOST_IN_STATUS } from '../../src/cli/status-text.js';
import { MOST_KNOTS, MOST_SEGMENTS } from '../../src/clocks/clock-survey.js';
import { FORGOTTEN, MOST_CLOCKS } from '../../src/clocks/clocks.js';
import { FIRST_WAIT, LONGEST_WAIT } from '../../src/collector/console-child.js';
import { MOST_WAITING as MOST_WAITING_BYTES } from '../../src/collector/live/row-readers.js';
import { MOST_MARKERS } from '../../src/collector/marker-socket.js';
import { LISTED, LOUDEST_UNLISTED } from '../../src/collector/mirrors/mirror-listing.js';
import {
  HANDOVER_MEMORY,
  LEAST_HANDOVER_RING,
  MOST_HANDOVER_RING,
} from '../../src/collector/ring/handover.js';
import { SPARES } from '../../src/collector/ring/ring-receiver.js';
import { FRAGMENTS_MS } from '../../src/collector/ring/xdp-interface.js';
import { RuleIndex } from '../../src/collector/rule-index.js';
import { FACTS_BYTES, FACTS_WITHIN } from '../../src/collector/store/fact-uploads.js';
import { NETWORKS_WITHIN } from '../../src/collector/store/network-uploads.js';
import { NETWORKS_MS } from '../../src/collector/store/network-watch.js';
import { PACKETS_LIMIT } from '../../src/collector/store/segment-port.js';
import { TRIAL_MS } from '../../src/collector/trials.js';
import {
  MOST_OWNERS,
  MOST_POLICIES,
  MOST_SESSIONS,
  MOST_UDP_INPUTS,
  MOST_WORKERS,
} from '../../src/config/bounds.js';
import { LARGEST_CONFIG } from '../../src/config/config-file.js';
import { GROUP_WINDOW } from '../../src/config/groups.js';
import { MOST_MISTAKES } from '../../src/config/load.js';
import { LONGEST_WINDOW, MOST_PATHS } from '../../src/config/paths.js';
import { configSchema, consoleSchema, mirrorSchema } from '../../src/config/schema.js';
import { DEEPEST, MOST_ALIASES } from '../../src/config/yaml-document.js';
import { LONGEST_BODY } from '../../src/console/app.js';
import { LONGEST_READING, MOST_CAPTURES } from '../../src/console/captures.js';
import { EXPANDED_LINKS, MOST_EXPANDED, MOST_LINKS } from '../../src/console/contract/map.js';
import { MOST_NAMED } from '../../src/console/contract/names.js';
import { MOST_TOP } from '../../src/console/contract/overview.js';
import { MOST_FRAMES } from '../../src/console/contract/packets.js';
import {
  MOST_VALUES as MOST_COUNTED,
  MOST_ROWS as MOST_LISTED,
  USUAL_ROWS,
  USUAL_VALUES,
} from '../../src/console/contract/sessions.js';
import {
  LONGEST_NAME as LONGEST_VIEW,
  LONGEST_PATH as LONGEST_VIEW_PATH,
} from '../../src/console/contract/views.js';
import { KEEP as DOCTOR_KEEP, PATIENCE as DOCTOR_PATIENCE } from '../../src/console/doctor.js';
import { DOWNLOAD_PATIENCE, MOST_DOWNLOADS } from '../../src/console/downloads.js';
import { MOST_STREAMS as MOST_LIVE_STREAMS } from '../../src/console/live-feed.js';
import { KEEP_RUNNING, KEPT_BYTES, MOST_RUNNING, MOST_WAITING } from '../../src/console/questions.js';
import { MOST_WAITING_ROWS } from '../../src/console/routes/live.js';
import { MOST_ANSWERED, MOST_BYTES } from '../../src/console/routes/sql.js';
import { MOST_OF_ONE } from '../../src/console/running-statements.js';
import { COOKIE_LIFE, MOST_COOKIES, MOST_WRONG } from '../../src/console/sign-in.js';
import { MOST_CONDITIONS, MOST_VALUES } from '../../src/console/statements/conditions.js';
import { MOST_CANDIDATES, MOST as MOST_FOUND } from '../../src/console/statements/findings.js';
import { MOST_ROWS as MOST_LISTED_OF_HOST } from '../../src/console/statements/hosts.js';
import { MOST_COLUMNS } from '../../src/console/statements/lists.js';
import { LINKS_OF, LONGEST_PAIRS } from '../../src/console/statements/map.js';
import { MOST_MIRRORS } from '../../src/console/statements/mirrors.js';
import { MOST_FRAME_BYTES } from '../../src/console/statements/packets.js';
import { LONGEST_APART } from '../../src/console/statements/scope.js';
import { MOST_ALSO } from '../../src/console/statements/session.js';
import { JUDGED_AT_ONCE, MOST_WAITING_TO_BE_JUDGED } from '../../src/console/users.js';
import { MOST_VIEWS } from '../../src/console/views.js';
import { LARGEST_BUFFER } from '../../src/demux/fragment-buffers.js';
import { HEADER_ROOM } from '../../src/demux/fragment-runs.js';
import { LONGEST_CHAIN } from '../../src/demux/fragment-table.js';
import { MALFORMED_SENDERS } from '../../src/demux/malformed-senders.js';
import { MAX_IP_IN_IP } from '../../src/demux/mirror-probe.js';
import { LEAST_SHARE, SHARE } from '../../src/demux/reassembly.js';
import { MAX_TAGS, SAMPLE, TZSP_TAGS } from '../../src/linux/input-filter.js';
import { ADDRESS_SLOTS } from '../../src/linux/xdp/questions.js';
import { HEADROOM } from '../../src/linux/xdp/socket.js';
import { FRAMES, LEAST_FRAMES, LINK_HEADER, MOST_UMEM } from '../../src/linux/xdp/umem.js';
import {
  FIRST_HOLD,
  HEALTH_FAILURES,
  HEALTH_INTERVAL,
  HEALTH_TIMEOUT,
  LONGEST_HOLD,
  MOST_TARGETS,
  RESOLVE_EVERY,
  TRIAL,
} from '../../src/mirror-source/limits.js';
import { LONGEST_PAUSE } from '../../src/mirror-source/run.js';
import {
  CLOCK_DEFAULTS,
  NAMES_DEFAULTS,
  READING_DEFAULTS,
  REASSEMBLY_DEFAULTS,
  SESSION_DEFAULTS,
} from '../../src/model/defaults.js';
import { KEEP_ALL } from '../../src/model/kept-words.js';
import {
  FRAMES_SHOWN,
  FRAMES_WATCHED_S,
  MOST_FRAME_WATCHES,
  MOST_OPEN_SHOWN,
  MOST_ROW_READERS,
  MOST_ROWS_A_SECOND,
} from '../../src/model/live.js';
import { LONGEST_QUESTION } from '../../src/model/question-limits.js';
import { grouped } from '../../src/model/words.js';
import { MOST_AT_ONCE } from '../../src/names/seen-names.js';
import { REMEMBERED } from '../../src/networks/address-facts.js';
import { LONGEST_RECORD } from '../../src/networks/csv.js';
import { LONGEST_FIELD } from '../../src/networks/fields.js';
import { DEEPEST_VALUE, LARGEST_VALUE } from '../../src/networks/mmdb-values.js';
import { LARGEST_NAMES } from '../../src/networks/names-file.js';
import { MOST_NETWORKS } from '../../src/networks/network-list.js';
import { YAML_ROOM } from '../../src/networks/own-yaml.js';
import { LONGEST_ORGANISATION } from '../../src/networks/owner-fields.js';
import { LARGEST_DATABASE, REMEMBERED_VALUES } from '../../src/networks/owners.js';
import { LARGEST_CSV, LARGEST_YAML } from '../../src/networks/read-networks.js';
import { CONTROL_TIMEOUTS, MAX_REQUEST, MOST_CONTROL_CONNECTIONS } from '../../src/observe/control.js';
import { HTTP_TIMEOUTS, MOST_HEADERS, MOST_HTTP_CONNECTIONS } from '../../src/observe/http.js';
import { LONGEST_PATH } from '../../src/observe/socket-path.js';
import { DELAY_ERROR } from '../../src/paths/delays.js';
import { DESTINATIONS } from '../../src/paths/destinations.js';
import { GAPS } from '../../src/paths/gaps.js';
import { HOP_ACTIVE, HOP_IDLE, HOPS } from '../../src/paths/hops.js';
import { LOG_OBSERVATIONS, LOG_SAMPLED } from '../../src/paths/observation-log.js';
import { EXACT_DELAYS, EXACT_DELAYS_READ, MOST_PAIRS, WINDOW_PLACES } from '../../src/paths/path-options.js';
import { RANGES } from '../../src/paths/ranges.js';
import { MOST_KEPT } from '../../src/reader/kept-observations.js';
import { LOOK_BYTES, LOOK_PACKETS } from '../../src/reader/read-as.js';
import { MOST_TOGETHER } from '../../src/reader/timeline.js';
import { MAX_PACKET, MAX_RECORD } from '../../src/receive/file/format.js';
import { MAX_INTERFACES } from '../../src/receive/file/pcapng.js';
import { MAX_WINDOW } from '../../src/receive/file/zstd.js';
import { SPARE_SOCKETS } from '../../src/receive/gre-sockets.js';
import { MOST_COMPARED } from '../../src/sessions/copies.js';
import { FRAMES_REMEMBERED } from '../../src/sessions/dedup.js';
import { SHARE as TRAINS_OF_A_SOURCE, WAYS } from '../../src/sessions/fragments.js';
import { COMPARED_BYTES, GROUP_FRAMES } from '../../src/sessions/group-copies.js';
import { MOST_MEMBERS } from '../../src/sessions/groups.js';
import { MOST_CERTIFICATES } from '../../src/sessions/message-rows.js';
import { SLOT_VLANS } from '../../src/sessions/slot-fields.js';
import { PROBES as SESSION_PROBES } from '../../src/sessions/slot-index.js';
import { PRESSURE_PASSES } from '../../src/sessions/table.js';
import { MOST_NAMED_ADDRESSES } from '../../src/store/best-names.js';
import { MOST_ROWS, MOST_WORDS } from '../../src/store/clickhouse/answer.js';
import { REQUEST_TIMEOUT_MS } from '../../src/store/clickhouse/server.js';
import { SMALL_ANSWER } from '../../src/store/embedded/dialect.js';
import { KILL_PATIENCE, QUESTIONS_AT_ONCE, QUESTIONS_WAITING } from '../../src/store/embedded/questions.js';
import { LEAST_MEMORY, MOST_MEMORY } from '../../src/store/embedded/store.js';
import { DEDUPLICATION_WINDOW } from '../../src/store/migrations.js';
import { LONGEST_TEXT, MOST_LOADED } from '../../src/store/networks/network-lines.js';
import { MOST_ANSWERS as MOST_FACTS } from '../../src/store/networks/stored-facts.js';
import { KEPT_LOADS } from '../../src/store/networks/stored-networks.js';
import { TEMPORARY_FACTOR } from '../../src/store/questions/limits.js';
import { HELD_MEMORY } from '../../src/store/segment/held-frames.js';
import { LARGEST_APPEND, LARGEST_SEGMENT, SEGMENT_BYTES } from '../../src/store/segment/segment-size.js';
import { SPARE_DESCRIPTORS, SPOOL_MEMORY } from '../../src/store/spool/spool.js';
import { QUEUE_LENGTH } from '../../src/tunnels/engine/endpoint.js';
import { MAX_TUNNELS } from '../../src/tunnels/engine/engine.js';
import { PROBES as PEER_PROBES, PEERS } from '../../src/tunnels/kernel/peers.js';
import { MAX_OUTER_HEADERS } from '../../src/wire/ip/ipv6-extension.js';
import { MPLS_MAX_LABELS } from '../../src/wire/link/mpls.js';
import { MAX_LAYERS, MAX_VLANS } from '../../src/wire/walk/frame.js';
import { MAX_EXTENSIONS } from '../../src/wire/walk/walk-ip.js';
import { MOST_ROWS as MOST_LIVE_ROWS } from '../../web/src/pages/live/feed.js';
import { MOST_BYTES as MOST_SAID } from '../../web/src/pages/packets/decode/conversation.js';
import { MOST_FIELDS } from '../../web/src/pages/packets/decode/layer.js';
import { MOST_PACKETS } from '../../web/src/pages/packets/decode/paging.js';
import { MOST_NAMED_IN_FILE } from '../../web/src/parts/most-named.js';

const ROOT = join(import.meta.dirname, '../..');
const page = readFileSync(join(ROOT, 'docs/reference/limits.md'), 'utf8');
const [columns, , ...rows] = page
  .split('\n')
  .filter((line) => line.startsWith('|'))
  .map((line) => line.slice(1, -1).split('|'))
  .map((cells) => cells.map((cell) => cell.trim()));
const rowOf = new Map(rows.map(([what, ...cells]) => [what, cells.join(' | ')]));

const config = configSchema.parse({});
const entry = mirrorSchema.parse({ name: 'm' });
const all = new NumberingShare();
const least = NumberingShare.oneOf(Number.POSITIVE_INFINITY);
const index = new RuleIndex(
  {
    mirrors: [entry],
    unknown: 'observe',
    unknownPoints: 1,
    packets: { bytes: 0, packets: 0 },
    taps: {},
    tapAll: -1,
    separateBy: ['vni'],
    applications: KEEP_ALL,
    groups: new Map(),
    overlays: [],
    timestampsWithin: 2,
    claims: [],
  },
  300,
);
const { spool, reassembly, questions, application_limits: limits } = config;
const reading = READING_DEFAULTS;
const hours = (seconds: number): string => `${seconds / 3600} h`;
const minutes = (ms: number): string => `${ms / 60_000} min`;
const seconds = (ms: number): string => `${ms / 1000} s`;
const kib = (bytes: number): string => `${bytes / 2 ** 10} KiB`;
const mib = (bytes: number): string => `${bytes / 2 ** 20} MiB`;
const gib = (bytes: number): string => `${bytes / 2 ** 30} GiB`;

describe('every limit', () => {
  it('is documented with its effect, its counter and a test', () => {
    expect(columns).toEqual(['what', 'limit', 'at the limit', 'shows as', 'test']);
    for (const row of rows) {
      expect(row, row[0]).toHaveLength(columns.length);
      for (const cell of row) expect(cell, row[0]).not.toBe('');
    }
    expect(rowOf.size).toBe(rows.length);
  });

  it.each(rows.map((row) => [row[0], row[4]]))('has tests that exist: %s: %s', (_, tests) => {
    for (const test of tests.split(', ')) {
      expect(test).toMatch(/^`test\/[\w/-]+\.test\.ts`$/);
      expect(existsSync(join(ROOT, test.slice(1, -1))), test).toBe(true);
    }
  });
});

/** The program's numbers for every row that has numbers. */
const NUMBERS: [string, string[]][] = [
  [
    'outer datagrams in reassembly, of GRE, and of UDP where an input lists some',
    [grouped(REASSEMBLY_DEFAULTS.datagrams), grouped(reassembly.datagrams)],
  ],
  ['memory of outer datagrams in reassembly', [mib(REASSEMBLY_DEFAULTS.memory), mib(reassembly.memory)]],
  [
    'the share of one source address in both',
    [SHARE === 4 ? 'a quarter' : '?', `${LEAST_SHARE} datagrams`, kib(LARGEST_BUFFER)],
  ],
  ['outer datagrams with colliding hashes', [`${LONGEST_CHAIN}`]],
  ['waiting for outer fragments', [`${REASSEMBLY_DEFAULTS.timeout} s`, `${reassembly.timeout} s`]],
  ['headers before the payload of a fragmented packet', [`${HEADER_ROOM} bytes`]],
  ['VLAN tags before GRE, with a ring', [`${MAX_TAGS} tags`]],
  ['UDP ports of `inputs`', [`${MOST_UDP_INPUTS}`]],
  ['tags of a TZSP header that the ring looks behind to find the worker', [`${TZSP_TAGS}`]],
  ['mirrors of inputs that are not listed, with a ring', [`one packet in ${SAMPLE}`]],
  ['packets that decide what `read` takes a capture for', [grouped(LOOK_PACKETS), mib(LOOK_BYTES)]],
  ['IPv6 extension headers and AH before GRE', [`${MAX_OUTER_HEADERS} headers`]],
  [
    'IP packets around GRE; labels, and tags and other layers before IP',
    [`${MAX_IP_IN_IP} packets; ${MPLS_MAX_LABELS} labels, ${MAX_LAYERS} layers`],
  ],
  ['mirror points of an entry of `mirrors`', [`\`points\`, ${grouped(entry.points)} per worker`]],
  [
    'mirror points that no entry names',
    [
      `\`unknown_points\`, ${grouped(config.unknown_points)} per worker`,
      `\`read\` has ${grouped(MIRROR_POINTS)}`,
    ],
  ],
  ['mirror points with colliding hashes', [`${MIRROR_PROBES}:`]],
  ['refused mirror points', [`the ${LOUDEST} loudest`]],
  ['a mirror point without packets', [hours(index.idle(1, true)), hours(index.idle(0, false))]],
  [
    'unknown mirror points that `status --json` and metrics list',
    [`the first ${LISTED}`, `the ${LOUDEST_UNLISTED} loudest`],
  ],
  ['mirror points that `status` prints', [`the ${MOST_IN_STATUS} loudest`]],
  ['mirror points in the summary of `read`', [`the ${MOST_IN_SUMMARY} loudest`]],
  [
    'sources whose sessions may share a counter',
    [grouped(all.sources), `at least ${grouped(least.sources)}`],
  ],
  [
    'counters per hardware id, direction and PPTP call',
    [grouped(all.levelStreams), `at least ${grouped(least.levelStreams)}`],
  ],
  ['how long a sequence number may be missing', [`${EPOCH} s`, `${2 * EPOCH} s at most`]],
  ["how long losses are held back while a mirror's counter is unknown", [`${MAX_HELD / 60} min`]],
  ['how late a packet may arrive', [grouped(SEQUENCE_WINDOW)]],
  ['the longest outage that sequence numbers show', [grouped(MAX_DROPOUT), `by ${CONFIRM} later`]],
  ['counters under one name', [`${TRACKS}`]],
  ['sequence numbers waiting to be judged, per worker', [grouped(LOG_NUMBERS)]],
  ['the size of an `owners` database', [grouped(LARGEST_DATABASE)]],
  ['a value of an `owners` database', [grouped(LARGEST_VALUE), `${DEEPEST_VALUE} maps and lists`]],
  ['the name of an AS organisation', [`${LONGEST_ORGANISATION} bytes`]],
  ['values of an `owners` database that a thread remembers', [grouped(REMEMBERED_VALUES)]],
  ['packets that wait for the other end of a path', [grouped(WINDOW_PLACES), `at most ${LONGEST_WINDOW} s`]],
  [
    'conversations that get a row of `hops`',
    [grouped(HOPS), `${HOP_IDLE} s without packets`, `after ${HOP_ACTIVE} s`],
  ],
  ["gaps in the numbers of a place's mirror", [grouped(GAPS)]],
  ['large packets remembered that may be several elsewhere', [grouped(RANGES)]],
  ['addresses whose direction through a pair is known', [grouped(DESTINATIONS)]],
  [
    'delays kept exactly, of a minute, pair and direction',
    [grouped(EXACT_DELAYS), grouped(EXACT_DELAYS_READ), `${100 * DELAY_ERROR} %`],
  ],
  ['pairs of places', [`${MOST_PATHS}; as many are`, `${MOST_PAIRS}`]],
  [
    'observations on their way to the thread that matches, per worker',
    [grouped(LOG_OBSERVATIONS), grouped(LOG_SAMPLED)],
  ],
  ['captures that overlap in time (`read`)', [`${MOST_TOGETHER}`]],
  ['sampled packets of several streams (`read --path`)', [grouped(MOST_KEPT)]],
  ['layers of a frame', [`${MAX_LAYERS}`]],
  ['IPv6 extension headers of a frame', [`${MAX_EXTENSIONS}`]],
  ['labels of a frame', [`${MPLS_MAX_LABELS}`]],
  ['VLAN ids kept of a frame', [`${MAX_VLANS}; ${SLOT_VLANS} of a session`]],
  ['worker threads', [`${MOST_WORKERS}`]],
  [
    'sessions at once',
    [
      grouped(SESSION_DEFAULTS.capacity),
      grouped(config.sessions.capacity),
      `up to ${grouped(MOST_SESSIONS)}`,
    ],
  ],
  ['sessions with colliding hashes', [`${SESSION_PROBES}:`]],
  ['active sessions passed over when the table is full', [grouped(PRESSURE_PASSES)]],
  [
    'fragmented inner packets at once',
    [`${grouped(SESSION_DEFAULTS.fragmentTrains)}, in sets of ${WAYS}`, `has ${TRAINS_OF_A_SOURCE} of them`],
  ],
  ['kept fragments (`packets`) waiting for the first one', [`${mib(HELD_MEMORY)} per worker`]],
  ['packets remembered for `deduplicate`', [grouped(FRAMES_REMEMBERED)]],
  ['sessions of one conversation that are compared for `copy`', [`${MOST_COMPARED}: `]],
  ['frames of groups remembered', [grouped(GROUP_FRAMES)]],
  ['files of `owners`', [`${MOST_OWNERS}`]],
  ['entries of `policies`', [grouped(MOST_POLICIES)]],
  ['addresses of which network and owner are remembered', [grouped(REMEMBERED)]],
  [
    'how long a frame waits for its copies in a group',
    [`${GROUP_WINDOW.usual * 1000} ms, up to ${GROUP_WINDOW.most} s`],
  ],
  ['bytes compared of a frame in a group', [`${COMPARED_BYTES} of`]],
  ['mirror points of a group', [`${MOST_MEMBERS}`]],
  [
    'frames of groups on their way to another worker',
    [mib(MOST_HANDOVER_RING), mib(HANDOVER_MEMORY), `at least ${kib(LEAST_HANDOVER_RING)}`],
  ],
  ['clocks of switches with hardware time', [`${grouped(MOST_CLOCKS)} per worker`, hours(FORGOTTEN)]],
  ['how far a timestamp may be from its arrival', [`\`hardware_time.within\`, ${CLOCK_DEFAULTS.within} s`]],
  [
    'what a first look of `read` keeps of a clock',
    [`${MOST_SEGMENTS} times`, `${grouped(MOST_KNOTS)} points`],
  ],
  ['marker packets received (`hardware_time.marker_port`)', [`${grouped(MOST_MARKERS)} a second`]],
  ["waiting for an inner packet's fragments", [`${SESSION_DEFAULTS.fragmentTimeout} s`]],
  ['conversations read at once', [grouped(reading.conversations), grouped(limits.conversations)]],
  [
    'questions without an answer',
    [grouped(reading.questions), grouped(limits.questions), `${MOST_OPEN}`, `${QUESTION_CHARACTERS}`],
  ],
  ['memory of messages in several segments', [mib(reading.memory), mib(limits.memory)]],
  ['bytes looked at of a message', [grouped(BLOCK_BYTES)]],
  ['messages read of one segment', [`${MOST_MESSAGES}`]],
  ['missing bytes waited for', [`${PATIENCE} s`, grouped(FAR_BEHIND), `${MOST_PIECES} pieces`]],
  [
    'answers that wait for their question',
    [`${MOST_HELD} of`, `${HELD_TIME / 1e9} s`, `${HELD_SECONDS} s`, SPARE_SHARE === 4 ? 'a quarter' : '?'],
  ],
  ['waiting for the answer to a datagram', [`${ANSWER_SECONDS} s`]],
  ['UDP ports where media of a call is expected', [grouped(MOST_EXPECTED)]],
  ['HTTP/2 conversations with header tables', [grouped(MOST_TABLES)]],
  [
    'HTTP/2 header tables larger than what peers begin with',
    [kib(MOST_TABLE_BYTES), grouped(MOST_LARGE_TABLES)],
  ],
  ['QUIC handshakes that are put together', [grouped(MOST_STREAMS)]],
  ['names, users and fingerprints of open sessions', [mib(reading.words), mib(limits.words)]],
  ['rows of `transactions` (`collect`)', [grouped(reading.rows.collect), grouped(limits.rows)]],
  ['certificates of a day that are known as written', [grouped(MOST_CERTIFICATES)]],
  ['names of addresses that are counted at once', [grouped(NAMES_DEFAULTS.held)]],
  ['rows of `names` that a worker writes at once', [grouped(MOST_AT_ONCE)]],
  ['addresses that `query --names` and `export` name', [grouped(MOST_NAMED_ADDRESSES)]],
  [
    'statements, topics, shares and files that are remembered of a conversation',
    [grouped(MOST_REMEMBERED_TEXT)],
  ],
  ['the length of a text', [`${LONGEST_NAME}`, grouped(LONGEST_RESOURCE)]],
  ['addresses, and attributes, of a transaction', [`${MOST_ANSWERS}`, `${MOST_ATTRIBUTES}`]],
  ['messages examined for `app_protocol`', [`${MAX_TRIES} of each side of a session`]],
  ['segments waiting for the store (`collect`)', [gib(spool.limit)]],
  ['kept packets waiting for the store', [gib(spool.packets_limit)]],
  ["rows waiting in memory while the spool's disk takes nothing", [mib(SPOOL_MEMORY)]],
  ["a segment's size", [mib(LARGEST_SEGMENT), mib(SEGMENT_BYTES), mib(LARGEST_APPEND)]],
  [
    "rows on their way to the store's thread",
    [mib(LARGEST_APPEND), 2 * PACKETS_LIMIT === LARGEST_APPEND ? 'half' : '?'],
  ],
  [
    'packets waiting in the kernel',
    [`\`ring_size\`, ${mib(config.ring_size)}`, `\`receive_buffer\`, ${mib(config.receive_buffer)}`],
  ],
  ['inserts that the store remembers to recognise repeats', [grouped(DEDUPLICATION_WINDOW)]],
  ['captures that `read --once` recognises', [grouped(DEDUPLICATION_WINDOW)]],
  ['connections to the control socket', [`${MOST_CONTROL_CONNECTIONS};`]],
  ['connections to `listen`', [`${MOST_HTTP_CONNECTIONS},`]],
  ['a request to the control socket', [seconds(CONTROL_TIMEOUTS.request), mib(MAX_REQUEST)]],
  [
    'networks that come through the control socket',
    [`${grouped(MOST_LOADED)}, 1 GiB, ${NETWORKS_WITHIN / 1000} s`, `${LONGEST_TEXT} bytes`],
  ],
  [
    'addresses whose rows are written anew at once',
    [`${grouped(MOST_FACTS)},`, mib(FACTS_BYTES), `${FACTS_WITHIN / 1000} s`],
  ],
  ['loads of networks that stay in the store', [`the newest ${KEPT_LOADS} `]],
  ['how soon a collector takes loaded networks over', [`every ${NETWORKS_MS / 1000} s`]],
  ['a request to `listen`', [seconds(HTTP_TIMEOUTS.request), kib(MOST_HEADERS)]],
  ['looking for a running collector', [seconds(COLLECTOR_PATIENCE)]],
  ['an answer of the control socket', [seconds(CONTROL_TIMEOUTS.answer)]],
  ["`doctor`'s trial packets", [`for ${seconds(TRIAL_MS)}`]],
  ['an answer of `listen`', [seconds(HTTP_TIMEOUTS.idle), `${seconds(HTTP_TIMEOUTS.answer)} in all`]],
  ['the path of the control socket', [`${LONGEST_PATH} bytes`]],
  // There are two spools: one for rows, one for kept packets.
  ['descriptors (`RLIMIT_NOFILE`)', [`${2 * SPARE_DESCRIPTORS} are held back`, mib(SPOOL_MEMORY)]],
  [
    'packets waiting in AF_XDP',
    [
      `${FRAMES[0] >> 10} KiB each, ${FRAMES[1] >> 10} KiB above an MTU of ` +
        `${FRAMES[0] - HEADROOM - LINK_HEADER}`,
      `${MOST_UMEM >> 20} MiB`,
      `${LEAST_FRAMES} frames`,
    ],
  ],
  [
    'outer addresses that AF_XDP tells apart, of tunnels and of where fragments come from',
    [`${grouped(ADDRESS_SLOTS)} slots`, `every ${minutes(FRAGMENTS_MS)}`],
  ],
  ['an interface that disappears and returns, after `--user`', [`${SPARES} times`]],
  ['IPv6 addresses that appear after `--user`, with raw sockets', [`${SPARE_SOCKETS} at once`]],
  ["one insert, or one of the collector's own statements, on a server", [seconds(REQUEST_TIMEOUT_MS)]],
  ["a server's answer to them", [kib(MOST_WORDS), mib(MOST_ROWS)]],
  ['memory of the embedded engine', [`from ${gib(LEAST_MEMORY)} to ${gib(MOST_MEMORY)}`]],
  [
    'time of a question (`query`, `export`, the control socket)',
    [`${questions.timeout} s`, minutes(questions.longest * 1000), hours(LONGEST_QUESTION)],
  ],
  [
    'memory of a question',
    [`${questions.memory / 1e9} GB`, TEMPORARY_FACTOR === 4 ? 'four times as much' : '?'],
  ],
  [
    'rows and bytes that a question reads',
    [`\`questions.rows\`, ${grouped(questions.rows)}`, `\`questions.bytes\`, ${questions.bytes / 1e12} TB`],
  ],
  [
    'questions answered at once by the embedded engine',
    [`${QUESTIONS_AT_ONCE} |`, `${QUESTIONS_WAITING} more wait`],
  ],
  ['a question that ignores its end', [seconds(KILL_PATIENCE)]],
  ['answers to SHOW, DESCRIBE, EXISTS, EXPLAIN', [mib(SMALL_ANSWER)]],
  [
    'a file of networks',
    [
      mib(LARGEST_CSV),
      mib(LARGEST_YAML),
      `${grouped(YAML_ROOM.lexemes)} lexemes`,
      `${DEEPEST} levels`,
      `${MOST_ALIASES} aliases`,
    ],
  ],
  ['networks of a file', [grouped(MOST_NETWORKS)]],
  ['a field of a network', [`${LONGEST_FIELD} bytes`]],
  ['a record of a CSV file of networks', [kib(LONGEST_RECORD)]],
  [
    'a configuration file',
    [
      mib(LARGEST_CONFIG),
      `${DEEPEST} levels`,
      `${MOST_ALIASES} aliases`,
      `mistakes ${MOST_MISTAKES} are told`,
    ],
  ],
  ['times of a service that its quantiles come from', ['65,536']],
  ['readers of `rows` at the control socket', [`${MOST_ROW_READERS}`]],
  ['rows shown to them', [`${MOST_ROWS_A_SECOND} a second`]],
  ['bytes waiting for a reader of `rows`', [mib(MOST_WAITING_BYTES), seconds(CONTROL_TIMEOUTS.answer)]],
  ['sessions that `open` shows', [grouped(MOST_OPEN_SHOWN)]],
  [
    'senders that `frames` watches',
    [`${MOST_FRAME_WATCHES}`, `${FRAMES_WATCHED_S} s`, `${FRAMES_SHOWN} kept`],
  ],
  ['senders of malformed GRE that `status --json` lists', [`${MALFORMED_SENDERS}`]],
  ['questions of the console at once', [`${MOST_RUNNING}, and ${MOST_WAITING}`]],
  ['answers of the console that are kept', [mib(KEPT_BYTES), seconds(KEEP_RUNNING)]],
  ['an answer on the SQL page', [grouped(MOST_ANSWERED), mib(MOST_BYTES)]],
  ['statements of one person that run at once', [`${MOST_OF_ONE}`]],
  ["conditions of the console's API", [`${MOST_CONDITIONS}`, `${MOST_VALUES} values`]],
  ["rows of the console's `/top`, `/policies`, `/applications`", [`at most ${MOST_TOP}`]],
  [
    "what the console's *Worth a look* looks closely at",
    [`${MOST_CANDIDATES} clients`, `${MOST_FOUND} rows`],
  ],
  ["links of the console's map", [`${MOST_LINKS}, and ${EXPANDED_LINKS} of each of ${MOST_EXPANDED} nodes`]],
  ['pairs that the map counts', [hours(LONGEST_PAIRS), `VLANs of ${hours(LINKS_OF)}`]],
  [
    'saved views',
    [`${MOST_VIEWS}`, `${grouped(LONGEST_VIEW_PATH)} characters of address and ${LONGEST_VIEW} of name`],
  ],
  [
    'a capture that is dropped into the page',
    [gib(consoleSchema.parse({}).capture_limit), hours(LONGEST_READING / 1000)],
  ],
  ['captures that are kept', [`${MOST_CAPTURES}; one`]],
  ["a body of the console's API", [grouped(LONGEST_BODY)]],
  ['wrong passwords for a name from one address', [`${MOST_WRONG} within a minute`]],
  [
    'passwords of the console that are judged at once',
    [`${JUDGED_AT_ONCE}, and ${MOST_WAITING_TO_BE_JUDGED}`],
  ],
  ['browsers that are signed in', [grouped(MOST_COOKIES), hours(COOKIE_LIFE / 1000)]],
  ['`doctor`, run for the console', [seconds(DOCTOR_PATIENCE), seconds(DOCTOR_KEEP)]],
  ["mirror points on the console's page", [grouped(MOST_MIRRORS)]],
  ["the console's process that ends by itself", [seconds(FIRST_WAIT), seconds(LONGEST_WAIT)]],
  ['frames in one answer of the console', [grouped(MOST_FRAMES), `${MOST_FRAME_BYTES / 1e6} MB`]],
  ['captures that one person downloads from the console at once', [`${MOST_DOWNLOADS}`]],
  ['a browser that takes nothing of its download', [seconds(DOWNLOAD_PATIENCE)]],
  ['packets that the page of packets holds', [grouped(MOST_PACKETS)]],
  ['bytes that the page puts together of a conversation', [`${MOST_SAID / 1e6} MB`]],
  ['fields of one layer of a packet, in the page', [`${MOST_FIELDS}`]],
  ['streams of what happens now, in the console', [`${MOST_LIVE_STREAMS} a person`]],
  ['rows waiting for one of them', [grouped(MOST_WAITING_ROWS)]],
  ['rows that the page Live keeps', [grouped(MOST_LIVE_ROWS)]],
  ['addresses whose names are asked for at once', [`${MOST_NAMED}`]],
  ['addresses with names in a CSV file of the console', [grouped(MOST_NAMED_IN_FILE)]],
  ['the files `console.address_names` and `names_file`', [mib(LARGEST_NAMES)]],
  ["rows of each list on a host's and a service's page", [`${MOST_LISTED_OF_HOST}`]],
  ['longest packet of a capture', [grouped(MAX_PACKET)]],
  ['a block of a pcapng that is not skipped', [grouped(MAX_RECORD)]],
  ['interfaces of a pcapng', [grouped(MAX_INTERFACES)]],
  ['a window of zstd', [mib(MAX_WINDOW)]],
  ['tunnels of a collector', [grouped(MAX_TUNNELS)]],
  ['inner addresses known to a tunnel without a remote', [grouped(PEERS), `${PEER_PROBES} places`]],
  ["packets waiting in a tunnel's device", [grouped(QUEUE_LENGTH)]],
  ['targets of a `mirror`', [grouped(MOST_TARGETS)]],
  ['names that a `mirror` sends to', [`every ${seconds(RESOLVE_EVERY)}`]],
  [
    'a target of `mirror` that ICMP calls unreachable',
    [
      `left alone for ${seconds(FIRST_HOLD)}`,
      `${minutes(LONGEST_HOLD)} at most`,
      `for ${seconds(TRIAL)} after a trial`,
    ],
  ],
  [
    "checks of a target's health by `mirror`",
    [
      `${HEALTH_INTERVAL.default} s, ${HEALTH_INTERVAL.least} s to ${HEALTH_INTERVAL.most / 60} min`,
      `may take ${seconds(HEALTH_TIMEOUT)}`,
      `after ${HEALTH_FAILURES} failures`,
    ],
  ],
  ['a pause in a capture that `mirror` plays', [minutes(LONGEST_PAUSE)]],
  ['rows of a page of a list, in the console', [grouped(MOST_LISTED), `${USUAL_ROWS} by default`]],
  ['columns of a list, in the console', [`${MOST_COLUMNS}`]],
  ['values of a column, in the console', [grouped(MOST_COUNTED), `${USUAL_VALUES} by default`]],
  ['how far a condition on the other table looks beyond the time range', [`${LONGEST_APART / 3600} h`]],
  ['rows of mirror points that also saw a conversation', [`${MOST_ALSO}`]],
];

/** Rows with measured values, and rows without numbers. */
const MEASURED = ['memory of a mirror point', 'memory of `read`'];
const WITHOUT = [
  'UDP fragments, with a ring and a UDP input',
  'GRE over IPv6 in fragments, with several workers',
  'rate of `mirror` from an interface',
];

describe('the page has the program’s numbers', () => {
  it.each(NUMBERS)('for %s', (what, numbers) => {
    const row = rowOf.get(what);
    for (const number of numbers) expect(row).toContain(number);
  });

  it('for every row', () => {
    expect([...NUMBERS.map(([what]) => what), ...MEASURED, ...WITHOUT].sort()).toEqual(
      [...rowOf.keys()].sort(),
    );
  });
});

describe('tests that the docs name', () => {
  const pages = [
    'SECURITY.md',
    ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.md'))
      .map((name) => join('docs', name)),
  ];

  it.each(pages)('exist: %s', (name) => {
    const text = readFileSync(join(ROOT, name), 'utf8');
    const named = [...text.matchAll(/\btest\/[\w/.-]*[\w/]/g)].map(([path]) => path);
    expect(named.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });
});
