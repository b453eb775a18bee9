/** Writes the captures in test/fixtures from test/support/fixtures: npx tsx test/support/make-fixtures.ts */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { FIXTURES } from './fixtures/all.js';
import { inputWords } from './fixtures/fixture.js';

/** The list of captures, for readers. */
export function fixtureList(): string {
  const rows = FIXTURES.map(({ file, about, inputs }) => {
    const read = inputs.length === 0 ? '' : ` (\`${inputWords(inputs).join(' ')}\`)`;
    return `| ${file} | ${about}${read} |`;
  });
  return `# Captures, each showing one thing

\`test/support/fixtures\` describes the captures and what must come of them;
\`npx tsx test/support/make-fixtures.ts\` writes them. Beside each is the NDJSON that \`mirrorlake read\`
makes of it, without session ids: \`.sessions.ndjson\`, \`.mirrors.ndjson\` and for some \`.packets.ndjson\`.
\`test/golden.test.ts\` compares all of it with the program. After an intended change,
\`UPDATE_GOLDEN=1 npx vitest run test/golden.test.ts\` rewrites the NDJSON; read it in the diff.

| capture | what it shows |
|---|---|
${rows.join('\n')}
`;
}

if (import.meta.url === pathToFileURL(process.argv[1]!).href) {
  const directory = join(import.meta.dirname, '../fixtures');
  mkdirSync(directory, { recursive: true });
  for (const { file, bytes } of FIXTURES) writeFileSync(join(directory, file), bytes);
  writeFileSync(join(directory, 'README.md'), fixtureList());
}
