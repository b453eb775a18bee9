import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Network } from '../../src/model/network.js';
import { NetworkTable, networkTable } from '../../src/networks/network-table.js';
import { readNetworks } from '../../src/networks/read-networks.js';
import { openStore } from '../../src/store/open.js';
import { SessionSegment, TransactionSegment } from '../../src/store/segment/segments.js';
import { parseAddress } from '../../src/wire/ip/addresses.js';
import { sessionRecord, transactionRecord } from '../support/arbitrary-records.js';
import { ClickHouseServer } from '../support/clickhouse-server.js';
import { runLine } from '../support/command-lines.js';

const directory = mkdtempSync(join(tmpdir(), 'mirrorlake-networks-'));
let server: ClickHouseServer;
beforeAll(async () => {
  server = await ClickHouseServer.start();
});
afterAll(async () => {
  await server?.stop();
  rmSync(directory, { recursive: true, force: true });
});

const mirrorlake = (...words: string[]) => runLine(['networks', ...words], { cwd: directory });

const HEAD = 'prefix,name,site,role,tenant,vlan,vni\n';
const PLAIN = `${HEAD}10.0.0.0/8,ten,Bonn,staff,,,\n10.1.0.0/16,backup,Köln,servers,,,\n2001:db8::/32,six,,,,,\n`;
const KEYED =
  `${HEAD}10.0.0.0/8,all,Bonn,staff,,,\n10.1.0.0/16,of vlan,Köln,guests,,42,\n10.1.0.0/16,of vni,,,,,7\n` +
  '10.1.2.0/24,of both,,,,42,7\n';
writeFileSync(join(directory, 'plain.csv'), PLAIN);
writeFileSync(join(directory, 'keyed.csv'), KEYED);
writeFileSync(join(directory, 'wrong.csv'), `${HEAD}10.0.0.0/33,ten,,,,,\n`);

/** Ends of conversations, few of them, so that networks hold them. */
const END = fc.constantFrom(
  '10.1.2.3',
  '10.1.2.4',
  '10.1.9.9',
  '10.200.0.1',
  '2001:db8::7',
  '192.0.2.1',
  '::1',
);
const sessions = fc.sample(
  fc.tuple(sessionRecord, END, END, fc.constantFrom([], [42], [7, 42], [9]), fc.constantFrom(null, 7, 8)),
  { numRuns: 300, seed: 20 },
);
const DAY = 86_400;
const START = 1_700_000_000 - (1_700_000_000 % DAY);

function addressOf(text: string): Uint8Array {
  const address = new Uint8Array(16);
  expect(parseAddress(text, address, 0)).not.toBe(0);
  return address;
}

/** Rows of three days, whose transactions are of the same sessions, the day after at the latest. */
function segments(): { sessions: Uint8Array; transactions: Uint8Array } {
  const into = new SessionSegment('here');
  const messages = new TransactionSegment('here');
  const [message] = fc.sample(transactionRecord, { numRuns: 1, seed: 21 });
  for (const [i, [r, client, server, vlans, vni]] of sessions.entries()) {
    r.clientIp.set(addressOf(client));
    r.serverIp.set(addressOf(server));
    r.vlanIds.set(vlans);
    r.vlanIdsCount = vlans.length;
    const said = {
      clientNetwork: i % 3 === 0 ? 'before' : '',
      serverNetwork: '',
      clientAsn: 64_496,
      policy: 'a > b',
    };
    Object.assign(r, said, { vni, part: 0, firstSeenSec: START + (i % 3) * DAY + 86_000, ipVersion: 6 });
    r.lastSeenSec = r.firstSeenSec + 10;
    into.session(r);
    message.clientIp.set(r.clientIp);
    message.serverIp.set(r.serverIp);
    message.sessionId.set(r.sessionId);
    Object.assign(message, said, { vni, number: 0, timeSec: r.firstSeenSec + (i % 2) * 1000 });
    messages.transaction(message);
  }
  return { sessions: into.take(), transactions: messages.take() };
}

const COLUMNS = ['network', 'role', 'site'].flatMap((n) => [`client_${n}`, `server_${n}`]);

/** What rows say, and what they must say by the networks of a file. */
async function saidAndRight(location: string, networks: readonly Network[]): Promise<[string[], string[]]> {
  const store = openStore(location, { create: false });
  const right = new NetworkTable(networkTable(networks));
  const said: string[] = [];
  const must: string[] = [];
  try {
    for (const table of ['sessions', 'transactions']) {
      const vlans = table === 'sessions' ? 't.vlan_ids' : 's.vlan_ids';
      const sql =
        `SELECT client, server, ${vlans}, vni, ${COLUMNS}, client_asn FROM ${table} AS t ` +
        (table === 'sessions'
          ? ''
          : 'ANY LEFT JOIN (SELECT session_id, vlan_ids FROM sessions) AS s USING session_id ');
      const answer = await text(await store.query(sql, { format: 'JSONCompactEachRow' }));
      for (const line of answer.trim().split('\n')) {
        const [client, at, ids, vni, ...words] = JSON.parse(line);
        const [c, s] = [client, at].map((one) =>
          right.find(addressOf(one), Uint16Array.from(ids), ids.length, vni),
        );
        const key = `${table} ${client} ${at} ${ids} ${vni}`;
        said.push(`${key}: ${words}`);
        const facts = [
          right.name(c),
          right.name(s),
          right.role(c),
          right.role(s),
          right.site(c),
          right.site(s),
        ];
        must.push(`${key}: ${[...facts, 64_496]}`);
      }
    }
  } finally {
    await store.close();
  }
  expect(said.length).toBe(600);
  return [said.sort(), must.sort()];
}

describe.each(['embedded', 'server'])('networks of a store (%s)', (kind) => {
  const location = () => (kind === 'embedded' ? join(directory, 'data') : `${server.url}/lake`);

  it('are loaded, shown and cleared', async () => {
    expect(await mirrorlake('load', 'plain.csv', '--store', location())).toMatchObject({
      status: 0,
      stdout: '',
      stderr: `3 networks of plain.csv loaded into ${location()}\n`,
    });
    expect((await mirrorlake('show', '--store', location())).stdout).toBe(
      '10.0.0.0/8\tten\tBonn\tstaff\t\t\t\n10.1.0.0/16\tbackup\tKöln\tservers\t\t\t\n' +
        '2001:db8::/32\tsix\t\t\t\t\t\n',
    );
    expect((await mirrorlake('show', '10.1.2.3', '::1', '--store', location())).stdout).toBe(
      '10.1.2.3\t10.1.0.0/16\tbackup\tKöln\tservers\t\t\t\n::1\t-\t-\t-\t-\t-\t-\t-\n',
    );
    const wrong = await mirrorlake('load', 'wrong.csv', '--store', location());
    expect({ status: wrong.status, line: wrong.stderr }).toEqual({
      status: 2,
      line: expect.stringMatching(/^mirrorlake: wrong\.csv:2: .*\n$/),
    });
    expect((await mirrorlake('show', '10.1.2.3', '--store', location())).stdout).toContain('backup');
    await mirrorlake('load', 'keyed.csv', '--store', location());
    const keyed = ['show', '10.1.2.3', '--vlan', '42', '--vni', '7', '--store', location()];
    expect((await mirrorlake(...keyed)).stdout).toContain('\tof both\t');
    expect((await mirrorlake('clear', '--store', location())).status).toBe(0);
    const none = await mirrorlake('show', '--store', location());
    expect(none).toMatchObject({ status: 0, stdout: '' });
    expect(none.stderr).toContain('there are no networks');
  });

  it('are applied to rows of earlier days, and once only', async () => {
    const store = openStore(location(), { create: true });
    await store.migrate();
    const bytes = segments();
    await store.insert('sessions', bytes.sessions, 'sessions', 300);
    await store.insert('transactions', bytes.transactions, 'transactions', 300);
    await store.close();
    const apply = (...words: string[]) => mirrorlake('apply', '--store', location(), ...words);
    for (const file of ['plain.csv', 'keyed.csv']) {
      const networks = readNetworks(join(directory, file)).networks;
      await mirrorlake('load', file, '--store', location());
      const first = await apply('--since', '2023-11-01');
      expect(first.stderr).toMatch(/: sessions: rows of \d+ addresses written anew\n/);
      expect(first.stderr).toMatch(/: transactions: rows of \d+ addresses written anew\n/);
      expect(first.status).toBe(0);
      const [said, right] = await saidAndRight(location(), networks);
      expect(said).toEqual(right);
      expect((await apply('--since', '2023-11-01')).stderr).toBe(
        'rows say what is known already: nothing was written anew\n',
      );
    }
    // A day of three.
    const some = await apply('--since', '2023-11-15', '--until', '2023-11-15', '--networks', 'plain.csv');
    expect(some.stderr.match(/^\S+(?=: \w+: rows)/gm)).toEqual(['2023-11-15', '2023-11-15']);
    expect((await apply('--since', '2023-11-01', '--networks', 'plain.csv')).stderr).not.toContain(
      '2023-11-15',
    );
    const [said, right] = await saidAndRight(location(), readNetworks(join(directory, 'plain.csv')).networks);
    expect(said).toEqual(right);
    const checked = openStore(location(), { create: false });
    expect(
      await text(
        await checked.query("SELECT countIf(policy = 'a > b'), uniqExact(session_id) FROM sessions"),
      ),
    ).toBe('300\t300\n');
    expect(
      await text(await checked.query("SELECT name FROM system.tables WHERE name LIKE 'networks\\_%'")),
    ).toBe('');
    await checked.close();
  });

  it('are not applied by two at once, and an interrupted run is taken up', async () => {
    const one = openStore(location(), { create: false });
    await one.migrate();
    const end = await one.facts.begin(kind === 'embedded');
    if (kind === 'server') {
      const other = await mirrorlake('apply', '--store', location(), '--since', '2023-11-01');
      expect({ status: other.status, stderr: other.stderr }).toEqual({
        status: 1,
        stderr: expect.stringContaining('networks are being applied to this store by somebody else'),
      });
    }
    // Killed while its rewrite waits for answers: merges are stopped.
    const day = '2023-11-16';
    const change = {
      table: 'sessions',
      day,
      vnis: false,
      vlans: false,
      owners: false,
      part: 0,
      parts: 1,
    } as const;
    const rewrite = await one.facts.open(change);
    rewrite.add(['10.1.2.3', -1, '', 'interrupted', '', '', 0, '', '']);
    const gone = new AbortController();
    gone.abort();
    await expect(rewrite.run(() => {}, gone.signal)).rejects.toThrow('interrupted');
    await end();
    await one.close();
    const again = await mirrorlake('apply', '--store', location(), '--since', '2023-11-01');
    expect(again.status).toBe(0);
    const [said, right] = await saidAndRight(location(), readNetworks(join(directory, 'keyed.csv')).networks);
    expect(said).toEqual(right);
  });
});

it('apply says what it was given wrongly', async () => {
  const wrong = await mirrorlake('apply', '--since', 'yesterday', '--store', join(directory, 'data'));
  expect(wrong.status).toBe(2);
  expect(wrong.stderr).toContain('give a time before now, as in 30d, or a day, as in 2026-11-01');
});
