import { describe, expect, it } from 'vitest';
import { openText } from '../../src/cli/status-open.js';
import { statusText } from '../../src/cli/status-text.js';
import type { CollectorStatus } from '../../src/model/status.js';

const mirror = {
  name: '',
  site: '',
  type: 'erspan2',
  source: '10.0.0.1',
  target: '10.0.0.9',
  session: 7,
  key: null,
  policy: 'observe',
  packets: 1_234_567,
  bytes: 5 << 20,
  sequence: 'session',
  lost: 12,
  late: 0,
  reordered: 0,
  repeated: 0,
  truncated: 0,
  malformed: 0,
  kernel_drops: 3,
  last_seen: 0,
};

const sums = {
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

const status: CollectorStatus = {
  version: '1.2.3',
  collector: 'here',
  pid: 42,
  started: '2026-01-01T00:00:00.000Z',
  uptime_s: 93_784,
  workers: 1,
  memory_bytes: 200 << 20,
  receivers: [
    { name: 'eth1', kind: 'ring', state: 'gone', packets: 1_234_570, dropped: 3, addresses_missed: 0 },
  ],
  dropped: { not_gre: 0, refused: 9 },
  mirror_points: 2,
  mirrors: [
    {
      ...mirror,
      name: 'core',
      type: 'gretap',
      session: 0,
      key: 4096,
      packets: 10,
      sequence: 'none',
      lost: 0,
      late: 0,
    },
    mirror,
  ],
  unlisted: { ...sums, loudest: [] },
  forgotten: sums,
  pools: [
    { name: 'core', points: 1, places: 1024, full: 0, forgotten: 0 },
    { name: '', points: 1, places: 4096, full: 0, forgotten: 0 },
  ],
  refused: [],
  sessions: {
    open: 5,
    opened: 10,
    rows: 5,
    pressure: 0,
    collisions: 0,
    fragment_trains_dropped: 0,
    fragment_trains_headless: 0,
    duplicates: 0,
    duplicates_forgotten: 0,
    copies: 0,
    uncompared: 0,
    group_handed_over: 0,
    group_copies: 0,
    group_frames_forgotten: 0,
    group_members_shared: 0,
    dropped: 0,
  },
  tunnels: [
    {
      name: 'Tunnel-1',
      mode: 'gre',
      local: '10.9.0.1',
      remote: '10.9.0.2',
      key: 42,
      carrier: true,
      route: true,
      mtu: 1472,
      counters: { rx_packets: 4, rx_bytes: 336, tx_packets: 5, tx_bytes: 420 },
    },
  ],
  store: {
    target: './data',
    state: 'up',
    error: '',
    rows_stored: 5,
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
  connections: { control_refused: 0, listen_refused: 0, control_cut: 0, listen_cut: 0 },
  troubles: [],
};

it('status shows what arrives, where from, and who lost how much', () => {
  expect(statusText(status)).toMatchInlineSnapshot(`
    "mirrorlake 1.2.3 on here, pid 42, up 1d 2h, 200.0 MiB
    ! receiver eth1 is gone

    RECEIVER     STATE    PACKETS  KERNEL DROPS
    eth1 (ring)  gone   1,234,570             3

    MIRROR    TYPE               SOURCE    PACKETS     SIZE  LOST  KERNEL DROPS  POLICY
    10.0.0.1  erspan2 7        10.0.0.1  1,234,567  5.0 MiB    12             3  observe
    core      gretap key 4096  10.0.0.1         10  5.0 MiB     -             3  observe

    sessions  5 open, 10 seen, 5 rows, 0 ended by pressure, 0 duplicate frames
    store     ./data is up, 5 rows stored, 0 segments (0.0 KiB) waiting
    passed    9 refused

    Tunnel-1: gre remote 10.9.0.2 local 10.9.0.1 key 42, up, MTU 1472
        RX:  bytes  packets  errors  dropped  missed  mcast
               336        4       0        0       0      0
        TX:  bytes  packets  errors  dropped  carrier  collsns
               420        5       0        0        0        0
    "
  `);
});

it('status counts each input where there are others than GRE, and what is not listed', () => {
  const inputs = [
    { input: 'gre', packets: 1_234 },
    { input: 'vxlan:4789', packets: 56_789 },
  ];
  const lines = (s: CollectorStatus): string[] =>
    statusText(s)
      .split('\n')
      .filter((line) => /^(inputs|unlisted) /.test(line));
  expect(lines({ ...status, inputs, unlisted_inputs: [{ input: 'geneve:6081', packets: 2_560 }] })).toEqual([
    'inputs    1,234 gre, 56,789 vxlan:4789',
    'unlisted  2,560 geneve:6081: no input, so not read',
  ]);
  expect(lines({ ...status, inputs: inputs.slice(0, 1), unlisted_inputs: [] })).toEqual([]);
});

it('status says that nothing has come yet', () => {
  expect(statusText({ ...status, mirrors: [], mirror_points: 0, tunnels: [] })).toContain(
    'no mirror point has sent anything yet',
  );
});

it('status shows configured mirrors that send nothing, however many others there are', () => {
  const { lost: _, last_seen: __, ...nothing } = mirror;
  const silent = {
    ...nothing,
    name: 'edge',
    type: '',
    source: '',
    target: '',
    session: null,
    packets: 0,
    bytes: 0,
  };
  const none = statusText({ ...status, mirrors: [silent], mirror_points: 0 });
  expect(none).toContain('no mirror point has sent anything yet\n');
  expect(none).toMatch(/^edge +any +any +0 +0\.0 KiB +- +3 +observe: configured, nothing seen yet$/m);
  const heard = { ...silent, type: 'erspan2', session: 4, last_seen: 1767225600 };
  const mirrors = [silent, heard, ...Array.from({ length: 60 }, (_, i) => ({ ...mirror, session: i }))];
  const text = statusText({ ...status, mirrors, mirror_points: 60 });
  expect(text).toMatch(/^edge +erspan2 4 .* observe: nothing since 2026-01-01T00:00Z$/m);
  expect(text).toContain(': configured, nothing seen yet\n');
  expect(text).toContain('and 10 more mirror points\n');
});

it('status shows the loudest mirror points, and how many more there are', () => {
  const mirrors = Array.from({ length: 60 }, (_, i) => ({ ...mirror, session: i + 1, packets: i }));
  const loudest = [{ ...mirror, session: 1000, packets: 1_000_000 }];
  const text = statusText({
    ...status,
    mirrors,
    mirror_points: 4000,
    unlisted: { ...sums, points: 3940, packets: 1_000_000, loudest },
  });
  const lines = text.split('\n');
  const first = lines.findIndex((line) => /^ *MIRROR /.test(line)) + 1;
  expect(lines[first]).toMatch(/erspan2 1000 .* 1,000,000 /);
  expect(lines[first + 1]).toMatch(/erspan2 60 /);
  expect(lines[first + 50]).toBe('and 3,950 more mirror points');
});

it('status says whose places are full, and names the loudest refused mirror points', () => {
  const refused = { type: 'erspan2', session: 7, key: null };
  const text = statusText({
    ...status,
    pools: [
      { name: 'core', points: 1024, places: 1024, full: 1, forgotten: 0 },
      { name: '', points: 4096, places: 4096, full: 12_000, forgotten: 0 },
    ],
    refused: [
      { ...refused, source: '10.9.0.1', packets_at_least: 5000, packets_at_most: 5000 },
      { ...refused, source: '10.9.0.2', packets_at_least: 900, packets_at_most: 1000 },
      {
        ...refused,
        type: 'gre',
        session: 0,
        key: 3,
        source: '10.9.0.3',
        packets_at_least: 1,
        packets_at_most: 100,
      },
    ],
  });
  expect(text).toContain('full      core: 1 packet of points beyond its 1,024 places share one, ::\n');
  expect(text).toContain(
    'full      unknown mirror points: 12,000 packets of points beyond their 4,096 places share one, ::\n',
  );
  expect(text).toContain(
    'refused   10.9.0.1 erspan2 7: 5,000 packets\nrefused   10.9.0.2 erspan2 7: 900 to 1,000 packets\n',
  );
  expect(text).not.toContain('10.9.0.3');
});

describe('status --open', () => {
  const row = {
    first_seen: '2026-01-01T08:09:58.123456789Z',
    client_ip: '10.0.0.1',
    client_port: 49173,
    server_ip: '10.0.0.2',
    server_port: 443,
    transport: 'tcp',
    app_protocol: 'tls',
    mirror_name: 'core',
    mirror_source: '10.9.9.9',
    client_packets: 1200,
    server_packets: 34,
    client_bytes: 1 << 20,
    server_bytes: 1 << 20,
  };
  const result = { time: '', by: 'bytes', open: 1234, shown: 2 } as const;

  it('has a line for each, and how many there are', () => {
    const other = { ...row, client_ip: '2001:db8::1', app_protocol: '', mirror_name: '' };
    const icmp = { ...other, client_port: 0, server_port: 0, transport: 'icmp6' };
    expect(openText(result, [row, other, icmp]).split('\n')).toEqual([
      '1,234 sessions open, the 2 with most bytes:',
      '',
      'CLIENT               SERVER        TRANSPORT  APPLICATION  MIRROR    SINCE      PACKETS     SIZE',
      '10.0.0.1:49173       10.0.0.2:443  tcp        tls          core      08:09:58Z    1,234  2.0 MiB',
      '[2001:db8::1]:49173  10.0.0.2:443  tcp        -            10.9.9.9  08:09:58Z    1,234  2.0 MiB',
      '2001:db8::1          10.0.0.2      icmp6      -            10.9.9.9  08:09:58Z    1,234  2.0 MiB',
      '',
    ]);
  });

  it('says that none is open', () => {
    expect(openText({ ...result, open: 0, shown: 0 }, [])).toBe('0 sessions open\n');
  });
});

it('status shows what is known of addresses, and what policies do not allow', () => {
  const addresses = {
    networks: 1200,
    networks_from: '/etc/networks.csv',
    networks_since: '2026-01-02T03:04:05.678Z',
    owners: [
      { file: '/a.mmdb', built: '2025-12-30T00:00:00.000Z', since: '2026-01-02T03:04:05.678Z' },
      { file: '/b.mmdb', built: null, since: '2026-01-02T03:04:05.678Z' },
    ],
    lookups: 10,
    cold: 2,
    damaged: 0,
    refused: 1,
    wrong: ['/a.mmdb: is empty'],
  };
  expect(statusText({ ...status, addresses })).toContain(`
networks  1,200 of /etc/networks.csv since 2026-01-02T03:04Z
owners    /a.mmdb of 2025-12-30
owners    /b.mmdb
! /a.mmdb: is empty: what was read before is in use
`);
  const nothing = {
    ...addresses,
    networks: 0,
    networks_from: '',
    networks_since: null,
    owners: [],
    wrong: [],
  };
  expect(statusText({ ...status, addresses: nothing })).toBe(statusText(status));
  const policies = [
    { from: 'guests', to: 'accounting', sessions: 3 },
    { from: '*', to: 'accounting', sessions: 1234 },
  ];
  expect(statusText({ ...status, policies })).toContain(`
POLICY               NOT ALLOWED
* > accounting             1,234
guests > accounting            3
`);
  const many = Array.from({ length: 60 }, (_, i) => ({ from: `r${i}`, to: '*', sessions: 0 }));
  expect(statusText({ ...status, policies: many })).toContain('\nand 10 more policies\n');
});

it('status shows between which mirrors packets are matched', () => {
  const counts = {
    matched: 0,
    lost: 0,
    unknown: 0,
    ambiguous: 0,
    unmatchable: 0,
    reordered: 0,
    elsewhere: 0,
  };
  const delays = { min: 9_000_000, p50: 10_012_345, p95: 10_900_000, p99: 10_950_000, max: 11_000_000 };
  const forward = { from: 'access-1', to: 'core-1', minute: 0, delay_ns: delays };
  const back = { from: 'core-1', to: 'access-1', minute: 0, delay_ns: { ...delays, p50: -2500 } };
  const paths = {
    sample: 64,
    observed: 1,
    waiting: 0,
    conversations: 0,
    early: 0,
    hops_full: 0,
    gaps_forgotten: 0,
    pairs_full: 0,
    dropped: 0,
    rows_dropped: 0,
    paths: [
      { ...forward, ...counts, matched: 12_345, lost: 25, unknown: 1 },
      { ...back, ...counts, matched: 54_321, reordered: 7 },
    ],
  };
  expect(statusText({ ...status, paths })).toContain(`
PATH                MATCHED  LOST  UNKNOWN  REORDERED  P50 ms  P99 ms
core-1 to access-1   54,321     0        0          7  -0.003  10.950
access-1 to core-1   12,345    25        1          0  10.012  10.950
`);
  expect(statusText({ ...status, paths: { ...paths, paths: [], dropped: 2 } })).toContain(`
paths     of 1 packet none has been matched yet
! 2 observations of paths had no room
`);
});
