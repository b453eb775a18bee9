/**
 * npm run demo: reads the bundled capture (lab/demo-traffic.ts describes it) into an embedded store, and asks
 * what a network engineer would ask first. Then it serves the console until Ctrl-C; with --no-open, in CI, or
 * where nobody sees the link, it only says how.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
const MAIN = join(ROOT, 'dist/cli/main.js');
const STORE = './data';

const QUESTIONS: [question: string, sql: string][] = [
  [
    'Who talks most, in the eyes of each mirror?',
    `SELECT mirror_type AS mirror, client, server,
    if(app_protocol = '', transport, app_protocol) AS app,
    formatReadableSize(sum(client_bytes + server_bytes)) AS volume,
    count() AS n
FROM conversations
GROUP BY mirror, mirror_session, client, server, app
ORDER BY mirror, mirror_session, sum(client_bytes + server_bytes) DESC
LIMIT 3 BY mirror, mirror_session`,
  ],
  [
    'Which services answer slowly? (TCP handshakes, milliseconds)',
    `SELECT server, server_port AS port, count() AS connections,
    round(quantile(0.5)(handshake_us) / 1000, 1) AS median,
    round(max(handshake_us) / 1000, 1) AS slowest
FROM conversations
WHERE handshake_us > 0
GROUP BY server, port
ORDER BY median DESC
LIMIT 5`,
  ],
  [
    'How do TCP connections end? (SF well, REJ refused, S0 unanswered, RST* reset)',
    `SELECT tcp_state AS state, count() AS connections,
    bar(connections, 0, 800, 40) AS share
FROM conversations
WHERE transport = 'tcp'
GROUP BY state
ORDER BY connections DESC`,
  ],
  [
    'Who knocks at many doors and is let into few?',
    `SELECT client, uniqExact(server, server_port) AS doors,
    countIf(tcp_state IN ('REJ', 'S0')) AS shut, min(first_seen) AS since,
    dateDiff('second', since, max(last_seen)) AS seconds
FROM conversations
WHERE transport = 'tcp' AND mirror_session = 1
GROUP BY client
ORDER BY shut DESC
LIMIT 3`,
  ],
  [
    'Who does what a policy does not allow? (lab/demo.yaml)',
    `SELECT policy, client, server, uniqExact(server_port) AS ports,
    countIf(tcp_state NOT IN ('REJ', 'S0')) AS opened
FROM policy_violations
WHERE part = 0 AND copy = 0
GROUP BY policy, client, server
ORDER BY ports DESC
LIMIT 3`,
  ],
  [
    'What did each mirror lose on its way here, and when?',
    `SELECT mirror_type AS mirror, sum(m.packets) AS packets,
    sum(m.lost) AS lost, round(100 * lost / (packets + lost), 2) AS percent,
    arrayStringConcat(groupArray(toString(m.lost)), ' ') AS lost_by_minute
FROM (SELECT * FROM mirrors ORDER BY minute) AS m
GROUP BY mirror, mirror_source
ORDER BY lost DESC`,
  ],
];

function mirrorlake(...args: string[]): void {
  const run = spawnSync(process.execPath, [MAIN, ...args], { stdio: 'inherit' });
  if (run.error) throw run.error;
  if (run.status !== 0) process.exit(run.status ?? 1);
}

/** Prints tables even to a file; on a terminal, the width decides. */
const FORMAT = process.stdout.isTTY === true ? [] : ['--format', 'PrettyCompactMonoBlock'];
const READ = 'read lab/demo.pcapng.gz --config lab/demo.yaml --store ./data --once --packets all';
process.stdout.write(`$ mirrorlake ${READ}\n`);
mirrorlake(...READ.split(' '));
for (const [question, sql] of QUESTIONS) {
  process.stdout.write(`\n${question}\n\n${sql.replaceAll(/^/gm, '    ')}\n\n`);
  mirrorlake('query', sql, '--store', STORE, ...FORMAT);
}
process.stdout.write(`\nAsk on: npx mirrorlake query "SELECT * FROM sessions LIMIT 1 FORMAT Vertical"\n`);
process.stdout.write('Look at it: ');
const seen =
  process.stdout.isTTY === true && process.env.CI !== 'true' && !process.argv.includes('--no-open');
if (seen) mirrorlake('console', '--store', STORE);
else process.stdout.write('npx mirrorlake console, at http://127.0.0.1:9480/\n');
