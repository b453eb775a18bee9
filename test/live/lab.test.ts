import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { NEEDS } from '../../lab/network.js';
import { MAIN } from '../support/collector.js';
import { describeWith, run } from '../support/needs.js';

const ROOT = join(import.meta.dirname, '../..');
const TSX = join(ROOT, 'node_modules/.bin/tsx');

describeWith(['root', ...NEEDS], 'npm run lab', () => {
  let directory: string;
  let shown: string;

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'mirrorlake-lab-test-'));
    shown = execFileSync(
      TSX,
      [join(ROOT, 'lab/lab.ts'), '--seconds', '16', '--every', '8', '--store', directory],
      {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
  });
  afterAll(() => {
    rmSync(directory, { recursive: true, force: true });
  });

  /** Rows of the store that the lab left behind. */
  function rows<T>(store: string, sql: string): T[] {
    const args = [MAIN, 'query', sql, '--store', join(directory, store), '--format', 'JSONEachRow'];
    const text = execFileSync(process.execPath, args, { encoding: 'utf8' });
    return text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as T]));
  }

  it('shows who talks most: the host that sends backups to its peer', () => {
    expect(shown).toMatch(/Who talks most\?[^1]*1\. │ 10\.20\.0\.1 +│ 10\.20\.0\.2 +│ http/);
    const talk = rows<{ bytes: number }>(
      'collector',
      `SELECT toUInt32(sum(client_bytes)) AS bytes FROM sessions
       WHERE mirror_session = 10 AND client = '10.20.0.1' AND server = '10.20.0.2' AND app_protocol = 'http'`,
    );
    // Several times the 400 kB that it sends about every second.
    expect(talk[0].bytes).toBeGreaterThan(1_000_000);
  });

  it('shows all traffic of the hosts, over IPv4 and IPv6, through both mirrors', () => {
    const seen = rows<{ application: string; session: number; family: number }>(
      'collector',
      `SELECT DISTINCT if(app_protocol = '', transport, app_protocol) AS application,
        mirror_session AS session,
         if(ether_type = 34525, 6, 4) AS family FROM sessions`,
    ).map((row) => `${row.session} ${row.application} ${row.family}`);
    for (const session of [10, 20]) {
      for (const what of ['http 4', 'http 6', 'dns 4', 'icmp 4', 'icmp6 6', 'arp 4']) {
        expect(seen).toContain(`${session} ${what}`);
      }
    }
  });

  it('shows the connections that fail, and no others', () => {
    const failed = rows<Record<string, unknown>>(
      'collector',
      `SELECT DISTINCT server, server_port AS port, tcp_state AS state FROM sessions
       WHERE tcp_state IN ('REJ', 'S0') AND mirror_session = 10 ORDER BY port, server`,
    );
    expect(failed).toEqual([
      { server: '10.20.0.99', port: 443, state: 'S0' },
      { server: '10.20.0.1', port: 8443, state: 'REJ' },
      { server: '10.20.0.2', port: 8443, state: 'REJ' },
    ]);
    expect(shown).toMatch(/│ +8443 │ REJ/);
  });

  it('loses nothing of two mirrors, type II and type III', () => {
    const mirrors = rows<Record<string, unknown>>(
      'collector',
      `SELECT mirror_type, mirror_session, argMax(sequence, minute) AS sequence, sum(packets) > 1000 AS busy,
         toUInt32(sum(lost)) AS lost, toUInt32(sum(malformed)) AS malformed
       FROM mirrors GROUP BY ALL ORDER BY mirror_session`,
    );
    // Open vSwitch numbers all it sends to one collector by one counter. The first packets may be too few
    // to show it, if they end a minute.
    const sound = { sequence: 'source', busy: 1, lost: 0, malformed: 0 };
    expect(mirrors).toEqual([
      { mirror_type: 'erspan2', mirror_session: 10, ...sound },
      { mirror_type: 'erspan3', mirror_session: 20, ...sound },
    ]);
  });

  it('carries pings through the tunnel in both directions, and stores its counters', () => {
    expect(shown).toMatch(/Tunnel-1: gre remote 192\.168\.0\.107 local 192\.168\.0\.106/);
    for (const [store, name] of [
      ['pc-1', 'Tunnel-1'],
      ['pc-2', 'Tunnel-2'],
    ]) {
      const [tunnel] = rows<{ name: string; rx: number; tx: number; errors: number }>(
        store,
        `SELECT any(name) AS name, toUInt32(sum(rx_packets)) AS rx, toUInt32(sum(tx_packets)) AS tx,
           toUInt32(sum(rx_errors + tx_errors)) AS errors FROM tunnels`,
      );
      expect(tunnel).toMatchObject({ name, errors: 0 });
      expect(tunnel.rx).toBeGreaterThan(8);
      expect(tunnel.tx).toBeGreaterThan(8);
    }
  });

  it.each([
    ['told to stop while it starts', 'SIGINT', 1],
    ['told twice', 'SIGTERM', 2],
    ['left by its terminal', 'SIGHUP', 1],
  ] as const)('leaves nothing behind when it is %s', async (_, signal, times) => {
    expect(run('ip', 'netns', 'list')).not.toContain('lab-');
    const lab = spawn(process.execPath, ['--import', 'tsx', join(ROOT, 'lab/lab.ts')], {
      stdio: ['ignore', 'ignore', 'pipe'],
      cwd: ROOT,
    });
    const exited = once(lab, 'exit');
    await once(lab.stderr, 'data');
    expect(run('ip', 'netns', 'list')).toContain('lab-');
    // The terminal takes the reader of stderr with it.
    if (signal === 'SIGHUP') lab.stderr.destroy();
    for (let i = 0; i < times; i++) lab.kill(signal);
    expect((await exited)[0]).toBe(0);
    expect(run('ip', 'netns', 'list')).not.toContain('lab-');
  });
});
