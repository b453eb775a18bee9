/**
 * npm run bench:store: from finished sessions to stored rows, compared with the engine alone on the same
 * segments.
 *
 *   --sessions N   sessions stored in each way (400000)
 *   --runs N       runs of each way, alternating (3)
 *   --rows N       sessions in the table for the tutorial's queries; 0 leaves them out (20000000)
 *   --cookbook F   another edition of docs/how-to/cookbook.md: how its first ten questions compare
 *   --check        exit 1 if a goal is missed
 *   --against DIR, --within P   compares with another checkout, see against.ts; each checkout runs its
 *   own bench/store.ts
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { cookbookQuestions } from '../src/console/cookbook.js';
import { MirrorPoint, MirrorType } from '../src/model/mirror-point.js';
import { SessionRecord } from '../src/model/session-record.js';
import { openStore } from '../src/store/open.js';
import { SessionSegment } from '../src/store/segment/segments.js';
import { Delivery } from '../src/store/spool/delivery.js';
import { Spool } from '../src/store/spool/spool.js';
import type { Store } from '../src/store/store.js';
import { setU32 } from '../src/wire/bytes.js';
import { ClickHouseServer } from '../test/support/clickhouse-server.js';
import { AGAINST_OPTIONS, against, type Checkout, type Costs } from './against.js';
import { insertGenerated, insertGeneratedMirrors } from './generated-sessions.js';
import { measure, median } from './measure.js';

const { values } = parseArgs({
  options: {
    sessions: { type: 'string', default: '400000' },
    runs: { type: 'string', default: '3' },
    rows: { type: 'string', default: '20000000' },
    cookbook: { type: 'string' },
    check: { type: 'boolean', default: false },
    ...AGAINST_OPTIONS,
  },
});
const SESSIONS = Number(values.sessions);
/** As in the collector: the packet path hands over a segment at this size. */
const HANDED_OVER = 1 << 20;
/** As in the spool: a segment is complete at this size. */
const SEGMENT = 8 << 20;
/**
 * Packets per session in the traffic of `npm run bench`, and the packet path's budget per packet, in
 * microseconds.
 */
const PACKETS_A_SESSION = 28;
const PACKET_BUDGET_US = 0.5;

const missed: string[] = [];
const print = (line = ''): void => void process.stdout.write(`${line}\n`);
function goal(met: boolean, words: string): void {
  print(`  ${met ? 'met   ' : 'MISSED'} ${words}`);
  if (!met) missed.push(words);
}

/** A record that looks like the next session of a busy site. */
const record = new SessionRecord();
function session(n: number): SessionRecord {
  const r = record;
  const x = Math.imul(n + 1, 0x9e3779b1) >>> 0;
  setU32(r.sessionId, 4, x);
  setU32(r.sessionId, 12, n);
  r.firstSeenSec = 1_770_000_000 + Math.floor(n / 500);
  r.firstSeenNsec = x % 1_000_000_000;
  r.lastSeenSec = r.firstSeenSec + (x % 20);
  r.lastSeenNsec = (x * 7) % 1_000_000_000;
  r.clientIp[14] = x >>> 24;
  r.clientIp[15] = x >>> 16;
  r.serverIp[15] = x >>> 8;
  r.clientMac[5] = r.clientIp[15];
  r.clientPort = 32_768 + (x % 28_000);
  r.serverPort = [443, 80, 53, 22, 445][x % 5];
  r.clientPackets = 2 + (x % 30);
  r.serverPackets = 2 + (x % 41);
  r.clientBytes = 200 + (x % 9001);
  r.serverBytes = 300 + (x % 90_001);
  r.handshakeUs = x % 20_000;
  return r;
}
const mapped = (...ip: number[]) => new Uint8Array([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, ...ip]);
record.point = new MirrorPoint(0, MirrorType.Erspan2, mapped(10, 0, 0, 1), mapped(10, 0, 0, 2), 100, null);
record.ipVersion = 4;
record.etherType = 0x0800;
record.protocol = 6;
record.transport = 'tcp';
record.tcpState = 'SF';
record.appProtocol = 'tls';
record.hasMac = true;
record.clientIp.set(mapped(10, 1, 0, 0));
record.serverIp.set(mapped(10, 2, 0, 0));
record.clientMac.set([2, 0, 0, 0, 1, 0]);
record.serverMac.set([2, 0, 0, 0, 2, 0]);
record.clientTtl = record.serverTtl = 64;
record.clientTcpFlags = record.serverTcpFlags = 27;

/** Encodes every session, and passes on a segment whenever it reaches the size. */
function encode(size: number, piece: (bytes: Uint8Array, rows: number) => void): void {
  const segment = new SessionSegment('collector-1');
  for (let n = 0; n < SESSIONS; n++) {
    segment.session(session(n));
    if (segment.length < size) continue;
    const rows = segment.count;
    piece(segment.take(), rows);
  }
  const rows = segment.count;
  if (rows > 0) piece(segment.take(), rows);
}

const directory = mkdtempSync(join(tmpdir(), 'mirrorlake-bench-store-'));
process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
let tokens = 0;

/** The minimum: the engine inserts the segments from files. @returns seconds */
async function floor(store: Store): Promise<number> {
  const files: { file: string; rows: number }[] = [];
  encode(SEGMENT, (bytes, rows) => {
    const file = join(directory, `${files.length}.pb`);
    writeFileSync(file, bytes);
    files.push({ file, rows });
  });
  const start = performance.now();
  for (const { file, rows } of files) await store.insert('sessions', { file }, `floor-${tokens++}`, rows);
  return (performance.now() - start) / 1000;
}

/** Encodes, spools with fsync, and delivers. @returns seconds */
async function whole(store: Store): Promise<number> {
  const spool = new Spool(join(directory, `spool-${tokens++}`), { limit: 2 ** 40 });
  const delivery = new Delivery(store, spool, { log: () => {} });
  await delivery.start();
  const pieces: [Uint8Array, number][] = [];
  const start = performance.now();
  encode(HANDED_OVER, (bytes, rows) => pieces.push([bytes, rows]));
  for (const [bytes, rows] of pieces) {
    spool.append('sessions', bytes, rows);
    // Like messages from the packet path: after each, the rest of the event loop has its turn.
    await new Promise((done) => setImmediate(done));
  }
  await delivery.drain(600_000);
  const seconds = (performance.now() - start) / 1000;
  if (delivery.storedRows !== SESSIONS) throw new Error(`${delivery.storedRows} of ${SESSIONS} were stored`);
  await spool.close();
  return seconds;
}

async function compare(name: string, store: Store): Promise<void> {
  await store.migrate();
  const floors: number[] = [];
  const wholes: number[] = [];
  await floor(store);
  for (let run = 0; run < Number(values.runs); run++) {
    floors.push(await floor(store));
    wholes.push(await whole(store));
  }
  const us = (seconds: number) => ((seconds * 1e6) / SESSIONS).toFixed(2);
  const ratio = median(wholes) / median(floors);
  print(`${name}: ${SESSIONS.toLocaleString('en')} sessions`);
  print(
    `  the engine, from files           ${median(floors).toFixed(2)} s   ${us(median(floors))} µs a session`,
  );
  print(
    `  encode, spool with fsync, insert ${median(wholes).toFixed(2)} s   ${us(median(wholes))} µs a session`,
  );
  goal(ratio <= 1.5, `at most 1.5 times the engine: ${ratio.toFixed(2)}`);
}

/** CPU microseconds per session that this process spends in `what`. */
function cpu(what: () => void): number {
  const before = process.cpuUsage();
  what();
  const used = process.cpuUsage(before);
  return (used.user + used.system) / SESSIONS;
}

async function parts(): Promise<void> {
  encode(HANDED_OVER, () => {});
  const encoding = cpu(() => encode(HANDED_OVER, () => {}));
  const pieces: [Uint8Array, number][] = [];
  encode(HANDED_OVER, (bytes, rows) => pieces.push([bytes, rows]));
  const spool = new Spool(join(directory, 'parts'), { limit: 2 ** 40 });
  const before = process.cpuUsage();
  for (const [bytes, rows] of pieces) {
    spool.append('sessions', bytes, rows);
    await new Promise((done) => setImmediate(done));
  }
  await spool.flush();
  const used = process.cpuUsage(before);
  const spooling = (used.user + used.system) / SESSIONS;
  await spool.close();
  const packets = PACKETS_A_SESSION * PACKET_BUDGET_US;
  print('parts');
  print(`  encoding ${encoding.toFixed(3)} µs a session`);
  goal(encoding <= 3, 'at most 3 µs');
  print(`  spooling ${spooling.toFixed(3)} µs of CPU a session, system included`);
  goal(
    spooling <= packets / 10,
    `at most 10 % of the packet path's ${packets} µs (${PACKETS_A_SESSION} packets a session)`,
  );
}

/** The tutorial's queries and the most frequent ones, over a day of an invented site. */
const QUESTIONS: [string, string][] = [
  [
    'one address',
    'SELECT count(), sum(client_bytes + server_bytes) FROM sessions WHERE client_ip = ' +
      "toIPv6('10.3.0.3') OR server_ip = toIPv6('10.3.0.3')",
  ],
  [
    'one Community ID',
    'SELECT count() FROM sessions WHERE community_id = (SELECT community_id FROM sessions ' +
      'WHERE server_port = 443 LIMIT 1)',
  ],
  [
    'tutorial: which connections fail',
    'SELECT client, server, tcp_state, count() AS attempts FROM sessions WHERE tcp_state IN ' +
      "('REJ', 'S0') GROUP BY ALL ORDER BY attempts DESC LIMIT 3",
  ],
  [
    'tutorial: what one host does',
    'SELECT app_protocol, count() AS conversations, formatReadableSize(sum(server_bytes)) AS answered FROM ' +
      "sessions WHERE client = '10.3.0.3' GROUP BY app_protocol ORDER BY conversations DESC LIMIT 4",
  ],
  [
    'the same, by client_ip',
    'SELECT app_protocol, count() AS conversations, formatReadableSize(sum(server_bytes)) AS ' +
      "answered FROM sessions WHERE client_ip = toIPv6('10.3.0.3') GROUP BY app_protocol ORDER " +
      'BY conversations DESC LIMIT 4',
  ],
  [
    'tutorial: what the mirrors lost',
    'SELECT mirror_session AS session, sum(packets) AS packets, sum(lost) AS lost FROM ' +
      'mirrors GROUP BY session ORDER BY session',
  ],
  [
    'tutorial: slow services',
    'SELECT server, server_port AS port, app_protocol, count() AS connections, round(median(handshake_us) ' +
      '/ 1000, 1) AS median_ms, bar(median_ms, 0, 500, 20) AS wait FROM sessions WHERE handshake_us > 0 ' +
      'AND mirror_session = 10 GROUP BY ALL ORDER BY median_ms DESC LIMIT 5',
  ],
  [
    'top talkers by mirror session',
    'SELECT mirror_session, client, sum(client_bytes + server_bytes) AS bytes FROM sessions ' +
      'GROUP BY ALL ORDER BY bytes DESC LIMIT 3 BY mirror_session',
  ],
  [
    'the same, from a roll-up',
    'SELECT mirror_session, client_ip, sum(client_bytes) + sum(server_bytes) AS bytes FROM ' +
      'clients_by_hour GROUP BY ALL ORDER BY bytes DESC LIMIT 3 BY mirror_session',
  ],
  [
    'chart by outcome, from a roll-up',
    'SELECT toStartOfInterval(minute, INTERVAL 6 MINUTE) AS time, tcp_state, sum(sessions) FROM ' +
      'traffic_by_minute GROUP BY ALL',
  ],
  [
    'top hosts, from a roll-up',
    'SELECT host, sum(bytes_sent) + sum(bytes_received) AS bytes FROM hosts_by_hour GROUP BY host ' +
      'ORDER BY bytes DESC LIMIT 10',
  ],
  [
    'slow services, from a roll-up',
    'SELECT server_ip, server_port, quantilesTimingArray(0.5, 0.95)(response_buckets) AS buckets FROM ' +
      'services_by_hour GROUP BY ALL ORDER BY buckets[2] DESC LIMIT 10',
  ],
  [
    'bytes an hour by port',
    'SELECT toStartOfHour(first_seen) AS hour, server_port, sum(server_bytes) FROM sessions GROUP BY ALL',
  ],
  [
    'slowest servers in ten minutes',
    "SELECT server, quantile(0.9)(handshake_us) AS p90 FROM sessions WHERE first_seen BETWEEN '2026-03-02 " +
      "10:00:00' AND '2026-03-02 10:10:00' AND handshake_us > 0 GROUP BY server ORDER BY p90 DESC LIMIT 10",
  ],
];

async function questions(server: ClickHouseServer, rows: number): Promise<void> {
  const store = openStore(`${server.url}/questions`, { create: true });
  await store.migrate();
  const step = 500_000;
  for (let n = 0; n < rows; n += step)
    await server.sql(insertGenerated('questions.sessions', n, Math.min(rows, n + step), rows));
  await server.sql(insertGeneratedMirrors('questions.mirrors'));
  await server.sql('OPTIMIZE TABLE questions.sessions FINAL');
  const size = JSON.parse(
    await text(
      await store.query(
        'SELECT sum(bytes_on_disk) / sum(rows) AS bytes FROM system.parts WHERE active AND ' +
          "database = 'questions' AND table = 'sessions'",
        { format: 'JSONEachRow' },
      ),
    ),
  );
  print(`queries over ${rows.toLocaleString('en')} sessions`);
  goal(size.bytes < 60, `under 60 bytes a session on disk: ${Number(size.bytes).toFixed(1)}`);
  for (const [name, sql] of QUESTIONS) {
    await text(await store.query(sql));
    const start = performance.now();
    const answer = JSON.parse(await text(await store.query(sql, { format: 'JSONCompact' })));
    const seconds = (performance.now() - start) / 1000;
    const read = Number(answer.statistics.rows_read);
    print(
      `  ${name.padEnd(32)} ${read.toLocaleString('en').padStart(12)} rows read  ${seconds.toFixed(3)} s`,
    );
    if (name === 'one address')
      goal(
        read < rows * 0.02,
        `an address reads under 2 % of the rows: ${((read / rows) * 100).toFixed(2)} %`,
      );
  }
  await firstTen(store);
  await store.close();
}

/** The cookbook's first ten questions, the least of five runs each; of two editions, in turn. */
async function firstTen(store: Store): Promise<void> {
  const own = fileURLToPath(new URL('../docs/how-to/cookbook.md', import.meta.url));
  const editions = [own, ...(values.cookbook === undefined ? [] : [values.cookbook])].map((file) =>
    cookbookQuestions(readFileSync(file, 'utf8')).slice(0, 10),
  );
  print("the cookbook's first ten, s");
  for (const [i, { question }] of editions[0].entries()) {
    const least = editions.map(() => Number.POSITIVE_INFINITY);
    for (let run = 0; run < 5; run++) {
      for (const [e, edition] of editions.entries()) {
        const start = performance.now();
        await text(await store.query(edition[i].sql));
        least[e] = Math.min(least[e], (performance.now() - start) / 1000);
      }
    }
    const [time, other] = least;
    const ratio = other === undefined ? '' : `  ${(time / other).toFixed(2)} of ${other.toFixed(3)}`;
    print(`  ${question.padEnd(52)} ${time.toFixed(3)}${ratio}`);
  }
}

/**
 * The cost of storing in a checkout, from its own bench/store.ts. Encoding and spooling are modules of that
 * checkout, and may have other names there.
 */
function costsOf({ root }: Checkout): Costs {
  const [out, err] = [join(directory, 'stdout'), join(directory, 'stderr')];
  const words = ['--sessions', values.sessions, '--runs', '1', '--rows', '0'];
  const script = join(root, 'bench/store.ts');
  const { cpu } = measure(
    [process.execPath, '--import', import.meta.resolve('tsx'), script, ...words],
    out,
    err,
  );
  const costs: Record<string, number> = { 'all, and the engines, s of CPU': cpu };
  let part = '';
  for (const line of readFileSync(out, 'utf8').split('\n')) {
    const cost = /^ {2}(encod|spool)(.*?) +(?:[\d.]+ s +)?([\d.]+) µs/.exec(line);
    if (cost !== null) costs[`${part}${cost[1]}${cost[2]}, µs a session`] = Number(cost[3]);
    else if (/^\S/.test(line)) part = `${line.split(':')[0]}: `;
  }
  return costs;
}

await against(values, Number(values.runs), costsOf);
if (loadavg()[0] > 1) process.stderr.write('this machine is busy: the numbers will be worse than its own\n');
const server = await ClickHouseServer.start();
try {
  await parts();
  const remote = openStore(`${server.url}/bench`, { create: true });
  await compare('server, over HTTP', remote);
  await remote.close();
  const embedded = openStore(join(directory, 'data'), { create: true });
  await compare('embedded chDB', embedded);
  await embedded.close();
  if (Number(values.rows) > 0) await questions(server, Number(values.rows));
} finally {
  await server.stop();
}
if (values.check && missed.length > 0) process.exit(1);
