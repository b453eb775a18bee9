import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Ran, runLine, runLines } from '../support/command-lines.js';

const FIXTURES = join(import.meta.dirname, '../fixtures');
const BOTH = join(FIXTURES, 'group-both.pcap');
const [A, B] = ['10.255.0.1', '10.255.0.3'];
const CONFIG = join(mkdtempSync(join(tmpdir(), 'mirrorlake-groups-')), 'm.yaml');
writeFileSync(
  CONFIG,
  `mirrors:
  - { name: leaf-b, source: ${B} }
  - { name: late, source: ${A}, session: 9 }
  - { name: leaf-a }
`,
);

type Row = Readonly<Record<string, unknown>>;

async function rowsOf(...words: string[]): Promise<Row[]> {
  const { status, stdout, stderr } = await runLine(['read', BOTH, '--ndjson', ...words]);
  expect({ status, stderr }).toMatchObject({ status: 0 });
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Row);
}

describe('wrong groups fail with status 2 and one line', () => {
  const cases: [string[], RegExp][] = [
    [['--group', 'pair'], /'--group <members>' argument 'pair'.*give NAME=A,B/],
    [['--group', '=10.0.0.1,10.0.0.2'], /give NAME=A,B/],
    [['--group', 'pair='], /give NAME=A,B/],
    [['--group', `pair=${A}`], /a group has two members or more/],
    [['--group', `pair=${A},`], /give NAME=A,B/],
    [['--group', `pair=${A},${A}`], /10\.255\.0\.1 is in it twice/],
    [
      ['--group', `pair=${A}/4294967296,${B}`],
      /"4294967296" is not the session of a mirror: write 10\.255\.0\.1\/SESSION, from 0 to 4294967295/,
    ],
    [['--group', `pair=${A}/x,${B}`], /"x" is not the session of a mirror/],
    [['--group', `a=${A},${B}`, '--group', `a=${A}/1,${B}/1`], /there is a group a already/],
    [['--group', `a=${A},${B}`, '--group', `b=${A},10.0.0.1`], /a member of it is in the group a already/],
    [
      ['--group', `pair=leaf-a,${B}`],
      /"leaf-a" is neither an address nor the name of a capture; --config FILE gives mirrors/,
    ],
    [
      ['--group', `pair=leaf-c,${B}`, '--config', CONFIG],
      /"leaf-c" is neither an address nor the name of a capture or of a mirror in .*m\.yaml/,
    ],
    [['--group', `pair=${A},${B}`, '--config', '/nonexistent/m.yaml'], /there is no such file/],
    [['--config', '/nonexistent/m.yaml'], /there is no such file/],
    [['--group', `pair=${A},${B}`, '--group-window', '0'], /a time from 1ms to 10s, as in 50ms/],
  ];
  let told: Ran[];
  beforeAll(async () => {
    told = await runLines(cases.map(([words]) => ['read', BOTH, '--ndjson', ...words]));
  });

  it.each(cases.map(([words, message], i) => [words, message, i] as const))('%j', (_, message, i) => {
    const { status, stdout, stderr } = told[i]!;
    expect(stderr).toMatch(message);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(status).toBe(2);
    expect(stdout).toBe('');
  });
});

it('members are addresses, sessions, or mirrors by their names: the first that matches counts', async () => {
  const group = { mirror_name: 'pair', tcp_state: 'SF', client_packets: 7, server_packets: 7 };
  const byNames = await rowsOf('--group', 'pair=leaf-a,leaf-b', '--config', CONFIG);
  expect(byNames).toHaveLength(10);
  for (const row of byNames) expect(row).toMatchObject({ ...group, seen_by: ['leaf-a', 'leaf-b'] });
  const mixed = await rowsOf('--group', `pair=${A}/1,leaf-b`, '--config', CONFIG);
  expect(mixed).toHaveLength(10);
  for (const row of mixed) expect(row).toMatchObject({ ...group, seen_by: [`${A}/1`, 'leaf-b'] });
  // Another session of the same switch.
  expect(await rowsOf('--group', `pair=${A}/9,${B}`)).toHaveLength(20);
});

it('nothing separates a group, unless that is asked for', async () => {
  // One switch sees the frames in a VLAN.
  expect(await rowsOf('--group', `pair=${A},${B}`)).toHaveLength(10);
  const apart = await rowsOf('--group', `pair=${A},${B}`, '--separate-by', 'vlan');
  expect(apart.map(({ seen_by }) => seen_by)).toEqual(new Array(10).fill([A]));
});

it('copies that come after the window count', async () => {
  const rows = await rowsOf('--group', `pair=${A},${B}`, '--group-window', '1ms');
  expect(rows).toHaveLength(10);
  for (const row of rows) expect(row).toMatchObject({ client_packets: 14, server_packets: 14 });
});

it('the summary says how many copies there were', async () => {
  const { stderr } = await runLine(['read', BOTH, '--ndjson', '--group', `pair=${A},${B}`]);
  expect(stderr).toContain('copies in groups, counted once: 140\n');
});
