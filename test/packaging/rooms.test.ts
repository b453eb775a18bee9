/** CONTRIBUTING.md's map of src/ has every room, with the rooms that it imports. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const page = readFileSync(join(ROOT, 'CONTRIBUTING.md'), 'utf8');
/** Rows of the map: `src/room/`, what it does, imports. */
const map = new Map(
  [...page.matchAll(/^\| `src\/(\w[\w-]*)\/` \|.*\| ([^|]+) \|$/gm)].map(([, room, imports]) => [
    room,
    imports === 'nothing' ? [] : imports.split(', '),
  ]),
);
const rooms = readdirSync(join(ROOT, 'src'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name);

/** The other rooms that the files of a room import, including types. */
function importedBy(room: string): string[] {
  const found = new Set<string>();
  for (const name of readdirSync(join(ROOT, 'src', room), { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.ts')) continue;
    const source = readFileSync(join(ROOT, 'src', room, name), 'utf8');
    for (const [, from, dynamic] of source.matchAll(/from '(\.[^']+)'|import\('(\.[^']+)'\)/g)) {
      const target = normalize(join('src', room, name, '..', from ?? dynamic)).split('/')[1];
      if (target !== room) found.add(target);
    }
  }
  return [...found].sort();
}

describe('the map of the rooms', () => {
  it('has every room, and no other', () => {
    expect([...map.keys()].sort()).toEqual(rooms.sort());
  });

  it.each([...map.keys()])('%s imports what the map says', (room) => {
    expect(importedBy(room)).toEqual(map.get(room));
  });

  it('names only folders that exist', () => {
    const named = [...page.matchAll(/`((?:src|test|schemas|bench|lab|packaging|docs)\/[\w/.-]*)`/g)];
    expect(named.length).toBeGreaterThan(10);
    expect(named.map(([, path]) => path).filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });
});

describe('the page of the console', () => {
  // dependency-cruiser's parser does not read .tsx.
  it('imports pure readers and types of src, and nothing that runs in Node.js', () => {
    const allowed = /^src\/(console\/contract|wire|applications|model)[/.]/;
    const wrong: string[] = [];
    let files = 0;
    for (const name of readdirSync(join(ROOT, 'web/src'), { recursive: true, encoding: 'utf8' })) {
      if (!/\.tsx?$/.test(name)) continue;
      files++;
      const source = readFileSync(join(ROOT, 'web/src', name), 'utf8');
      for (const [, from, dynamic] of source.matchAll(/from '([^']+)'|import\('([^']+)'\)/g)) {
        const named = from ?? dynamic;
        const target = named.startsWith('.') ? normalize(join('web/src', name, '..', named)) : named;
        if (target.startsWith('node:') || (target.startsWith('src/') && !allowed.test(target)))
          wrong.push(`web/src/${name}: ${named}`);
      }
    }
    expect(files).toBeGreaterThan(20);
    expect(wrong).toEqual([]);
  });
});
