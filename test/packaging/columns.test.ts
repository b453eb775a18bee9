/** The files checked in are those that `npm run columns` generates from the declared columns. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { placeParts } from '../../packaging/columns/frames.js';
import { columnsPage } from '../../packaging/columns/page.js';
import { applicationLayout, place, slotLayout, tcpLayout } from '../../packaging/columns/slots.js';
import { madeFromColumns } from '../../packaging/make-columns.js';
import { TABLES } from '../../src/model/columns/tables.js';
import { COMPUTED_COLUMNS, type SlotField } from '../../src/sessions/slot-fields.js';

const ROOT = join(import.meta.dirname, '../..');

describe('a file generated from the columns', () => {
  it.each([...madeFromColumns()])('%s is up to date', (path, text) => {
    expect(readFileSync(join(ROOT, path), 'utf8')).toBe(text);
  });
});

describe.each(Object.values(TABLES))('the columns of $name', ({ columns, derived }) => {
  it('have unique numbers and names', () => {
    const fields = columns.map(({ field }) => field);
    expect(new Set(fields).size).toBe(fields.length);
    // Protobuf's range, below the numbers that it reserves.
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
  it('has exactly the columns of a session that are not computed when its row ends', () => {
    const own = TABLES.sessions.columns.filter(({ from }) => from === undefined).map(({ name }) => name);
    const held = new Set(
      [...slotLayout(), ...tcpLayout(), ...applicationLayout()].flatMap(({ field }) => field.columns),
    );
    expect([...held, ...COMPUTED_COLUMNS].sort()).toEqual(own.sort());
  });

  it('has no two fields of the same name', () => {
    const names = [...slotLayout(), ...tcpLayout(), ...applicationLayout()].flatMap(
      ({ field }) => field.name ?? [],
    );
    expect(new Set(names).size).toBe(names.length);
  });

  it('is refused if a field is not aligned to its size, or if bytes are left over', () => {
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

it('a word of a frame is refused if it does not have 32 bits, or has a part twice', () => {
  const half = { value: 'f.a', kind: 'unsigned', bits: 16 } as const;
  expect(() => placeParts([[half]])).toThrow('the word of f.a has 16 bits');
  expect(() => placeParts([[half, half]])).toThrow('f.a stands twice');
});
