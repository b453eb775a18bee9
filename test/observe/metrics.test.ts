import { readFileSync } from 'node:fs';
import { afterEach, expect, it } from 'vitest';
import type { CollectorStatus } from '../../src/model/status.js';
import { ObserveServer } from '../../src/observe/http.js';
import { exposition, METRICS } from '../../src/observe/metrics.js';
import { metricsTable } from '../../src/observe/reference.js';
import { STATUS, shown } from '../support/collector-status.js';

let server: ObserveServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function get(
  path: string,
  status: CollectorStatus,
  method = 'GET',
): Promise<{ code: number; text: string }> {
  await server?.close();
  server = await ObserveServer.listen(
    '127.0.0.1',
    0,
    shown(() => status),
  );
  const answer = await fetch(`http://127.0.0.1:${server.port}${path}`, { method });
  return { code: answer.status, text: await answer.text() };
}

it('/metrics has every metric with its value, and does not change by itself', async () => {
  const { code, text } = await get('/metrics', STATUS);
  expect(code).toBe(200);
  for (const m of METRICS)
    if (m.samples(STATUS).length > 0) expect(text).toContain(`# TYPE ${m.name} ${m.kind}\n`);
  const labels =
    'name="core \\"1\\"",site="ams",type="erspan2",source="10.0.0.1",target="10.0.0.2",session="77",key=""';
  expect(text).toContain(`mirrorlake_mirror_lost_total{${labels}} 4\n`);
  const others = 'name="",site="",type="",source="",target="",session="",key=""';
  expect(text).toContain(`mirrorlake_mirror_packets_total{${others}} 9000\n`);
  expect(text).toContain('mirrorlake_mirror_points_limit{name=""} 4096\n');
  expect(text).toContain('mirrorlake_mirror_points_full_total{name=""} 9\n');
  expect(text).toContain('mirrorlake_mirror_points_forgotten_total{name="core \\"1\\""} 2\n');
  expect(text).toContain('mirrorlake_receiver_dropped_total{receiver="eth1",kind="ring"} 3\n');
  expect(text).toContain('mirrorlake_dropped_total{reason="gre_short"} 2\n');
  // Other reasons are not of packets, or of packets that are stored nevertheless. So the sum over the reasons
  // is the number of lost packets.
  expect(text.match(/^mirrorlake_dropped_total/gm)).toHaveLength(2);
  expect(text).toContain('mirrorlake_tap_dropped_total 5\n');
  expect(text).toContain('mirrorlake_sequence_numbers_dropped_total 6\n');
  expect(text).toContain('mirrorlake_store_growth_bytes_per_second 1000\n');
  expect(text).toContain('mirrorlake_store_disk_left_seconds 1728000\n');
  expect(text).toContain('mirrorlake_spool_used_ratio 0.25\n');
  expect(text).toContain('process_cpu_seconds_total 1.5\n');
  expect(text).toContain('process_open_fds 40\n');
  expect(text).toContain('process_max_fds 1024\n');
  const tunnel = 'tunnel="t1",mode="gre"';
  expect(text).toContain(`mirrorlake_tunnel_up{${tunnel}} 1\n`);
  expect(text).toContain(`mirrorlake_tunnel_mtu_bytes{${tunnel}} 1476\n`);
  expect(text).toContain(`mirrorlake_tunnel_receive_packets_total{${tunnel}} 5\n`);
  expect(text).toContain('mirrorlake_tunnel_refused_packets_total{reason="checksum"} 2\n');
  expect(text).toContain('mirrorlake_duplicates_forgotten_total 8\n');
  expect(text).toContain('mirrorlake_session_copies_total 6\n');
  expect(text).toContain('mirrorlake_sessions_uncompared_total 3\n');
  for (const [name, n] of Object.entries({
    handed_over: 9,
    copies: 10,
    frames_forgotten: 11,
    members_shared: 12,
  }))
    expect(text).toContain(`mirrorlake_group_${name}_total ${n}\n`);
  expect(text).toContain('mirrorlake_connections_cut_total{socket="control"} 3\n');
  expect(text).toContain('mirrorlake_connections_cut_total{socket="listen"} 4\n');
  expect((await get('/metrics', STATUS)).text).toBe(text);
});

it('/metrics has the errors of a tunnel by reason, and the reasons add up', async () => {
  const counters = { tx_errors: 7, tx_carrier_errors: 4 };
  const { text } = await exposition({ ...STATUS, tunnels: [{ ...STATUS.tunnels[0], counters }] });
  const reasons = [...text.matchAll(/^mirrorlake_tunnel_transmit_errors_total\{.*reason="(\w+)"\} (\d+)$/gm)];
  expect(reasons.map(([, reason, n]) => [reason, Number(n)])).toEqual([
    ['no_route', 4],
    ['refused', 0],
    ['loop', 0],
    ['too_long', 3],
  ]);
});

it('/metrics leaves out what is unknown or does not exist', async () => {
  const store = { ...STATUS.store, disk_free_bytes: null, bytes_per_day: null, days_left: null };
  const unknown = await exposition({
    ...STATUS,
    store,
    mirrors: [],
    unlisted: { ...STATUS.unlisted, packets: 0 },
  });
  expect(unknown.text).not.toMatch(/disk_free|disk_left|mirror_lost/);
  const none = await exposition({ ...STATUS, store: { ...store, state: 'none' } });
  expect(none.text).not.toMatch(/mirrorlake_(store|spool)_/);
});

it('/metrics has no losses for a mirror whose sequence numbers do not show them', async () => {
  for (const sequence of ['none', 'unusable']) {
    const { text } = await exposition({ ...STATUS, mirrors: [{ ...STATUS.mirrors[0], sequence }] });
    expect(text).not.toMatch(/^mirrorlake_mirror_(lost|late|reordered|repeated)_total\{name="core/m);
    expect(text).toMatch(/^mirrorlake_mirror_packets_total\{name="core/m);
  }
});

it('/metrics has 0 packets for a configured mirror that sent nothing, without losses and times', async () => {
  const { text } = await exposition(STATUS);
  const labels = 'name="core 2",site="ams",type="",source="10.0.1.0/24",target="",session="",key=""';
  expect(text).toContain(`mirrorlake_mirror_packets_total{${labels}} 0\n`);
  expect(text).not.toMatch(/^mirrorlake_mirror_(lost|late|reordered|repeated|last_seen)\w*\{name="core 2"/m);
  const [, silent] = STATUS.mirrors;
  const gone = await exposition({ ...STATUS, mirrors: [{ ...silent, last_seen: 1767225600 }] });
  expect(gone.text).toContain(`mirrorlake_mirror_last_seen_timestamp_seconds{${labels}} 1767225600\n`);
});

it('/healthz says whether the collector is healthy, or what is wrong', async () => {
  expect(await get('/healthz', STATUS)).toEqual({ code: 200, text: 'ok\n' });
  const ill = {
    ...STATUS,
    receivers: [{ ...STATUS.receivers[0], state: 'gone', addresses_missed: 2 }],
    store: { ...STATUS.store, state: 'away', error: 'connection refused' },
  };
  expect(await get('/healthz', ill)).toEqual({
    code: 503,
    text:
      "receiver eth1 is gone\nreceiver eth1 does not receive on 2 of this host's IPv6 " +
      'addresses\nthe store is away: connection refused\n',
  });
  const full = { ...STATUS, store: { ...STATUS.store, spool_error: 'rows are lost: ENOSPC' } };
  expect(await get('/healthz', full)).toEqual({ code: 503, text: 'rows are lost: ENOSPC\n' });
  const troubled = { ...STATUS, troubles: ['interfaces cannot be watched: EMFILE'] };
  expect((await get('/healthz', troubled)).text).toBe('interfaces cannot be watched: EMFILE\n');
  // `mirrorlake status` may also ask an older collector, which lacks these fields.
  const { troubles, connections, ...older } = STATUS;
  expect(await get('/healthz', older)).toEqual({ code: 200, text: 'ok\n' });
  const young = { ...STATUS, store: { ...STATUS.store, state: 'starting', error: '' } };
  expect(await get('/healthz', young)).toEqual({ code: 503, text: 'the store is starting\n' });
  expect((await get('/nothing', STATUS)).code).toBe(404);
  expect((await get('/metrics', STATUS, 'POST')).code).toBe(405);
});

it('an error names the address that cannot be listened on', async () => {
  await expect(
    ObserveServer.listen(
      '203.0.113.99',
      1,
      shown(() => STATUS),
    ),
  ).rejects.toThrow(
    /cannot listen on 203\.0\.113\.99:1: EADDRNOTAVAIL; choose another address with --listen/,
  );
});

it('the page documents every metric, and every field of the status', () => {
  const page = readFileSync(new URL('../../docs/reference/metrics.md', import.meta.url), 'utf8');
  expect(page).toContain(metricsTable());
  const fields = (o: object): string[] =>
    Object.entries(o).flatMap(([k, v]) => [
      k,
      ...(Array.isArray(v) ? fields(v[0] ?? {}) : typeof v === 'object' && v ? fields(v) : []),
    ]);
  const free = ['not_gre', 'gre_short', 'rx_packets', 'dns', 'http'];
  for (const f of fields(STATUS).filter((f) => !free.includes(f)))
    expect(page).toMatch(new RegExp(`\`${f}(\\[\\])?\``));
});
