/** What the pages of mirrors and tunnels say in words: how a mirror is, what to do, whether one arrives. */
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config/load.js';
import type { MirrorAccount, MirrorSaid } from '../../src/console/contract/mirrors.js';
import type { TunnelSaid } from '../../src/console/contract/tunnels.js';
import type { CollectorStatus, MirrorStatus } from '../../src/model/status.js';
import { Samples } from '../../web/src/api/samples.js';
import { type Arrived, type Expected, ticks, within } from '../../web/src/pages/add-mirror/arrival.js';
import { freeSession, inputsOf, missing, questionFor } from '../../web/src/pages/add-mirror/inputs.js';
import { adviceFor } from '../../web/src/pages/mirrors/advice.js';
import { nameLines, pattern, upToNow, verdict } from '../../web/src/pages/mirrors/mirror.js';
import { tunnelAdvice, tunnelVerdict } from '../../web/src/pages/tunnels/tunnel.js';
import { STATUS } from '../support/collector-status.js';

const ACCOUNT: MirrorAccount = {
  packets: 10_000,
  bytes: 5_000_000,
  lost: 0,
  late: 0,
  reordered: 0,
  repeated: 0,
  truncated: 0,
  incomplete: 0,
  malformed: 0,
  host_drops: 0,
  sequence: 'session',
  minutes: 10,
  lost_minutes: 0,
  most_lost: 0,
  last_minute: 1_767_225_600,
  clock: null,
};
const MIRROR: MirrorSaid = {
  id: 'erspan2,10.0.0.1,77,',
  name: 'core-1',
  site: 'ams',
  type: 'erspan2',
  source: '10.0.0.1',
  target: '10.0.0.2',
  session: 77,
  key: null,
  policy: 'observe',
  entry: null,
  account: ACCOUNT,
  trace: [],
  tcp: 0,
  one_sided: 0,
  grouped: false,
  now: null,
};
const NOW: MirrorStatus = {
  ...STATUS.mirrors[0],
  lost: 0,
  kernel_drops: 0,
  sessions: 3,
  first_seen: 1_767_225_500,
};
const AT = 1_767_225_601_000;
const clock = (ms: number): string => new Date(ms).toISOString().slice(11, 19);

describe('a mirror', () => {
  const said = (account: Partial<MirrorAccount>, more: Partial<MirrorSaid> = {}, now = NOW) => {
    const { kind, tag, words } = verdict(
      { ...MIRROR, account: { ...ACCOUNT, ...account }, ...more },
      now,
      AT,
      clock,
    );
    return `${kind}: ${tag} ${words}`;
  };

  it('is well', () => expect(said({})).toBe('ok: well nothing lost'));

  it.each([
    [{ lost: 232, lost_minutes: 8, most_lost: 54 }, 'bad: loses 2.27 % in bursts, on the way here'],
    [{ lost: 232, lost_minutes: 10, most_lost: 30 }, 'bad: loses 2.27 % steadily, on the way here'],
    [{ lost: 232, lost_minutes: 1, most_lost: 232, minutes: 2 }, 'bad: loses 2.27 % on the way here'],
    [{ lost: 5, late: 5, lost_minutes: 1, most_lost: 5 }, 'ok: well nothing lost'],
    [
      { lost: 232, lost_minutes: 8, most_lost: 54, host_drops: 7 },
      'bad: loses 2.27 % in bursts, on the way here; this host dropped 7',
    ],
    [{ host_drops: 7 }, 'bad: dropped here this host had no room for 7 packets'],
    [{ incomplete: 3 }, 'warn: in part of 3 packets fragments are missing'],
    [{ malformed: 200 }, 'warn: malformed 200 frames cannot be right'],
    [{ sequence: 'unusable' }, 'warn: not countable its sequence numbers are none: loss cannot be seen'],
    [{ sequence: 'none' }, ': comes without sequence numbers: loss cannot be seen'],
    [{ truncated: 5000 }, 'ok: well nothing lost; the switch cuts 50.0 %'],
  ])('with %j says it', (account, words) => expect(said(account)).toBe(words));

  it.each([
    [{ policy: 'refuse' }, NOW, 'warn: refused counted, and never stored'],
    [{ policy: 'ignore' }, NOW, ': only counted its entry says observe: false'],
    [{}, { ...NOW, last_seen: 1_767_225_500 }, 'warn: silent since 23:58:20'],
    [{ tcp: 10, one_sided: 9 }, NOW, 'warn: one-sided 9 of 10 conversations show one direction only'],
    [{}, { ...NOW, comes_twice: true }, 'warn: twice its frames come twice: both ways of two mirrored ports'],
  ])('with %j says it of the collector, too', (more, now, words) => expect(said({}, more, now)).toBe(words));

  it('that is configured and has sent nothing is told from one that is not known now', () => {
    const none = { ...MIRROR, account: null };
    const { last_seen: _, ...silent } = NOW;
    expect(verdict(none, { ...silent, packets: 0 }, AT, clock).tag).toBe('nothing yet');
    expect(verdict(none, null, AT, clock).tag).toBe('nothing');
  });

  it('loses now, before its minute has ended', () => {
    expect(verdict(MIRROR, NOW, AT, clock, 2.4)).toMatchObject({ kind: 'bad', tag: 'loses now' });
    const fresh = { ...NOW, packets: 10_500, lost: 12 };
    expect(upToNow(MIRROR, fresh, 5000, 1000).account).toMatchObject({ packets: 10_500, lost: 12 });
    // A collector that ran before counts more than the range has.
    expect(upToNow(MIRROR, fresh, 1000, 5000)).toBe(MIRROR);
    expect(upToNow(MIRROR, { ...fresh, packets: 5 }, 5000, 1000)).toBe(MIRROR);
  });

  it('tells bursts from a steady loss only where there are minutes enough', () => {
    const of = (account: Partial<MirrorAccount>) => pattern({ ...ACCOUNT, ...account });
    expect(of({ lost: 100, lost_minutes: 10, most_lost: 12 })).toBe('steady');
    expect(of({ lost: 100, lost_minutes: 10, most_lost: 80 })).toBe('bursts');
    expect(of({ lost: 100, minutes: 2, lost_minutes: 2, most_lost: 60 })).toBe('');
  });

  it.each([
    [MIRROR, 'core-1'],
    [{ ...MIRROR, name: '', type: 'gretap', session: 0, key: 300, source: '2001:db8::1' }, 'yes'],
    [{ ...MIRROR, name: '', type: 'erspan1', session: 0 }, '10'],
    [{ ...MIRROR, name: '', type: 'mellanox', session: 0 }, 'a: b'],
  ])('gets lines that the configuration takes', (mirror, name) => {
    const { mirrors } = parseConfig(nameLines(mirror as MirrorSaid, name), 'the lines');
    const [entry] = mirrors;
    expect(mirrors).toHaveLength(1);
    expect(entry.name).toBe(name);
    expect(entry.source?.text).toBe(mirror.source);
    expect(entry.key ?? null).toBe(mirror.key);
    expect(entry.session ?? 0).toBe(mirror.session);
    expect(entry.site).toBe(mirror.site);
  });
});

describe('what to do about a loss', () => {
  const minutes = {
    from: 0,
    interval: 60,
    received: new Array<number>(10).fill(1000),
    lost: [0, 30, 20, 0, 0, 50, 0, 0, 0, 10],
    late: new Array<number>(10).fill(0),
    reordered: new Array<number>(10).fill(0),
    incomplete: new Array<number>(10).fill(0),
    host_drops: new Array<number>(10).fill(0),
    others_lost: new Array<number>(10).fill(0),
    meta: { statement: '', table: 'mirrors', rows_read: 0, elapsed_ms: 0 },
  };
  const losing = { ...MIRROR, account: { ...ACCOUNT, lost: 110, lost_minutes: 4, most_lost: 50 } };
  const other = { ...MIRROR, id: 'other', name: 'core-2' };
  const advice = (more: object = {}, of: MirrorSaid = losing) =>
    adviceFor({ mirror: of, now: NOW, mirrors: [of, other], minutes, status: null, ...more }).map(
      ({ kind, title, words }) => `${kind}: ${title}. ${words}`,
    );

  it('says how it lies in time, that this host is not the cause, and that it is alone', () => {
    const [shape, together, host, look] = advice();
    expect(shape).toMatch(
      /^warn: It loses in 4 of 10 minutes\. 10 to 50 packets in each, none in the other 6\./,
    );
    expect(together).toMatch(/^ok: It is alone in this/);
    expect(host).toMatch(/^ok: This host is not the cause/);
    expect(look).toMatch(/^do: Look on the switch/);
  });

  it('says where others lost at the same time', () => {
    const others_lost = [0, 1, 0, 0, 0, 3, 0, 9, 0, 0];
    expect(advice({ minutes: { ...minutes, others_lost } })[1]).toMatch(
      /^warn: In 2 of these 4 minutes other mirrors lost, too/,
    );
  });

  it('says where this host dropped, and what helps as it receives', () => {
    const dropping = { ...losing, account: { ...losing.account, host_drops: 42 } };
    const ring = advice({ status: STATUS }, dropping)[2];
    expect(ring).toMatch(/^bad: This host dropped 42 packets.*2 workers.*ring_size/);
    const raw = { ...STATUS, receivers: [{ ...STATUS.receivers[0], kind: 'raw' as const, name: 'raw' }] };
    expect(advice({ status: raw }, dropping)[2]).toMatch(/Raw sockets receive fewer packets a second/);
  });

  it('has nothing to say of a mirror that is well', () => expect(advice({}, MIRROR)).toEqual([]));
});

describe('whether a mirror arrives', () => {
  const expected: Expected = { source: '10.0.0.13', session: 3, types: ['erspan2'] };
  const point: MirrorStatus = {
    ...NOW,
    name: '',
    source: '10.0.0.13',
    session: 3,
    packets: 31,
    kernel_drops: 0,
    sessions: 0,
    first_seen: AT / 1000 - 4,
  };
  const kinds = (more: Partial<Arrived> & { mirrors?: MirrorStatus[] }, of = expected) => {
    const status: CollectorStatus = { ...STATUS, mirrors: more.mirrors ?? [], malformed_senders: [] };
    return ticks(of, { status, findings: [], frames: undefined, rateOf: () => 31, at: AT, ...more });
  };
  const marks = (more: Parameters<typeof kinds>[0], of = expected) => kinds(more, of).map(({ kind }) => kind);

  it('goes step by step', () => {
    expect(marks({ findings: undefined })).toEqual(['wait', 'wait', 'wait', 'wait', 'wait']);
    expect(marks({})).toEqual(['ok', 'wait', 'wait', 'wait', 'wait']);
    expect(marks({ mirrors: [point] })).toEqual(['ok', 'ok', 'ok', 'wait', 'wait']);
    expect(marks({ mirrors: [{ ...point, sessions: 2 }] })).toEqual(['ok', 'ok', 'ok', 'ok', 'wait']);
    const all = kinds({ mirrors: [{ ...point, sessions: 2, packets: 120 }] });
    expect(all.map(({ kind }) => kind)).toEqual(['ok', 'ok', 'ok', 'ok', 'ok']);
    expect(all[1]).toMatchObject({ title: 'GRE from 10.0.0.13', words: 'first packet 4 s ago, 31 a second' });
    expect(all[2].title).toBe('ERSPAN II, session 3');
  });

  it('says what is in the way', () => {
    expect(marks({ status: null })[0]).toBe('bad');
    const bad = [{ state: 'bad' as const, subject: 'firewall', text: 'drops GRE' }];
    expect(kinds({ findings: bad })[0]).toMatchObject({ kind: 'bad', words: 'firewall: drops GRE' });
    const other = kinds({ mirrors: [{ ...point, session: 5 }] })[2];
    expect(other).toMatchObject({ kind: 'warn', title: 'ERSPAN II, session 5' });
    const lost = kinds({ mirrors: [{ ...point, sessions: 1, packets: 194, lost: 6 }] })[4];
    expect(lost).toMatchObject({ kind: 'bad', title: '6 lost on the way', words: '3.00 % of 200 packets' });
    const none = kinds({ mirrors: [{ ...point, sessions: 1, packets: 194, sequence: 'none' }] })[4];
    expect(none.kind).toBe('warn');
    const malformed_senders = [
      { source: '10.0.0.13', reason: 'gre_version', packets: 2, last_seen: AT / 1000 },
    ];
    const unread = kinds({ status: { ...STATUS, mirrors: [], malformed_senders } });
    expect(unread.map(({ kind }) => kind).slice(1, 3)).toEqual(['ok', 'bad']);
    expect(unread[2].words).toMatch(/^gre_version, 2 packets/);
    const refused = [{ ...STATUS.refused[0], source: '10.0.0.13' }];
    expect(kinds({ status: { ...STATUS, mirrors: [], refused } })[2].title).toMatch(/refused/);
  });

  it('knows an address in a prefix', () => {
    expect(within('10.0.0.13', '10.0.0.13')).toBe(true);
    expect(within('10.0.0.13', '10.0.0.12')).toBe(false);
    expect(within('10.0.0.13', '10.0.0.0/29')).toBe(false);
    expect(within('10.0.0.13', '10.0.0.8/29')).toBe(true);
    expect(within('2001:db8::1', '2001:DB8:0::1')).toBe(true);
    expect(within('2001:db8::1', '2001:db8::/32')).toBe(true);
    expect(within('10.0.0.13', 'the device')).toBe(false);
  });
});

describe('the inputs', () => {
  const nxos = {
    id: 'nxos',
    title: 'Cisco NX-OS',
    header: 'ERSPAN II, III',
    ran_by: { by: 'vendor' as const, documentation: "Cisco's documentation" },
    versions: [4],
    types: ['II', 'III'],
    usual_direction: 'rx',
    takes: { session: 'needed' as const, number: 'optional' as const, ports: 'needed' as const },
    example_ports: ['ethernet 1/1-24'],
    several_ports: true,
    source_prefix: false,
  };

  it('are asked for, with examples where they are missing, and without those of another platform', () => {
    const inputs = inputsOf({ name: 'core-3', session: '3', bridge: 'br0', collector: '', t: '-1h' });
    expect(inputs).toEqual({ name: 'core-3', session: '3', bridge: 'br0' });
    expect(missing(nxos, inputs)).toEqual(['collector', 'source', 'ports']);
    expect(questionFor(nxos, inputs)).toEqual({
      platform: 'nxos',
      name: 'core-3',
      session: '3',
      collector: '192.0.2.10',
      source: '10.0.0.11',
      ports: 'ethernet 1/1-24',
    });
  });

  it('begin with the next free session', () => {
    expect(freeSession([])).toBe(1);
    expect(freeSession([1, 2, 4, null])).toBe(3);
  });
});

describe('rates', () => {
  it('are of some seconds, and begin anew with a counter', () => {
    const samples = new Samples();
    samples.add(1000, { a: 10 });
    expect(samples.rate('a')).toBeUndefined();
    samples.add(2000, { a: 30 });
    expect(samples.rate('a')).toBe(20);
    samples.add(2000, { a: 99 });
    expect(samples.rate('a')).toBe(20);
    for (let i = 3; i <= 20; i++) samples.add(i * 1000, { a: 30 + (i - 2) * 5 });
    expect(samples.rate('a')).toBe(5);
    samples.add(21_000, { a: 0 });
    expect(samples.rate('a')).toBeUndefined();
  });
});

describe('a tunnel', () => {
  const tunnel: TunnelSaid = {
    name: 'branch-2',
    mode: 'gretap',
    local: '192.0.2.10',
    remote: '10.9.0.2',
    key: 500,
    counters: null,
    trace: [],
    now: { ...STATUS.tunnels[0], carrier: true, route: true, mtu: 1400 },
  };
  const counters = { rx_packets: 100, tx_packets: 90 };

  it.each([
    [{}, counters, 'ok: well carries, both ways'],
    [
      {},
      { ...counters, rx_errors: 214, rx_fifo_errors: 214 },
      /^warn: refuses carries, both ways; 214 × wrong order/,
    ],
    [{}, { rx_packets: 0, tx_packets: 5 }, 'warn: one way nothing comes back'],
    [{}, {}, ': idle nothing carried'],
    [{ carrier: false }, counters, 'bad: down no carrier: its keepalives are not answered'],
    [
      { route: false },
      { ...counters, tx_carrier_errors: 41 },
      /^bad: down no route to 10\.0\.0\.2; 41 × no route/,
    ],
  ])('with %j and %j says it', (now, counts, words) => {
    const said = tunnelVerdict({ now: { ...tunnel.now!, ...now } }, counts);
    expect(`${said.kind}: ${said.tag} ${said.words}`).toMatch(words);
  });

  it('that refuses says what to do, for each reason', () => {
    const all = {
      rx_fifo_errors: 1,
      rx_crc_errors: 1,
      rx_frame_errors: 1,
      rx_dropped: 1,
      tx_carrier_errors: 1,
      collisions: 1,
      tx_aborted_errors: 1,
      icmp_errors: 1,
    };
    expect(tunnelAdvice(tunnel, { ...counters, ...all })).toHaveLength(8);
    expect(tunnelAdvice(tunnel, counters)).toEqual([]);
  });
});
