/** What a data set is: counts, values, and what is probably not meant. */
import { hash } from 'node:crypto';
import { sizeOf } from '../../shape.ts';
import { counted } from '../../shown.ts';
import type { Dataset } from '../dataset.ts';
import { dataHash } from '../dataset-hash.ts';
import { placeOf } from '../example-places.ts';
import { dataDoubts } from './doubts.ts';

/** Of one part. */
export interface PartSurvey {
  readonly examples: number;
  /** [classes] examples of each class. */
  readonly examplesOfClass: readonly number[];
  /** The least and the largest of all inputs, as they stand in the data. */
  readonly range: readonly [least: number, largest: number];
  readonly sha256: string;
}

export interface DataSurvey {
  readonly train: PartSurvey;
  readonly test: PartSurvey;
  /** A sentence each: classes without an example, examples twice, examples of one value, and what `dataDoubts` finds. */
  readonly warnings: readonly string[];
}

export function surveyData(train: Dataset, test: Dataset): DataSurvey {
  const parts = { train, test };
  return {
    train: surveyPart(train),
    test: surveyPart(test),
    warnings: [
      ...dataDoubts(train, test),
      ...missingOfTest(test),
      ...repeated(parts),
      ...Object.entries(parts).flatMap(([name, part]) => constant(name, part)),
    ],
  };
}

function surveyPart(data: Dataset): PartSurvey {
  const examplesOfClass: number[] = Array(data.classes).fill(0);
  for (const label of data.labels) examplesOfClass[label]++;
  let [least, largest] = [data.inputs[0], data.inputs[0]];
  for (const value of data.inputs) {
    if (value < least) least = value;
    if (value > largest) largest = value;
  }
  return { examples: data.count, examplesOfClass, range: [least, largest], sha256: dataHash(data) };
}

/** What `dataDoubts` asks of the training set alone, since a test set may be small. */
function missingOfTest({ labels, classes }: Dataset): string[] {
  const missing = classes - new Set(labels).size;
  return missing === 0 ? [] : [`the test set has no example of ${counted(missing, 'class')} of ${classes}`];
}

/** More are counted, but not named. */
const mostNamed = 3;

const named = (places: readonly string[]): string =>
  `${places.slice(0, mostNamed).join(', ')}${places.length > mostNamed ? ', ...' : ''}`;

/** Examples that are there twice: in both parts, or with two labels. */
function repeated({ train, test }: Readonly<Record<'train' | 'test', Dataset>>): string[] {
  const first = new Map<string, number>();
  const contradicting: string[] = [];
  for (let example = 0; example < train.count; example++) {
    const key = keyOf(train, example);
    const before = first.get(key);
    if (before === undefined) first.set(key, example);
    else if (train.labels[before] !== train.labels[example])
      contradicting.push(`${placeOf('train', train, before)} and ${placeOf('train', train, example)}`);
  }
  const shared: string[] = [];
  for (let example = 0; example < test.count; example++) {
    const before = first.get(keyOf(test, example));
    if (before !== undefined)
      shared.push(`${placeOf('test', test, example)} is ${placeOf('train', train, before)}`);
  }
  return [
    ...(shared.length === 0
      ? []
      : [
          `${counted(shared.length, 'example')} of the test set ${shared.length === 1 ? 'is' : 'are'} in the training set too (${named(shared)}): a test of them measures memory`,
        ]),
    ...(contradicting.length === 0
      ? []
      : [
          `${counted(contradicting.length, 'example')} of the training set ${contradicting.length === 1 ? 'has' : 'have'} another label than the same inputs before (${named(contradicting)})`,
        ]),
  ];
}

function keyOf({ inputs, shape }: Dataset, example: number): string {
  const size = sizeOf(shape);
  return hash('sha256', inputs.subarray(example * size, (example + 1) * size), 'base64');
}

/** Of single values nothing can be said. */
function constant(name: string, data: Dataset): string[] {
  const { inputs, shape, count } = data;
  const size = sizeOf(shape);
  if (size === 1) return [];
  const found: string[] = [];
  for (let example = 0; example < count; example++) {
    const from = example * size;
    let value = 1;
    while (value < size && inputs[from + value] === inputs[from]) value++;
    if (value === size) found.push(placeOf(name, data, example));
  }
  return found.length === 0
    ? []
    : [`${counted(found.length, 'example')} of one value each, as an empty image is: ${named(found)}`];
}
