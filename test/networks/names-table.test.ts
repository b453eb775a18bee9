import { describe, expect, it } from 'vitest';
import { NamesTable, namesTable } from '../../src/networks/names-table.js';
import { parseAddress } from '../../src/wire/ip/addresses.js';

const address = (text: string) => {
  const to = new Uint8Array(16);
  expect(parseAddress(text, to, 0)).not.toBe(0);
  return to;
};

describe('a table of names', () => {
  it('finds the names of addresses, and none of others', () => {
    const names = new Map([
      ['10.0.0.1', 'core-switch'],
      ['2001:db8::1', 'müller.example'],
      ['nowhere', 'no address'],
      ['10.0.0.9', ''],
    ]);
    const table = new NamesTable(namesTable(names));
    expect(table.size).toBe(2);
    expect(table.find(address('10.0.0.1'))).toBe('core-switch');
    expect(table.find(address('::ffff:10.0.0.1'))).toBe('core-switch');
    expect(table.find(address('2001:db8::1'))).toBe('müller.example');
    expect(table.find(address('2001:db8::1'))).toBe('müller.example');
    expect(table.find(address('10.0.0.9'))).toBe('');
    expect(table.find(address('10.0.0.2'))).toBe('');
  });

  it('may be empty', () => {
    expect(new NamesTable(namesTable(new Map())).find(address('10.0.0.1'))).toBe('');
  });

  it('has the first name of an address that is written in two ways', () => {
    const names = new Map([
      ['10.0.0.1', 'a'],
      ['::ffff:10.0.0.1', 'b'],
    ]);
    const table = new NamesTable(namesTable(names));
    expect([table.size, table.find(address('10.0.0.1'))]).toEqual([1, 'a']);
  });

  it('holds many, and is read alike by every thread that has its memory', () => {
    const names = new Map<string, string>();
    for (let i = 0; i < 2000; i++) names.set(`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`, `host-${i}`);
    const memory = namesTable(names);
    const [one, other] = [new NamesTable(memory), new NamesTable(memory)];
    for (const [text, name] of names) {
      expect(one.find(address(text))).toBe(name);
      expect(other.find(address(text))).toBe(name);
    }
    expect(one.find(address('11.0.0.1'))).toBe('');
  });
});
