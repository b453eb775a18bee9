/**
 * Generates the files that follow from the columns declared in src/model/columns: `npm run columns`. A test
 * compares them with those checked in.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TABLES } from '../src/model/columns/tables.js';
import { VIEWS } from '../src/model/columns/views.js';
import { fieldsFile } from './columns/fields.js';
import { framesFile } from './columns/frames.js';
import { linesFile } from './columns/lines.js';
import { columnsPage } from './columns/page.js';
import { protoFile } from './columns/proto.js';
import { segmentsFile } from './columns/segments.js';
import { slotsFile } from './columns/slots.js';
import { formatted } from './columns/text.js';

const ROOT = join(import.meta.dirname, '..');
const PAGE = 'docs/reference/columns.md';

/** Every generated file, by its path from the root. */
export function madeFromColumns(): Map<string, string> {
  const tables = Object.values(TABLES);
  const made = new Map<string, string>();
  for (const table of tables)
    made.set(`schemas/mirrorlake/v1/${table.message.toLowerCase()}.proto`, protoFile(table));
  for (const [path, source] of [
    ['src/model/columns/fields.ts', fieldsFile(tables)],
    ['src/store/segment/segments.ts', segmentsFile(tables)],
    ['src/store/ndjson/lines.ts', linesFile(tables)],
    ['src/sessions/slot-layout.ts', slotsFile()],
    ['src/sessions/frame-batch.ts', framesFile()],
  ])
    made.set(path, formatted(path, source));
  made.set(PAGE, columnsPage(readFileSync(join(ROOT, PAGE), 'utf8'), tables, VIEWS));
  return made;
}

if (import.meta.filename === process.argv[1])
  for (const [path, text] of madeFromColumns()) writeFileSync(join(ROOT, path), text);
