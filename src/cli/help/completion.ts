/** Completion scripts for shells: commands, options, the choices of options, and files for everything else. */
import { all, type CommandWords, type OptionWords } from './words.js';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

export function completionScript(shell: Shell, program: CommandWords): string {
  return { bash, zsh, fish }[shell](program);
}

const names = (c: CommandWords): string[] => c.commands.map((d) => d.path.at(-1)!);

/** The words behind the program's own name, as a shell's pattern: `schema print`. */
const below = (c: CommandWords): string => c.path.slice(1).join(' ');

function bash(program: CommandWords): string {
  const name = program.path[0];
  const valued = all(program).flatMap((c) => c.options.filter((o) => o.takesValue).map((o) => ({ c, o })));
  const keys = ({ c, o }: (typeof valued)[number]): string =>
    o.names.map((n) => `'${below(c)}:${n}'`).join(' | ');
  const choices = valued
    .filter(({ o }) => o.choices.length > 0)
    .map((v) => `    ${keys(v)}) COMPREPLY=($(compgen -W '${v.o.choices.join(' ')}' -- "$word")); return ;;`);
  const files = valued.filter(({ o }) => o.choices.length === 0).map(keys);
  const words = all(program).map((c) => {
    const offered = [...names(c), ...c.options.flatMap((o) => o.names)].join(' ');
    return `    '${below(c)}') words='${offered}' ;;`;
  });
  const known = all(program)
    .filter((c) => c !== program)
    .map((c) => `'${below(c)}'`)
    .join(' | ');
  return `# bash completion of ${name}: source <(${name} completion bash)
_${name}() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} command='' next words i
  for ((i = 1; i < COMP_CWORD; i++)); do
    next="\${command:+$command }\${COMP_WORDS[i]}"
    case $next in ${known}) command=$next ;; esac
  done
  COMPREPLY=()
  case "$command:$before" in
${choices.join('\n')}
    ${files.join(' | ')}) COMPREPLY=($(compgen -f -- "$word")); return ;;
  esac
  case $command in
${words.join('\n')}
  esac
  case $word in
    -*) COMPREPLY=($(compgen -W "$words" -- "$word")) ;;
    *) COMPREPLY=($(compgen -W "$words" -- "$word") $(compgen -f -- "$word")) ;;
  esac
}
complete -o filenames -F _${name} ${name}
`;
}

/** zsh reads bash's completions; what it has of its own are the descriptions, which fish and --help show. */
function zsh(program: CommandWords): string {
  const name = program.path[0];
  return `#compdef ${name}
# zsh completion of ${name}: source <(${name} completion zsh)
autoload -Uz bashcompinit && bashcompinit
${bash(program).split('\n').slice(1).join('\n')}`;
}

function fish(program: CommandWords): string {
  const name = program.path[0];
  const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
  const where = (c: CommandWords): string =>
    c === program
      ? '__fish_use_subcommand'
      : c.path
          .slice(1)
          .map((word) => `__fish_seen_subcommand_from ${word}`)
          .join('; and ');
  const option = (c: CommandWords, o: OptionWords): string => {
    const words = o.names
      .map((n) => (n.startsWith('--') ? `-l ${n.slice(2)}` : `-s ${n.slice(1)}`))
      .join(' ');
    const value = o.choices.length > 0 ? ` -xa ${quoted(o.choices.join(' '))}` : o.takesValue ? ' -r' : '';
    return `complete -c ${name} -n ${quoted(where(c))} ${words}${value} -d ${quoted(o.description)}`;
  };
  const lines = all(program).flatMap((c) => [
    ...c.commands.map(
      (d) => `complete -c ${name} -n ${quoted(where(c))} -a ${d.path.at(-1)} -d ${quoted(d.summary)}`,
    ),
    ...c.options.map((o) => option(c, o)),
  ]);
  return `# fish completion of ${name}: ${name} completion fish | source\n${lines.join('\n')}\n`;
}
