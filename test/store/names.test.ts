/** The table `names`, its view, and who shows names: `query --names` and `export`. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Ask, withNames } from '../../src/cli/query/with-names.js';
import { NameRecord } from '../../src/model/name-record.js';
import { NAME_SOURCES, NameSource, type NameSourceWord } from '../../src/model/name-source.js';
import { QUESTION_DEFAULTS } from '../../src/model/question-limits.js';
import { openStore } from '../../src/store/open.js';
import { NameSegment } from '../../src/store/segment/segments.js';
import type { Store } from '../../src/store/store.js';
import { parseAddress } from '../../src/wire/ip/addresses.js';
import { ClickHouseServer } from '../support/clickhouse-server.js';
import { runLine } from '../support/command-lines.js';

const directory = mkdtempSync(join(tmpdir(), 'mirrorlake-names-'));
const data = join(directory, 'data');
const capture = (name: string) => join('test/applications', name, 'golden.pcap');
const DAY = 86_400;
const FIRST_DAY = 20_000;

afterAll(async () => {
  await store.close();
  rmSync(directory, { recursive: true, force: true });
});

async function mirrorlake(...words: string[]): Promise<string> {
  const { status, stdout, stderr } = await runLine(words);
  expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
  return stdout;
}

let store: Store;
const LIMITS = QUESTION_DEFAULTS;
const query = async (sql: string, format = 'TabSeparated', params: Record<string, string> = {}) =>
  text(await store.query(sql, { format, params, limits: LIMITS }));
/** As `query --names` asks. */
const named = async (sql: string, params: Record<string, string> = {}) => {
  const ask: Ask = async (part, format, take) =>
    take(await store.query(part, { format, params, limits: LIMITS }));
  return query(await withNames(sql, '', ask), 'TabSeparated', params);
};

type Seen = readonly [
  day: number,
  address: string,
  name: string,
  source: NameSourceWord,
  count: number,
  vni?: number,
];

/** As a worker hands them on. */
function segment(seen: readonly Seen[]): Uint8Array {
  const rows = new NameSegment();
  const r = new NameRecord();
  seen.forEach(([day, address, name, source, count, vni], i) => {
    r.day = FIRST_DAY + day;
    parseAddress(address, r.address, 0);
    r.vni = vni ?? null;
    r.name = name;
    r.source = (NAME_SOURCES.indexOf(source) + NameSource.File) as NameSource;
    r.firstSeenSec = r.day * DAY + i;
    r.lastSeenSec = r.day * DAY + 3600 + i;
    r.count = count;
    rows.name(r);
  });
  return rows.take();
}

const SEEN: Seen[] = [
  // What others call it most often; what it says of itself goes before that, for 30 days.
  [0, '192.0.2.1', 'rare.example', 'dns', 3],
  [0, '192.0.2.1', 'often.example', 'dns', 9],
  [1, '192.0.2.1', 'www.example', 'http', 1],
  [2, '192.0.2.1', 'pc7', 'dhcp', 1],
  [9, '192.0.2.1', 'often.example', 'dns', 50],
  [40, '192.0.2.1', 'often.example', 'dns', 1],
  // A lease that goes from one to the other: the later one, however often the first was.
  [0, '10.0.0.20', 'old-laptop', 'dhcp', 100],
  [0, '10.0.0.20', 'new-laptop', 'dhcp', 1],
  [5, '10.0.0.20', 'newest-laptop', 'dhcp', 1],
  // Overlapping networks.
  [0, '10.0.0.30', 'tenant-a', 'smb', 1, 5001],
  [0, '10.0.0.30', 'tenant-b', 'smb', 1, 5002],
];

beforeAll(async () => {
  store = openStore(data, { create: true });
  await store.migrate();
  await store.insert('names', segment(SEEN), 'a', SEEN.length);
  // Another worker's, of the same day; and the first again, which is stored once.
  await store.insert('names', segment(SEEN.slice(0, 3)), 'b', 3);
  await store.insert('names', segment(SEEN), 'a', SEEN.length);
});

const VIEW = `SELECT toInt32(day) - ${FIRST_DAY} AS d, name, source, toInt32(named) - ${FIRST_DAY} AS n,
  count, names FROM address_names WHERE host = `;
const view = async (host: string) =>
  (await query(`${VIEW}'${host}' ORDER BY vni, d`))
    .trim()
    .split('\n')
    .map((line) => line.split('\t').join(' '));

test('the view has the best name of each day, and says why', async () => {
  expect(await view('192.0.2.1')).toEqual([
    '0 often.example dns 0 24 2',
    '1 www.example http 1 2 1',
    '2 pc7 dhcp 2 1 1',
    '9 pc7 dhcp 2 50 1',
    '40 often.example dns 40 1 1',
  ]);
  expect(await view('10.0.0.20')).toEqual(['0 new-laptop dhcp 0 101 2', '5 newest-laptop dhcp 5 1 1']);
  expect(await view('10.0.0.30')).toEqual(['0 tenant-a smb 0 1 1', '0 tenant-b smb 0 1 1']);
});

test('what several workers counted adds up, before parts are merged and after', async () => {
  const counted = `SELECT sum(count), min(first_seen), max(last_seen) FROM names WHERE name = 'often.example'
    AND toInt32(day) = ${FIRST_DAY}`;
  const before = await query(counted);
  expect(before).toMatch(/^18\t/);
  const [rows, viewed] = [await query('SELECT count() FROM names'), await view('192.0.2.1')];
  await text(await store.change('OPTIMIZE TABLE names FINAL', { format: 'TabSeparated', params: {} }));
  expect(await query(counted)).toBe(before);
  expect(Number(await query('SELECT count() FROM names'))).toBe(Number(rows) - 3);
  expect(await view('192.0.2.1')).toEqual(viewed);
});

test('a time finds the name of its day, or of the last one before it', async () => {
  const asof = `SELECT at.host, n.name FROM
    (SELECT c1 AS host, toIPv6(c1) AS address, toDate(${FIRST_DAY} + c2) AS day
      FROM VALUES('c1 String, c2 UInt16', ('10.0.0.20', 4), ('10.0.0.20', 300), ('192.0.2.1', 1))) AS at
    ASOF LEFT JOIN address_names AS n ON n.address = at.address AND n.day <= at.day ORDER BY at.host, at.day`;
  expect(await query(asof)).toBe('10.0.0.20\tnew-laptop\n10.0.0.20\tnewest-laptop\n192.0.2.1\twww.example\n');
});

test('query --names puts the best names beside addresses, in the order of the rows', async () => {
  const sql = `SELECT toIPv6('192.0.2.1') AS client_ip, '10.0.0.20' AS server, number AS n, 'x' AS client,
    toIPv4('10.0.0.30') AS a, 'www.example.com' AS host FROM numbers(3) ORDER BY number DESC -- as it is`;
  const names = { client_ip: 'often.example', server: 'newest-laptop', a: 'tenant-a | tenant-b' };
  expect(await named(sql)).toBe(
    [2, 1, 0]
      .map(
        (n) =>
          `::ffff:192.0.2.1\t${names.client_ip}\t10.0.0.20\t${names.server}\t${n}\tx\t\t` +
          `10.0.0.30\t${names.a}\twww.example.com\t\n`,
      )
      .join(''),
  );
});

test('query --names knows the network, other names, NULL, parameters, and no addresses', async () => {
  expect(await named("SELECT '10.0.0.30' AS host, toNullable(toUInt32(5002)) AS vni")).toBe(
    '10.0.0.30\ttenant-b\t5002\n',
  );
  expect(await named("SELECT '10.0.0.30' AS host, NULL AS vni")).toBe('10.0.0.30\t\t\\N\n');
  expect(await named('SELECT CAST(NULL AS Nullable(IPv6)) AS a')).toBe('\\N\t\n');
  expect(await named("SELECT {h:String} AS host, 'taken' AS host_name", { h: '10.0.0.20' })).toBe(
    '10.0.0.20\tnewest-laptop\ttaken\n',
  );
  expect(await named("SELECT toIPv6('10.0.0.20') AS `a``b`;")).toBe('::ffff:10.0.0.20\tnewest-laptop\n');
  expect(await named('SELECT 7;')).toBe('7\n');
  expect(await named("SELECT toIPv6('10.0.0.20') WHERE 0")).toBe('');
});

test('query --names says what it is not for', async () => {
  const message = /^query: --names is for a SELECT, without FORMAT and SETTINGS \(use --format\): /;
  await expect(named('SELECT 1 FORMAT JSON')).rejects.toThrow(message);
  await expect(named('SHOW TABLES')).rejects.toThrow(message);
  await expect(named('SELECT nonsense FROM sessions')).rejects.toThrow('UNKNOWN_IDENTIFIER');
  const { status, stderr } = await runLine(['query', 'SELECT 1', '--write', '--names', '--store', data]);
  expect(`${status} ${stderr}`).toMatch(/^2 mirrorlake: query: --names is for statements that only read/);
});

test('read stores names, once; an export has them, unless it is told not to', async () => {
  const other = join(directory, 'other');
  const read = () =>
    mirrorlake('read', capture('smb'), '--store', other, '--packets', 'all', '--quiet', '--once');
  await read();
  const names = 'SELECT host, name, source, count FROM names ORDER BY host, name';
  const stored = await mirrorlake('query', names, '--store', other);
  expect(stored).toBe('10.1.0.1\tpc\tntlm\t1\n10.1.0.2\tsrv\tsmb\t1\n');
  await read();
  const beside = 'SELECT client, server FROM sessions LIMIT 1';
  const lines = [await mirrorlake('query', names, '--store', other)];
  lines.push(await mirrorlake('query', beside, '--names', '--store', other));
  expect(lines).toEqual([stored, '10.1.0.1\tpc\t10.1.0.2\tsrv\n']);
  const exported = async (...words: string[]) => {
    const file = join(directory, 'x.pcapng');
    await mirrorlake('export', '--store', other, '--where', '1 -- all', '--output', file, ...words);
    return file;
  };
  const file = await exported();
  // A block of names with 10.1.0.1, `pc`, and a 0.
  expect(readFileSync(file, 'latin1')).toContain('\x01\0\x07\0\x0a\x01\0\x01pc\0');
  const dissected = () =>
    execFileSync('tshark', ['-N', 'n', '-r', file, '-c', '1'], { stdio: 'pipe' }).toString();
  const canDissect = existsSync('/usr/bin/tshark') || process.env.CI === 'true';
  if (canDissect) expect(dissected()).toMatch(/\bpc\b.*\bsrv\b/);
  await exported('--no-names');
  expect(readFileSync(file, 'latin1')).not.toContain('\x01\0\x07\0\x0a\x01\0\x01pc\0');
  if (canDissect) expect(dissected()).toMatch(/10\.1\.0\.1.*10\.1\.0\.2/);
});

test('a server has them too; of names that are not kept, those stored before are shown', async () => {
  const server = await ClickHouseServer.start();
  try {
    const lake = `${server.url}/lake`;
    const read = (...words: string[]) =>
      mirrorlake('read', capture('smb'), '--store', lake, '--quiet', ...words);
    const beside = () =>
      mirrorlake(
        ...['query', 'SELECT client_ip, server FROM sessions GROUP BY ALL', '--names', '--store', lake],
      );
    await read('--names', 'off');
    expect(await mirrorlake('query', 'SELECT count() FROM names', '--store', lake)).toBe('0\n');
    expect(await beside()).toBe('::ffff:10.1.0.1\t\t10.1.0.2\t\n');
    await read('--names', 'smb');
    expect(await beside()).toBe('::ffff:10.1.0.1\t\t10.1.0.2\tsrv\n');
    await read('--names', 'off');
    expect(await beside()).toBe('::ffff:10.1.0.1\t\t10.1.0.2\tsrv\n');
    expect(await mirrorlake('query', 'SELECT sum(count) FROM names', '--store', lake)).toBe('1\n');
  } finally {
    await server.stop();
  }
}, 300_000);
