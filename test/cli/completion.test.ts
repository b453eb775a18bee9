/** Completion as users see it: the script is installed where the shell looks for it, and Tab is pressed. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { SHELLS, type Shell } from '../../src/cli/help/completion.js';
import { MAIN } from '../support/collector.js';
import { describeWith } from '../support/needs.js';

const ZSH = join(import.meta.dirname, '../support/complete.zsh');
const HOME = mkdtempSync(join(tmpdir(), 'mirrorlake-completion-'));
/** The current directory. */
const CWD = join(HOME, 'captures');
/** Where each shell looks for its script, relative to the home directory. */
const PLACES = {
  bash: '.local/share/bash-completion/completions/mirrorlake',
  zsh: 'functions/_mirrorlake',
  fish: '.config/fish/completions/mirrorlake.fish',
};
const FILES = ['my capture.pcap', 'other.txt'];

function write(path: string, text: string, mode = 0o644): void {
  mkdirSync(dirname(join(HOME, path)), { recursive: true });
  writeFileSync(join(HOME, path), text, { mode });
}

beforeAll(() => {
  // fish and bash load a script only if its program exists.
  write('bin/mirrorlake', `#!/bin/sh\nexec '${process.execPath}' '${MAIN}' "$@"\n`, 0o755);
  for (const shell of SHELLS) {
    write(PLACES[shell], execFileSync(join(HOME, 'bin/mirrorlake'), ['completion', shell]).toString());
  }
  for (const name of FILES) write(`captures/${name}`, '');
});
afterAll(() => {
  rmSync(HOME, { recursive: true });
});

/** The words are passed as bash itself would split the line (COMP_WORDBREAKS). */
const BASH = `
  source "$HOME/${PLACES.bash}"
  COMP_WORDS=($1)
  [[ $1 = *' ' ]] && COMP_WORDS+=('')
  COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
  _mirrorlake
  ((\${#COMPREPLY[@]} == 0)) || printf '%s\\n' "\${COMPREPLY[@]}"`;

/** The completions that a shell offers at the end of `line`. */
function offered(shell: Shell, line: string): string[] {
  const commands = {
    // bash makes the equals sign, and the value after it, words of their own.
    bash: ['-c', BASH, 'bash', line.replace('=', ' = ')],
    zsh: ['-f', ZSH, join(HOME, dirname(PLACES.zsh)), line],
    fish: ['-c', `complete -C '${line}'`],
  };
  const answer = execFileSync(shell, commands[shell], {
    cwd: CWD,
    encoding: 'utf8',
    env: {
      ...process.env,
      HOME,
      XDG_CONFIG_HOME: join(HOME, '.config'),
      PATH: `${join(HOME, 'bin')}:${process.env.PATH}`,
    },
    timeout: 120_000,
  });
  const words = answer.split('\n').map((word) =>
    word
      .replace(/\t.*$/, '') // the description
      .replaceAll('\\ ', ' ') // as the line has it
      .replace(/^--\w+=/, ''),
  );
  return [...new Set(words)].filter((word) => word !== '').sort();
}

describeWith(['bash', 'zsh', 'fish'], 'completions', () => {
  it.each(SHELLS)('%s completes commands, options, values and files', (shell) => {
    expect(offered(shell, 'mirrorlake co')).toEqual(['collect', 'completion', 'console']);
    expect(offered(shell, 'mirrorlake ')).toContain('mirror');
    expect(offered(shell, 'mirrorlake schema ')).toEqual(['apply', 'print']);
    expect(offered(shell, 'mirrorlake --debug read --on')).toEqual(['--once']);
    expect(offered(shell, 'mirrorlake schema apply --c')).toEqual(['--cluster', '--config']);
    expect(offered(shell, 'mirrorlake mirror --inside ')).toEqual(['1', '2', '3', 'gretap']);
    expect(offered(shell, 'mirrorlake mirror -t gre')).toEqual(['gre-udp', 'gretap']);
    expect(offered(shell, 'mirrorlake mirror --type=gret')).toEqual(['gretap']);
    expect(offered(shell, 'mirrorlake mirror --ttl ')).toEqual([]);
    expect(offered(shell, 'mirrorlake collect --interface l')).toEqual(['lo']);
    expect(offered(shell, 'mirrorlake collect --receiver ')).toEqual(['raw', 'ring', 'xdp']);
    expect(offered(shell, 'mirrorlake completion ')).toEqual(['bash', 'fish', 'zsh']);
    expect(offered(shell, 'mirrorlake read ')).toEqual(FILES);
    expect(offered(shell, 'mirrorlake read my')).toEqual(['my capture.pcap']);
    expect(offered(shell, 'mirrorlake collect --config o')).toEqual(['other.txt']);
    expect(offered(shell, 'mirrorlake read --ndjson=pac')).toEqual(['packets']);
    // zsh offers options where there is nothing else to complete.
    expect(offered(shell, 'mirrorlake query ').filter((word) => !word.startsWith('-'))).toEqual([]);
  });
});
