/** Tunnels of a running collector: configured, reloaded, counted, observed, stored, ended. */
import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { MAIN, TestCollector } from '../support/collector.js';
import { describeWith, ip, run } from '../support/needs.js';
import {
  A,
  answering,
  B,
  inside,
  makeWorld,
  pings,
  removeWorld,
  TunnelHost,
  until,
} from '../support/tunnel-world.js';

/** Sends a packet of protocol 47 with these bytes. */
function sendGre(ns: string, to: string, bytes: readonly number[]): void {
  const send =
    'import socket; s = socket.socket(socket.AF_INET, socket.SOCK_RAW, 47); ' +
    `s.sendto(bytes(${JSON.stringify(bytes)}), ('${to}', 0))`;
  inside(ns, 'python3', '-c', send);
}

describeWith(
  ['root', '/dev/net/tun', 'ip', 'ping', 'curl', 'python3'],
  'mirrorlake collect, with tunnels',
  () => {
    let collector: TestCollector;
    let other: TunnelHost;
    const entry = (n: number, more = '') =>
      `  - tunnel: t${n} mode gre local ${A[4]} remote ${B[4]} key ${n}\n    addresses: ` +
      `[10.10.${n}.1/24]\n${more}`;

    beforeAll(async () => {
      makeWorld();
      other = await TunnelHost.start(
        B.ns,
        ...[1, 2, 3].map(
          (n) => `t${n} mode gre local ${B[4]} remote ${A[4]} key ${n} address 10.10.${n}.2/24`,
        ),
      );
    });
    afterAll(async () => {
      await other?.stop();
      removeWorld();
    });
    afterEach(() => collector?.remove());

    it('carries, counts and reloads them, and stores their minutes', async () => {
      collector = await TestCollector.start([], {
        netns: A.ns,
        config: `tunnels:\n${entry(1, '    routes: [10.77.0.0/16]\n')}${entry(2)}`,
      });
      await answering(A.ns, '10.10.1.2', '10.10.2.2');
      expect(ip(`-n ${A.ns} route show dev t1`)).toContain('10.77.0.0/16');
      const index = Number.parseInt(ip(`-n ${A.ns} -o link show t1`), 10);
      const { tunnels } = await collector.status();
      expect(tunnels.map((t) => [t.name, t.mode, t.remote, t.key])).toEqual([
        ['t1', 'gre', B[4], 1],
        ['t2', 'gre', B[4], 2],
      ]);
      expect(tunnels[0].counters.rx_packets).toBeGreaterThan(0);

      writeFileSync(collector.configFile, `tunnels:\n${entry(1, '    routes: [10.77.0.0/16]\n')}${entry(3)}`);
      collector.signal('SIGHUP');
      await answering(A.ns, '10.10.3.2');
      expect(Number.parseInt(ip(`-n ${A.ns} -o link show t1`), 10)).toBe(index);
      expect(() => ip(`-n ${A.ns} link show t2`)).toThrow();
      expect(pings(A.ns, '10.10.1.2')).toBe(true);

      // An error is reported with the entry, and running tunnels continue.
      writeFileSync(collector.configFile, 'tunnels:\n  - t9 mode gre remote nowhere\n');
      collector.signal('SIGHUP');
      await until(() => collector.log.includes('remote nowhere'));
      expect(pings(A.ns, '10.10.1.2')).toBe(true);
      // None of it belongs to a mirror. Packets of B's other tunnels do while those have no end here.
      expect((await collector.status()).mirrors.filter((m) => m.key === 1)).toEqual([]);

      await collector.stop();
      const sql =
        'SELECT name, sum(rx_packets) > 0 AS received, sum(tx_bytes) > 0 AS sent FROM ' +
        'tunnels GROUP BY name ORDER BY name';
      const store = join(collector.directory, 'data');
      const rows = run(
        process.execPath,
        MAIN,
        'query',
        sql,
        '--store',
        store,
        '--format',
        'JSONCompactEachRow',
      );
      expect(
        rows
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line).map(String)),
      ).toEqual([
        ['t1', '1', '1'],
        ['t2', '1', '1'],
        ['t3', '1', '1'],
      ]);
      for (const name of ['t1', 't3']) expect(() => ip(`-n ${A.ns} link show ${name}`)).toThrow();
    });

    it('has no store with `store: none`, and reports the state of its tunnels', async () => {
      collector = await TestCollector.start(['--listen', '127.0.0.1:9479'], {
        netns: A.ns,
        store: 'none',
        config:
          `tunnels:\n${entry(1)}${entry(9)}  - t8 mode gre local ${A[4]} remote ${B[4]} key 8 ` +
          `csum keepalive 1 1\n`,
      });
      const mirrorlake = (...words: string[]) =>
        spawnSync(process.execPath, [MAIN, ...words, '--control', collector.control], { encoding: 'utf8' });
      await answering(A.ns, '10.10.1.2');
      await until(() => collector.log.includes('tunnel t8: no carrier: its keepalives are not answered'));
      expect(collector.log).toContain(`tunnel t1: gre to ${B[4]}, MTU 1472`);
      expect(existsSync(join(collector.directory, 'data'))).toBe(false);
      expect(mirrorlake('status', '--health').status).toBe(0);
      const text = mirrorlake('status').stdout;
      expect(text).toContain('store     none: tunnels only, nothing is observed or stored\n');
      expect(text).toContain(`t1: gre remote ${B[4]} local ${A[4]} key 1, up, MTU 1472\n`);
      expect(text).toContain('key 8, no carrier: its keepalives are not answered\n');
      const metrics = inside(A.ns, 'curl', '-s', 'http://127.0.0.1:9479/metrics');
      expect(metrics).toContain('mirrorlake_tunnel_up{tunnel="t1",mode="gre"} 1\n');
      expect(metrics).toContain('mirrorlake_tunnel_up{tunnel="t8",mode="gre"} 0\n');
      expect(metrics).not.toMatch(/^mirrorlake_(store|spool)_/m);

      // Packets for none of them are counted by reason: t3 has no end here, and a checksum is wrong.
      pings(B.ns, '10.10.3.1', 1);
      sendGre(B.ns, A[4], [0xa0, 0, 8, 0, 0x12, 0x34, 0, 0, 0, 0, 0, 8, 0x45, 0, 0, 20]);
      const { tunnels_refused: refused } = await collector.statusWhen(
        (s) => s.tunnels_refused!.no_tunnel > 0 && s.tunnels_refused!.checksum > 0,
      );
      expect(refused).toMatchObject({ checksum: 1, header: 0 });
      expect(mirrorlake('status').stdout).toMatch(
        /\d packets? for no tunnel, 1 with a wrong checksum, 0 with a bad header\n/,
      );

      ip(`-n ${A.ns} route del default`);
      await until(() => collector.log.includes(`tunnel t1: no route to ${B[4]}`));
      expect(mirrorlake('status').stdout).toContain(`key 1, no route to ${B[4]}\n`);
      ip(`-n ${A.ns} route add default via 198.18.1.1 mtu 1400`);
      await until(() => collector.log.includes('tunnel t1: up again, MTU 1372'));
      ip(`-n ${A.ns} link del t9`);
      await until(() => collector.log.includes('tunnel t9: its device is gone'));
      ip(`-n ${A.ns} route replace default via 198.18.1.1`);
      await until(() => collector.log.includes('tunnel t1: MTU 1472, before 1372'));

      await expect(collector.query('SELECT 1')).rejects.toThrow(
        'this collector has no store (`store: none`): it only has tunnels',
      );
      writeFileSync(collector.configFile, `tunnels:\n${entry(1, '    observe: true\n')}`);
      collector.signal('SIGHUP');
      await until(() => collector.log.includes('store none cannot be with tunnel t1'));
      expect(await collector.stop()).toBe(0);
      expect(collector.log).not.toContain('stored 0 rows');
    });

    it.each([
      ['raw', []],
      ['ring', ['--interface', 'wan']],
    ])(
      'observes packets of a tunnel with observe, and packets that no tunnel takes: %s',
      async (_, receiver) => {
        const spec = `t2 mode gre local ${A[4]} remote ${B[4]} key 2`;
        collector = await TestCollector.start(['--tunnel', spec, ...receiver], {
          netns: A.ns,
          config: `tunnels:\n${entry(1, '    observe: true\n')}`,
        });
        ip(`-n ${A.ns} address add 10.10.2.1/24 dev t2`);
        await answering(A.ns, '10.10.1.2', '10.10.2.2');
        // B's third tunnel has no other end here: its packets are mirrored traffic like any other.
        pings(B.ns, '10.10.3.1', 1);
        // Packets of the observed tunnel are seen once, packets of the other one not at all.
        const { mirrors } = await collector.statusWhen((s) => {
          const observed = s.mirrors.find((m) => m.key === 1)?.packets;
          return (
            s.mirrors.length === 2 && observed === s.tunnels.find((t) => t.name === 't1')!.counters.rx_packets
          );
        });
        expect(mirrors.map((m) => [m.type, m.key]).sort()).toEqual([
          ['gre', 1],
          ['gre', 3],
        ]);
      },
    );
  },
);
