/** What each option of a command takes, for those who are told it otherwise than by a command line. */
import type { Option as CommandOption } from 'commander';
import type { OptionType } from '../../config/option.ts';
import { decimalNumber, nameList, numberList, repeated, wholeNumber } from './parse.ts';

/** As `OptionType`, and the texts, paths and lists that only a command line has. */
export type OptionKind =
  | OptionType
  | { readonly type: 'text' | 'file' | 'directory' }
  | { readonly type: 'list'; readonly of: 'text' | 'file' };

/** Of those that stand in a table of options. */
const described = new WeakMap<CommandOption, OptionType>();

/** Notes the row of the table that an option was made of. */
export const describeOption = (option: CommandOption, row: OptionType): void => {
  described.set(option, row);
};

/** Of the table's row; of any other option by how it is typed. */
export function kindOf(option: CommandOption): OptionKind {
  const row = described.get(option);
  if (row !== undefined) return row;
  if (option.isBoolean()) return { type: 'flag' };
  const text = placeholders[/<(\w+)>/.exec(option.flags)?.[1] ?? ''] ?? 'text';
  switch (option.parseArg as unknown) {
    case wholeNumber:
      return { type: 'integer', least: Number.MIN_SAFE_INTEGER };
    case decimalNumber:
      return { type: 'number' };
    case numberList:
      return { type: 'list', of: 'integer' };
    case nameList:
      return { type: 'list', of: 'text' };
    case repeated:
      return { type: 'list', of: text === 'file' ? 'file' : 'text' };
    default:
      return { type: text };
  }
}

const placeholders: Readonly<Record<string, 'file' | 'directory'>> = {
  ...{ file: 'file', path: 'file', dir: 'directory' },
};

/** Those of a command that a configuration file may have: all but those that say what to read or print instead. */
export const configurable = (options: readonly CommandOption[]): CommandOption[] =>
  options.filter(({ long }) => !['--config', '--help', '--version'].includes(long ?? ''));
