import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Ran, runLine, runLines } from '../support/command-lines.js';
import { ethernet } from '../support/frames.js';

const MAIN = 'dist/cli/main.js';
const CAPTURE = 'test/fixtures/erspan2.pcap';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'mirrorlake-read-'));
});
afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

/** Runs the program. @returns its exit status, the lines on stdout, and its messages */
function run(...words: string[]): { status: number | null; lines: string[]; said: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...words], { encoding: 'utf8' });
  return { status, lines: stdout.split('\n').filter((line) => line !== ''), said: stderr };
}

describe('wrong usage fails with status 2 and one line that names the mistake', () => {
  const cases: [string[], RegExp][] = [
    [['read'], /name a capture to read/],
    [['read', '--bogus', CAPTURE], /unknown option '--bogus'/],
    [['bogus'], /unknown command 'bogus'/],
    [['read', CAPTURE, '--max-sessions', 'many'], /'--max-sessions <n>' argument 'many'/],
    [['read', CAPTURE, '--deduplicate', 'yes'], /a time up to 10s, as in 1ms/],
    [['read', CAPTURE, '--overlay', 'vxlan'], /'--overlay <port>' argument 'vxlan'.*as in vxlan:4799/],
    [['read', CAPTURE, '--separate-by', 'vni,tenant'], /give vni, vlan, teid or none, as in vni,vlan/],
    [['read', CAPTURE, '--max-sessions', '1e12'], /a whole number from 1 to 16000000/],
    [['read', CAPTURE, '--ndjson', 'mirrors', '--store', 'x'], /leave out --store, or --ndjson/],
    [['read', CAPTURE, '--ndjson', 'mirrors', '--once'], /--once is about storing/],
    [['read', CAPTURE, '--ndjson', 'mirrors', '--packets', 'all'], /--packets is about storing/],
    [['read', CAPTURE, '--packets', 'some'], /'--packets <which>' argument 'some'.*first N bytes/],
    [['read', '-', '--once'], /--once needs a file/],
    [['read', '-', '-', '--ndjson', 'mirrors'], /stdin \(-\) can be read once only/],
    [['read', CAPTURE, '--ndjson', 'tunnels'], /needs at least one --tunnel/],
    [['read', CAPTURE, '--ndjson', 'tunnels', '--tunnel', 't mode carrier-pigeon'], /mode carrier-pigeon/],
    [['read', CAPTURE, '--workers', '0', '--ndjson'], /'--workers <n>' argument '0'.*from 1 to 64/],
    [['read', CAPTURE, '--workers', '2', '--once'], /--once needs one worker.*leave out --workers/],
    [['read', CAPTURE, '--store', 'ftp://nowhere'], /a store cannot be at ftp:\/\//],
    [
      ['read', CAPTURE, '--input', 'vlan'],
      /'--input <name\[:port\]>' argument 'vlan'.*"vlan" is no input: write gre, or/,
    ],
    [['read', CAPTURE, '--input', 'vxlan:0'], /argument 'vxlan:0'.*a UDP port is a number from 1 to 65535/],
    [['read', CAPTURE, '--input', 'gre-udp:4755'], /4755 is GRE in DTLS/],
    [['read', CAPTURE, '--input', 'vxlan', '--input', 'geneve:4789'], /port 4789 is both vxlan and geneve/],
  ];
  let told: Ran[];
  beforeAll(async () => {
    told = await runLines(cases.map(([words]) => words));
  });

  it.each(cases.map(([words, message], i) => [words, message, i] as const))('%j', (_, message, i) => {
    const { status, stdout, stderr } = told[i];
    expect(stderr).toMatch(message);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(status).toBe(2);
    expect(stdout).toBe('');
  });

  it.each([0, 1, 18])('in a process of its own: case %i', (i) => {
    const { status, lines, said } = run(...cases[i][0]);
    expect({ status, stdout: lines.join(), stderr: said }).toEqual(told[i]);
  });
});

describe('a command whose output cannot be written', () => {
  const commands: [string[]][] = [
    [['read', CAPTURE, '--ndjson', '--quiet']],
    [['read', CAPTURE, '--ndjson', '--workers', '3', '--quiet']],
    [['read', CAPTURE, '--ndjson', 'packets', '--quiet']],
    [['schema', 'print']],
    [['completion', 'bash']],
    [['--help']],
  ];

  it.each(commands)('says in one line that the disk is full, and ends with status 1: %j', (words) => {
    const full = openSync('/dev/full', 'w');
    const { status, stderr } = spawnSync(process.execPath, [MAIN, ...words], {
      encoding: 'utf8',
      stdio: ['ignore', full, 'pipe'],
    });
    closeSync(full);
    expect(stderr).toBe(
      'mirrorlake: stdout: cannot write it: no space is left for it: free some, or write elsewhere\n',
    );
    expect(status).toBe(1);
  });

  it.each(commands)('ends without a failure if its reader has gone: %j', async (words) => {
    const child = spawn(process.execPath, [MAIN, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.destroy();
    const [said, [status]] = await Promise.all([text(child.stderr), once(child, 'close')]);
    expect(said).toBe('');
    expect(status).toBe(0);
  });

  it('does its work even if stderr takes nothing', () => {
    const full = openSync('/dev/full', 'w');
    const { status, stdout } = spawnSync(process.execPath, [MAIN, 'read', CAPTURE, '--ndjson', 'mirrors'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', full],
    });
    closeSync(full);
    expect(stdout).toMatch(/"mirror_type"/);
    expect(status).toBe(0);
  });
});

describe('read ends with status 1', () => {
  it('after it has read the other files if one is missing', () => {
    const { status, lines, said } = run('read', join(directory, 'none'), CAPTURE, '--ndjson', '--quiet');
    expect(said).toBe(
      `mirrorlake: ${join(directory, 'none')}: cannot open it: there is no such file; check the path\n`,
    );
    expect(status).toBe(1);
    expect(lines).toEqual(expect.arrayContaining([expect.stringContaining('"session_id"')]));
  });

  it('after it has read the packets before the one in which the capture is cut', async () => {
    const whole = readFileSync(CAPTURE);
    const file = join(directory, 'cut.pcap');
    writeFileSync(file, whole.subarray(0, whole.length - 10));
    const { status, lines, said } = run('read', file, '--ndjson', 'packets', '--quiet');
    expect(said).toMatch(/cut\.pcap: at byte \d+: the file ends inside a packet/);
    expect(said).not.toMatch(/\n\s+at /);
    expect(status).toBe(1);
    const { stdout } = await runLine(['read', CAPTURE, '--ndjson', 'packets', '--quiet']);
    expect(lines).toHaveLength(stdout.trimEnd().split('\n').length - 1);
  });

  it('if the server cannot be reached', async () => {
    const words = ['read', CAPTURE, '--quiet', '--store', 'http://127.0.0.1:9/x'];
    const { status, stderr } = await runLine(words);
    expect(stderr).toMatch(
      /^mirrorlake: http:\/\/127\.0\.0\.1:9\/x cannot be reached: connection refused.*\n$/,
    );
    expect(status).toBe(1);
  });
});

describe('tenants of an overlay that use the same addresses', () => {
  const TENANTS = 'test/fixtures/overlay-tenants.pcap';
  const CASES: [words: string[], expected: string[]][] = [
    [[], ['10.1.0.1 11 tcp', '10.1.0.1 11 tcp', '172.16.0.1 6 udp', '172.16.0.2 5 udp']],
    [
      ['--separate-by', 'none'],
      ['10.1.0.1 22 tcp', '172.16.0.1 6 udp', '172.16.0.2 5 udp'],
    ],
    [
      ['--separate-by', 'teid'],
      ['10.1.0.1 22 tcp', '172.16.0.1 6 udp', '172.16.0.2 5 udp'],
    ],
    [
      ['--overlay', 'vxlan:4799'],
      ['10.1.0.1 11 tcp', '10.1.0.1 11 tcp', '10.1.0.1 11 tcp'],
    ],
    [['--overlay', 'vxlan:4799', '--separate-by', 'none'], ['10.1.0.1 33 tcp']],
    [
      ['--overlay', 'none:4789'],
      ['172.16.0.1 12 udp', '172.16.0.1 6 udp', '172.16.0.2 10 udp', '172.16.0.2 5 udp'],
    ],
  ];
  let told: Ran[];
  beforeAll(async () => {
    told = await runLines(CASES.map(([words]) => ['read', TENANTS, '--ndjson', '--quiet', ...words]));
  });

  it.each(CASES.map(([words, expected], i) => [words, expected, i] as const))(
    'are told apart by the network id, unless options say otherwise: %j',
    (_, expected, i) => {
      const rows = told[i].stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line))
        .map((row) => `${row.client_ip} ${row.client_packets + row.server_packets} ${row.transport}`);
      expect(rows.sort()).toEqual(expected);
    },
  );
});

it('--deduplicate counts a frame once that a mirror copied twice', async () => {
  const whole = readFileSync(CAPTURE);
  const twice = [whole.subarray(0, 24)];
  for (let o = 24; o < whole.length; ) {
    const end = o + 16 + whole.readUInt32LE(o + 8);
    twice.push(whole.subarray(o, end), whole.subarray(o, end));
    o = end;
  }
  const file = join(directory, 'twice.pcap');
  writeFileSync(file, Buffer.concat(twice));
  const told = await runLines([
    ['read', CAPTURE, '--ndjson'],
    ['read', file, '--ndjson'],
    ['read', file, '--ndjson', '--deduplicate', '1ms'],
  ]);
  const [once, plain, deduplicated] = told.map(({ stdout }) =>
    stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
      .filter((row) => row.ether_type === 2048)
      .map((row) => [row.client, row.client_port, row.client_packets, row.server_packets, row.duplicates]),
  );
  expect(once.length).toBeGreaterThan(0);
  const doubled = once.map(([client, port, sent, answered]) => [client, port, 2 * sent, 2 * answered, 0]);
  expect(plain).toEqual(doubled);
  const counted = once.map(([client, port, sent, answered]) => [
    client,
    port,
    sent,
    answered,
    sent + answered,
  ]);
  expect(deduplicated).toEqual(counted);
  expect(told[2].stderr).toMatch(/\nduplicates, counted once: \d+\n/);
});

it('--ndjson before a file means sessions', async () => {
  const told = await runLine(['read', '--ndjson', CAPTURE, '--quiet']);
  expect(told.status).toBe(0);
  expect(told.stdout.split('\n')[0]).toContain('"session_id"');
});

it('read shows a stack trace with --debug only', () => {
  expect(run('--debug', 'read', join(directory, 'none'), '--ndjson', '--store', 'x').said).toMatch(
    /\n\s+at /,
  );
});

it('read ends without a message when its reader closes the pipe', () => {
  const { stdout, stderr } = spawnSync(
    'bash',
    ['-c', `"${process.execPath}" ${MAIN} read ${CAPTURE} --ndjson packets --quiet | head -1`],
    { encoding: 'utf8' },
  );
  expect(stdout.trimEnd().split('\n')).toHaveLength(1);
  expect(stderr).toBe('');
});

it('read prints what it has read when it is interrupted', async () => {
  const child = spawn(process.execPath, [MAIN, 'read', '-', '--ndjson'], { stdio: ['pipe', 'pipe', 'pipe'] });
  const lines = text(child.stdout);
  const said = text(child.stderr);
  child.stdin.write(readFileSync(CAPTURE));
  // These packets are several times what the reader and the kernel buffer. Once they are all written, the
  // capture before them has been parsed.
  const other = Buffer.from(ethernet(0x88b5, new Uint8Array(60_000)));
  const header = Buffer.alloc(16);
  header.writeUInt32LE(1_748_851_200, 0);
  header.writeUInt32LE(other.length, 8);
  header.writeUInt32LE(other.length, 12);
  const followed = Buffer.concat(Array<Buffer[]>(100).fill([header, other]).flat());
  await new Promise((taken) => child.stdin.write(followed, taken));
  child.kill('SIGINT');
  const [status] = await once(child, 'exit');
  expect(status).toBe(1);
  const { stdout } = await runLine(['read', CAPTURE, '--ndjson', '--quiet']);
  expect((await lines).trimEnd().split('\n')).toHaveLength(stdout.trimEnd().split('\n').length);
  expect(await said).toMatch(/interrupted: what came after was not read/);
});
