/** The links of README.md, CONTRIBUTING.md and docs/ work, and the pictures show what the program prints. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PICTURE, picture } from '../../packaging/terminal-picture.js';
import { prose } from '../support/links.js';
import { describeWith } from '../support/needs.js';

const ROOT = join(import.meta.dirname, '../..');
const pages = [
  ...['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'bench/README.md', 'test/fixtures/README.md'],
  ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
];

const proseOf = (page: string): string => prose(readFileSync(join(ROOT, page), 'utf8'));

/** The anchors that GitHub makes of a page's headings. */
function anchors(page: string): string[] {
  const text = readFileSync(join(ROOT, page), 'utf8');
  return [...text.matchAll(/^#+ (.*)$/gm)].map((m) =>
    m[1]
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

describe('links', () => {
  it.each(pages)('lead to pages and headings that exist, in %s', (page) => {
    const broken = [...proseOf(page).matchAll(/\]\(([^)\s]+)\)/g)]
      .map((m) => m[1])
      .filter((target) => !/^https?:/.test(target))
      .filter((target) => {
        const [path, anchor] = target.split('#');
        const file = path === '' ? page : join(dirname(page), path);
        if (!existsSync(join(ROOT, file))) return true;
        return anchor !== undefined && !anchors(file).includes(anchor);
      });
    expect(broken).toEqual([]);
  });

  it('lead from the README to every page of docs/', () => {
    const linked = new Set(
      [...proseOf('README.md').matchAll(/\]\((docs\/[^)#]+)/g)].map((m) => resolve(ROOT, m[1])),
    );
    const missing = pages.filter((page) => page.startsWith('docs/') && !linked.has(resolve(ROOT, page)));
    expect(missing).toEqual([]);
  });
});

describeWith(['script'], 'docs/images/query.svg', () => {
  it('is what the program prints (npx tsx packaging/terminal-picture.ts draws it)', () => {
    expect(readFileSync(PICTURE, 'utf8')).toBe(picture());
  });
});
