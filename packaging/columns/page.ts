/** The tables of docs/reference/columns.md; the text between them stays. */
import type { Table } from '../../src/model/columns/column.js';
import type { ViewColumn } from '../../src/model/columns/views.js';

function columnsOf(table: Table): ViewColumn[] {
  return [
    ...table.columns.map(({ name, type, doc }) => ({ name, type: type.clickhouse, doc })),
    ...table.derived.map(({ name, derived, doc }) => ({ name, type: derived, doc: `*alias* ${doc}` })),
  ];
}

/** An enum's words are in its meaning. */
function typeText(type: string): string {
  return type.startsWith('Enum8(') ? 'Enum8' : type;
}

/**
 * The page with new tables, each below a heading `## name`.
 *
 * @throws if the page lacks a table or its heading
 */
export function columnsPage(
  page: string,
  tables: readonly Table[],
  views: Readonly<Record<string, readonly ViewColumn[]>>,
): string {
  const all = new Map([...tables.map((t) => [t.name, columnsOf(t)] as const), ...Object.entries(views)]);
  const parts = page.split(/^(?=## )/m);
  const made = parts.map((part) => {
    const name = /^## (\w+)$/m.exec(part)?.[1];
    const columns = name === undefined ? undefined : all.get(name);
    if (name === undefined || columns === undefined) return part;
    all.delete(name);
    const rows = columns.map((c) => `| ${c.name} | ${typeText(c.type)} | ${c.doc} |\n`);
    const table = `| Column | Type | Meaning |\n| --- | --- | --- |\n${rows.join('')}`;
    if (!/^\| Column/m.test(part)) throw new Error(`the page has no table for ${name}`);
    return part.replace(/^\| Column(?:.*\n\|)*.*\n/m, () => table);
  });
  if (all.size > 0) throw new Error(`the page has no heading for ${[...all.keys()].join(', ')}`);
  return made.join('');
}
