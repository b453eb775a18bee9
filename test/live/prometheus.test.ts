/** The metrics of a running collector for Prometheus: with everything configured, and with tunnels only. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { METRICS } from '../../src/observe/metrics.js';
import { MAIN, TestCollector } from '../support/collector.js';
import { describeWith, run } from '../support/needs.js';
import { promtoolSays } from '../support/promtool.js';
import { A, B, inside, makeWorld, removeWorld } from '../support/tunnel-world.js';

const CAPTURE = join(import.meta.dirname, '../../lab/demo.pcapng.gz');
const LISTEN = '127.0.0.1:9478';
const TUNNEL = `t1 mode gre local ${A[4]} remote ${B[4]} key 1`;
/** Metrics that are known only after a while, or with raw sockets. */
const LATER = new RegExp(
  '^mirrorlake_(store_(growth|disk)|kernel_reassembly|path_|receiver_xdp_|unlisted_input_|networks_read|' +
    'owners_built|policy_)',
);
/** Metrics of mirrors and their rows. */
const OBSERVED =
  /^mirrorlake_(receiver|mirror|session|fragment|duplicates|store|spool|dropped|incomplete|tap|sequence|kernel)/;

describeWith(['root', '/dev/net/tun', 'ip', 'curl', 'promtool'], 'metrics of a running collector', () => {
  let collector: TestCollector | undefined;
  beforeAll(makeWorld);
  afterAll(removeWorld);
  afterEach(() => collector?.remove());

  const scrape = (): string => inside(A.ns, 'curl', '-sS', '--fail', `http://${LISTEN}/metrics`);
  const names = (text: string): string[] => [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name);

  /** CPU time of the process in seconds, which the kernel counts in hundredths. */
  function cpu(pid: number): number {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  }

  it('pass promtool with mirrors, a store and a tunnel, also before a mirror sends', async () => {
    const c = await TestCollector.start(['--listen', LISTEN, '--interface', 'wan'], {
      netns: A.ns,
      config: `mirrors:
  - { name: core, site: ams, source: ${B[4]}, session: 7, timestamps: hardware }
  - { name: edge, source: 198.18.2.0/24, session: 8, observe: false }
paths: { pairs: [{ from: core, to: edge }] }
tunnels:
  - ${TUNNEL}
`,
    });
    collector = c;
    await c.statusWhen((s) => s.store.state === 'up');
    const before = scrape();
    expect(promtoolSays(before)).toBe('');
    const silent =
      'mirrorlake_mirror_packets_total{name="core",site="ams",type="",' +
      `source="${B[4]}",target="",session="7",key=""} ` +
      `0\n`;
    expect(before).toContain(silent);
    expect(before).not.toMatch(/^mirrorlake_mirror_(lost|last_seen)/m);
    const text = (): string => run(process.execPath, MAIN, 'status', '--control', c.control);
    expect(text()).toMatch(/^core +any 7 .* 0 .* - .* observe: configured, nothing seen yet$/m);
    expect(text()).toMatch(/^edge +any 8 .* ignore: configured, nothing seen yet$/m);

    const sent = spawnSync(
      'ip',
      [
        'netns',
        'exec',
        B.ns,
        process.execPath,
        MAIN,
        'mirror',
        '--file',
        CAPTURE,
        '--to',
        A[4],
        '--session',
        '7',
        '--speed',
        'max',
        '--rate',
        '20000pps',
      ],
      { encoding: 'utf8' },
    );
    expect(sent.status, sent.stderr).toBe(0);
    await c.statusWhen((s) => s.mirrors[0].packets > 1000 && s.store.rows_stored > 0);
    const after = scrape();
    expect(promtoolSays(after)).toBe('');
    const core = `{name="core",site="ams",type="erspan2",source="${B[4]}",target="${A[4]}",session="7",key=""}`;
    for (const what of ['packets_total', 'lost_total', 'last_seen_timestamp_seconds'])
      expect(after).toContain(`mirrorlake_mirror_${what}${core} `);
    // It is the same mirror, not a second one.
    expect(after.match(/^mirrorlake_mirror_packets_total\{name="core"/gm)).toHaveLength(1);
    expect((await c.status()).mirrors.map((m) => m.name)).toEqual(['core', 'edge']);
    expect(text()).toMatch(/^core +erspan2 7 /m);
    expect(names(after)).toEqual(
      METRICS.map((m) => m.name).filter((name) => !LATER.test(name) || names(after).includes(name)),
    );

    const least = cpu(c.pid);
    const told = (await c.status()).cpu_seconds!;
    expect(told).toBeGreaterThan(least - 0.02);
    expect(told).toBeLessThan(cpu(c.pid) + 0.02);
    expect((await c.status()).open_files).toBeGreaterThan(10);
  });

  it('pass promtool, and cover only tunnels, for a collector with only tunnels', async () => {
    const c = await TestCollector.start(['--listen', LISTEN], {
      netns: A.ns,
      store: 'none',
      config: `tunnels:\n  - ${TUNNEL}\n`,
    });
    collector = c;
    await c.statusWhen((s) => s.tunnels[0].route);
    const text = scrape();
    expect(promtoolSays(text)).toBe('');
    expect(text).toMatch(/^mirrorlake_tunnel_up\{tunnel="t1",mode="gre"\} 1$/m);
    expect(text).toMatch(/^process_cpu_seconds_total [0-9.]+$/m);
    expect(names(text).filter((name) => OBSERVED.test(name))).toEqual([]);
  });
});
