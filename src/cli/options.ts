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
 * Every message about a wrong option says "`name` to be".
 */
export function nameOptionsAsTyped(message: string, command: Command): string {
  const typed = new Map(command.options.map((option) => [option.attributeName(), option.long]));
  return message.replace(/`(\w+)`(?= to be )/g, (name, option: string) =>
    typed.has(option) ? `\`${typed.get(option)}\`` : name,
  );
}
