/** What follows from the declared columns is checked in as it is made: `npm run columns`. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { placeParts } from '../../packaging/columns/frames.js';
import { columnsPage } from '../../packaging/columns/page.js';
import { place, slotLayout } from '../../packaging/columns/slots.js';
import { madeFromColumns } from '../../packaging/make-columns.js';
import { TABLES } from '../../src/model/columns/tables.js';
import { COMPUTED_COLUMNS, type SlotField } from '../../src/sessions/slot-fields.js';

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

describe('a slot', () => {
  it('has every column of a session that is not computed when its row ends, and no others', () => {
    const own = TABLES.sessions.columns.filter(({ from }) => from === undefined).map(({ name }) => name);
    const held = new Set(slotLayout().flatMap(({ field }) => field.columns));
    expect([...held, ...COMPUTED_COLUMNS].sort()).toEqual(own.sort());
  });

  it('has fields of one name each', () => {
    const names = slotLayout().flatMap(({ field }) => field.name ?? []);
    expect(new Set(names).size).toBe(names.length);
  });

  it('is refused with a field across the boundary of its size, and with bytes left over', () => {
    const field = (kind: SlotField['kind']): SlotField => ({
      name: 'X',
      kind,
      count: 1,
      columns: [],
      doc: undefined,
    });
    expect(() => place([field('u8'), field('u32')], 0, 8)).toThrow('X would be at byte 1');
    expect(() => place([field('u32')], 0, 8)).toThrow('end at byte 4, not at 8');
  });
});

it('a word of a frame is refused with other than 32 bits, and with a part twice', () => {
  const half = { value: 'f.a', kind: 'unsigned', bits: 16 } as const;
  expect(() => placeParts([[half]])).toThrow('the word of f.a has 16 bits');
  expect(() => placeParts([[half, half]])).toThrow('f.a stands twice');
});
