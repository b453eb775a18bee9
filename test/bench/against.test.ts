/** The calculations of `--against`, and the errors it reports. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Comparison, checkoutIn, compareRuns, isBeyond, ROOT, verdict } from '../../bench/against.js';
import { median } from '../../bench/measure.js';

const comparison = (ratio: number, noise: number): Comparison => ({
  metric: 'read, s',
  base: 1,
  here: ratio,
  ratio,
  noise,
});

describe('a comparison of two checkouts', () => {
  it('takes the median of an odd or an even number of runs', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 3, 2])).toBe(2.5);
  });

  it('compares runs in pairs, so that a machine that slows down makes no difference', () => {
    // Each run takes a tenth longer than the one before, in both checkouts.
    const drift = (n: number) => 1 + n / 10;
    const c = compareRuns('read, s', [drift(0), drift(2), drift(4)], [drift(1), drift(3)]);
    expect(c.ratio).toBeCloseTo(1, 10);
    expect(c.noise).toBeCloseTo(median([1.2 / 1 - 1, 1.4 / 1.2 - 1]), 10);
  });

  it('takes the median of pairs, which one disturbed run does not move', () => {
    const c = compareRuns('read, s', [1, 1, 1, 1], [1.05, 9, 1.06]);
    expect(c).toEqual({ metric: 'read, s', base: 1, here: 1.06, ratio: 1.06, noise: 0 });
  });

  it('takes the change of the other checkout from run to run, up or down, as noise', () => {
    expect(compareRuns('x', [1, 0.9, 0.99], [1, 1]).noise).toBeCloseTo(0.1, 10);
  });

  it('finds a difference only above the allowance plus the noise', () => {
    expect(isBeyond(comparison(1.06, 0.02), 3)).toBe(true);
    expect(isBeyond(comparison(1.04, 0.02), 3)).toBe(false);
    expect(isBeyond(comparison(0.5, 0), 3)).toBe(false);
    expect(isBeyond(comparison(1.001, 0), 0)).toBe(true);
  });

  it('names the metrics beyond the limit in one line, if there are any', () => {
    expect(verdict([comparison(1.04, 0.02)], 3)).toBeNull();
    expect(verdict([comparison(1.04, 0.02), { ...comparison(1.08, 0.01), metric: 'store, s' }], 3)).toBe(
      'more than 3 % and the noise above the other checkout: store, s 1.080 times, noise 0.010',
    );
  });
});

describe('--against', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'against-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  it('takes only a checkout of mirrorlake', () => {
    expect(checkoutIn(ROOT).main).toMatch(/dist\/cli\/main\.js$/);
    expect(() => checkoutIn(directory)).toThrow('there is no checkout of mirrorlake');
    expect(() => checkoutIn(join(directory, 'nowhere'))).toThrow('there is no checkout of mirrorlake');
    writeFileSync(join(directory, 'package.json'), '{"name":"another"}');
    expect(() => checkoutIn(directory)).toThrow('there is no checkout of mirrorlake');
  });

  it('takes only a checkout that is built', () => {
    writeFileSync(join(directory, 'package.json'), '{"name":"mirrorlake"}');
    expect(() => checkoutIn(directory)).toThrow('it is not built; run `npm ci && npm run build` there');
    mkdirSync(join(directory, 'dist/cli'), { recursive: true });
    writeFileSync(join(directory, 'dist/cli/main.js'), '');
    expect(() => checkoutIn(directory)).toThrow('it is not built');
    mkdirSync(join(directory, 'node_modules'));
    expect(checkoutIn(directory).root).toBe(directory);
  });

  const bench = (name: string, ...words: string[]) => {
    const script = join(ROOT, `bench/${name}.ts`);
    const args = ['--import', 'tsx', script, ...words];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', cwd: ROOT });
    return { status, stdout, lines: stderr.trimEnd().split('\n') };
  };

  it.each(['run', 'receive', 'store', 'tunnels', 'mirror'])('is an option of bench/%s.ts', (name) => {
    expect(bench(name, '--against', directory)).toEqual({
      status: 2,
      stdout: '',
      lines: [`--against ${directory}: there is no checkout of mirrorlake; \`git worktree add\` makes one`],
    });
  });

  it.each([
    [['--against', ROOT, '--within', 'x'], '--within x: it takes a percentage, such as 3'],
    [['--within', '3'], '--within needs --against DIR to compare with'],
    [['--against', ROOT, '--runs', '0'], '--against needs --runs of 1 or more'],
  ])('refuses %j in one line', (words, line) => {
    expect(bench('run', ...words)).toEqual({ status: 2, stdout: '', lines: [line] });
  });
});
