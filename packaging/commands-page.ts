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

## Which store

\`query\`, \`export\` and \`spool list\` ask the first store of these that there is:

1. \`--store\`: a directory, or a server's URL;
2. \`--config\`: that of a configuration of \`collect\`;
3. \`MIRRORLAKE_STORE\`: the environment variable, a directory or a URL as well;
4. that of the running collector, which is asked over its control socket: \`/run/mirrorlake/control.sock\`, then
   \`./data/control.sock\`. The first that runs and has a store is taken; where \`./data\` has another store, stderr says which
   was asked;
5. \`./data\`.

What is named (1 to 3) is not looked for anywhere else. A data directory belongs to one process: where a collector has it, it is
asked through the collector, whichever way it was found. A collector with a server asks for others as its \`questions.user\`;
without one it tells the server's URL, never a password, and who asks needs credentials in the environment. \`status\` finds the
collector in the same order, or by \`--control\`; one with \`store: none\` is found by its socket.

What changes a store is never led to a running collector's by itself: \`read\` writes to \`--store\`, \`MIRRORLAKE_STORE\` or
\`./data\`; \`query --write\`, \`schema apply\`, \`spool retry\` and \`spool drop\` leave out 4. \`collect\` has its store from
\`--store\` or its configuration. \`read\` makes a data directory that is not there once it has found something to read.

\`read --ndjson\` may have one of its words behind it, or a capture: \`--ndjson FILE\` prints the sessions in FILE. A word of
letters alone that is neither, such as \`sesions\`, is an error with status 2.
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
