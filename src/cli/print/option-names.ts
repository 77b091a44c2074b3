import type { Command } from 'commander';

/** How an option is typed: `saveEvery` is --save-every. */
export const optionFlag = (name: string): string =>
  `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

/**
 * The rest of the program names an option as the API does, `batchSize`; who typed --batch-size shall read that, and who
 * wrote it into a configuration file where it stands there.
 * Left alone are values, which follow "got", fields of something else ("`seed` of layer ..."), and what was typed.
 */
export function nameOptionsAsTyped(message: string, command: Command): string {
  const words = new Map(command.options.map((option) => [option.attributeName(), option.long]));
  const translate = (text: string) =>
    text.replace(/(?<=^|[\s(])(?<!\bgot )`(\w+)`(?=$|[\s),.;:?!])(?! of )/g, (name, option: string) => {
      const source = command.getOptionValueSource(option);
      if (source !== undefined && source !== 'cli') return `${name} (${source})`;
      return words.has(option) ? `\`${words.get(option)}\`` : name;
    });
  return outside(typedNames(command), message, translate);
}

/** What was typed that could pass for an option's name: a file may be called `seed`, backticks and all. */
const typedNames = (command: Command): string[] =>
  [...command.args, ...Object.values(command.opts())].flat().filter((value) => /`\w/.test(`${value}`));

/** `translate`d between the places where one of `kept` stands. */
function outside(kept: readonly string[], text: string, translate: (text: string) => string): string {
  const [first, ...rest] = kept;
  if (first === undefined) return translate(text);
  return text
    .split(first)
    .map((part) => outside(rest, part, translate))
    .join(first);
}
