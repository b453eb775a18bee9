/** What a running collector knows of addresses: its files, read again when they change, and policies. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { writeMmdb } from '../../lab/mmdb-writer.js';
import { openReply } from '../../src/observe/control.js';
import { MAIN, TestCollector } from '../support/collector.js';
import { MirrorSource, tcpConversation, udpFrame } from '../support/mirror-traffic.js';
import { describeWith, ip, tryIp } from '../support/needs.js';
import { PacketSender } from '../support/packet-sender.js';

const HEADER = 'prefix,name,site,role,tenant\n';
const GUESTS = '10.30.0.0/16,guests,Berlin,guests,acme\n';
const ACCOUNTING = '10.20.0.0/16,accounting,Berlin,accounting,acme\n';

const database = (asn: number): Uint8Array =>
  writeMmdb([
    ['192.0.2.0/24', { autonomous_system_number: asn, autonomous_system_organization: `AS ${asn}` }],
  ]);

for (const receiver of ['ring', 'raw'] as const) {
  describeWith(['root', 'ip'], `whose addresses are, with a ${receiver} receiver`, () => {
    let sender: PacketSender;
    let mac: number[];
    let collector: TestCollector | undefined;
    let directory: string;
    const at = (name: string): string => join(directory, name);

    beforeAll(() => {
      tryIp('link del f-net0');
      ip('link add f-net0 type veth peer name f-net1');
      ip('link set f-net0 mtu 2000 up');
      ip('link set f-net1 mtu 2000 up');
      ip('addr add 198.51.100.2/24 dev f-net1');
      execFileSync('sh', [
        '-c',
        'for i in all f-net1; do echo 0 > /proc/sys/net/ipv4/conf/$i/rp_filter; done',
      ]);
      const text = readFileSync('/sys/class/net/f-net1/address', 'utf8').trim();
      mac = text.split(':').map((h) => Number.parseInt(h, 16));
      sender = new PacketSender('f-net0');
      directory = mkdtempSync(join(tmpdir(), 'mirrorlake-known-'));
    });
    afterAll(() => {
      sender.close();
      tryIp('link del f-net0');
      rmSync(directory, { recursive: true });
    });
    afterEach(() => {
      collector?.remove();
      collector = undefined;
    });

    async function start(config: string): Promise<TestCollector> {
      const args = receiver === 'ring' ? ['--interface', 'f-net1', '--workers', '2'] : [];
      collector = await TestCollector.start(args, { config });
      return collector;
    }
    const source = new MirrorSource(5);
    function send(frames: Iterable<Uint8Array>): void {
      for (const inner of frames) {
        const frame = source.wrap(inner);
        frame.set(mac);
        sender.add(frame);
      }
      sender.flush();
    }
    /** Replaces a file as whoever downloads one should. */
    function replace(name: string, content: string | Uint8Array): void {
      writeFileSync(at(`${name}.new`), content);
      renameSync(at(`${name}.new`), at(name));
    }

    const COLUMNS =
      'client_port, client_network, client_role, client_site, server_network, server_role, server_site, ' +
      'client_asn, server_asn, server_as_org, server_country, policy';
    type Row = Record<string, unknown>;
    const sessionOf = async (c: TestCollector, port: number): Promise<Row> => {
      const sql = `SELECT ${COLUMNS} FROM sessions WHERE client_port = ${port}`;
      return (await c.queryWhen<Row>(sql, (rows) => rows.length > 0)).rows[0];
    };

    it('rows say it, also those that are shown, and change when files do', async () => {
      replace('networks.csv', HEADER + GUESTS);
      replace('as.mmdb', database(64_500));
      const policies = 'policies:\n  - { from: guests, to: accounting, allow: [dns] }\n';
      const files = `networks: ${at('networks.csv')}\nowners: [${at('as.mmdb')}]\n`;
      const c = await start(files + policies);
      expect(c.log).toContain('policies: no network has the role accounting');
      const { addresses } = await c.status();
      expect(addresses).toMatchObject({ networks: 1, networks_from: at('networks.csv'), refused: 0 });
      expect(addresses?.owners).toMatchObject([
        { file: at('as.mmdb'), built: new Date(1_700_000_000_000).toISOString() },
      ]);

      const reply = await openReply(c.control, { command: 'rows' });
      send(tcpConversation('10.30.0.1', '10.20.0.2', 40_000));
      send(tcpConversation('10.30.0.1', '192.0.2.2', 40_001));
      const guest = { client_network: 'guests', client_role: 'guests', client_site: 'Berlin', client_asn: 0 };
      expect(await sessionOf(c, 40_000)).toMatchObject({ ...guest, server_network: '', policy: '' });
      const outside = { server_network: '', server_asn: 64_500, server_as_org: 'AS 64500', policy: '' };
      expect(await sessionOf(c, 40_001)).toMatchObject({ ...guest, ...outside });
      const asked = 'SELECT client_network, server_asn FROM transactions ORDER BY server_asn';
      const told = (await c.queryWhen<Row>(asked, (rows) => rows.length === 2)).rows;
      expect(told).toEqual([
        { client_network: 'guests', server_asn: 0 },
        { client_network: 'guests', server_asn: 64_500 },
      ]);
      let shown = '';
      for await (const piece of reply.body) {
        shown += piece.toString();
        if (shown.includes('"client_port":40000') && shown.includes('"client_port":40001')) break;
      }
      expect(shown.split('\n').filter((line) => line.includes('"client_network":"guests"')).length).toBe(2);

      // A file that changes counts for what ends from then on.
      replace('networks.csv', HEADER + GUESTS + ACCOUNTING);
      await c.statusWhen((s) => s.addresses?.networks === 2);
      send(tcpConversation('10.30.0.1', '10.20.0.2', 40_002));
      const broken = { ...guest, server_network: 'accounting', policy: 'guests > accounting' };
      expect(await sessionOf(c, 40_002)).toMatchObject(broken);
      const counted = await c.statusWhen((s) => s.policies?.[0].sessions === 1);
      expect(counted.policies).toEqual([{ from: 'guests', to: 'accounting', sessions: 1 }]);
      expect(counted.addresses?.lookups).toBeGreaterThanOrEqual(6);
      const view = await c.query<Row>('SELECT policy, client, server, client_port FROM policy_violations');
      expect(view).toEqual([
        { policy: 'guests > accounting', client: '10.30.0.1', server: '10.20.0.2', client_port: 40_002 },
      ]);
      // Open sessions say it too.
      send([udpFrame('10.30.0.9', '10.20.0.2', 41_000)]);
      await c.statusWhen((s) => s.sessions.open > 0);
      const open = await openReply(c.control, { command: 'open' });
      let lines = '';
      for await (const piece of open.body) lines += piece.toString();
      expect(JSON.parse(lines.split('\n')[0])).toMatchObject(broken);
      expect(await c.stop()).toBe(0);
    });

    it('a damaged file is named once, and what was read before stays', async () => {
      replace('networks.csv', HEADER + GUESTS);
      replace('as.mmdb', database(64_500));
      const c = await start(`networks: ${at('networks.csv')}\nowners: [${at('as.mmdb')}]\n`);
      replace('as.mmdb', database(64_501).subarray(0, 100));
      replace('networks.csv', `${HEADER}10.300.0.0/16,x,,,\n`);
      const wrong = await c.statusWhen((s) => s.addresses?.wrong.length === 2);
      expect(wrong.addresses).toMatchObject({ networks: 1, refused: 2 });
      expect(wrong.addresses?.wrong.join('\n')).toContain(`${at('networks.csv')}:2: `);
      const warned = c.log.split('\n').filter((line) => line.includes('"level":"warn"'));
      for (const name of ['as.mmdb', 'networks.csv'])
        expect(warned.filter((line) => line.includes(at(name)))).toHaveLength(1);
      send(tcpConversation('10.30.0.1', '192.0.2.2', 40_001));
      expect(await sessionOf(c, 40_001)).toMatchObject({ client_network: 'guests', server_asn: 64_500 });
      replace('as.mmdb', database(64_502));
      replace('networks.csv', HEADER + GUESTS + ACCOUNTING);
      const right = await c.statusWhen((s) => s.addresses?.wrong.length === 0);
      expect(right.addresses).toMatchObject({ networks: 2, refused: 2 });
      send(tcpConversation('10.30.0.1', '192.0.2.2', 40_003));
      expect(await sessionOf(c, 40_003)).toMatchObject({ client_network: 'guests', server_asn: 64_502 });
      expect(await c.stop()).toBe(0);
    });

    it('SIGHUP takes over other files and policies, or nothing', async () => {
      replace('networks.csv', HEADER + GUESTS);
      replace('others.yaml', '- { prefix: 10.30.0.0/16, name: others, role: others }\n');
      replace('wrong.csv', 'prefix,name\nnonsense,x\n');
      const c = await start(`networks: ${at('networks.csv')}\n`);
      writeFileSync(c.configFile, `networks: ${at('wrong.csv')}\nmirrors: [{ name: five, session: 5 }]\n`);
      c.signal('SIGHUP');
      await expect
        .poll(() => c.log)
        .toContain(`the configuration was not taken over: ${at('wrong.csv')}:2: `);
      const policies = 'policies:\n  - { from: others, to: "*", allow: none }\n';
      writeFileSync(c.configFile, `networks: ${at('others.yaml')}\n${policies}`);
      c.signal('SIGHUP');
      const s = await c.statusWhen((s) => s.addresses?.networks_from === at('others.yaml'));
      expect(s.mirrors).toEqual([]);
      expect(s.policies).toEqual([{ from: 'others', to: '*', sessions: 0 }]);
      send(tcpConversation('10.30.0.1', '192.0.2.2', 40_004));
      expect(await sessionOf(c, 40_004)).toMatchObject({ client_network: 'others', policy: 'others > *' });
      // Without a file, the networks of the store: there are none yet.
      writeFileSync(c.configFile, '');
      c.signal('SIGHUP');
      await c.statusWhen((t) => t.addresses?.networks_from === '');
      send(tcpConversation('10.30.0.1', '192.0.2.2', 40_005));
      expect(await sessionOf(c, 40_005)).toMatchObject({ client_network: '', policy: '' });
      replace('loaded.csv', HEADER + GUESTS + ACCOUNTING);
      replace('load.yaml', `store: ${join(c.directory, 'data')}\ncontrol: ${c.control}\n`);
      const load = ['networks', 'load', at('loaded.csv'), '--config', at('load.yaml')];
      execFileSync(process.execPath, [MAIN, ...load], { stdio: 'pipe' });
      const loaded = await c.statusWhen((t) => t.addresses?.networks_from === 'store');
      expect(loaded.addresses?.networks).toBe(2);
      send(tcpConversation('10.30.0.1', '192.0.2.2', 40_006));
      expect(await sessionOf(c, 40_006)).toMatchObject({ client_network: 'guests' });
      expect(c.log).not.toMatch(/taken over only by a restart/);
      expect(await c.stop()).toBe(0);
    });
  });
}
