/** What is known of a conversation's two ends: columns of `sessions`, and of `transactions`. */
import { type Column, type ColumnType, LAST, UINT32, WORD } from './column.js';

const WHAT: readonly (readonly [name: string, type: ColumnType, doc: string])[] = [
  ['network', WORD, 'Name of the network (`networks`) that the END is in; empty where it is in none.'],
  ['role', WORD, "The END's role, from the same network; empty where that has none."],
  ['site', WORD, "The END's site, likewise. `site` is the mirror point's."],
  [
    'asn',
    UINT32,
    "Number of the autonomous system that announces the END's address, from the files of `owners`; 0 where " +
      'they do not say.',
  ],
  ['as_org', WORD, 'The organisation of that autonomous system, likewise.'],
  ['country', WORD, "Country of the END's address, two letters (ISO 3166), likewise."],
];

/** The names, client before server. */
export const END_COLUMNS: readonly string[] = WHAT.flatMap(([name]) => [`client_${name}`, `server_${name}`]);

/**
 * @param field number of the first in the message
 * @param table the table that says more, where this one does not
 */
export function endColumns(field: number, table?: string): Column[] {
  return WHAT.flatMap(([name, type, doc], i) =>
    (['client', 'server'] as const).map((end, j) => ({
      name: `${end}_${name}`,
      field: field + i * 2 + j,
      type,
      zeros: 'ends',
      whole: LAST,
      doc: table === undefined ? doc.replaceAll('END', end) : `As in \`${table}\`.`,
    })),
  );
}
