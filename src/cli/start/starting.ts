import type { Command } from 'commander';
import { verbose } from '../typed/options.ts';

/** The commands that help to begin. */
export function addStarting(program: Command): void {
  const [train] = program.commands;
  verbose(
    program
      .command('init')
      .description('write an example to begin with: a configuration file with every option, and a model')
      .argument('[dir]', 'where; no file is overwritten', '.'),
  ).action(async (directory) => {
    await (await import('./init.ts')).initCommand(directory, train);
  });
  program
    .command('complete')
    .description("print a shell's completion script: source <(gradpool complete bash)")
    .argument('[shell]', 'bash, zsh or fish')
    .argument('[words...]')
    .usage('<bash|zsh|fish>')
    .action(async (shell, words) => {
      const { printCompletions, printScript } = await import('./completion.ts');
      // As the scripts ask: `gradpool complete -- the words typed so far`.
      if (process.argv.includes('--')) printCompletions(program, [shell ?? '', ...words]);
      else printScript(shell ?? '');
    });
}
