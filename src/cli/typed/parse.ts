/**
 * A whole number as it is typed: decimal digits, no 1e3 and no 0x10. Any other text stays text, which the check of
 * all options (`resolveConfig`) then refuses by name, as typed.
 */
export const wholeNumber = (text: string): number | string =>
  /^-?\d+$/.test(text) && Number.isSafeInteger(Number(text)) ? Number(text) : text;

/** A decimal number, 0.05 or 5e-2. Any other text stays text, as with `wholeNumber`. */
export const decimalNumber = (text: string): number | string =>
  /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) && Number.isFinite(Number(text)) ? Number(text) : text;

type NumberList = (text: string, before?: readonly (number | string)[]) => (number | string)[];

const listOf =
  (parse: (text: string) => number | string): NumberList =>
  (text, before = []) => [...before, ...text.split(',').map((part) => parse(part.trim()))];

/** `0,5,17`, given once or more often. */
export const numberList = listOf(wholeNumber);

/** `0.5,-1e-3`, given once or more often. */
export const decimalList = listOf(decimalNumber);

/** `accuracy,mse`, given once or more often. */
export const nameList = (text: string, before: readonly string[] = []): string[] => [
  ...before,
  ...text.split(',').map((part) => part.trim()),
];

export const asGiven = (text: string): string => text;

/** What may be given more than once. */
export const repeated = (text: string, before: readonly string[] = []): string[] => [...before, text];

export const withDefault = (text: string, value: number | string | boolean): string =>
  `${text} (default: ${value})`;
