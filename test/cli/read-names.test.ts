/** `read --names --names-file`: which names of addresses are kept, and those of a file. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LARGEST_NAMES } from '../../src/networks/names-file.js';
import { runLine } from '../support/command-lines.js';
import { udpFrame } from '../support/mirror-traffic.js';
import { captureOf } from '../support/pcap.js';

const SMB = 'test/applications/smb/golden.pcap';

let directory: string;
const at = (name: string): string => join(directory, name);
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'mirrorlake-names-'));
  writeFileSync(at('hosts'), '# ours\n10.1.0.1 desk-7 desk\n2001:db8::1 six\n10.9.9.9 nowhere\n');
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

interface Name {
  readonly address: string;
  readonly name: string;
  readonly source: string;
  readonly count: number;
}

async function namesOf(capture: string, ...words: string[]): Promise<string[]> {
  const read = await runLine(['read', capture, '--ndjson', 'names', '--quiet', ...words]);
  expect({ status: read.status, stderr: read.stderr }).toEqual({ status: 0, stderr: '' });
  const rows = read.stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Name);
  return rows.map(({ address, name, source, count }) => `${address} ${name} ${source} ${count}`).sort();
}

it('all are kept, or none, or those of some sources', async () => {
  const all = ['10.1.0.1 pc ntlm 1', '10.1.0.2 srv smb 1'];
  expect(await namesOf(SMB)).toEqual(all);
  expect(await namesOf(SMB, '--names', 'all')).toEqual(all);
  expect(await namesOf(SMB, '--names', 'off')).toEqual([]);
  expect(await namesOf(SMB, '--names', 'ntlm')).toEqual(['10.1.0.1 pc ntlm 1']);
  expect(await namesOf(SMB, '--names', 'dns, smb')).toEqual(['10.1.0.2 srv smb 1']);
});

it('a file names the addresses that were seen', async () => {
  const file = ['--names-file', at('hosts')];
  const [client, server] = ['10.1.0.1 pc ntlm 1', '10.1.0.2 srv smb 1'];
  expect(await namesOf(SMB, ...file)).toEqual(['10.1.0.1 desk-7 file 2', client, server]);
  expect(await namesOf(SMB, ...file, '--names', 'file')).toEqual(['10.1.0.1 desk-7 file 2']);
});

it('several threads count as one does', async () => {
  const capture = at('many.pcap');
  const frames = Array.from({ length: 200 }, (_, i) => udpFrame('10.1.0.1', `10.2.0.${i}`, 40_000 + i));
  writeFileSync(capture, captureOf(frames));
  const counts = async (...words: string[]): Promise<number> => {
    const lines = await namesOf(capture, '--names-file', at('hosts'), ...words);
    expect(lines.every((line) => line.startsWith('10.1.0.1 desk-7 file '))).toBe(true);
    return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
  };
  expect(await counts()).toBe(200);
  expect(await counts('--workers', '3')).toBe(200);
});

describe('a mistake is one line, with exit status 2', () => {
  it.each<[name: string, words: () => string[], said: string]>([
    [
      'a source that there is not',
      () => ['--names', 'dns,nonsense'],
      'give all, off, or some of file, dhcp,',
    ],
    ['no source', () => ['--names', ''], 'give all, off, or some of '],
    ['a file that is not there', () => ['--names-file', at('none')], 'none: '],
    ['a file for nothing', () => ['--names', 'dns', '--names-file', at('hosts')], '--names leaves out '],
    [
      'a wrong line',
      () => {
        writeFileSync(at('wrong'), '10.1.0.1 pc\nnonsense\n');
        return ['--names-file', at('wrong')];
      },
      'wrong:2: not an address and a name: write 10.0.0.1 core-switch',
    ],
    [
      'a large file',
      () => {
        writeFileSync(at('large'), new Uint8Array(LARGEST_NAMES + 1));
        return ['--names-file', at('large')];
      },
      'large: is larger than 16 MiB',
    ],
  ])('%s', async (_, words, said) => {
    const { stdout, stderr, status } = await runLine(['read', SMB, '--ndjson', ...words()]);
    expect(stderr).toContain(said);
    expect(stderr).toMatch(/^mirrorlake: [^\n]+\n$/);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  });
});
