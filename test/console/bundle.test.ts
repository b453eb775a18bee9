/** What a browser loads before it shows anything, and what the page is made of. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';

const PAGE = join(import.meta.dirname, '../../dist/console');
const html = readFileSync(join(PAGE, 'index.html'), 'utf8');
const assets = readdirSync(join(PAGE, 'assets'));
const KILOBYTE = 1000;
const size = (file: string): number => gzipSync(readFileSync(join(PAGE, file))).length;

describe('the page', () => {
  it('loads at most 260 kB of scripts first, compressed', () => {
    const scripts = [...html.matchAll(/(?:src|href)="\.\/(assets\/[^"]+\.js)"/g)].map(([, file]) => file);
    expect(scripts.length).toBeGreaterThan(0);
    expect(scripts.reduce((sum, file) => sum + size(file), 0)).toBeLessThan(260 * KILOBYTE);
  });

  it('loads no other page with more than 140 kB', () => {
    const lazy = assets.filter((file) => file.endsWith('.js') && !html.includes(file));
    for (const file of lazy) expect(size(join('assets', file)), file).toBeLessThan(140 * KILOBYTE);
  });

  it('brings fonts of at most 90 kB for English', () => {
    const latin = assets.filter((file) => /-latin-wght-normal.*\.woff2$/.test(file));
    expect(latin).toHaveLength(2);
    const bytes = latin.reduce((sum, file) => sum + readFileSync(join(PAGE, 'assets', file)).length, 0);
    expect(bytes).toBeLessThan(90 * KILOBYTE);
  });

  it('has no script and no style in its HTML, and names nothing from elsewhere', () => {
    expect(html).not.toMatch(/<style|style=|<script(?![^>]* src=)/);
    expect(html).not.toMatch(/https?:\/\//);
  });

  it('lists the licenses of all that is bundled, and each is one that lets it be', () => {
    const text = readFileSync(join(PAGE, 'licenses.md'), 'utf8');
    const listed = [...text.matchAll(/^## (\S+) - \S+ \(([^)]+)\)$/gm)];
    const names = listed.map(([, name]) => name);
    expect(names).toEqual(
      expect.arrayContaining(['react', 'uplot', '@base-ui/react', '@fontsource-variable/inter']),
    );
    expect([...new Set(listed.map(([, , license]) => license))].sort()).toEqual(['ISC', 'MIT', 'OFL-1.1']);
    expect(text).toContain('SIL OPEN FONT LICENSE');
  });
});
