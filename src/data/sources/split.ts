import { inputError } from '../../errors.ts';
import { Purpose, randomWords } from '../../random.ts';
import { sizeOf } from '../../shape.ts';
import type { DataOptions } from '../data-options.ts';
import { type Dataset, dataset } from '../dataset.ts';
import { noteSamePlaces } from '../example-places.ts';
import type { InputArray, InputType } from '../input-type.ts';
import { shuffle } from '../order.ts';

/** How data without a test part are split. */
export type Splitting = Pick<DataOptions, 'testSplit' | 'splitSeed'>;

/**
 * Which examples become the test part: of each class with at least two examples its share, rounded, and at least one;
 * a function of labels, share and seed alone. Both parts keep the order of the examples.
 * @param path for messages
 * @throws GradpoolError where no class has two examples
 */
export function splitExamples(
  path: string,
  labels: ArrayLike<number>,
  { testSplit: share = 0.2, splitSeed: seed = 1 }: Splitting,
): { readonly train: readonly number[]; readonly test: readonly number[] } {
  const byClass = new Map<number, number[]>();
  for (let example = 0; example < labels.length; example++) {
    const others = byClass.get(labels[example]);
    if (others === undefined) byClass.set(labels[example], [example]);
    else others.push(example);
  }
  const isTest = new Uint8Array(labels.length);
  for (const [label, examples] of byClass) {
    const wanted = Math.min(examples.length - 1, Math.max(1, Math.round(share * examples.length)));
    const order = new Uint32Array(examples.length);
    shuffle(randomWords(seed, Purpose.split, label), examples.length, order);
    for (const place of order.subarray(0, wanted)) isTest[examples[place]] = 1;
  }
  const where = (part: number) =>
    Array.from(labels, (_, example) => example).filter((each) => isTest[each] === part);
  const [train, test] = [where(0), where(1)];
  if (test.length > 0) return { train, test };
  throw inputError(
    `${path}: expected a class with at least 2 examples, of which one can become the test set, got none`,
  );
}

/** Parts a data set by `splitExamples`. */
export function splitDataset(path: string, data: Dataset, splitting: Splitting) {
  const { train, test } = splitExamples(path, data.labels, splitting);
  return { train: pick(data, train), test: pick(data, test) };
}

/** Some examples of a data set. */
export function pick(data: Dataset, examples: readonly number[]): Dataset {
  const { shape, labels, classes, classNames } = data;
  const picked = dataset({
    shape,
    inputs: pickInputs(data, examples),
    labels: Uint32Array.from(examples, (example) => labels[example]),
    classes,
    ...(classNames === undefined ? {} : { classNames }),
  });
  return noteSamePlaces(picked, data, examples);
}

/** The inputs of some examples, [examples, ...shape]. */
export function pickInputs(
  { inputs, inputType, shape }: Pick<Dataset, 'inputs' | 'inputType' | 'shape'>,
  examples: readonly number[],
) {
  const size = sizeOf(shape);
  const memory = new SharedArrayBuffer(examples.length * size * inputs.BYTES_PER_ELEMENT);
  const make: { readonly [Type in InputType]: () => InputArray } = {
    uint8: () => new Uint8Array(memory),
    int32: () => new Int32Array(memory),
    float32: () => new Float32Array(memory),
  };
  const picked = make[inputType]();
  for (const [row, example] of examples.entries())
    picked.set(inputs.subarray(example * size, (example + 1) * size), row * size);
  return picked;
}
