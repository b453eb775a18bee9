import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type Dashboard, expand, type Panel } from '../support/grafana.js';
import { LabData } from '../support/lab-data.js';

const LAB = join(import.meta.dirname, '../../lab');
const DIRECTORY = join(LAB, 'grafana/dashboards');

const dashboards = readdirSync(DIRECTORY).map((file) => ({
  file,
  dashboard: JSON.parse(readFileSync(join(DIRECTORY, file), 'utf8')) as Dashboard,
}));
const read = (file: string): string => readFileSync(join(LAB, file), 'utf8');

/** Panels that may show zero: the demo has no truncated packets, and none that a kernel dropped. */
const ZERO: ReadonlySet<string> = new Set(['Truncated', 'Malformed', 'Kernel drops']);

describe('the dashboards, with the data of the demo,', () => {
  let data: LabData;
  beforeAll(async () => {
    data = await LabData.start();
  });
  afterAll(() => data.stop());

  function ask(panel: Panel, variables: ReadonlyMap<string, string>): Promise<Record<string, unknown>[]> {
    // Grafana's time range is wider than the data.
    const range = { from: data.from - 90, to: data.to + 90, interval: 60 };
    return data.ask(expand(panel.targets[0].rawSql, range, variables));
  }

  describe.each(dashboards)('in $file,', ({ dashboard }) => {
    const defaults = new Map(dashboard.templating.list.map((v) => [v.name, v.query]));
    const asked = new Map<Panel, Promise<Record<string, unknown>[]>>();
    /** The rows of a panel when its dashboard is opened. */
    function shown(panel: Panel): Promise<Record<string, unknown>[]> {
      const rows = asked.get(panel) ?? ask(panel, defaults);
      asked.set(panel, rows);
      return rows;
    }

    it.each(dashboard.panels.map((p) => [p.title, p] as const))('show %s', async (_, panel) => {
      const rows = await shown(panel);
      expect(rows.length).toBeGreaterThan(0);
      if (panel.type === 'timeseries') {
        const times = rows.map((r) => r.time as string);
        expect(new Set(times).size, 'points in time').toBeGreaterThan(1);
        expect(times, 'rows in order, which is what becomes series').toEqual(times.toSorted());
      }
      if (panel.type === 'stat') {
        expect(rows).toHaveLength(1);
        if (!ZERO.has(panel.title)) expect(Number(Object.values(rows[0])[0])).toBeGreaterThan(0);
      }
      expect(panel.targets[0]).toMatchObject(
        panel.type === 'timeseries'
          ? { queryType: 'timeseries', format: 0, pluginVersion: '4.0.0' }
          : { queryType: 'table', format: 1, pluginVersion: '4.0.0' },
      );
    });

    it('name only columns and labels that their queries return', async () => {
      for (const panel of dashboard.panels) {
        const columns = Object.keys((await shown(panel))[0]);
        const label = /\$\{__field\.labels\.(\w+)\}/.exec(panel.fieldConfig.defaults.displayName ?? '')?.[1];
        if (label !== undefined) expect(columns).toContain(label);
        for (const { matcher } of panel.fieldConfig.overrides) {
          const matches =
            matcher.id === 'byRegexp'
              ? columns.filter((c) => new RegExp(matcher.options.slice(1, -1)).test(c))
              : columns.filter((c) => c === matcher.options);
          expect(matches, `${panel.title}: ${matcher.options}`).not.toEqual([]);
        }
      }
    });
  });

  it('show only the traffic of a host if one is chosen', async () => {
    const talkers = dashboards.find((d) => d.file === 'talkers.json')!.dashboard;
    const rows = await ask(
      talkers.panels.find((p) => p.title === 'Pairs')!,
      new Map([['host', '10.30.0.20']]),
    );
    expect(rows.length).toBeGreaterThan(0);
    for (const row of rows) expect([row.client, row.server]).toContain('10.30.0.20');
  });

  it('take quotes in a variable as text', async () => {
    const talkers = dashboards.find((d) => d.file === 'talkers.json')!.dashboard;
    expect(await ask(talkers.panels[0], new Map([['host', "' OR 1 = 1 --"]]))).toEqual([]);
  });

  it('show losses for the one mirror that loses packets', async () => {
    const mirrors = dashboards.find((d) => d.file === 'mirrors.json')!.dashboard;
    const rows = await ask(mirrors.panels.find((p) => p.title === 'Mirror points')!, new Map());
    const lost = Object.fromEntries(rows.map((r) => [r.source, Number(r.lost)]));
    expect(lost).toEqual({ '10.0.0.11': 0, '10.0.0.12': 232, '10.0.0.50': 0 });
  });
});

describe('provisioning', () => {
  it('has the data source that the dashboards name, and the folder where the lab mounts them', () => {
    const source = parse(read('grafana/provisioning/datasources/mirrorlake.yaml')) as {
      datasources: { uid: string; type: string; jsonData: { host: string; defaultDatabase: string } }[];
    };
    const provider = parse(read('grafana/provisioning/dashboards/mirrorlake.yaml')) as {
      providers: { options: { path: string } }[];
    };
    const compose = parse(read('../docker-compose.yml'), { merge: true }) as {
      services: Record<string, { volumes: string[]; environment: Record<string, string> }>;
    };
    const [{ uid, jsonData }] = source.datasources;
    for (const { dashboard } of dashboards) {
      for (const panel of dashboard.panels) {
        expect(panel.targets.map((t) => t.datasource.uid)).toEqual([uid]);
        expect(panel.description).not.toBe('');
      }
    }
    expect(jsonData.host in compose.services).toBe(true);
    expect(compose.services[jsonData.host].environment.CLICKHOUSE_DB).toBe(jsonData.defaultDatabase);
    expect(compose.services.grafana.volumes).toContain(
      `./lab/grafana/dashboards:${provider.providers[0].options.path}:ro`,
    );
    expect(new Set(dashboards.map((d) => d.dashboard.uid)).size).toBe(dashboards.length);
  });

  it('builds each of our images in one service, and never pulls one', () => {
    const compose = parse(read('../docker-compose.yml'), { merge: true }) as {
      services: Record<string, { image: string; build?: object; pull_policy?: string }>;
    };
    const ours = Object.values(compose.services).filter((s) => s.image.startsWith('mirrorlake:'));
    for (const image of new Set(ours.map((s) => s.image))) {
      // Two simultaneous builds of one name fail on a machine that does not have the image yet.
      expect(ours.filter((s) => s.image === image && s.build !== undefined)).toHaveLength(1);
    }
    for (const s of ours) expect(s.build !== undefined || s.pull_policy === 'never').toBe(true);
  });
});
