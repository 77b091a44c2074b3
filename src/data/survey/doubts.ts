import { counted } from '../../shown.ts';
import type { Dataset } from '../dataset.ts';
import type { InputType } from '../input-type.ts';

/**
 * What is allowed in a training's data and yet is surely not meant, a sentence each: labels that are all the same, classes
 * that nobody can learn, inputs of another scale than their type stands for. Empty for data as they should be.
 * Reads every label; inputs up to the first that shows them to be fine.
 */
export const dataDoubts = (train: Dataset, test?: Dataset): string[] => [
  ...labelDoubts(train, test),
  ...inputDoubts(train),
];

function labelDoubts(train: Dataset, test: Dataset | undefined): string[] {
  const known = countLabels(train);
  const asked = test === undefined ? [] : countLabels(test);
  const unlearnt = numbersWhere(asked, (count, label) => count > 0 && !(known[label] > 0));
  return [
    ...(allAlike('training', train, known) ?? missingClasses(train, known)),
    ...(test === undefined ? [] : (allAlike('test', test, asked) ?? [])),
    ...(unlearnt.length > 0
      ? [
          `the test set has examples of ${named(unlearnt)}, of which the training set has none: they are always classified wrong`,
        ]
      : []),
  ];
}

/** How many examples each class has. */
function countLabels({ labels, classes }: Dataset): number[] {
  const counts: number[] = Array(classes).fill(0);
  for (const label of labels) counts[label]++;
  return counts;
}

function allAlike(part: string, { count, classes, labels }: Dataset, counts: number[]): string[] | undefined {
  if (count < 2 || classes < 2 || counts[labels[0]] < count) return undefined;
  return [`all ${count} labels of the ${part} set are ${labels[0]}: there is nothing to tell apart`];
}

function missingClasses({ classes, count }: Dataset, counts: number[]): string[] {
  const missing = numbersWhere(counts, (examples) => examples === 0);
  if (missing.length === 0) return [];
  if (missing.length === 1 && missing[0] === 0)
    return [
      `class 0 has no example in the training set: labels begin at 1 (as those of EMNIST's letters do); the model has an output for class 0 nevertheless, unless 1 is taken from every label`,
    ];
  const rare = numbersWhere(counts, (examples, label) => examples > 0 && label > missing[0]);
  // One label far beyond the others is more likely damaged than a class.
  const few = rare.length === 1 && counts[rare[0]] * 100 <= count;
  const stray = few ? `; ${counted(counts[rare[0]], 'label')} of ${rare[0]} may be damaged` : '';
  return [
    `the training set has no example of ${missing.length} of its ${counted(classes, 'class')}: ${named(missing)}${stray}`,
  ];
}

function inputDoubts({ inputs, inputType }: Dataset): string[] {
  const first = inputs[0];
  // Of one example or value, nothing can be said.
  if (inputs.length > 1 && inputs.every((value) => value === first))
    return [`all values of the training set's inputs are ${first}: there is nothing to learn from`];
  return doubtsOf[inputType](inputs);
}

/** Whole numbers are words, of which any may be meant. */
const doubtsOf: Readonly<Record<InputType, (inputs: ArrayLike<number>) => string[]>> = {
  uint8: (inputs) => byteDoubts(inputs),
  int32: () => [],
  float32: (inputs) => floatDoubts(inputs),
};

/** Beyond it no scaling in use takes its values: not 0 to 1, nor -1 to 1, nor deviations from a mean. */
const farAway = 30;

function floatDoubts(inputs: ArrayLike<number>): string[] {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let index = 0; index < inputs.length; index++) {
    const value = inputs[index];
    if (value < least) least = value;
    if (value > most) most = value;
  }
  if (Math.max(-least, most) <= farAway) return [];
  const pixels = least >= 0 && most <= 255 && most > 127;
  const advice = pixels
    ? 'divide them by 255, or give them as uint8, which stands for value / 255'
    : 'scale them to about 0 to 1, or -1 to 1';
  return [`the training set's float32 inputs reach from ${short(least)} to ${short(most)}: ${advice}`];
}

const short = (value: number): string => `${Number(value.toPrecision(4))}`;

function byteDoubts(inputs: ArrayLike<number>): string[] {
  for (let index = 0; index < inputs.length; index++) if (inputs[index] > 1) return [];
  return [
    "the training set's uint8 inputs are 0 and 1 only, which stand for 0 and 1/255: multiply them by 255, or give them as float32",
  ];
}

function numbersWhere(counts: readonly number[], test: (count: number, label: number) => boolean): number[] {
  return counts.flatMap((count, label) => (test(count, label) ? [label] : []));
}

/** `class 3`, or `classes 2, 5 to 7, ...`: at most five runs of neighbours. */
function named(labels: readonly number[]): string {
  const runs: [number, number][] = [];
  for (const label of labels) {
    const last = runs.at(-1);
    if (last !== undefined && last[1] === label - 1) last[1] = label;
    else runs.push([label, label]);
  }
  const text = runs.slice(0, 5).map(([from, to]) => (from === to ? `${from}` : `${from} to ${to}`));
  return `${labels.length === 1 ? 'class' : 'classes'} ${text.join(', ')}${runs.length > 5 ? ', ...' : ''}`;
}
