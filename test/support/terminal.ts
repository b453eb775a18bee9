/** Runs programs on a terminal of a chosen width. */
import { spawnSync } from 'node:child_process';
import { stripVTControlCharacters } from 'node:util';

/** Erases the line (ECMA-48 EL). */
const WIPE = '\u001b[2K';

const quoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;

/** What a command prints on a terminal of this width: stdout and stderr, line by line, without colours. */
export function onTerminal(
  columns: number,
  command: readonly string[],
  options: { cwd?: string; env?: Record<string, string> } = {},
): string[] {
  const { COLUMNS: _, ...env } = process.env;
  // Through stty: bash replaces a given COLUMNS with its own.
  const words = [
    'env',
    ...Object.entries(options.env ?? {}).map(([name, value]) => `${name}=${value}`),
    ...command,
  ];
  const line = `stty cols ${columns} rows 24; exec ${words.map(quoted).join(' ')}`;
  const { stdout, status } = spawnSync('script', ['-qec', line, '/dev/null'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    cwd: options.cwd,
    env: { ...env, TERM: 'xterm' },
  });
  if (status !== 0) throw new Error(`${command.join(' ')}: exit status ${status}: ${stdout}`);
  // A progress bar erases what it drew.
  const wiped = stdout.split('\n').map((l) => l.split(WIPE).at(-1));
  return stripVTControlCharacters(wiped.join('\n')).trimEnd().split(/\r?\n/);
}
