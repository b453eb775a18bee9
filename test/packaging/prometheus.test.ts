/** Prometheus: promtool accepts the metrics, the alerts fire, and the pages that they name exist. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { exposition, METRICS } from '../../src/observe/metrics.js';
import { STATUS } from '../support/collector-status.js';
import { describeWith, run } from '../support/needs.js';
import { promtoolSays } from '../support/promtool.js';

const ROOT = join(import.meta.dirname, '../..');
const DIRECTORY = join(ROOT, 'packaging/prometheus');
const RULES = join(DIRECTORY, 'mirrorlake.rules.yml');
const TESTS = join(DIRECTORY, 'mirrorlake.rules.test.yml');

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: { readonly summary: string; readonly description: string; readonly docs: string };
}
interface RuleTest {
  readonly name: string;
  readonly promql_expr_test: readonly { readonly exp_samples: readonly { readonly labels: string }[] }[];
}

const { groups } = parse(readFileSync(RULES, 'utf8')) as { groups: { rules: Rule[] }[] };
const rules = groups.flatMap((g) => g.rules);
const { tests } = parse(readFileSync(TESTS, 'utf8')) as { tests: RuleTest[] };

const known = new Map(METRICS.map((m) => [m.name, m]));
/** The names of our metrics, and of those of the process, in a text. */
const named = (text: string): string[] => text.match(/\b(?:mirrorlake|process)_[a-z0-9_]+\b/g) ?? [];

describeWith(['promtool'], 'promtool', () => {
  it('accepts every metric', async () => {
    const status = { ...STATUS, fragments: { incomplete: 1, kernel_failures: 1 } };
    // Every metric must have samples, or promtool would not check it.
    expect(METRICS.filter((m) => m.samples(status).length === 0).map((m) => m.name)).toEqual([]);
    expect(promtoolSays((await exposition(status)).text)).toBe('');
  });

  it('accepts the alerting rules', () => {
    expect(run('promtool', 'check', 'rules', RULES)).toContain(`SUCCESS: ${rules.length} rules found`);
  });

  it('runs the tests of the alerting rules without a failure', () => {
    // promtool evaluates much and keeps little: collecting garbage less often saves a fifth of the time.
    expect(run('env', 'GOGC=400', 'promtool', 'test', 'rules', TESTS)).toContain('SUCCESS');
  });
});

describe('the alerting rules', () => {
  it('have a test each in which they do not fire yet, and then fire', () => {
    for (const { alert } of rules) {
      const fires = (t: RuleTest): boolean[] =>
        t.promql_expr_test.map((at) => at.exp_samples.some((s) => s.labels === `{alertname="${alert}"}`));
      expect(
        tests.some((t) => fires(t).includes(true) && fires(t).includes(false)),
        alert,
      ).toBe(true);
    }
  });

  it.each(rules.map((r) => [r.alert, r] as const))(
    'use metrics and labels that exist, and say what to do: %s',
    (_, r) => {
      const { summary, description, docs } = r.annotations;
      const metrics = named(r.expr);
      for (const name of metrics) expect(known.has(name), name).toBe(true);
      const labels = new Set(['job', 'instance', ...metrics.flatMap((name) => known.get(name)!.labels)]);
      for (const [, label] of `${summary} ${description}`.matchAll(/\$labels\.(\w+)/g))
        expect(labels).toContain(label);
      for (const [, label] of r.expr.matchAll(/[{,]\s*(\w+)\s*[=!]/g)) expect(labels).toContain(label);
      expect(['critical', 'warning']).toContain(r.labels.severity);
      expect(description.length).toBeGreaterThan(60);
      const [page, anchor] = docs.split('#');
      const headings = readFileSync(join(ROOT, page), 'utf8').matchAll(/^#+ (.*)$/gm);
      const anchors = [...headings].map(([, text]) =>
        text
          .toLowerCase()
          .replace(/[^\w\- ]/g, '')
          .replace(/ /g, '-'),
      );
      if (anchor !== undefined) expect(anchors).toContain(anchor);
    },
  );
});

it('pages, dashboards and rules name only metrics that exist', () => {
  const read = (directory: string): string[] =>
    readdirSync(join(ROOT, directory), { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.(md|json|ya?ml)$/.test(file))
      .map((file) => join(directory, file));
  const files = [...read('docs'), ...read('lab/grafana'), ...read('packaging/prometheus'), 'README.md'];
  let found = 0;
  for (const file of files) {
    for (const name of named(readFileSync(join(ROOT, file), 'utf8'))) {
      expect.soft(known.has(name), `${file}: ${name}`).toBe(true);
      found++;
    }
  }
  expect(found).toBeGreaterThan(100);
});
