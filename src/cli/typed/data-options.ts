/** `--data`, and how what it names is read. */
import type { Command } from 'commander';
import { decimalNumber, numberList, wholeNumber, withDefault } from './parse.ts';

/** What `--data` takes. */
export const dataForms =
  "a directory of images by class, MNIST's or CIFAR's files, arrays, a table (docs/data.md)";

/** Under the heading of now. @param help what `--data` names for the command */
export const dataOptions = (command: Command, help: string): Command =>
  readingOptions(command.option('--data <path>', help));

/** How data are read, where they do not say it themselves. */
export const readingOptions = (command: Command): Command =>
  command
    .option('--label <column>', 'of a table: the column of labels; without a header its number from 0')
    .option(
      '--shape <list>',
      'of one example, e.g. 32,32,3: images are resized and converted to it',
      numberList,
    )
    .option(
      '--test-split <share>',
      withDefault('of data without a test part: the share of each class that becomes one', 0.2),
      decimalNumber,
    )
    .option('--split-seed <n>', withDefault('which examples these are', 1), wholeNumber);
