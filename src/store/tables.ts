/** How ClickHouse reads a segment: the types of its fields, and what becomes of them in their columns. */
import { readFileSync } from 'node:fs';
import { TABLES, type TableName } from '../model/columns/tables.js';

const schemas = new URL('../../schemas/mirrorlake/v1/', import.meta.url);

/** The file that defines the messages of a table's segments. */
export function schemaOf(table: TableName): URL {
  return new URL(`${TABLES[table].message.toLowerCase()}.proto`, schemas);
}

/** The columns that a segment fills, in order. */
export function columnNames(table: TableName): string[] {
  return TABLES[table].columns.map((c) => c.name);
}

/** The statement that inserts a segment, read by `source`, into `target`: see {@link structure}. */
export function insertStatement(table: TableName, target: string, source: string): string {
  const { columns } = TABLES[table];
  const values = columns.map(({ name, type }) => type.value?.(name) ?? name).join(', ');
  return `INSERT INTO ${target} (${columns.map((c) => c.name).join(', ')}) SELECT ${values} FROM ${source}`;
}

/** The types of a segment's fields, quoted for `input()` and `file()`. */
export function structure(table: TableName): string {
  return quote(TABLES[table].columns.map((c) => `${c.name} ${c.type.read}`).join(', '));
}

/** Settings with which ClickHouse reads a segment of `table`, as `name=value, …`. */
export function formatSettings(table: TableName): string {
  const { message } = TABLES[table];
  const text = readFileSync(schemaOf(table), 'utf8').replace(/ *\/\/.*\n/g, '\n');
  return [
    "format_schema_source='string'",
    `format_schema=${quote(text.replace(/\s+/g, ' '))}`,
    `format_schema_message_name='${message}'`,
  ].join(', ');
}

/** A text as an SQL string. */
export function quote(text: string): string {
  return `'${text.replace(/\\/g, '\\\\').replace(/'/g, "\\'")}'`;
}
