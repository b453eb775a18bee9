/** What follows from the declared columns is checked in as it is made: `npm run columns`. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { columnsPage } from '../../packaging/columns/page.js';
import { madeFromColumns } from '../../packaging/make-columns.js';
import { TABLES } from '../../src/model/columns/tables.js';

const ROOT = join(import.meta.dirname, '../..');

describe('what is made from the columns', () => {
  it.each([...madeFromColumns()])('%s is as it was made', (path, text) => {
    expect(readFileSync(join(ROOT, path), 'utf8')).toBe(text);
  });
});

describe.each(Object.values(TABLES))('the columns of $name', ({ columns, derived }) => {
  it('have a number and a name each', () => {
    const fields = columns.map(({ field }) => field);
    expect(new Set(fields).size).toBe(fields.length);
    // Protobuf's range, without the numbers it keeps for itself.
    expect(fields.every((n) => n >= 1 && n < 2048)).toBe(true);
    const names = [...columns, ...derived].map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });
});

it('a page without a table is refused', () => {
  const { sessions } = TABLES;
  expect(() => columnsPage('# Columns\n', [sessions], {})).toThrow('no heading for sessions');
  expect(() => columnsPage('## sessions\n\ntext\n', [sessions], {})).toThrow('no table for sessions');
});
