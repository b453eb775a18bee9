/** docs/how-to/add-a-protocol.md shows the code that is there. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const PAGE = join(ROOT, 'docs/how-to/add-a-protocol.md');
const page = readFileSync(PAGE, 'utf8');

/** The file that a link on the page leads to. */
const fileOf = (target: string): string => relative(ROOT, join(dirname(PAGE), target));

/** Excerpts, each with the file of the last link to TypeScript before it. A lone … is what is left out. */
const excerpts = [...page.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map((m) => {
  const links = [...page.slice(0, m.index).matchAll(/\]\(([^)]*\.ts)\)/g)].map(([, target]) => target);
  // The engine's dialogue is named between excerpts of the reader.
  const file = links.filter((target) => !target.includes('/engine/')).at(-1) ?? '';
  return [fileOf(file), m[1].split(/^ *…\n/m).filter((piece) => piece !== '')] as const;
});

describe('an excerpt', () => {
  it('is of each file of the example', () => {
    const names = excerpts.map(([file]) => file);
    for (const file of ['application.ts', 'reader.ts'])
      expect(names).toContain(`src/applications/memcached/${file}`);
    for (const file of ['samples.ts', 'reader.test.ts'])
      expect(names).toContain(`test/applications/memcached/${file}`);
    expect(names).toContain('src/applications/registry.ts');
  });

  it.each(excerpts)('of %s is in it, in this order', (file, pieces) => {
    const source = readFileSync(join(ROOT, file), 'utf8');
    let at = 0;
    for (const piece of pieces) {
      const found = source.indexOf(piece, at);
      expect(found, `${file} has, behind the piece before:\n${piece}`).toBeGreaterThanOrEqual(at);
      at = found + piece.length;
    }
  });
});

it('the files that the page names are there', () => {
  const linked = [...page.matchAll(/\]\((\.\.[^)#]*)/g)].map(([, target]) => fileOf(target));
  const named = [...page.matchAll(/`((?:src|test)\/[\w./-]+)`/g)].map(([, name]) => name);
  expect(named.length).toBeGreaterThan(2);
  expect([...linked, ...named].filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
});

it('what the page says of a dialogue and of Read is there', () => {
  const engine = readFileSync(join(ROOT, 'src/applications/engine/dialogue.ts'), 'utf8');
  const words = readFileSync(join(ROOT, 'src/applications/read.ts'), 'utf8');
  const methods = [...page.matchAll(/\bd\.(\w+)\(/g)].map(([, name]) => name);
  expect(methods.length).toBeGreaterThan(5);
  for (const method of methods) expect(engine).toMatch(new RegExp(`^  ${method}\\(`, 'm'));
  for (const [, word] of page.matchAll(/`Read\.(\w+)`/g))
    expect(words).toMatch(new RegExp(`^  ${word}:`, 'm'));
});
