/** Writes docs/reference/api.md from the console's contract: npx tsx packaging/api-page.ts. */
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { ROUTES, type Route } from '../src/console/contract.js';

export const API_PAGE = join(import.meta.dirname, '../docs/reference/api.md');

const HEAD = `# The console's API

What the console's page asks, and any program may. It is made from the program (\`src/console/contract\`); a
test compares it, and \`npx tsx packaging/api-page.ts\` writes it.

- Routes are below \`/api/v1\`, and below \`console.prefix\` before that. Answers are JSON; errors are
  \`application/problem+json\` (RFC 9457) with \`detail\` and, where there is something to do, \`hint\`.
- A program sends the token of the link as \`Authorization: Bearer TOKEN\`. A browser has a cookie, and only
  requests from the console's own page count.
- A route takes a right: *view*, *packets*, *sql* or *captures*. Who has which: [the console](console.md).
- Times are RFC 3339 with nanoseconds, in UTC. Addresses are as people write them.
- Answers from the store have \`meta\`: the \`statement\` as it ran (\`mirrorlake query\` runs it as it is),
  the \`table\`, \`rows_read\`, \`elapsed_ms\`, and a \`note\` where something has to be said about what is
  counted.
- A GET whose \`Accept\` has \`application/x-ndjson\` and whose answer takes longer than a second is answered
  with lines: \`progress\` (\`rows_read\`, \`rows_to_read\`, \`elapsed_ms\`) twice a second, at the end
  \`answer\` or \`problem\`. Close the connection to end it: what nobody else waits for ends in the engine.
- Every route that asks the store takes \`capture\`: the \`id\` of a capture that was dropped into the page,
  which is asked in its place.

\`\`\`bash
token=$(cat ./data/console/token)
curl -H "Authorization: Bearer $token" 'http://127.0.0.1:9480/api/v1/series?by=app&from=-1h'
\`\`\`
`;

interface JsonSchema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly string[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
}

function schemaOf(type: z.ZodType, io: 'input' | 'output'): JsonSchema {
  return z.toJSONSchema(type, { io, unrepresentable: 'any' }) as JsonSchema;
}

/** Query, path and body parameters as rows of a table. */
function parameters(route: Route): string[] {
  const rows: string[] = [];
  const add = (type: z.ZodObject, where: string): void => {
    const { properties = {} } = schemaOf(type, 'input');
    for (const [name, { description = '', enum: words, default: usual }] of Object.entries(properties)) {
      const choices = words === undefined ? '' : words.map((word) => `\`${word}\``).join(', ');
      const meaning = [description, choices]
        .filter((text) => text !== '')
        .join(' One of ')
        .trim();
      const fallback = usual === undefined ? '' : `\`${String(usual)}\``;
      rows.push(`| \`${name}\` | ${where} | ${fallback} | ${meaning} |`);
    }
  };
  if (route.params !== undefined) add(route.params, 'path');
  if (route.query !== undefined) add(route.query, 'query');
  return rows.map((row) => row.replaceAll('|  |', '| |'));
}

/** The fields of an answer, one level deep. */
function fields({ answer }: Route): string {
  if (typeof answer === 'string') return `Answers with \`${answer}\`.`;
  const { properties = {} } = schemaOf(answer, 'output');
  const names = Object.keys(properties).map((name) => `\`${name}\``);
  return names.length === 0 ? '' : `Answers with ${names.join(', ')}.`;
}

/** Text in lines of at most 110 columns. */
function wrapped(text: string): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && `${line} ${word}`.length > 108) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].join('\n');
}

/** The page, in Markdown. */
export function apiPage(): string {
  const parts = Object.values(ROUTES as Record<string, Route>).map((route) => {
    const rows = parameters(route);
    const table =
      rows.length === 0 ? [] : ['', '| parameter | in | default | meaning |', '|---|---|---|---|', ...rows];
    const right = route.needs === undefined ? 'Needs no right.' : `Needs *${route.needs}*.`;
    return [
      `## ${route.method} ${route.path}`,
      '',
      wrapped([route.doc, right, fields(route)].filter((text) => text !== '').join(' ')),
      ...table,
    ].join('\n');
  });
  return `${HEAD}\n${parts.join('\n\n')}\n`;
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url))
  writeFileSync(API_PAGE, apiPage());
