/** The names and meanings of commands and options as data, for the man page and completions. */
import type { Argument, Command, Option } from 'commander';
import { NDJSON_KINDS } from '../../reader/kinds.js';

/** What a shell offers as a value: these words, files, the host's interfaces, or nothing. */
export type Values = readonly string[] | 'files' | 'interfaces' | 'nothing';

export interface OptionWords {
  /** As --help shows them: `-i, --interface <if>`. */
  readonly flags: string;
  /** `-i` and `--interface`, without the value. */
  readonly names: readonly string[];
  /** `optional`: it may stand alone. */
  readonly value: 'none' | 'optional' | 'required';
  readonly values: Values;
  readonly description: string;
}

export interface ArgumentWords {
  readonly name: string;
  readonly description: string;
  readonly values: Values;
}

export interface CommandWords {
  /** The words that call it: `mirrorlake schema print`. */
  readonly path: readonly string[];
  readonly usage: string;
  readonly summary: string;
  readonly description: string;
  readonly arguments: readonly ArgumentWords[];
  readonly options: readonly OptionWords[];
  readonly commands: readonly CommandWords[];
}

export function wordsOf(command: Command, above: readonly string[] = []): CommandWords {
  const help = command.createHelp();
  const path = [...above, command.name()];
  return {
    path,
    usage: `${path.join(' ')} ${command.usage()}`,
    summary: help.subcommandDescription(command),
    description: command.description(),
    arguments: command.registeredArguments.map((a) => ({
      name: a.name(),
      description: help.argumentDescription(a),
      values: valuesOf(a, a.name()),
    })),
    options: help.visibleOptions(command).map((o) => optionWords(o, help.optionDescription(o))),
    commands: command.commands.map((c) => wordsOf(c, path)),
  };
}

function optionWords(option: Option, description: string): OptionWords {
  return {
    flags: option.flags,
    names: [option.short, option.long].filter((name) => name !== undefined && name !== null),
    value: option.required ? 'required' : option.optional ? 'optional' : 'none',
    values: LISTED.get(option.long ?? '') ?? valuesOf(option, /[<[](.*)[>\]]/.exec(option.flags)?.[1] ?? ''),
    description,
  };
}

/** Options whose values the command itself checks, not commander. */
const LISTED: ReadonlyMap<string, Values> = new Map<string, Values>([
  ['--ndjson', NDJSON_KINDS],
  ['--receiver', ['raw', 'ring', 'xdp']],
  ['--interface', 'interfaces'],
]);
const FILES = new Set(['file', 'files', 'path', 'directory', 'store']);

/** @param name the value's name in --help */
function valuesOf(taker: Option | Argument, name: string): Values {
  return taker.argChoices ?? (FILES.has(name) ? 'files' : 'nothing');
}

/** A command and every command below it. */
export function all(command: CommandWords): CommandWords[] {
  return [command, ...command.commands.flatMap(all)];
}
