/** src/store/segment/segments.ts: writers of rows as messages. */
import { type Column, camelCase, singular, type Table } from '../../src/model/columns/column.js';
import { MADE } from './text.js';

/** UTF-8 has at most this many bytes per character of a JavaScript string. */
const BYTES_PER_CHARACTER = 3;
const TAG = 2;
const LENGTH = 5;
/** The longest varints of 32-bit numbers, and of those that a double holds exactly. */
const VARINT32 = 5;
const VARINT53 = 8;

/** The expression of the value: `r.firstSeen`, `point.type`, `this.collector`. */
export function expressionOf({ name, from }: Column): string {
  if (from === 'collector') return 'this.collector';
  return `r.${from ?? camelCase(name)}`;
}

/** The expressions of a map's names and values. */
export function entriesOf(column: Column): { names: string; values: string } {
  const one = singular(expressionOf(column));
  return { names: `${one}Names`, values: `${one}Values` };
}

/** The expressions of the characters in a row's strings, to be added up. */
export function charactersOf({ columns }: Table): string[] {
  return columns.flatMap((column) => {
    const value = expressionOf(column);
    const { names, values } = entriesOf(column);
    switch (column.type.kind) {
      case 'word':
      case 'text':
        return [`${value}.length`];
      case 'texts':
        return [`lengthOf(${value}, ${value}Count)`];
      case 'map':
        return [`lengthOf(${names}, ${value}Count)`, `lengthOf(${values}, ${value}Count)`];
      default:
        return [];
    }
  });
}

const STRINGS = ['word', 'text'];

/** Columns beside each other that are mostly 0, or empty, together. */
export function zeroRuns(columns: readonly Column[]): Column[][] {
  const runs: Column[][] = [];
  for (const [i, column] of columns.entries()) {
    if (column.zeros === undefined) continue;
    if (column.type.kind !== 'uint' && !STRINGS.includes(column.type.kind))
      throw new Error(`${column.name} is neither a number nor a string`);
    if (i > 0 && columns[i - 1].zeros === column.zeros) runs.at(-1)?.push(column);
    else runs.push([column]);
  }
  return runs;
}

/** What is 0 where a column is. */
export function sizeOf(column: Column): string {
  return `${expressionOf(column)}${STRINGS.includes(column.type.kind) ? '.length' : ''}`;
}

/** The constructor of a class that writes the column `collector`. */
export function collectorsConstructor({ columns }: Table): string[] {
  if (!columns.some(({ from }) => from === 'collector')) return [];
  return [
    '  /** @param collector the name in the column `collector` */',
    '  constructor(private readonly collector: string) {',
    '    super();',
    '  }',
    '',
  ];
}

/** The name of the method that takes a record, and of the record's class and module. */
export function namesOf({ message }: Table): { method: string; record: string; module: string } {
  const method = message.toLowerCase();
  return { method, record: `${message}Record`, module: `${method}-record` };
}

/** The maximum size of a field in bytes, without the content of a string or bytes. */
function most({ type }: Column): number {
  switch (type.kind) {
    case 'uint':
    case 'nullable':
    case 'later':
    case 'minute':
    case 'day':
      return TAG + (type.bits === 64 ? VARINT53 : VARINT32);
    case 'enum':
      return TAG + 1;
    case 'fixed32':
      return TAG + 4;
    case 'time':
      return TAG + 8;
    case 'second':
      return TAG + VARINT53;
    case 'uints':
      return TAG + 1 + 3 * (type.most ?? 0);
    case 'ips':
      return (TAG + 1 + (type.length ?? 0)) * (type.most ?? 0);
    case 'word':
    case 'text':
    case 'bytes':
      return TAG + LENGTH;
    case 'texts':
      return (TAG + LENGTH) * (type.most ?? 0);
    case 'map':
      return 3 * (TAG + LENGTH) * (type.most ?? 0);
    default:
      return TAG + 1 + (type.length ?? 0);
  }
}

function written(column: Column): string {
  const { field, type, given } = column;
  const value = expressionOf(column);
  const { names, values } = entriesOf(column);
  const call = {
    uint: `uint(${field}, ${value})`,
    minute: `uint(${field}, ${value})`,
    day: `uint(${field}, ${value})`,
    second: `sint(${field}, ${value})`,
    enum: `uint(${field}, ${value})`,
    nullable: `optionalUint(${field}, ${value})`,
    later: `optionalUint(${field}, ${value})`,
    fixed32: `fixed32(${field}, ${value})`,
    uints: `packed(${field}, ${value}, ${value}Count)`,
    ip: `address(${field}, ${value})`,
    ips: `pieces(${field}, ${value}, ${type.length}, ${value}Count)`,
    hash: `address(${field}, ${value})`,
    mac: `bytes(${field}, ${value}, 0, ${type.length})`,
    uuid: `bytes(${field}, ${value}, 0, ${type.length})`,
    time: `time(${field}, ${value}Sec, ${value}Nsec)`,
    word: `word(${field}, ${value})`,
    text: `string(${field}, ${value})`,
    texts: `strings(${field}, ${value}, ${value}Count)`,
    map: `map(${field}, ${names}, ${values}, ${value}Count)`,
    bytes: `bytes(${field}, ${value}, ${value}Start, ${value}End)`,
  }[type.kind];
  return `${given === undefined ? '' : `if (r.${given}) `}this.${call};`;
}

/** Changes the fields that are written in place, which come first in a message. */
function readdress(columns: readonly Column[]): string[] {
  let at = 0;
  const sets = columns.map(({ name, field, type }) => {
    const tag = field < 16 ? 1 : 2;
    const value = camelCase(name);
    if (type.kind === 'fixed32') {
      const o = at + tag;
      at = o + 4;
      return `for (let i = 0; i < 4; i++) bytes[at + ${o} + i] = ${value} >>> (8 * i);`;
    }
    const o = at + tag + 1;
    at = o + (type.length ?? 0);
    return `bytes.set(${value}, at + ${o});`;
  });
  const parameters = columns.map(
    ({ name, type }) => `${camelCase(name)}: ${type.kind === 'fixed32' ? 'number' : 'Uint8Array'}`,
  );
  return [
    '  /** Changes the first fields of the message at `o` of `bytes`, which its length precedes. */',
    `  static readdress(bytes: Uint8Array, o: number, ${parameters.join(', ')}): void {`,
    '    let at = o;',
    '    while (bytes[at] >= 0x80) at++;',
    '    at++;',
    ...sets.map((set) => `    ${set}`),
    '  }',
    '',
  ];
}

/** The calls that write columns. Those that are nothing together are looked at together. */
function calls(columns: readonly Column[]): string[] {
  const runs = zeroRuns(columns).filter((run) => run.length > 1);
  return columns.flatMap((column) => {
    const run = runs.find((all) => all.includes(column));
    if (run === undefined) return [written(column)];
    const begun = column === run[0] ? [`if (${run.map(sizeOf).join(' + ')} !== 0) {`] : [];
    return [...begun, `  ${written(column)}`, ...(column === run.at(-1) ? ['}'] : [])];
  });
}

function segmentClass(table: Table): string {
  const { method, record } = namesOf(table);
  const inPlace = table.columns.filter((column) => column.inPlace);
  const others = table.columns.filter((column) => !column.inPlace).sort((a, b) => a.field - b.field);
  const strings = charactersOf(table);
  const bytes = table.columns
    .filter(({ type }) => type.kind === 'bytes')
    .map((column) => ` + ${expressionOf(column)}End - ${expressionOf(column)}Start`);
  const characters = strings.length === 0 ? '' : ` + ${BYTES_PER_CHARACTER} * (${strings.join(' + ')})`;
  const constant = table.columns.reduce((sum, column) => sum + most(column), 0);
  const implemented = table.name === 'packets' ? '' : ` implements ${table.message}Sink`;
  return [
    `/** Collects rows into a segment of the table \`${table.name}\`. */`,
    `export class ${table.message}Segment extends MessageWriter${implemented} {`,
    ...(inPlace.length > 0 ? readdress(inPlace) : []),
    ...collectorsConstructor(table),
    `  ${method}(r: ${record}): void {`,
    `    this.begin(${constant}${characters}${bytes.join('')});`,
    ...calls([...inPlace, ...others]).map((call) => `    ${call}`),
    '    this.end();',
    '  }',
    '}',
  ].join('\n');
}

export function segmentsFile(tables: readonly Table[]): string {
  return [
    `/** Rows as messages of schemas/mirrorlake/v1. ${MADE} */`,
    ...tables.map((table) => {
      const { record, module } = namesOf(table);
      const names = table.name === 'packets' ? record : `${record}, ${table.message}Sink`;
      return `import type { ${names} } from '../../model/${module}.js';`;
    }),
    "import { lengthOf, MessageWriter } from './message-writer.js';",
    '',
    tables.map(segmentClass).join('\n\n'),
    '',
  ].join('\n');
}
