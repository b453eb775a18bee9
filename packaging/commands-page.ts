/** Writes docs/reference/commands.md from the program itself: npx tsx packaging/commands-page.ts. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { all, type CommandWords, wordsOf } from '../src/cli/help/words.js';
import { createProgram } from '../src/cli/program.js';
import { paragraph } from './paragraph.js';

export const COMMANDS_PAGE = join(import.meta.dirname, '../docs/reference/commands.md');

const HEAD = `# Commands

What \`mirrorlake --help\` and \`man mirrorlake\` say, on one page. A test compares it with the program;
\`npx tsx packaging/commands-page.ts\` writes it.

- \`-\` is stdin or stdout. Data goes to stdout, everything else to stderr.
- Exit status: 0 done, 1 failed, 2 wrong usage, configuration or installation; the message names the option,
  the file with line and key, or what does not load.
- The first SIGINT or SIGTERM finishes what is open, the second exits at once.
- \`NO_COLOR\` turns colours off.
- On a terminal, a table that would be wider than it (\`COLUMNS\`, or what the terminal says) is printed with
  one value per line instead; \`query\` asks a second time for that. Elsewhere \`query\` and \`spool list\`
  separate by tabs, and \`status\` is as wide as it needs. A format you name (\`--format\`, \`FORMAT\`) is
  left alone.
- \`--help\` ends with the directory of these pages on this machine.
- With Node.js 22.8 and newer, what V8 compiles is kept in \`~/.cache/mirrorlake\` (\`$XDG_CACHE_HOME\`), some
  3 MB, and commands start a fifth sooner. Nothing is kept where anybody but the user and root could change
  it, or with \`NODE_DISABLE_COMPILE_CACHE=1\`; the directory may be removed at any time.
- A store's user and password come from the environment: \`MIRRORLAKE_STORE_USER\`,
  \`MIRRORLAKE_STORE_PASSWORD\`, \`MIRRORLAKE_STORE_TOKEN\`, or from a file with \`_FILE\` appended to the
  name. A URL may contain them too (\`http://user:password@host:8123/database\`, percent-encoded), but \`ps\`
  shows what is on a command line.

## Which store

\`query\`, \`export\`, \`spool list\` and \`spool show\` use the first of these that exists:

1. \`--store\`: a directory, or a server's URL;
2. \`--config\`: the store of a \`collect\` configuration;
3. \`MIRRORLAKE_STORE\`: an environment variable, also a directory or a URL;
4. the store of the running collector, asked through its control socket: \`/run/mirrorlake/control.sock\`,
   then \`./data/control.sock\`. The first collector that runs and has a store is used; if \`./data\` holds
   another store, stderr says which one was asked;
5. \`./data\`.

What you name (1 to 3) is not looked for anywhere else. A data directory belongs to one process: if a
collector has it open, it is asked through the collector, however it was found. A collector with a server asks
on behalf of others as its \`questions.user\`; without one it tells the server's URL, never a password, and
you need credentials in the environment. \`status\` finds the collector in the same order, or by
\`--control\`; a collector with \`store: none\` is found by its socket.

Commands that change a store never pick the running collector's by themselves: \`read\` writes to \`--store\`,
\`MIRRORLAKE_STORE\` or \`./data\`; \`query --write\`, \`schema apply\`, \`spool retry\` and \`spool drop\`
skip step 4. \`collect\` takes its store from \`--store\` or its configuration. \`read\` creates a missing
data directory once it has found something to read.

\`read --ndjson\` takes one of its words, or a capture: \`--ndjson FILE\` prints the sessions in FILE. A word
of letters alone that is neither, such as \`sesions\`, is an error with status 2.
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
    paragraph(c.description),
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
