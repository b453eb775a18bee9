/** src/store/ndjson/lines.ts: writers of rows as NDJSON. */
import type { Column, Table } from '../../src/model/columns/column.js';
import { collectorsConstructor, expressionOf, namesOf } from './segments.js';
import { MADE } from './text.js';

/** The columns that name a mirror point, which are printed once per point. */
const IDENTITY = ['point.type', 'point.source', 'point.target', 'point.session'];
/** NDJSON's values of columns that ClickHouse computes: a function of the record, and its module. */
const COMPUTED: Readonly<Record<string, { call: string; module: string }>> = {
  community_id: { call: 'communityIdOf', module: './community-id.js' },
};
/** The longest escaped character: \u0000. */
const ESCAPED = 6;
/** More bytes than any value except a string, including its key's quotes, colon and comma. */
const LONGEST_VALUE = 64;

function isIdentity({ from }: Column): boolean {
  return from !== undefined && IDENTITY.includes(from);
}

function written(column: Column, key: string): string {
  const { type, given } = column;
  const value = expressionOf(column);
  const call = {
    uint: `uint(${key}, ${value})`,
    fixed32: `uint(${key}, ${value})`,
    minute: `minute(${key}, ${value})`,
    enum: `word(${key}, ${type.words?.names}[${value}])`,
    nullable: `optionalUint(${key}, ${value})`,
    uints: `uints(${key}, ${value}, ${value}Count)`,
    ip: `ip(${key}, ${value})`,
    mac: `mac(${key}, ${value})`,
    uuid: `uuid(${key}, ${value})`,
    time: `time(${key}, ${value}Sec, ${value}Nsec)`,
    word: `word(${key}, ${value})`,
    bytes: `base64(${key}, ${value}, ${value}Start, ${value}End)`,
  }[type.kind];
  return given === undefined
    ? `this.${call};`
    : `if (r.${given}) this.${call};\n    else this.word(${key}, '');`;
}

/** Columns beside each other that are mostly 0 together. */
function zeroRuns(table: Table): Column[][] {
  const runs: Column[][] = [];
  for (const [i, column] of table.columns.entries()) {
    if (column.zeros === undefined) continue;
    if (column.type.kind !== 'uint') throw new Error(`${column.name} is no number`);
    if (i > 0 && table.columns[i - 1].zeros === column.zeros) runs.at(-1)?.push(column);
    else runs.push([column]);
  }
  return runs;
}

/** The constant with the text of a run of zeros. */
function zerosOf(table: Table, [first]: readonly Column[]): string {
  return `${table.message.toUpperCase()}_NO_${first.zeros?.toUpperCase()}`;
}

function linesClass(table: Table): string {
  const { method, record } = namesOf(table);
  const keys: string[] = [];
  const calls: string[] = [];
  const zeros = zeroRuns(table);
  let most = 0;
  for (const column of table.columns) {
    const { name, from } = column;
    const run = zeros.find((columns) => columns[0] === column);
    if (run !== undefined)
      calls.push(
        `if (${run.map(expressionOf).join(' + ')} === 0) {`,
        `  this.text(${zerosOf(table, run)});`,
        '} else {',
      );
    const within = zeros.find((columns) => columns.includes(column));
    most += name.length + LONGEST_VALUE;
    if (isIdentity(column)) {
      if (from === IDENTITY[0]) calls.push('this.point(r.point);');
    } else {
      keys.push(name);
      const call = written(column, `${table.message.toUpperCase()}.${name}`);
      calls.push(within === undefined ? call : `  ${call}`);
    }
    if (within?.at(-1) === column) calls.push('}');
    const computed = table.derived.find(({ printedAfter }) => printedAfter === name);
    if (computed === undefined) continue;
    most += computed.name.length + LONGEST_VALUE;
    keys.push(computed.name);
    calls.push(
      `this.plain(${table.message.toUpperCase()}.${computed.name}, ${COMPUTED[computed.name].call}(r));`,
    );
  }
  const strings = table.columns
    .filter(({ type }) => type.kind === 'word')
    .map((column) => `${expressionOf(column)}.length`);
  const bytes = table.columns
    .filter(({ type }) => type.kind === 'bytes')
    .map((column) => ` + 2 * (${expressionOf(column)}End - ${expressionOf(column)}Start)`);
  const characters = strings.length === 0 ? '' : ` + ${ESCAPED} * (${strings.join(' + ')})`;
  const implemented = table.name === 'packets' ? '' : ` implements ${table.message}Sink`;
  return [
    `const ${table.message.toUpperCase()} = jsonKeys(${keys.map((key) => `'${key}'`).join(', ')});`,
    ...zeros.map(
      (run) => `const ${zerosOf(table, run)} = jsonZeros(${run.map(({ name }) => `'${name}'`).join(', ')});`,
    ),
    '',
    `/** Rows of \`${table.name}\` as lines. */`,
    `export class ${table.message}Lines extends PointLines${implemented} {`,
    ...collectorsConstructor(table),
    `  ${method}(r: ${record}): void {`,
    `    this.begin(${most}${characters}${bytes.join('')});`,
    ...calls.map((call) => `    ${call}`),
    '    this.end();',
    '  }',
    '}',
  ].join('\n');
}

export function linesFile(tables: readonly Table[]): string {
  const words = new Map<string, Set<string>>();
  for (const column of tables.flatMap(({ columns }) => columns)) {
    if (column.type.words === undefined || isIdentity(column)) continue;
    const { module, names } = column.type.words;
    words.set(module, (words.get(module) ?? new Set()).add(names));
  }
  const computed = tables
    .flatMap(({ derived }) => derived)
    .filter(({ printedAfter }) => printedAfter !== undefined)
    .map(({ name }) => COMPUTED[name]);
  return [
    `/** Rows as NDJSON: docs/reference/ndjson.md. ${MADE} */`,
    ...[...words].map(
      ([module, names]) => `import { ${[...names].join(', ')} } from '../../model/${module}.js';`,
    ),
    ...tables.map((table) => {
      const { record, module } = namesOf(table);
      const names = table.name === 'packets' ? record : `${record}, ${table.message}Sink`;
      return `import type { ${names} } from '../../model/${module}.js';`;
    }),
    ...computed.map(({ call, module }) => `import { ${call} } from '${module}';`),
    "import { jsonKeys, jsonZeros } from './json-lines.js';",
    "import { PointLines } from './point-lines.js';",
    '',
    tables.map(linesClass).join('\n\n'),
    '',
  ].join('\n');
}
