/**
 * The names that `mirrorlake read` finds in the captures of applications: golden.ndjson beside this file.
 * With UPDATE_GOLDEN=1 it is written anew; read it in the diff before a commit.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runLine } from '../support/command-lines.js';

const CAPTURES = [
  ...['dns', 'mdns', 'llmnr', 'dhcp', 'kerberos', 'smb', 'http', 'http2', 'tls', 'quic', 'ldap', 'tds'],
];
const FILE = join(import.meta.dirname, 'golden.ndjson');
const capture = (name: string) => join(import.meta.dirname, '..', 'applications', name, 'golden.pcap');

it('captures of applications give the expected names', async () => {
  let all = '';
  for (const name of CAPTURES) {
    const { stdout } = await runLine(['read', capture(name), '--ndjson', 'names', '--quiet']);
    all += stdout;
  }
  if (process.env.UPDATE_GOLDEN === '1') writeFileSync(FILE, all);
  expect(all).toBe(readFileSync(FILE, 'utf8'));
});

it('names are among other kinds of lines, and are left out where names are not kept', async () => {
  const read = ['read', capture('smb'), '--quiet', '--ndjson'];
  const tables = async (...words: string[]) => {
    const { stdout } = await runLine([...read, ...words]);
    return stdout
      .trim()
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => (JSON.parse(line) as { table?: string }).table);
  };
  expect(new Set(await tables('sessions,names'))).toEqual(new Set(['sessions', 'names']));
  expect(await tables('names', '--applications', 'users,paths')).toEqual([]);
  expect(await tables('names', '--applications', 'off')).toEqual([]);
  expect(await tables('names', '--applications', 'names')).toHaveLength(2);
});
