/** Text of generated files. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');
/** As in packaging/line-length.ts, with room for an indented comment mark. */
const COLUMNS = 104;

/** The words of a text in lines, each with `prefix`. */
export function wrapped(text: string, prefix: string): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && prefix.length + line.length + 1 + word.length > COLUMNS) {
      lines.push(prefix + line);
      line = '';
    }
    line += line === '' ? word : ` ${word}`;
  }
  return [...lines, prefix + line];
}

/** A doc comment. */
export function docComment(text: string, indent: string): string {
  const lines = wrapped(text, `${indent} * `);
  if (lines.length === 1) return `${indent}/** ${text} */`;
  return [`${indent}/**`, ...lines, `${indent} */`].join('\n');
}

/** TypeScript as Biome formats it. */
export function formatted(path: string, source: string): string {
  const biome = join(ROOT, 'node_modules/.bin/biome');
  const { stdout, stderr, status } = spawnSync(biome, ['check', '--write', `--stdin-file-path=${path}`], {
    cwd: ROOT,
    input: source,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`biome refuses ${path}: ${stderr}\n${source}`);
  return stdout;
}

/** First line of a generated file. */
export const MADE = 'Made by `npm run columns`: change src/model/columns instead.';
