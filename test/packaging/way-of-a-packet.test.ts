/** The source has all files and functions that docs/explanation/way-of-a-packet.md names. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const PAGE = join(ROOT, 'docs/explanation/way-of-a-packet.md');
const page = readFileSync(PAGE, 'utf8');

/**
 * Links to the source: [`name`](../../src/file.ts), where a name is `f()`, `Class.method()`, `Class` or a
 * file's.
 */
const links = [...page.matchAll(/\[`([^`]+)`\]\(([^)]*\bsrc\/[^)]+)\)/g)].map(
  ([, name, target]) => [name, relative(ROOT, join(dirname(PAGE), target))] as const,
);

/** What declares a name in a file: a function, a class and its method, or any other export. */
function declarations(name: string, file: string): RegExp[] {
  if (name.endsWith('.ts')) return [new RegExp(`^${name}$`, 'm')].filter(() => !file.endsWith(`/${name}`));
  const [, owner, member, call] = /^(?:(\w+)\.)?(\w+)(\(\))?$/.exec(name) ?? [];
  if (member === undefined) return [/^no such name$/];
  if (owner !== undefined) {
    return [
      new RegExp(`^export (?:abstract )?class ${owner}\\b`, 'm'),
      new RegExp(`^ {2}(?:(?:private|protected|override|static|async) )*${member}[<(]`, 'm'),
    ];
  }
  if (call !== undefined) return [new RegExp(`^(?:export )?(?:async )?function ${member}\\b`, 'm')];
  return [new RegExp(`^export (?:abstract )?(?:class|const|interface|type) ${member}\\b`, 'm')];
}

describe('the way of a packet', () => {
  it('goes from the ring to the store', () => {
    const files = links.map(([, file]) => file);
    expect(files.length).toBeGreaterThan(40);
    for (const room of ['receive', 'demux', 'wire', 'sessions', 'applications', 'store', 'tunnels'])
      expect(files.filter((file) => file.startsWith(`src/${room}/`))).not.toEqual([]);
  });

  it.each(links)('%s is in %s', (name, file) => {
    expect(existsSync(join(ROOT, file))).toBe(true);
    const source = readFileSync(join(ROOT, file), 'utf8');
    for (const declaration of declarations(name, file)) expect(source).toMatch(declaration);
  });

  it('links every function that it names', () => {
    const bare = [...page.matchAll(/(?<!\[)`(?:\w+\.)?\w+\(\)`/g)].map(([name]) => name.slice(1, -1));
    const linked = new Set(links.map(([name]) => name));
    expect(bare.filter((name) => !linked.has(name))).toEqual([]);
  });
});
