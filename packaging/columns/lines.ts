/** src/store/ndjson/lines.ts: writers of rows as NDJSON. */
import type { Column, Table } from '../../src/model/columns/column.js';
import { charactersOf, collectorsConstructor, entriesOf, expressionOf, namesOf } from './segments.js';
import { MADE } from './text.js';

/** The columns that name a mirror point, which are printed once per point. */
const IDENTITY = ['point.type', 'point.source', 'point.target', 'point.session'];
/** NDJSON's values of computed columns, by table: a function of the record, and its module. */
const COMPUTED: Readonly<Record<string, { call: string; module: string }>> = {
  'sessions.community_id': { call: 'communityIdOf', module: './community-id.js' },
  'transactions.community_id': { call: 'communityIdOfTransaction', module: './community-id.js' },
};
/** The longest escaped character: \u0000. */
const ESCAPED = 6;
/** More bytes than any value except strings and arrays, including its key's quotes, colon and comma. */
const LONGEST_VALUE = 64;
/** An address with its quotes and comma. */
const LONGEST_ADDRESS = 42;

/** The maximum size of a value in bytes, without the characters of strings. */
function most({ type }: Column): number {
  switch (type.kind) {
    case 'hash':
      return LONGEST_VALUE + 2 * (type.length ?? 0);
    case 'ips':
      return LONGEST_VALUE + LONGEST_ADDRESS * (type.most ?? 0);
    case 'texts':
      return LONGEST_VALUE + '"",'.length * (type.most ?? 0);
    case 'map':
      return LONGEST_VALUE + '"":"",'.length * (type.most ?? 0);
    default:
      return LONGEST_VALUE;
  }
}

function isIdentity({ from }: Column): boolean {
  return from !== undefined && IDENTITY.includes(from);
}

function written(column: Column, key: string): string {
  const { type, given } = column;
  const value = expressionOf(column);
  const { names, values } = entriesOf(column);
  const call = {
    uint: `uint(${key}, ${value})`,
    fixed32: `uint(${key}, ${value})`,
    minute: `second(${key}, ${value})`,
    second: `second(${key}, ${value})`,
    day: `day(${key}, ${value})`,
    enum: `word(${key}, ${type.words?.names}[${value}])`,
    nullable: `optionalUint(${key}, ${value})`,
    uints: `uints(${key}, ${value}, ${value}Count)`,
    ip: `ip(${key}, ${value})`,
    ips: `ips(${key}, ${value}, ${value}Count)`,
    hash: `hex(${key}, ${value})`,
    mac: `mac(${key}, ${value})`,
    uuid: `uuid(${key}, ${value})`,
    time: `time(${key}, ${value}Sec, ${value}Nsec)`,
    word: `word(${key}, ${value})`,
    text: `string(${key}, ${value})`,
    texts: `strings(${key}, ${value}, ${value}Count)`,
    map: `map(${key}, ${names}, ${values}, ${value}Count)`,
    bytes: `base64(${key}, ${value}, ${value}Start, ${value}End)`,
  }[type.kind];
  return given === undefined
    ? `this.${call};`
    : `if (r.${given}) this.${call};\n    else this.word(${key}, '');`;
}

const STRINGS = ['word', 'text'];

/** Columns beside each other that are mostly 0, or empty, together. */
function zeroRuns(table: Table): Column[][] {
  const runs: Column[][] = [];
  for (const [i, column] of table.columns.entries()) {
    if (column.zeros === undefined) continue;
    if (column.type.kind !== 'uint' && !STRINGS.includes(column.type.kind))
      throw new Error(`${column.name} is neither a number nor a string`);
    if (i > 0 && table.columns[i - 1].zeros === column.zeros) runs.at(-1)?.push(column);
    else runs.push([column]);
  }
  return runs;
}

/** What is 0 where a column is. */
function sizeOf(column: Column): string {
  return `${expressionOf(column)}${STRINGS.includes(column.type.kind) ? '.length' : ''}`;
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
  const whole = IDENTITY.every((part) => table.columns.some(({ from }) => from === part));
  let length = 0;
  for (const column of table.columns) {
    const { name, from } = column;
    const run = zeros.find((columns) => columns[0] === column);
    if (run !== undefined)
      calls.push(
        `if (${run.map(sizeOf).join(' + ')} === 0) {`,
        `  this.text(${zerosOf(table, run)});`,
        '} else {',
      );
    const within = zeros.find((columns) => columns.includes(column));
    length += name.length + most(column);
    if (isIdentity(column)) {
      if (from === IDENTITY[0]) calls.push(whole ? 'this.point(r.point);' : 'this.source(r.point);');
    } else {
      keys.push(name);
      const call = written(column, `${table.message.toUpperCase()}.${name}`);
      calls.push(within === undefined ? call : `  ${call}`);
    }
    if (within?.at(-1) === column) calls.push('}');
    const computed = table.derived.find(({ printedAfter }) => printedAfter === name);
    if (computed === undefined) continue;
    length += computed.name.length + LONGEST_VALUE;
    keys.push(computed.name);
    const { call } = COMPUTED[`${table.name}.${computed.name}`];
    calls.push(`this.plain(${table.message.toUpperCase()}.${computed.name}, ${call}(r));`);
  }
  const strings = charactersOf(table);
  const bytes = table.columns
    .filter(({ type }) => type.kind === 'bytes')
    .map((column) => ` + 2 * (${expressionOf(column)}End - ${expressionOf(column)}Start)`);
  const characters = strings.length === 0 ? '' : ` + ${ESCAPED} * (${strings.join(' + ')})`;
  const implemented = table.name === 'packets' ? '' : ` implements ${table.message}Sink`;
  return [
    `const ${table.message.toUpperCase()} = jsonKeys(${keys.map((key) => `'${key}'`).join(', ')});`,
    ...zeros.map(
      (run) =>
        `const ${zerosOf(table, run)} = jsonDefaults({ ${run
          .map(({ name, type }) => `${name}: ${STRINGS.includes(type.kind) ? "''" : 0}`)
          .join(', ')} });`,
    ),
    '',
    `/** Rows of \`${table.name}\` as lines. */`,
    `export class ${table.message}Lines extends PointLines${implemented} {`,
    ...collectorsConstructor(table),
    `  ${method}(r: ${record}): void {`,
    `    this.begin(${length}${characters}${bytes.join('')});`,
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
  const computed = new Map<string, string[]>();
  for (const { call, module } of Object.values(COMPUTED))
    computed.set(module, [...(computed.get(module) ?? []), call]);
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
    "import { lengthOf } from '../segment/message-writer.js';",
    ...[...computed].map(([module, calls]) => `import { ${calls.join(', ')} } from '${module}';`),
    "import { jsonDefaults, jsonKeys } from './json-lines.js';",
    "import { PointLines } from './point-lines.js';",
    '',
    tables.map(linesClass).join('\n\n'),
    '',
  ].join('\n');
}
