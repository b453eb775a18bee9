/**
 * Draws docs/images/query.svg: the output of `mirrorlake query` about the bundled demo, as on a terminal.
 *
 *   npm run build && npx tsx packaging/terminal-picture.ts
 *
 * Needs script(1) of util-linux as the terminal.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = join(import.meta.dirname, '..');
const MAIN = join(ROOT, 'dist/cli/main.js');
export const PICTURE = join(ROOT, 'docs/images/query.svg');

const QUERIES = [
  `SELECT server, server_port AS port, app_protocol, count() AS connections,
       round(median(handshake_us) / 1000, 1) AS median_ms, bar(median_ms, 0, 500, 20) AS wait
FROM conversations WHERE handshake_us > 0 AND mirror_session = 1
GROUP BY ALL ORDER BY median_ms DESC LIMIT 5`,
  `SELECT mirror_type AS mirror, sum(m.packets) AS packets, sum(m.lost) AS lost,
       sparkbar(11)(m.minute, m.lost) AS lost_by_minute
FROM mirrors AS m GROUP BY ALL ORDER BY packets DESC`,
];

/** Pixels per character and per line, and the margin. */
const [CELL, LINE, MARGIN] = [8.4, 18, 16];
/** xterm's colours for SGR codes, on a dark background. */
const COLOURS: Readonly<Record<string, string>> = {
  '30': '#6b7280',
  '31': '#f87171',
  '32': '#86d993',
  '33': '#f2cc60',
  '34': '#7aa7f0',
  '35': '#d8a3f5',
  '36': '#6fd3d8',
  '37': '#e6edf3',
  '90': '#8b949e',
};

interface Run {
  readonly column: number;
  readonly text: string;
  readonly bold: boolean;
  readonly colour: string | undefined;
}

/** A line of terminal output, split into runs of one style. */
function runs(line: string): Run[] {
  const found: Run[] = [];
  let [column, bold, colour] = [0, false, undefined as string | undefined];
  // biome-ignore lint/suspicious/noControlCharactersInRegex: SGR sequences begin with one
  for (const part of line.split(/(\x1b\[[0-9;]*m)/)) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: as above
    const codes = /^\x1b\[([0-9;]*)m$/.exec(part)?.[1].split(';');
    if (codes === undefined) {
      if (part !== '') found.push({ column, text: part, bold, colour });
      column += [...part].length;
      continue;
    }
    // 38;5;N and 38;2;R;G;B choose a colour by number.
    if (codes[0] === '38') {
      colour = codes[1] === '2' ? `rgb(${codes.slice(2, 5).join(' ')})` : undefined;
      continue;
    }
    for (const code of codes) {
      if (code === '' || code === '0') [bold, colour] = [false, undefined];
      else if (code === '1') bold = true;
      else if (code === '22') bold = false;
      else colour = COLOURS[code.replace(/^9(?=[1-7]$)/, '3')];
    }
  }
  return found;
}

function svg(lines: readonly string[]): string {
  const styled = lines.map(runs);
  const columns = Math.max(...styled.flat().map((r) => r.column + [...r.text].length));
  const [width, height] = [Math.ceil(columns * CELL) + 2 * MARGIN, lines.length * LINE + 2 * MARGIN];
  const escaped = (text: string): string =>
    // Viewers do not collapse non-breaking spaces.
    text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll(' ', '\u00a0');
  const texts = styled.flatMap((line, row) =>
    line
      .filter((r) => r.text.trim() !== '')
      .map((r) => {
        const x = (MARGIN + r.column * CELL).toFixed(1);
        const y = MARGIN + row * LINE + 13;
        const length = ([...r.text].length * CELL).toFixed(1);
        const fill = r.colour === undefined ? '' : ` fill="${r.colour}"`;
        const style = `${r.bold ? ' font-weight="700"' : ''}${fill}`;
        return (
          `<text x="${x}" y="${y}" textLength="${length}" ` +
          `lengthAdjust="spacingAndGlyphs"${style}>${escaped(r.text)}</text>`
        );
      }),
  );
  return `${opening(width, height)}
<rect width="${width}" height="${height}" rx="8" fill="#0d1117" stroke="#30363d"/>
${texts.join('\n')}
</svg>
`;
}

function opening(width: number, height: number): string {
  const font = "ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace";
  const label =
    'Two queries of the bundled demo on a terminal: which services answer slowly, and what each mirror lost';
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" ` +
    `font-family="${font}" font-size="14" fill="#e6edf3" role="img" aria-label="${label}">`
  );
}

/** The picture. @throws if the program fails */
export function picture(): string {
  const directory = mkdtempSync(join(tmpdir(), 'mirrorlake-picture-'));
  try {
    const capture = join(ROOT, 'lab/demo.pcapng.gz');
    execFileSync(process.execPath, [MAIN, 'read', capture, '--quiet', '--store', join(directory, 'data')]);
    const lines = QUERIES.flatMap((sql) => {
      const file = join(directory, 'query.sql');
      writeFileSync(file, sql);
      const command = `'${process.execPath}' '${MAIN}' query - --store '${directory}/data' <'${file}'`;
      const said = execFileSync('script', ['-qec', command, '/dev/null'], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { ...process.env, NO_COLOR: '', TERM: 'xterm', COLUMNS: '100' },
      });
      return [
        ...`\x1b[32m$\x1b[0m \x1b[1mmirrorlake query\x1b[0m "${sql}"`.split('\n'),
        ...said.trimEnd().split(/\r?\n/),
        '',
      ];
    });
    return svg(lines.slice(0, -1));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(PICTURE, picture());
