import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isHeld, LONGEST_LINE, longLines } from '../../packaging/line-length.js';

const ROOT = join(import.meta.dirname, '../..');
const limit = 'x'.repeat(LONGEST_LINE);
/** One character too long. */
const long = `${'word '.repeat(LONGEST_LINE / 5 - 1)}words.`;
const unbroken = 'x'.repeat(LONGEST_LINE + 1);

describe('a line', () => {
  it('has the same limit as code formatted by Biome', () => {
    const biome = JSON.parse(readFileSync(join(ROOT, 'biome.json'), 'utf8'));
    expect(LONGEST_LINE).toBe(biome.formatter.lineWidth);
  });

  it('that is too long is reported with its number and length', () => {
    expect(longLines('src/a.ts', `${limit}\n// ${long}\n`)).toEqual([{ line: 2, length: LONGEST_LINE + 4 }]);
  });

  it('is measured in characters', () => {
    expect(longLines('src/a.ts', '→ '.repeat(LONGEST_LINE / 2))).toEqual([]);
    expect(longLines('src/a.ts', `${'→ '.repeat(LONGEST_LINE / 2)}→`)).toHaveLength(1);
  });

  it('may exceed the limit by one word that cannot be broken', () => {
    expect(longLines('src/a.ts', `// see https://example.net/${unbroken}`)).toEqual([]);
    expect(longLines('docs/a.md', `- [a](${unbroken})`)).toEqual([]);
    expect(longLines('src/a.ts', `  /${unbroken}/`)).toEqual([]);
    expect(longLines('src/a.ts', `// see https://example.net/${unbroken} too`)).toHaveLength(1);
    expect(longLines('src/a.ts', `// ${long} https://example.net/`)).toHaveLength(1);
    expect(longLines('src/a.ts', `// ${long} ${unbroken}`)).toHaveLength(1);
  });
});

describe('Markdown', () => {
  it('may have wide tables', () => {
    expect(longLines('docs/a.md', `| ${long} |`)).toEqual([]);
    expect(longLines('src/a.ts', `| ${long} |`)).toHaveLength(1);
  });

  it.each(['console', 'text', 'json', ''])('may show long lines of output: ```%s', (language) => {
    expect(longLines('docs/a.md', `\`\`\`${language}\n${long}\n\`\`\`\n${long}`)).toEqual([
      { line: 4, length: LONGEST_LINE + 1 },
    ]);
  });

  it.each(['bash', 'sql', 'yaml', 'ts'])('must keep what people type within the limit: ```%s', (language) => {
    expect(longLines('docs/a.md', `\`\`\`${language}\n${long}\n| ${long}\n\`\`\`\n`)).toHaveLength(2);
  });
});

describe('the check', () => {
  it.each([
    'src/cli/main.ts',
    'test/live/ring.test.ts',
    'bench/README.md',
    'lab/switch.sh',
    '.ci/run',
    'docs/reference/limits.md',
    'README.md',
    'schemas/clickhouse/0008_any.sql',
  ])('covers %s', (path) => {
    expect(isHeld(path)).toBe(true);
  });

  it.each([
    'package-lock.json',
    'LICENSE',
    'test/fixtures/gre.sessions.ndjson',
    'lab/grafana/dashboards/traffic.json',
    'docs/images/lab.svg',
    'schemas/clickhouse/0001_sessions.sql',
  ])('does not cover %s', (path) => {
    expect(isHeld(path)).toBe(false);
  });
});
