import type { Command } from 'commander';

/**
 * A whole number as it is typed: decimal digits, no 1e3 and no 0x10. Any other text stays text, which the check of
 * all options (`resolveConfig`) then refuses by name, as typed.
 */
export const wholeNumber = (text: string): number | string =>
  /^-?\d+$/.test(text) && Number.isSafeInteger(Number(text)) ? Number(text) : text;

/** A decimal number, 0.05 or 5e-2. Any other text stays text, as with `wholeNumber`. */
export const decimalNumber = (text: string): number | string =>
  /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) && Number.isFinite(Number(text)) ? Number(text) : text;

/** `0,5,17`, given once or more often. */
export const numberList = (text: string, before: readonly (number | string)[] = []): (number | string)[] => [
  ...before,
  ...text.split(',').map((part) => wholeNumber(part.trim())),
];

/**
 * The rest of the program names an option as the API does, `batchSize`; who typed --batch-size shall read that.
 * Left alone are values, which follow "got", fields of something else ("`seed` of layer ..."), and what was typed.
 */
export function nameOptionsAsTyped(message: string, command: Command): string {
  const words = new Map(command.options.map((option) => [option.attributeName(), option.long]));
  const translate = (text: string) =>
    text.replace(/(?<=^|[\s(])(?<!\bgot )`(\w+)`(?=$|[\s),.;:?!])(?! of )/g, (name, option: string) =>
      words.has(option) ? `\`${words.get(option)}\`` : name,
    );
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
