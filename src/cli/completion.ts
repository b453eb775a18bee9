import { Argument, type Command } from 'commander';
import { completionScript, SHELLS, type Shell } from './help/completion.js';
import { wordsOf } from './help/words.js';

export function registerCompletion(program: Command): void {
  program
    .command('completion')
    .summary('print a completion script for a shell')
    .description(
      'Prints a script that lets a shell complete commands and options: source <(mirrorlake completion ' +
        'bash), or save it where the shell looks for completions.',
    )
    .addArgument(new Argument('<shell>', 'which shell').choices(SHELLS))
    .action((shell: Shell) => {
      process.stdout.write(completionScript(shell, wordsOf(program)));
    });
}
