/** Which options of reading are used by which data: one that would be passed over is surely not meant. */
import { usageError } from '../../errors.ts';
import { alternatives, asCode } from '../../shown.ts';
import { type DataOptions, dataOptionNames } from '../data-options.ts';
import type { DataForm } from './form.ts';
import { forms } from './forms.ts';

type OptionName = keyof DataOptions;

/** Those of data that are split by seed. */
const splitting: readonly OptionName[] = ['testSplit', 'splitSeed'];

/** What a form is called in messages, without its examples. */
export const nameOfForm = ({ name }: Pick<DataForm, 'name'>): string => name.replace(/ \(.*/, '');

/**
 * The options that are given, and of those that are remembered the ones that this form uses: these may be of other data.
 * @throws GradpoolError of kind 'usage' for one that is given and that this form does not use
 */
export function optionsFor(
  path: string,
  form: DataForm,
  given: DataOptions,
  remembered: DataOptions,
): DataOptions {
  const [unused] = namesOf(given).filter((name) => !form.takes.includes(name));
  if (unused === undefined)
    return { ...only(remembered, (name) => form.takes.includes(name)), ...only(given, () => true) };
  const takers = forms.filter(({ takes }) => takes.includes(unused)).map(nameOfForm);
  throw usageError(
    `Expected no \`${unused}\` for ${path}, ${nameOfForm(form)}, got ${asCode(`${given[unused]}`)}; it is for ${alternatives(takers)}`,
  );
}

/**
 * The options that data with a test part use.
 * @throws GradpoolError of kind 'usage' for one that is given and says how they would be split
 */
export function withoutSplitting(path: string, used: DataOptions, given: DataOptions): DataOptions {
  const [unused] = namesOf(given).filter((name) => splitting.includes(name));
  if (unused === undefined) return only(used, (name) => !splitting.includes(name));
  throw usageError(
    `Expected no \`${unused}\` for ${path}, which has a test part, got ${asCode(`${given[unused]}`)}; it is for data without one`,
  );
}

/** Null counts as not given. */
const namesOf = (options: DataOptions): OptionName[] =>
  dataOptionNames.filter((name) => (options[name] ?? undefined) !== undefined);

const only = (options: DataOptions, isUsed: (name: OptionName) => boolean): DataOptions =>
  Object.fromEntries(
    namesOf(options)
      .filter(isUsed)
      .map((name) => [name, options[name]]),
  );
