/** Writes man/mirrorlake.1: npx tsx packaging/make-man.ts. `npm pack` runs it. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { manPage } from '../src/cli/help/man.js';
import { wordsOf } from '../src/cli/help/words.js';
import { createProgram } from '../src/cli/program.js';

const ROOT = join(import.meta.dirname, '..');
const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
// For reproducible builds: reproducible-builds.org/docs/source-date-epoch.
const epoch = process.env.SOURCE_DATE_EPOCH;
const date = (epoch === undefined ? new Date() : new Date(Number(epoch) * 1000)).toISOString().slice(0, 10);
mkdirSync(join(ROOT, 'man'), { recursive: true });
writeFileSync(join(ROOT, 'man/mirrorlake.1'), manPage(wordsOf(await createProgram([])), version, date));
