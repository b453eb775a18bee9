import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { AddressNames } from '../../src/console/address-names.js';
import { slowFor } from '../../src/console/slow-for.js';

describe('a file of names', () => {
  it('is read again when it changes, and keeps its names while it is wrong', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'names-')), 'names');
    expect(() => new AddressNames(file)).toThrow(`console.address_names: ${file} cannot be read`);
    writeFileSync(file, '10.0.0.1 one\n');
    const names = new AddressNames(file);
    expect(names.find('10.0.0.1')).toBe('one');
    writeFileSync(file, '10.0.0.1 another\n');
    names.refresh();
    expect(names.find('10.0.0.1')).toBe('another');
    writeFileSync(file, 'wrong\n');
    names.refresh();
    expect(names.find('10.0.0.1')).toBe('another');
  });
});

describe('slow for', () => {
  const network = (prefix: string, us: number, conversations = 10) => ({ prefix, us, conversations });

  it('is a network that waits three times as long as the others', () => {
    const found = slowFor([network('a', 60_000), network('b', 400), network('c', 500)])!;
    expect(found.slow.map((n) => n.prefix)).toEqual(['a']);
    expect(found.othersUs).toBe(400);
  });

  it.each([
    ['all alike', [network('a', 60_000), network('b', 50_000)]],
    ['too few conversations', [network('a', 60_000, 2), network('b', 400)]],
    ['nothing that anybody notices', [network('a', 3000), network('b', 400)]],
    ['one network', [network('a', 60_000)]],
  ])('is none of %s', (_, networks) => {
    expect(slowFor(networks)).toBeUndefined();
  });
});
