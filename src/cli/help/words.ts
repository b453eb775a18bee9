/** What the program's commands and options are called and mean, as data: for the man page and completions. */
import type { Command, Option } from 'commander';

export interface OptionWords {
  /** As --help shows them: `-i, --interface <if>`. */
  readonly flags: string;
  /** `-i` and `--interface`, without the value. */
  readonly names: readonly string[];
  readonly takesValue: boolean;
  readonly choices: readonly string[];
  readonly description: string;
}

export interface CommandWords {
  /** The words that call it: `mirrorlake schema print`. */
  readonly path: readonly string[];
  readonly usage: string;
  readonly summary: string;
  readonly description: string;
  readonly arguments: readonly { readonly name: string; readonly description: string }[];
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
    })),
    options: help.visibleOptions(command).map((o) => optionWords(o, help.optionDescription(o))),
    commands: command.commands.map((c) => wordsOf(c, path)),
  };
}

function optionWords(option: Option, description: string): OptionWords {
  return {
    flags: option.flags,
    names: [option.short, option.long].filter((name) => name !== undefined && name !== null),
    takesValue: option.required || option.optional,
    choices: option.argChoices ?? [],
    description,
  };
}

/** A command and every command below it. */
export function all(command: CommandWords): CommandWords[] {
  return [command, ...command.commands.flatMap(all)];
}
