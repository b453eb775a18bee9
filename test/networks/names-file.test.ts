import { truncateSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { LARGEST_NAMES, parseNames, readNames } from '../../src/networks/names-file.js';
import { fileOf, removeFiles } from './support.js';

afterEach(removeFiles);

describe('a file of names', () => {
  it('is like /etc/hosts: the first name counts', () => {
    const text = '127.0.0.1\tlocalhost\n\n# x\nfe80::1%eth0 router # ours\r\n10.0.0.1 a b\n10.0.0.1 c\n';
    expect([...readNames(fileOf(`\ufeff${text}`, 'hosts'))]).toEqual([
      ['127.0.0.1', 'localhost'],
      ['fe80::1', 'router'],
      ['10.0.0.1', 'a'],
    ]);
  });

  it('has 16 MiB at most', () => {
    const file = fileOf('', 'hosts');
    truncateSync(file, LARGEST_NAMES + 1);
    expect(() => readNames(file)).toThrow(`${file}: is larger than 16 MiB: is it the right file?`);
  });

  it.each([
    '10.0.0.1',
    '10.0.0.0/8 net',
    'name 10.0.0.1',
    `10.0.0.1 ${'x'.repeat(254)}`,
    '10.0.0.1 a\u001bb',
  ])('%j is wrong in one line that names it', (line) => {
    expect(() => parseNames(`::1 ok\n${line}\n`, '/etc/names')).toThrow(
      '/etc/names:2: not an address and a name: write 10.0.0.1 core-switch',
    );
  });
});
