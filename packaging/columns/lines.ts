/** src/store/ndjson/lines.ts: writers of rows as NDJSON. */
import type { Column, Kind, Table } from '../../src/model/columns/column.js';
import { charactersOf, entriesOf, expressionOf, namesOf, sizeOf, zeroRuns } from './segments.js';
import { MADE } from './text.js';

/** NDJSON's values of computed columns, by table: what writes one of a record, and its module. */
const COMPUTED: Readonly<Record<string, { writer: string; module: string }>> = {
  'sessions.community_id': { writer: 'communityIdOf', module: './community-id.js' },
  'transactions.community_id': { writer: 'communityIdOfTransaction', module: './community-id.js' },
};
/** What is around a value, where that is more than the value itself. */
const AROUND: Readonly<Partial<Record<Kind, readonly [before: string, after: string]>>> = {
  uint: ['', ''],
  fixed32: ['', ''],
  nullable: ['', ''],
  later: ['', ''],
  uints: ['[', ']'],
  ips: ['[', ']'],
  texts: ['[', ']'],
  map: ['{', '}'],
};
/** The rest are strings. */
const QUOTES = ['"', '"'] as const;
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

/** The columns beside each other that the mirror point has, the first of which names its type. */
function pointColumns({ columns }: Table): Column[] {
  const first = columns.findIndex(({ from }) => from === 'point.type');
  if (first < 0) return [];
  const all = columns.slice(first);
  const others = all.findIndex(({ from }) => from?.startsWith('point.') !== true);
  return all.slice(0, others);
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
    enum: `piece(${wordsOf(key)}[${value}])`,
    nullable: `optionalUint(${key}, ${value})`,
    later: `uint(${key}, ${value})`,
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
    : `if (r.${given}) this.${call};\n    else this.piece(${key});`;
}

/** The constant with the text of a run of zeros. */
function zerosOf(table: Table, [first]: readonly Column[]): string {
  return `${table.message.toUpperCase()}_NO_${first.zeros?.toUpperCase()}`;
}

/** The constant with the pieces of an enum's words. */
function wordsOf(key: string): string {
  return key.replace('.', '_').toUpperCase();
}

/** A row's pieces: what is before a value and behind the one before it, by the value's name. */
class Pieces {
  private readonly texts: string[] = [];
  /** The constants of enums, each of which has a piece for every word. */
  readonly ofWords: string[] = [];
  /** What follows the last value. */
  private open = '';

  /** @param constant the name of the object that has them */
  constructor(readonly constant: string) {}

  /** A value that is written. @returns its piece */
  add(name: string, around: readonly [string, string] = QUOTES): string {
    this.texts.push(`${name}: ${this.between(name, around)}`);
    return `${this.constant}.${name}`;
  }

  /** A value that is one of some words. @returns the name that its piece would have */
  addWords(name: string, words: string): string {
    const key = `${this.constant}.${name}`;
    this.ofWords.push(`const ${wordsOf(key)} = withWords(${this.between(name, QUOTES)}, ${words});`);
    return key;
  }

  /** Columns that are written with their keys. @returns the piece before them */
  addWhole(name: string): string {
    this.texts.push(`${name}: '${this.open}${this.texts.length === 0 ? '' : ','}'`);
    this.open = '';
    return `${this.constant}.${name}`;
  }

  private between(name: string, [before, after]: readonly [string, string]): string {
    const first = this.texts.length + this.ofWords.length === 0;
    const text = `'${this.open}${first ? '' : ','}"${name}":${before}'`;
    this.open = after;
    return text;
  }

  get lines(): string[] {
    const texts = [...this.texts, `end: '${this.open}}\\n'`];
    return [`const ${this.constant} = pieces({ ${texts.join(', ')} });`, ...this.ofWords];
  }
}

/** The constructor of a class whose rows all end with the same column, that of the collector. */
function endingWith(piece: string, end: string): string[] {
  return [
    '  private readonly ending: Piece;',
    '',
    '  /** @param collector the name in the column `collector` */',
    '  constructor(collector: string) {',
    '    super();',
    `    this.ending = new Piece(${piece}.text + escaped(collector) + ${end}.text);`,
    '  }',
    '',
  ];
}

function linesClass(table: Table): string {
  const { method, record } = namesOf(table);
  const pieces = new Pieces(table.message.toUpperCase());
  const calls: string[] = [];
  const zeros = zeroRuns(table.columns);
  const point = pointColumns(table);
  let length = 0;
  for (const column of table.columns) {
    const { name, type, from } = column;
    if (from === 'collector') continue;
    const run = zeros.find((columns) => columns[0] === column);
    if (run !== undefined)
      calls.push(
        `if (${run.map(sizeOf).join(' + ')} === 0) {`,
        `  this.piece(${zerosOf(table, run)});`,
        '} else {',
      );
    const within = zeros.find((columns) => columns.includes(column));
    length += name.length + most(column);
    if (point.includes(column)) {
      if (column === point[0])
        calls.push(`this.point(${pieces.addWhole('point')}, r.point, ${pieces.constant}_POINT);`);
    } else {
      const piece =
        type.words === undefined
          ? pieces.add(name, AROUND[type.kind])
          : pieces.addWords(name, type.words.names);
      const call = written(column, piece);
      calls.push(within === undefined ? call : `  ${call}`);
    }
    if (within?.at(-1) === column) calls.push('}');
    const computed = table.derived.find(({ printedAfter }) => printedAfter === name);
    if (computed === undefined) continue;
    length += computed.name.length + LONGEST_VALUE;
    const { writer } = COMPUTED[`${table.name}.${computed.name}`];
    calls.push(`this.written(${pieces.add(computed.name)}, ${writer}, r);`);
  }
  const last = table.columns.at(-1);
  const ofCollector = last?.from === 'collector';
  if (table.columns.some((column) => column.from === 'collector' && column !== last))
    throw new Error(`the collector is not in the last column of ${table.name}`);
  if (ofCollector) pieces.add(last.name);
  const strings = charactersOf(table).filter((length) => length !== 'this.collector.length');
  const bytes = table.columns
    .filter(({ type }) => type.kind === 'bytes')
    .map((column) => ` + 2 * (${expressionOf(column)}End - ${expressionOf(column)}Start)`);
  const characters = strings.length === 0 ? '' : ` + ${ESCAPED} * (${strings.join(' + ')})`;
  const implemented = table.name === 'packets' ? '' : ` implements ${table.message}Sink`;
  const points = `[${point.map(({ name }) => `'${name}'`).join(', ')}] as const`;
  return [
    ...pieces.lines,
    ...(point.length > 0 ? [`const ${pieces.constant}_POINT = ${points};`] : []),
    ...zeros.map(
      (run) =>
        `const ${zerosOf(table, run)} = withNothing(${run
          .map(({ name }) => `${pieces.constant}.${name}`)
          .join(', ')});`,
    ),
    '',
    `/** Rows of \`${table.name}\` as lines. */`,
    `export class ${table.message}Lines extends PointLines${implemented} {`,
    ...(ofCollector ? endingWith(`${pieces.constant}.${last.name}`, `${pieces.constant}.end`) : []),
    `  ${method}(r: ${record}): void {`,
    `    this.begin(${length}${ofCollector ? ' + this.ending.length' : ''}${characters}${bytes.join('')});`,
    ...calls.map((call) => `    ${call}`),
    `    this.piece(${ofCollector ? 'this.ending' : `${pieces.constant}.end`});`,
    '  }',
    '}',
  ].join('\n');
}

export function linesFile(tables: readonly Table[]): string {
  const words = new Map<string, Set<string>>();
  for (const column of tables.flatMap(({ columns }) => columns)) {
    if (column.type.words === undefined || column.from !== undefined) continue;
    const { module, names } = column.type.words;
    words.set(module, (words.get(module) ?? new Set()).add(names));
  }
  const computed = new Map<string, string[]>();
  for (const { writer, module } of Object.values(COMPUTED))
    computed.set(module, [...(computed.get(module) ?? []), writer]);
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
    "import { Piece } from '../piece.js';",
    "import { lengthOf } from '../segment/message-writer.js';",
    ...[...computed].map(([module, writers]) => `import { ${writers.join(', ')} } from '${module}';`),
    "import { escaped, pieces, withNothing, withWords } from './pieces.js';",
    "import { PointLines } from './point-lines.js';",
    '',
    tables.map(linesClass).join('\n\n'),
    '',
  ].join('\n');
}
