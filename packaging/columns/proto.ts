/** schemas/mirrorlake/v1: one message per table. */
import { enumName, type Kind, type Table, type Words } from '../../src/model/columns/column.js';
import { MADE, wrapped } from './text.js';

/** Kinds whose fields tell 0 from nothing. */
const OPTIONAL: readonly Kind[] = ['nullable', 'later'];

export function protoFile(table: Table): string {
  const enums = new Map<string, Words>();
  for (const { type } of table.columns) if (type.words !== undefined) enums.set(type.words.name, type.words);
  const fields = [...table.columns].sort((a, b) => a.field - b.field);
  return [
    ...wrapped(
      `A row of the table \`${table.name}\`: ${table.row} A segment is these messages, each preceded by ` +
        `its length, and is the body of an insert with FORMAT Protobuf. ${MADE}`,
      '// ',
    ),
    'syntax = "proto3";',
    '',
    'package mirrorlake.v1;',
    '',
    `message ${table.message} {`,
    ...[...enums.values()].flatMap(({ name, words }) => [
      `  enum ${name} {`,
      ...words.map((word, i) => `    ${enumName(word)} = ${i};`),
      '  }',
      '',
    ]),
    ...fields.flatMap(({ name, field, type, doc }) => [
      ...wrapped(doc, '  // '),
      `  ${OPTIONAL.includes(type.kind) ? 'optional ' : ''}${type.proto} ${name} = ${field};`,
    ]),
    '}',
    '',
  ].join('\n');
}
