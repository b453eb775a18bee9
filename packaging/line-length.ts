/**
 * Hand-written lines (comments, prose, SQL, shell) are no longer than Biome's. `npm run lint` checks them;
 * `npx tsx packaging/line-length.ts FILE…` checks only these files.
 *
 * Exceptions in Markdown: rows of tables, which have no other syntax, and fences that show output (`console`,
 * `text`, `json`, or no language), because readers compare them with a terminal. Commands and programs in
 * fences (`bash`, `sql`, `ts`, `yaml`, …) are written by hand and checked. Exceptions everywhere: a line that
 * is too long only because it ends in a word that cannot be broken: a URL, a link, or a word of more than 60
 * characters (a regular expression, a metric's series). Also the migrations from before this rule, because a
 * migration never changes.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Maximum columns per line. biome.json has the same number as `lineWidth`. */
export const LONGEST_LINE = 110;

const ROOT = join(import.meta.dirname, '..');

/** Files written by hand. Of those in the root: those that people read. */
const WRITTEN = new RegExp(
  String.raw`^(?:(?:src|web|test|bench|lab|packaging|schemas|docs|\.ci)/|` +
    String.raw`(?:README|CONTRIBUTING|CHANGELOG|SECURITY)\.md$|` +
    String.raw`(?:Dockerfile|docker-compose\.yml|vitest\.config\.ts)$)`,
);

/** Generated (captures, expected records, pictures), or JSON, whose strings cannot be broken. */
const NOT_WRITTEN = /\.(?:pb|pcap|pcapng|gz|zst|lz4|ndjson|json|svg|png|bin|mmdb)$/;

/** Migrations from before this rule. */
const FORMER_MIGRATIONS = /^schemas\/clickhouse\/000[1-7]_/;

/** A word longer than this is not broken: one of this length fits on a line of its own. */
const LONG_WORD = 60;

/** Languages of fences that show output. */
const OUTPUT = new Set(['', 'console', 'text', 'json']);

export interface LongLine {
  /** Counted from 1. */
  line: number;
  /** In characters (code points). */
  length: number;
}

/** Whether the lines of this file are checked. `path` is relative to the root. */
export function isHeld(path: string): boolean {
  return WRITTEN.test(path) && !NOT_WRITTEN.test(path) && !FORMER_MIGRATIONS.test(path);
}

/** The lines of a text that are too long, without the exceptions. */
export function longLines(path: string, text: string): LongLine[] {
  const markdown = path.endsWith('.md');
  const found: LongLine[] = [];
  let fence: string | undefined;
  for (const [i, line] of text.split('\n').entries()) {
    if (markdown) {
      const mark = /^ *```(\w*)/.exec(line);
      if (mark !== null) fence = fence === undefined ? mark[1] : undefined;
      if (fence === undefined ? /^ *\|/.test(line) : OUTPUT.has(fence)) continue;
    }
    const length = [...line].length;
    if (length > LONGEST_LINE && !endsInOneWord(line)) found.push({ line: i + 1, length });
  }
  return found;
}

/** Whether one word that cannot be broken reaches from within the limit to the end. */
function endsInOneWord(line: string): boolean {
  const last = [...line.slice(line.lastIndexOf(' ') + 1)];
  const start = [...line].length - last.length;
  return start <= LONGEST_LINE && (last.length > LONG_WORD || /:\/\/|\]\(/.test(last.join('')));
}

/** The files that Git tracks or would add, without those in `.gitignore`. */
function written(): string[] {
  const { stdout, status, stderr } = spawnSync(
    'git',
    ['ls-files', '-z', '--cached', '--others', '--exclude-standard'],
    { cwd: ROOT, encoding: 'utf8', maxBuffer: 2 ** 26 },
  );
  if (status !== 0) throw new Error(`git ls-files: ${stderr}`);
  return stdout.split('\0').filter((path) => path !== '' && existsSync(join(ROOT, path)));
}

if (import.meta.filename === process.argv[1]) {
  const named = process.argv.slice(2);
  for (const path of named.length > 0 ? named : written()) {
    if (!isHeld(path)) continue;
    for (const { line, length } of longLines(path, readFileSync(join(ROOT, path), 'utf8'))) {
      process.stdout.write(`${path}:${line}: ${length} columns, at most ${LONGEST_LINE}\n`);
      process.exitCode = 1;
    }
  }
}
