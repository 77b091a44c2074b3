/** `gradpool complete`: the script of a shell, and what it asks for at a TAB, from the same options as the help. */
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Complete, RootCommand, type Command as ShellCommand } from '@bomb.sh/tab';
import type { Command, Option as CommandOption } from 'commander';
import { usageError } from '../../errors.ts';
import { alternatives, asCode } from '../../shown.ts';
import { kindOf, type OptionKind } from '../typed/option-kinds.ts';

export const shells = ['bash', 'zsh', 'fish'] as const;

/**
 * Prints a shell's script.
 * @throws GradpoolError of kind 'usage' for another shell
 */
export function printScript(shell: string): void {
  if (!shells.some((known) => known === shell))
    throw usageError(
      `Expected the shell to be ${alternatives(shells)}, got ${shell === '' ? 'none' : asCode(shell)}`,
    );
  new RootCommand().setup('gradpool', 'gradpool', shell);
}

/**
 * Prints what may stand in place of the last word, as the scripts read it.
 * @param words of the command line without the program's name; the last one is under way, and may be empty
 */
export function printCompletions(program: Command, words: readonly string[]): void {
  const root = new RootCommand();
  const [train] = program.commands;
  const word = words.at(-1)?.replace(/^--[\w-]+=/, '') ?? '';
  // Without a command it trains.
  describe(root, train, word);
  for (const command of program.commands)
    describe(root.command(command.name(), command.description()), command, word);
  root.parse([...words]);
}

function describe(to: ShellCommand, command: Command, word: string): void {
  for (const option of command.options) {
    const values = valuesOf(option, word);
    to.option(option.long?.slice(2) ?? '', option.description, ...(values === undefined ? [] : [values]));
  }
  for (const { description, variadic } of command.registeredArguments)
    to.argument(description, (complete) => offerPaths(word, complete), variadic);
}

type Offer = (complete: Complete) => void;

/** Undefined where an option takes none. */
function valuesOf(option: CommandOption, word: string): Offer | undefined {
  const kind: OptionKind = kindOf(option);
  switch (kind.type) {
    case 'flag':
      return undefined;
    case 'name':
    case 'names': {
      const before = kind.type === 'names' ? word.slice(0, word.lastIndexOf(',') + 1) : '';
      return (complete) => {
        for (const name of kind.names) complete(`${before}${name}`, '');
      };
    }
    case 'file':
    case 'directory':
      return (complete) => offerPaths(word, complete);
    default:
      return () => {};
  }
}

/** What lies where the word leads. */
function offerPaths(word: string, complete: Complete): void {
  const directory = word.endsWith('/') ? word : dirname(word);
  const prefix = word.includes('/') ? directory : '';
  try {
    for (const entry of readdirSync(directory, { withFileTypes: true }))
      complete(`${join(prefix, entry.name)}${entry.isDirectory() ? '/' : ''}`, '');
  } catch {
    // Nothing lies there.
  }
}
