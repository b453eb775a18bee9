/** Writes the captures of test/fixtures, as test/support/fixtures says: npx tsx test/support/make-fixtures.ts */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FIXTURES } from './fixtures/all.js';

const directory = join(import.meta.dirname, '../fixtures');
mkdirSync(directory, { recursive: true });
for (const { file, bytes } of FIXTURES) writeFileSync(join(directory, file), bytes);
