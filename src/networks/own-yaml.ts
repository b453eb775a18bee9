/** Our own YAML: a list of maps with the seven keys. */
import { type Alias, type Document, isAlias, isMap, isScalar, isSeq, type YAMLMap } from 'yaml';
import { readYaml } from '../config/yaml-document.js';
import { shown } from './fields.js';
import { mistake } from './file-bytes.js';
import { NetworkList } from './network-list.js';
import { addNetwork, COLUMNS, type Column, type Texts } from './own-format.js';
import type { NetworkFile } from './table-reader.js';

/** Some 14,000 networks of four keys. A large file is CSV: YAML takes 50 times as long. */
export const YAML_ROOM = { lexemes: 500_000, tooMuch: 'has too much in it for YAML: write it as CSV' };
const EXAMPLE = 'write - { prefix: 10.1.0.0/16, name: accounting }';

/** @throws UsageError that names file and line */
export function readOwnYaml(text: string, file: string): NetworkFile {
  const { document, mistakes } = readYaml(text, YAML_ROOM);
  const lines = new Lines(text);
  if (mistakes.length > 0) {
    const first = mistakes.reduce((a, b) => (b.offset < a.offset ? b : a));
    throw mistake(file, lines.at(first.offset), first.text.replaceAll(/\s+/g, ' '));
  }
  const list = new NetworkList(file);
  const { contents } = document;
  if (!isSeq(contents))
    throw mistake(file, lines.at(contents?.range?.[0] ?? 0), `is no list of networks: ${EXAMPLE}`);
  for (const item of contents.items) {
    const line = lines.at((item as { range?: readonly number[] }).range?.[0] ?? 0);
    const map = resolved(item, document);
    if (!isMap(map)) throw mistake(file, line, `is no network: ${EXAMPLE}`);
    addNetwork(list, textsOf(map, document, file, line), file, line);
  }
  return { networks: list.own(), passedOver: new Map(), kind: 'yaml' };
}

function textsOf(map: YAMLMap, document: Document, file: string, line: number): Texts {
  const texts = { prefix: '', name: '', site: '', role: '', tenant: '', vlan: '', vni: '' };
  for (const { key, value } of map.items) {
    const name = isScalar(key) ? String(key.value) : '';
    if (!(COLUMNS as readonly string[]).includes(name))
      throw mistake(file, line, `unknown key ${shown(name)}: write some of ${COLUMNS.join(', ')}`);
    const scalar = resolved(value, document);
    if (scalar !== null && !isScalar(scalar))
      throw mistake(file, line, `${name} is a list or a map: write one value`);
    // As written: 007 and 1e3 are names too.
    const written = typeof scalar?.value === 'string' ? scalar.value : scalar?.source;
    texts[name as Column] = scalar?.value === null || written === undefined ? '' : written.trim();
  }
  return texts;
}

/** What an alias stands for, or the node itself. */
function resolved(node: unknown, document: Document): unknown {
  return isAlias(node) ? (node as Alias).resolve(document) : node;
}

/** Lines of offsets, which are asked for in rising order. */
class Lines {
  private line = 1;
  private offset = 0;

  constructor(private readonly text: string) {}

  at(offset: number): number {
    for (; this.offset < offset; this.offset++) if (this.text[this.offset] === '\n') this.line++;
    return this.line;
  }
}
