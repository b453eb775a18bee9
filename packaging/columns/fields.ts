/** src/model/columns/fields.ts: the properties of records that hold columns. */
import { type Column, camelCase, singular, type Table } from '../../src/model/columns/column.js';
import { docComment, MADE } from './text.js';

/** The properties of one column, without its comment. */
function properties({ name, type }: Column): string[] {
  const property = camelCase(name);
  switch (type.kind) {
    case 'nullable':
      return [`${property}: number | null = null;`];
    case 'enum':
      return [`${property}: ${type.words?.name} = 0;`];
    case 'uints':
      return [`readonly ${property} = new Uint16Array(${type.most});`, `${property}Count = 0;`];
    case 'ips':
      return [
        `${property}: Uint8Array = new Uint8Array(${(type.length ?? 0) * (type.most ?? 0)});`,
        `${property}Count = 0;`,
      ];
    case 'texts':
      return [`${property}: readonly string[] = [];`, `${property}Count = 0;`];
    case 'map': {
      const one = singular(property);
      return [
        `${one}Names: readonly string[] = [];`,
        `${one}Values: readonly string[] = [];`,
        `${property}Count = 0;`,
      ];
    }
    case 'ip':
    case 'mac':
    case 'uuid':
    case 'hash':
      return [`readonly ${property} = new Uint8Array(${type.length});`];
    case 'time':
      return [`${property}Sec = 0;`, `${property}Nsec = 0;`];
    case 'word':
    case 'text':
      return [`${property} = '';`];
    case 'bytes':
      return [`${property}: Uint8Array = new Uint8Array(0);`, `${property}Start = 0;`, `${property}End = 0;`];
    default:
      return [`${property} = 0;`];
  }
}

export function fieldsFile(tables: readonly Table[]): string {
  const types = new Map<string, Set<string>>();
  const classes = tables.map((table) => {
    const own = table.columns.filter(({ from }) => from === undefined);
    for (const { type } of own) {
      if (type.words === undefined) continue;
      const { module, name } = type.words;
      types.set(module, (types.get(module) ?? new Set()).add(name));
    }
    return [
      `/** The columns of \`${table.name}\` that a record has itself. */`,
      `export class ${table.message}Fields {`,
      ...own.map((column) => `${docComment(column.doc, '  ')}\n  ${properties(column).join('\n  ')}`),
      '}',
    ].join('\n');
  });
  const imports = [...types].map(
    ([module, names]) => `import type { ${[...names].join(', ')} } from '../${module}.js';`,
  );
  return [`/** The columns of records. ${MADE} */`, ...imports, '', classes.join('\n\n'), ''].join('\n');
}
