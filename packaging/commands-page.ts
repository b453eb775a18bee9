/** docs/reference/commands.md, made from the program itself: npx tsx packaging/commands-page.ts writes it. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { all, type CommandWords, wordsOf } from '../src/cli/help/words.js';
import { createProgram } from '../src/cli/program.js';

export const COMMANDS_PAGE = join(import.meta.dirname, '../docs/reference/commands.md');

const HEAD = `# Commands

What \`mirrorlake --help\` and \`man mirrorlake\` say, on one page. A test holds it to the program;
\`npx tsx packaging/commands-page.ts\` writes it anew.

- \`-\` is stdin or stdout. Data goes to stdout, everything else to stderr.
- Exit status: 0 done, 1 failed, 2 used, configured or installed wrongly; the message names the
  option, or the file, line and key, or what does not load.
- The first SIGINT or SIGTERM finishes what is open, the second leaves at once.
- \`NO_COLOR\` turns colours off.
- On a terminal no table is wider than it (\`COLUMNS\`, or what the terminal says): where one would be, rows stand one below the other, a
  value a line. \`query\` asks a second time for that. Elsewhere \`query\` and \`spool list\` separate by tabs, and \`status\` is as wide as it
  gets. A format that is named (\`--format\`, \`FORMAT\`) stays as it is.
- \`--help\` ends with where these pages are on this machine.
- A store's user and password come from the environment: \`MIRRORLAKE_STORE_USER\`, \`MIRRORLAKE_STORE_PASSWORD\`,
  \`MIRRORLAKE_STORE_TOKEN\`, or with \`_FILE\` behind from a file. A URL may have them as well
  (\`http://user:password@host:8123/database\`, percent-encoded), but \`ps\` shows what is on a command line.
`;

export async function commandsPage(): Promise<string> {
  const program = wordsOf(await createProgram([]));
  const sections = all(program).filter((c) => c === program || c.commands.length === 0);
  return `${HEAD}\n${sections.map(section).join('\n')}`;
}

function section(c: CommandWords): string {
  const rows = [
    ...c.arguments.map((a) => [a.name, a.description]),
    ...c.options.map((o) => [o.flags, o.description]),
  ];
  const table = rows.map(([name, meaning]) => `| \`${cell(name)}\` | ${cell(meaning)} |`);
  return [
    `## ${c.path.join(' ')}`,
    '',
    `    ${c.usage}`,
    '',
    c.description,
    '',
    '| | |',
    '|---|---|',
    ...table,
    '',
  ].join('\n');
}

/** A bar would end the cell. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  writeFileSync(COMMANDS_PAGE, await commandsPage());
}
