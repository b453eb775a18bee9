/** Names of addresses in a running collector: its file of names, read again when it changes, and sources. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { MAIN, TestCollector } from '../support/collector.js';
import { MirrorSource, udpFrame } from '../support/mirror-traffic.js';
import { describeWith, ip, tryIp } from '../support/needs.js';
import { PacketSender } from '../support/packet-sender.js';

for (const receiver of ['ring', 'raw'] as const) {
  describeWith(['root', 'ip'], `what addresses are called, with a ${receiver} receiver`, () => {
    let sender: PacketSender;
    let mac: number[];
    let collector: TestCollector | undefined;
    let directory: string;
    const at = (name: string): string => join(directory, name);

    beforeAll(() => {
      tryIp('link del f-nam0');
      ip('link add f-nam0 type veth peer name f-nam1');
      ip('link set f-nam0 mtu 2000 up');
      ip('link set f-nam1 mtu 2000 up');
      ip('addr add 198.51.100.2/24 dev f-nam1');
      execFileSync('sh', [
        '-c',
        'for i in all f-nam1; do echo 0 > /proc/sys/net/ipv4/conf/$i/rp_filter; done',
      ]);
      const text = readFileSync('/sys/class/net/f-nam1/address', 'utf8').trim();
      mac = text.split(':').map((h) => Number.parseInt(h, 16));
      sender = new PacketSender('f-nam0');
      directory = mkdtempSync(join(tmpdir(), 'mirrorlake-called-'));
    });
    afterAll(() => {
      sender.close();
      tryIp('link del f-nam0');
      rmSync(directory, { recursive: true });
    });
    afterEach(() => {
      collector?.remove();
      collector = undefined;
    });

    async function start(config: string): Promise<TestCollector> {
      const args = receiver === 'ring' ? ['--interface', 'f-nam1', '--workers', '2'] : [];
      collector = await TestCollector.start(args, { config: `${QUICK}${config}` });
      return collector;
    }
    /** Sessions end soon, so that their ends are looked up. */
    const QUICK = 'sessions: { udp_idle: 1s }\n';
    const source = new MirrorSource(5);
    /** Conversations with the server, from clients that both workers of a ring have some of. */
    function send(client: string): void {
      for (let port = 41_000; port < 41_008; port++) {
        const frame = source.wrap(udpFrame(client, '10.20.0.2', port));
        frame.set(mac);
        sender.add(frame);
      }
      sender.flush();
    }
    /** Sends from a client, and waits until rows of it are stored. */
    async function converse(c: TestCollector, client: string): Promise<void> {
      send(client);
      const sql = `SELECT count() AS n FROM sessions WHERE client = '${client}'`;
      await c.queryWhen<{ n: number | string }>(sql, ([{ n }]) => Number(n) === 8);
    }
    /** Replaces a file as whoever downloads one should. */
    function replace(name: string, content: string): void {
      writeFileSync(at(`${name}.new`), content);
      renameSync(at(`${name}.new`), at(name));
    }
    const reload = (c: TestCollector, config: string): void => {
      writeFileSync(c.configFile, `${QUICK}${config}`);
      c.signal('SIGHUP');
    };
    /** What a query prints of its store, asked for through it while it runs. */
    function mirrorlake(c: TestCollector, sql: string, ...words: string[]): string {
      replace('ask.yaml', `store: ${join(c.directory, 'data')}\ncontrol: ${c.control}\n`);
      const args = [MAIN, 'query', sql, '--config', at('ask.yaml'), ...words];
      return execFileSync(process.execPath, args).toString();
    }
    const named = (c: TestCollector, client: string): string =>
      mirrorlake(c, `SELECT DISTINCT client FROM sessions WHERE client = '${client}'`, '--names');

    it('the file is read again when it changes, and on SIGHUP; sources are taken over', async () => {
      replace('hosts', '10.30.0.1 one\n');
      replace('others', '10.30.0.1 uno\n10.30.0.3 three\n10.30.0.4 four\n10.30.0.5 five\n');
      const c = await start(`names_file: ${at('hosts')}\n`);
      expect(c.log).toContain(`${at('hosts')}: 1 name`);
      await converse(c, '10.30.0.1');

      // A mistake is told once, and the names of before stay.
      replace('hosts', '10.30.0.1 one\nten 10.30.0.2\n');
      const wrong = await c.statusWhen((s) => s.addresses?.wrong.length === 1);
      expect(wrong.addresses?.wrong).toEqual([expect.stringContaining(`${at('hosts')}:2: `)]);
      replace('hosts', '10.30.0.1 one\n10.30.0.2 two\n');
      await c.statusWhen((s) => s.addresses?.wrong.length === 0);
      const warned = c.log.split('\n').filter((line) => line.includes('"level":"warn"'));
      expect(warned.filter((line) => line.includes(at('hosts')))).toHaveLength(1);
      await converse(c, '10.30.0.2');

      reload(c, 'names_file: /nonexistent/hosts\n');
      await expect.poll(() => c.log).toContain('the configuration was not taken over: /nonexistent/hosts');
      reload(c, `names_file: ${at('others')}\nnames: [file]\n`);
      await expect.poll(() => c.log).toContain('configuration read again');
      await converse(c, '10.30.0.3');
      reload(c, `names_file: ${at('others')}\nnames: off\n`);
      await expect.poll(() => c.log).toContain('is not used: names leaves out the source file');
      await converse(c, '10.30.0.4');
      reload(c, `names_file: ${at('others')}\nnames: all\n`);
      await expect.poll(() => c.log.split('configuration read again').length).toBe(4);
      await converse(c, '10.30.0.5');
      expect(c.log).not.toMatch(/taken over only by a restart/);

      // Names become rows every minute, and at the end.
      expect(named(c, '10.30.0.5')).toMatch(/^10\.30\.0\.5\t(?:five)?\n$/);
      expect(await c.stop()).toBe(0);
      const all = mirrorlake(
        c,
        "SELECT host, name, source, toUInt32(sum(count)) AS n FROM names WHERE host != '10.20.0.2' " +
          'GROUP BY ALL ORDER BY host, name',
      );
      const of = (host: string, name: string) => `${host}\t${name}\tfile\t8\n`;
      expect(all).toBe(
        of('10.30.0.1', 'one') + of('10.30.0.2', 'two') + of('10.30.0.3', 'three') + of('10.30.0.5', 'five'),
      );
      expect(named(c, '10.30.0.2')).toBe('10.30.0.2\ttwo\n');
      expect(named(c, '10.30.0.4')).toBe('10.30.0.4\t\n');
    });
  });
}
