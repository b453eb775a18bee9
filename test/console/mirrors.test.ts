/** What the console says of mirror points and tunnels, against plain SQL on the same store. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { example } from '../../packaging/mirrors-page.js';
import type { Answer } from '../../src/console/contract.js';
import { ROUTES } from '../../src/console/contract.js';
import { FIELDS, mirrorCommands, PLATFORMS, parseMirrorInput } from '../../src/console/mirror-commands.js';
import type { CollectorStatus, MirrorStatus } from '../../src/model/status.js';
import { ControlServer } from '../../src/observe/control.js';
import { CLOCKED, clockedStore } from '../support/clocked-store.js';
import { STATUS } from '../support/collector-status.js';
import { startConsole, type TestConsole } from '../support/console.js';
import { demoConsole, demoRows } from '../support/demo.js';
import { demoStore } from '../support/demo-store.js';

const directory = mkdtempSync(join(tmpdir(), 'console-'));
const RANGE = 'from=2025-06-02T08:00:00Z&to=2025-06-02T08:11:00Z';
const CORE_2 = 'erspan3,10.0.0.12,2,';

let served: TestConsole;
beforeAll(async () => {
  served = await demoConsole();
});

describe('mirrors', () => {
  it('have the sums of their minutes, and lose what the demo loses', async () => {
    const { mirrors, interval } = await served.json<Answer<'mirrors'>>(`/mirrors?${RANGE}`);
    const sums = await demoRows<Record<string, number | string>>(
      "SELECT replaceOne(IPv6NumToString(mirror_source), '::ffff:', '') AS source, sum(packets) AS " +
        'packets, sum(bytes) AS bytes, sum(lost) AS lost, uniqExact(minute) AS minutes FROM mirrors GROUP ' +
        'BY source ORDER BY source',
    );
    expect(
      mirrors.map(({ source, account }) => ({
        source,
        packets: account?.packets,
        bytes: account?.bytes,
        lost: account?.lost,
        minutes: account?.minutes,
      })),
    ).toEqual(sums);
    const core = mirrors.find(({ id }) => id === CORE_2)!;
    expect(core.account).toMatchObject({ lost: 232, lost_minutes: 8, most_lost: 54, sequence: 'session' });
    expect(interval).toBe(60);
    for (const { trace, account } of mirrors) expect(trace.reduce((a, b) => a + b)).toBe(account?.packets);
  });

  it('have nothing in a time in which they sent nothing, and are known all the same', async () => {
    const { mirrors } = await served.json<Answer<'mirrors'>>(
      '/mirrors?from=2025-06-03T08:00:00Z&to=2025-06-03T09:00:00Z',
    );
    expect(mirrors.map(({ account }) => account)).toEqual([null, null, null]);
  });

  it('have minutes that add up, with what others lost beside them', async () => {
    const path = `/mirrors/${CORE_2}/minutes?${RANGE}`;
    const minutes = await served.json<Answer<'mirrorMinutes'>>(path);
    const plain = await demoRows<{ packets: number; lost: number }>(
      "SELECT packets, lost FROM mirrors WHERE mirror_type = 'erspan3' ORDER BY minute",
    );
    expect(minutes.received).toEqual(plain.map(({ packets }) => packets));
    expect(minutes.lost).toEqual(plain.map(({ lost }) => lost));
    expect(minutes.others_lost).toEqual(minutes.lost.map(() => 0));
    const other = await served.json<Answer<'mirrorMinutes'>>(
      `/mirrors/gretap,10.0.0.50,0,300/minutes?${RANGE}`,
    );
    expect(other.others_lost).toEqual(minutes.lost);
    const [first] = await demoRows<Record<string, unknown>>(minutes.meta.statement);
    expect(first.received).toBe(minutes.received[0]);
  });

  it('have longer steps in a longer range, of whole minutes', async () => {
    const path = `/mirrors/${CORE_2}/minutes?from=2025-06-02T00:00:00Z&to=2025-06-03T00:00:00Z&points=24`;
    const { interval, received, lost } = await served.json<Answer<'mirrorMinutes'>>(path);
    expect([interval, received.length]).toEqual([3600, 24]);
    expect([received[8], lost[8]]).toEqual([11_026, 232]);
  });

  it.each([
    ['/mirrors/nonsense/frames', 400, /^id: nonsense is no mirror point/],
    ['/mirrors/a,b,c,d/minutes', 400, /is no mirror point/],
    [`/mirrors/${CORE_2}/frames`, 503, /^no collector runs/],
    ['/mirrors?steps=1', 400, /^steps: must be between/],
    ['/mirror-commands?platform=nxos&nonsense=1', 400, /nonsense/],
  ])('%s is answered with %d', async (path, status, message) => {
    const response = await served.get(path);
    expect(((await response.json()) as { detail: string }).detail).toMatch(message);
    expect(response.status).toBe(status);
  });
});

describe('mirrors with a clock, and of a group', () => {
  const range = 'from=2026-03-02T10:00:00Z&to=2026-03-02T10:10:00Z';
  let clocked: TestConsole;
  beforeAll(async () => {
    clocked = await startConsole(await clockedStore(join(directory, 'clocked')));
  });
  afterAll(() => clocked.close());

  it('say what their clock does, where their times are those of the switch', async () => {
    const { mirrors } = await clocked.json<Answer<'mirrors'>>(`/mirrors?${range}`);
    expect(mirrors.map(({ id, account }) => [id, account?.clock])).toEqual([
      ['erspan3,10.0.0.11,1,', null],
      [
        CLOCKED,
        {
          name: '10.0.0.12 1ns',
          kind: 'absolute',
          offset_ns: -37_000_000_000,
          drift_ppb: -2500,
          delay_ns: 41_000,
          jitter_ns: 820,
          disbelieved: 3,
          jumps: 1,
        },
      ],
    ]);
  });

  it('are listed by who saw what, though another saw it first', async () => {
    const { mirrors } = await clocked.json<Answer<'mirrors'>>(`/mirrors?${range}`);
    expect(mirrors.map(({ grouped }) => grouped)).toEqual([true, true]);
    const rows = async (f: string): Promise<number> =>
      (await clocked.json<Answer<'sessions'>>(`/sessions?${range}&f=${f}`)).rows.length;
    expect(await rows('seen_by:leaf-b')).toBe(2);
    expect(await rows('seen_by:leaf-*')).toBe(3);
    expect(await rows('seen_by:!leaf-b')).toBe(1);
    const { values } = await clocked.json<Answer<'values'>>(`/values?${range}&column=seen_by&by=rows`);
    expect(values.map(({ value, rows: n }) => [value, n])).toEqual([
      ['leaf-a', 3],
      ['leaf-b', 2],
    ]);
  });
});

/** Entries as people write them: the third one begins on line 7. */
const CONFIGURATION = `# Ours.
mirrors:
  - { name: elsewhere, source: 10.9.0.0/16 }
  - name: core 2
    source: 10.0.1.0/24

  - { name: core-2, source: 10.0.0.0/24, session: 2 }
  - name: rest
`;

describe('beside a collector', () => {
  const configuration = join(directory, 'mirrorlake.yaml');
  const asked: unknown[] = [];
  const point = STATUS.mirrors[0];
  const core: MirrorStatus = {
    ...point,
    name: 'core-2',
    type: 'erspan3',
    source: '10.0.0.12',
    target: '10.0.0.100',
    session: 2,
    packets: 12_000,
    lost: 240,
  };
  const status: CollectorStatus = { ...STATUS, mirrors: [core, ...STATUS.mirrors] };
  let control: ControlServer;
  let beside: TestConsole;
  beforeAll(async () => {
    control = await ControlServer.open(join(directory, 'control.sock'), {
      status: () => status,
      frames: (request) => {
        asked.push(request);
        return { until: '2026-01-01T00:00:00Z', frames: [] };
      },
    });
    const store = await demoStore(join(directory, 'store'));
    writeFileSync(configuration, CONFIGURATION);
    beside = await startConsole(store, {}, { collector: () => Promise.resolve(control.path), configuration });
  });
  afterAll(async () => {
    await beside.close();
    await control.close();
  });

  it('lists the configured and the known ones together, those with names first', async () => {
    const { mirrors, unlisted } = await beside.json<Answer<'mirrors'>>(`/mirrors?${RANGE}`);
    expect(mirrors.map(({ name, id }) => [name, id])).toEqual([
      ['core "1"', 'erspan2,10.0.0.1,77,'],
      ['core 2', ',10.0.1.0/24,,'],
      ['core-2', CORE_2],
      ['', 'erspan2,10.0.0.11,1,'],
      ['', 'gretap,10.0.0.50,0,300'],
    ]);
    expect(mirrors[2]).toMatchObject({ policy: 'observe', account: { lost: 232 }, now: { lost: 240 } });
    expect(mirrors[1]).toMatchObject({ account: null, now: { packets: 0 } });
    expect(unlisted).toBe(3744);
  });

  it('says in which line of the configuration each is named, as the file is now', async () => {
    const lines = async () => {
      const { mirrors } = await beside.json<Answer<'mirrors'>>(`/mirrors?${RANGE}`);
      expect(mirrors.every(({ entry }) => entry === null || entry.file === configuration)).toBe(true);
      return mirrors.map(({ name, entry }) => [name, entry?.line]);
    };
    const without = [
      ['', undefined],
      ['', undefined],
    ];
    expect(await lines()).toEqual([['core "1"', undefined], ['core 2', 4], ['core-2', 7], ...without]);
    writeFileSync(configuration, `\n\n${CONFIGURATION.replace('name: core 2', 'name: core-1')}`);
    expect(await lines()).toEqual([
      ['core "1"', undefined],
      ['core 2', undefined],
      ['core-2', 9],
      ...without,
    ]);
    writeFileSync(configuration, 'mirrors: nonsense');
    expect(await lines()).toEqual(expect.arrayContaining([['core-2', undefined]]));
    expect((await lines()).every(([, line]) => line === undefined)).toBe(true);
  });

  it('asks the collector for the frames of a mirror point, or of whatever an address sends', async () => {
    for (const id of [CORE_2, 'gretap,10.0.0.50,0,300', ',10.0.0.13,,'])
      expect(await beside.json(`/mirrors/${id}/frames`)).toEqual({
        until: '2026-01-01T00:00:00Z',
        frames: [],
      });
    expect(asked).toEqual([
      { command: 'frames', source: '10.0.0.12', type: 'erspan3', session: 2 },
      { command: 'frames', source: '10.0.0.50', type: 'gretap', session: 0, key: 300 },
      { command: 'frames', source: '10.0.0.13' },
    ]);
  });

  it('says of tunnels what the collector says', async () => {
    const { tunnels, refused } = await beside.json<Answer<'tunnels'>>(`/tunnels?${RANGE}`);
    expect(tunnels).toMatchObject([{ name: 't1', mode: 'gre', remote: '10.0.0.2', counters: null }]);
    expect(tunnels[0].now).toEqual(STATUS.tunnels[0]);
    expect(refused).toEqual({ header: 1, checksum: 2, no_tunnel: 3 });
  });
});

describe('a mirror to be', () => {
  it('has platforms as the declaration says', async () => {
    const answer = await served.json<Answer<'platforms'>>('/platforms');
    expect(ROUTES.platforms.answer.parse(answer)).toEqual(answer);
    expect(answer.platforms.map(({ id, title }) => [id, title])).toEqual(
      PLATFORMS.map(({ id, title }) => [id, title]),
    );
  });

  it('takes every input that the commands have', () => {
    expect(Object.keys(ROUTES.mirrorCommands.query.shape).sort()).toEqual(['platform', ...FIELDS].sort());
  });

  it.each(PLATFORMS.map((platform) => [platform.id, platform] as const))(
    'gets the commands of %s, as the page of the documentation has them',
    async (_, platform) => {
      const given = example(platform);
      const query = new URLSearchParams(
        Object.entries(given).map(([name, value]): [string, string] => [
          name,
          Array.isArray(value) ? value.join(',') : String(value),
        ]),
      );
      const answer = await served.json<Answer<'mirrorCommands'>>(`/mirror-commands?${query}`);
      expect(ROUTES.mirrorCommands.answer.parse(answer)).toEqual(answer);
      const { ranBy, carriesSession, ...made } = mirrorCommands(parseMirrorInput(given));
      expect(answer).toEqual({
        made: { ...made, ran_by: ranBy, carries_session: carriesSession },
        wrong: {},
      });
    },
  );

  it('is told what is wrong by the input, the plainest first', async () => {
    const ask = (query: string) =>
      served.json<Answer<'mirrorCommands'>>(`/mirror-commands?platform=${query}`);
    expect(await ask('nxos&source=here')).toEqual({
      made: null,
      wrong: {
        name: 'is missing',
        collector: 'is missing',
        source: 'is not an address: write 192.0.2.10 or 2001:db8::10',
      },
    });
    const given = 'nxos&name=a&collector=2001:db8::1&source=10.0.0.1&session=1&ports=x';
    const { wrong } = await ask(given);
    expect(wrong.collector).toMatch(/cannot mirror to IPv6/);
    expect(wrong.source).toBe("must be IPv6, as the collector's address is");
    expect(wrong.ports).toMatch(/^"x" is no port of Cisco NX-OS/);
    expect((await ask('abacus')).wrong.platform).toBeDefined();
  });

  it("gets this host's addresses, without those that nobody else reaches", async () => {
    const { addresses } = await served.json<Answer<'addresses'>>('/addresses');
    const own = Object.values(networkInterfaces())
      .flatMap((all = []) => all)
      .filter(({ internal, address }) => !internal && !/^(fe80|169\.254)/.test(address));
    expect(addresses.map(({ address }) => address).sort()).toEqual(own.map(({ address }) => address).sort());
  });

  it('hears what the doctor says of this host, of one run for all who ask', async () => {
    type Findings = Answer<'doctor'>;
    const all = await Promise.all([1, 2, 3].map(() => served.json<Findings>('/doctor')));
    expect(new Set(all.map(({ at }) => at)).size).toBe(1);
    const [{ findings }] = all;
    expect(ROUTES.doctor.answer.parse(all[0])).toEqual(all[0]);
    expect(findings.map(({ subject }) => subject)).toEqual(
      expect.arrayContaining(['kernel', 'store', 'koffi']),
    );
    expect(findings.find(({ subject }) => subject === 'store')?.state).toBe('good');
  });
});
