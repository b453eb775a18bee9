/** Completion scripts for shells: commands, options, and their values according to words.ts. */
import { all, type CommandWords, type OptionWords, type Values } from './words.js';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

export function completionScript(shell: Shell, program: CommandWords): string {
  return { bash, zsh, fish }[shell](program);
}

const names = (c: CommandWords): string[] => c.commands.map((d) => d.path.at(-1)!);
const optionNames = (c: CommandWords): string[] => c.options.flatMap((o) => o.names);

/** The words after the program's own name: `schema print`. */
const below = (c: CommandWords): string => c.path.slice(1).join(' ');

/** In single quotes, for bash and zsh. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

function bash(program: CommandWords): string {
  const name = program.path[0];
  // The shell's words for a completion, or a function that produces them.
  const offer = (values: Values): string => {
    if (values === 'files') return 'mapfile -t COMPREPLY < <(compgen -f -- "$word")';
    if (values === 'nothing') return ':';
    const words = values === 'interfaces' ? '"$(ls /sys/class/net)"' : `'${values.join(' ')}'`;
    return `COMPREPLY=($(compgen -W ${words} -- "$word"))`;
  };
  const values = all(program).flatMap((c) =>
    c.options
      .filter((o) => o.value !== 'none')
      .map((o) => {
        const keys = o.names.map((n) => `'${below(c)}:${n}'`).join(' | ');
        // An option with an optional value may be followed by anything.
        return `    ${keys}) ${offer(o.values)}${o.value === 'required' ? '; return' : ''} ;;`;
      }),
  );
  const commands = all(program).map(
    (c) => `    '${below(c)}') options='${optionNames(c).join(' ')}' commands='${names(c).join(' ')}' ;;`,
  );
  const known = all(program)
    .filter((c) => c !== program)
    .map((c) => `'${below(c)}'`)
    .join(' | ');
  const positional = all(program)
    .filter((c) => c.arguments.some((a) => a.values !== 'nothing'))
    .map((c) => `    '${below(c)}') ${offer(c.arguments[0].values)} ;;`);
  return `# bash completion of ${name}: source <(${name} completion bash)
_${name}() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} command='' next options commands i
  # --option=value is three words to bash
  if [[ $word = '=' ]]; then word=''; elif [[ $before = '=' ]]; then before=\${COMP_WORDS[COMP_CWORD-2]}; fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    next="\${command:+$command }\${COMP_WORDS[i]}"
    case $next in ${known}) command=$next ;; esac
  done
  COMPREPLY=()
  case "$command:$before" in
${values.join('\n')}
  esac
  case $command in
${commands.join('\n')}
  esac
  if [[ $word = -* ]]; then
    COMPREPLY=($(compgen -W "$options" -- "$word"))
    return
  fi
  ((\${#COMPREPLY[@]} == 0)) || return
  COMPREPLY=($(compgen -W "$commands" -- "$word"))
  case $command in
${positional.join('\n')}
  esac
}
complete -o filenames -F _${name} ${name}
`;
}

/** One function per command, as _arguments(1) of zsh's completion system expects. */
function zsh(program: CommandWords): string {
  const name = program.path[0];
  const escaped = (text: string): string => text.replaceAll(/[\\:[\]]/g, '\\$&');
  const action = (values: Values): string => {
    if (values === 'files') return '_files';
    if (values === 'interfaces') return '_net_interfaces';
    // A blank: zsh shows the value's name and offers nothing.
    return values === 'nothing' ? ' ' : `(${values.join(' ')})`;
  };
  const option = (o: OptionWords): string[] => {
    const value = o.value === 'none' ? '' : `${o.value === 'optional' ? '::' : ':'}value:${action(o.values)}`;
    return o.names.map((n) => {
      const joined = o.value === 'none' ? '' : n.startsWith('--') ? '=' : '+';
      return quoted(`*${n}${joined}[${escaped(o.description)}]${value}`);
    });
  };
  const functionName = (c: CommandWords): string => `_${c.path.join('_')}`;
  const functions = all(program).map((c) => {
    const specs = c.options.flatMap(option);
    if (c.commands.length === 0) {
      specs.push(...c.arguments.map((a) => quoted(`*:${escaped(a.name)}:${action(a.values)}`)));
      return `${functionName(c)}() {\n  _arguments \\\n    ${specs.join(' \\\n    ')}\n}`;
    }
    const described = c.commands.map((d) => quoted(`${d.path.at(-1)}:${d.summary}`));
    const cases = c.commands.map((d) => `${d.path.at(-1)}) ${functionName(d)} ;;`);
    return `${functionName(c)}() {
  local curcontext=$curcontext state line
  local -A opt_args
  _arguments -C \\
    ${specs.join(' \\\n    ')} \\
    '1:command:->commands' '*::argument:->arguments'
  case $state in
    commands)
      local -a commands=(
        ${described.join('\n        ')}
      )
      _describe command commands ;;
    arguments)
      case $words[1] in
        ${cases.join('\n        ')}
      esac ;;
  esac
}`;
  });
  return `#compdef ${name}
# zsh completion of ${name}: the file _${name} in a directory of $fpath, or source <(${name} completion zsh)
${functions.join('\n')}
if [[ $funcstack[1] = _${name} ]]; then _${name} "$@"; else compdef _${name} ${name}; fi
`;
}

function fish(program: CommandWords): string {
  const name = program.path[0];
  const inFish = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
  const seen = (word: string): string => `__fish_seen_subcommand_from ${word}`;
  /** The condition under which a command is being completed. */
  const where = (c: CommandWords): string => {
    const above = c.path.slice(1).map(seen);
    const notBelow = c.commands.length === 0 ? [] : [`not ${seen(names(c).join(' '))}`];
    return inFish([...above, ...notBelow].join('; and '));
  };
  const offer = (values: Values): string => {
    if (values === 'files') return ' -F';
    if (values === 'interfaces') return " -f -a '(__fish_print_interfaces)'";
    return values === 'nothing' ? ' -f' : ` -f -a ${inFish(values.join(' '))}`;
  };
  const option = (c: CommandWords, o: OptionWords): string => {
    const words = o.names.map((n) => (n.startsWith('--') ? `-l ${n.slice(2)}` : `-s ${n.slice(1)}`));
    const value = o.value === 'none' ? '' : `${o.value === 'required' ? ' -r' : ''}${offer(o.values)}`;
    return `complete -c ${name} -n ${where(c)} ${words.join(' ')}${value} -d ${inFish(o.description)}`;
  };
  const lines = all(program).flatMap((c) => [
    ...c.commands.map(
      (d) => `complete -c ${name} -n ${where(c)} -a ${d.path.at(-1)} -d ${inFish(d.summary)}`,
    ),
    ...c.options.map((o) => option(c, o)),
    ...c.arguments
      .filter((a) => a.values !== 'nothing')
      .map((a) => `complete -c ${name} -n ${where(c)}${offer(a.values)}`),
  ]);
  return `# fish completion of ${name}: ${name} completion fish | source
# No files but where they are asked for.
complete -c ${name} -f
${lines.join('\n')}
`;
}
